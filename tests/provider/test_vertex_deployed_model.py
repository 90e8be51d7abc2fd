"""The resource type of deployed models, against a Vertex AI that checks what it gets."""

import threading
from typing import Any

import pytest
from pydantic import ValidationError

from fakes.vertex import FakeVertex
from fakes.vertex_rules import Refused
from modelport.errors import ServiceError
from modelport.provider.handler import Context
from modelport.provider.vertex_operations import vertex
from provider.vertex_life import (
    DEPLOYED,
    ENDPOINT,
    MODELS,
    REGION,
    deployed_inputs,
    give_traffic,
    model_inputs,
)


@pytest.fixture
def endpoint(fake: FakeVertex, context: Context) -> Any:
    """The endpoint as the server has it, with both models uploaded."""
    for version in ("a", "b"):
        MODELS.create(context, model_inputs(version))
    return next(iter(fake.state.endpoints.values()))


def ids(endpoint: Any) -> list[str]:
    return [item.id for item in endpoint.deployed_models]


def test_life(fake: FakeVertex, endpoint: Any, context: Context) -> None:
    inputs = deployed_inputs(
        accelerator_type="NVIDIA_L4",
        accelerator_count=1,
        machine_type="g2-standard-8",
        autoscaling={"cpu": 70, "accelerator": 80, "requests_per_minute": 600},
        spot=True,
        service_account="run@clinic.example",
        enable_access_logging=True,
    )
    made, outputs = DEPLOYED.create(context, inputs)
    assert made == f"{ENDPOINT}/deployedModels/1001"
    assert outputs["model_version"] == "1"
    assert dict(endpoint.traffic_split) == {"1001": 100}
    resources = endpoint.deployed_models[0].dedicated_resources
    assert resources.machine_spec.accelerator_type.name == "NVIDIA_L4"
    assert resources.spot
    assert DEPLOYED.read(context, made, inputs, outputs) == outputs

    larger = inputs.model_copy(update={"max_replicas": 5, "autoscaling": {}})
    DEPLOYED.update(context, made, inputs, larger, outputs)
    resources = endpoint.deployed_models[0].dedicated_resources
    assert resources.max_replica_count == 5
    assert len(resources.autoscaling_metric_specs) == 0
    assert resources.machine_spec.machine_type == "g2-standard-8"

    DEPLOYED.delete(context, made, larger)
    assert ids(endpoint) == []
    assert dict(endpoint.traffic_split) == {}
    assert DEPLOYED.read(context, made, larger, outputs) is None
    DEPLOYED.delete(context, made, larger)
    assert fake.state.accepted["undeployModel", "1001"] == 1


def test_the_second_one_takes_no_traffic_and_the_first_keeps_it(
    fake: FakeVertex, endpoint: Any, context: Context
) -> None:
    DEPLOYED.create(context, deployed_inputs())
    DEPLOYED.create(context, deployed_inputs("b"))
    assert ids(endpoint) == ["1001", "1002"]
    assert dict(endpoint.traffic_split) == {"1001": 100}
    with pytest.raises(ServiceError, match=r"1001 still takes 100 % .*; give it to 1002 first"):
        DEPLOYED.delete(context, "id", deployed_inputs())
    assert fake.state.accepted["undeployModel", "1001"] == 0
    give_traffic("b")
    DEPLOYED.delete(context, "id", deployed_inputs())
    assert ids(endpoint) == ["1002"]
    assert dict(endpoint.traffic_split) == {"1002": 100}


def test_traffic_that_moves_during_a_deployment_stays_moved(
    fake: FakeVertex, endpoint: Any, context: Context
) -> None:
    DEPLOYED.create(context, deployed_inputs())
    DEPLOYED.create(context, deployed_inputs("b"))
    fake.state.seconds = 0.3
    inputs = deployed_inputs("a", deployed_model_id="7")
    thread = threading.Thread(target=DEPLOYED.create, args=(context, inputs))
    thread.start()
    while not fake.state.accepted["deployModel", "7"]:
        pass
    give_traffic("b")
    thread.join(10)
    assert ids(endpoint) == ["1001", "1002", "7"]
    assert dict(endpoint.traffic_split) == {"1002": 100}


def test_a_deployment_under_way_is_waited_for(
    fake: FakeVertex, endpoint: Any, context: Context
) -> None:
    fake.state.seconds = 0.3
    threads = [
        threading.Thread(target=DEPLOYED.create, args=(context, deployed_inputs()))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert fake.state.accepted["deployModel", "1001"] == 1
    assert ids(endpoint) == ["1001"]


def test_an_answer_that_is_lost_makes_no_second_one(
    fake: FakeVertex, endpoint: Any, context: Context
) -> None:
    fake.strike(3, "unanswered", lambda: None)
    DEPLOYED.create(context, deployed_inputs())
    assert fake.state.accepted["deployModel", "1001"] == 1
    assert ids(endpoint) == ["1001"]


def test_one_that_is_there_is_taken_over_and_scaled(
    fake: FakeVertex, endpoint: Any, context: Context
) -> None:
    DEPLOYED.create(context, deployed_inputs())
    DEPLOYED.create(context, deployed_inputs(max_replicas=4))
    assert fake.state.accepted["deployModel", "1001"] == 1
    assert endpoint.deployed_models[0].dedicated_resources.max_replica_count == 4
    with pytest.raises(ServiceError, match="is there already with another machine_type and model"):
        DEPLOYED.create(
            context,
            deployed_inputs(machine_type="n1-standard-4", model=deployed_inputs("b").model),
        )


def test_a_failed_deployment_says_why_and_leaves_nothing(
    fake: FakeVertex, endpoint: Any, context: Context
) -> None:
    fake.state.failing["deployModel"] = "Model server never became ready"
    with pytest.raises(ServiceError, match="Google: Model server never became ready"):
        DEPLOYED.create(context, deployed_inputs())
    assert ids(endpoint) == []


def test_a_quota_is_reported(fake: FakeVertex, endpoint: Any, context: Context) -> None:
    said = "The following quotas are exceeded: CustomModelServingL4GPUsPerProjectPerRegion"
    fake.refusals += [(":deployModel", Refused(429, "RESOURCE_EXHAUSTED", said))] * 5
    with pytest.raises(ServiceError, match=r"CustomModelServingL4GPUs.*; ask for a higher quota"):
        DEPLOYED.create(context, deployed_inputs())
    assert ids(endpoint) == []


def test_what_others_changed_is_found_by_a_refresh_and_healed(
    endpoint: Any, context: Context
) -> None:
    inputs = deployed_inputs()
    made, outputs = DEPLOYED.create(context, inputs)
    endpoint.deployed_models[0].dedicated_resources.max_replica_count = 9
    seen = DEPLOYED.read(context, made, inputs, outputs)
    assert seen is not None
    assert seen["max_replicas"] == 9
    assert DEPLOYED.drift(context, made, inputs, inputs.model_dump() | seen) == {"max_replicas"}
    healed = DEPLOYED.update(context, made, inputs, inputs, seen)
    assert endpoint.deployed_models[0].dedicated_resources.max_replica_count == 2
    assert DEPLOYED.drift(context, made, inputs, inputs.model_dump() | healed) == frozenset()


def test_the_usual_target_is_no_drift(endpoint: Any, context: Context) -> None:
    inputs = deployed_inputs(autoscaling={})
    made, outputs = DEPLOYED.create(context, inputs)
    resources = endpoint.deployed_models[0].dedicated_resources
    resources.autoscaling_metric_specs.append(
        {
            "metric_name": "aiplatform.googleapis.com/prediction/online/cpu/utilization",
            "target": 60,
        }
    )
    assert DEPLOYED.read(context, made, inputs, outputs) == outputs


def test_one_of_another_model_under_the_same_id_is_replaced(
    fake: FakeVertex, endpoint: Any, context: Context
) -> None:
    inputs = deployed_inputs()
    made, outputs = DEPLOYED.create(context, inputs)
    endpoint.deployed_models[0].model = next(
        name for name in fake.state.models if name.endswith("cancer-b")
    )
    seen = DEPLOYED.read(context, made, inputs, outputs)
    assert seen is not None
    drifted = DEPLOYED.drift(context, made, inputs, inputs.model_dump() | seen)
    assert drifted == {"model"}
    assert drifted <= DEPLOYED.replaces


def test_a_scaling_of_what_went_is_refused(
    fake: FakeVertex, endpoint: Any, context: Context
) -> None:
    inputs = deployed_inputs()
    with pytest.raises(ServiceError, match="is not there any more; run a refresh first"):
        DEPLOYED.update(context, "id", inputs, deployed_inputs(max_replicas=3), {})
    assert not fake.state.accepted["mutateDeployedModel", "1001"]
    del endpoint


def test_an_endpoint_that_went_took_everything_with_it(fake: FakeVertex, context: Context) -> None:
    vertex(REGION).wait(vertex(REGION).delete(ENDPOINT), 10)
    assert fake.state.endpoints == {}
    assert DEPLOYED.read(context, "id", deployed_inputs(), {}) is None
    DEPLOYED.delete(context, "id", deployed_inputs())
    with pytest.raises(ServiceError, match=r"404: The resource .*endpoints/cancer is not found"):
        DEPLOYED.create(context, deployed_inputs())


def test_an_import_gives_the_inputs_that_make_the_same(
    fake: FakeVertex, endpoint: Any, context: Context
) -> None:
    inputs = deployed_inputs(endpoint=ENDPOINT)
    made, outputs = DEPLOYED.create(context, inputs)
    found, seen = DEPLOYED.imported(context, made)
    model = next(name for name in fake.state.models if name.endswith("cancer-a"))
    assert found == inputs.model_dump(exclude_none=True) | {"model": model}
    assert seen == outputs
    with pytest.raises(ServiceError, match="deployedModels/77 is not there"):
        DEPLOYED.imported(context, f"{ENDPOINT}/deployedModels/77")
    with pytest.raises(ServiceError, match="'1001' is no deployed model; it looks like"):
        DEPLOYED.imported(context, "1001")
    assert ids(endpoint) == ["1001"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"deployed_model_id": "12345678901"}, "deployed_model_id"),
        ({"deployed_model_id": "0"}, "deployed_model_id"),
        ({"min_replicas": 0}, "min_replicas"),
        ({"min_replicas": 3}, "max_replicas: 2 is less than min_replicas, 3"),
        ({"accelerator_count": 1}, "given together or not"),
        ({"autoscaling": {"memory": 50}}, "autoscaling"),
    ],
)
def test_mistakes_are_refused_before_anything_is_sent(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        deployed_inputs(**wrong)


def test_offline_answers_are_the_same_every_time() -> None:
    inputs = deployed_inputs()
    assert DEPLOYED.invented(inputs) == DEPLOYED.invented(inputs)
    assert DEPLOYED.offline_id(inputs) == f"{ENDPOINT}/deployedModels/1001"
