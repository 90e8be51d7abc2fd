"""The resource type of models, against a Vertex AI that checks what it gets."""

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
    MODELS,
    PARENT,
    PROJECT,
    REGION,
    deployed_inputs,
    model_inputs,
)

NUMBER = "123456789012"
NAME = f"projects/{NUMBER}/locations/{REGION}/models/cancer-a"


def test_life(fake: FakeVertex, context: Context) -> None:
    key = f"projects/{PROJECT}/locations/{REGION}/keyRings/r/cryptoKeys/k"
    inputs = model_inputs(encryption_key=key, service_account=f"up@{PROJECT}.example")
    made, outputs = MODELS.create(context, inputs)
    assert made == f"{PARENT}/models/cancer-a"
    assert (outputs["name"], outputs["version_id"]) == (NAME, "1")
    container = fake.state.models[NAME].container_spec
    assert container.image_uri == inputs.image
    assert [(item.name, item.value) for item in container.env] == [
        ("ANSWER", "42"),
        ("LOG", "json"),
    ]
    assert container.ports[0].container_port == 3000
    assert MODELS.read(context, made, inputs, outputs) == outputs

    changed = inputs.model_copy(update={"labels": {"owner": "x"}, "description": "finds cancer"})
    MODELS.update(context, made, inputs, changed, outputs)
    model = fake.state.models[NAME]
    assert (dict(model.labels), model.description) == ({"owner": "x"}, "finds cancer")

    MODELS.delete(context, made, changed)
    assert fake.state.models == {}
    assert MODELS.read(context, made, changed, outputs) is None
    MODELS.delete(context, made, changed)


def test_one_that_is_there_is_taken_over(fake: FakeVertex, context: Context) -> None:
    MODELS.create(context, model_inputs())
    MODELS.create(context, model_inputs(labels={"owner": "else"}))
    assert fake.state.accepted["uploadModel", "cancer-a"] == 1
    assert dict(fake.state.models[NAME].labels) == {"owner": "else"}


def test_one_with_other_content_is_refused(fake: FakeVertex, context: Context) -> None:
    MODELS.create(context, model_inputs())
    other = model_inputs(image=model_inputs("b").image, port=8080)
    with pytest.raises(ServiceError, match="is there already with another image and port; delete"):
        MODELS.create(context, other)
    assert fake.state.accepted["uploadModel", "cancer-a"] == 1


def test_an_upload_under_way_is_waited_for(fake: FakeVertex, context: Context) -> None:
    fake.state.seconds = 0.3
    threads = [
        threading.Thread(target=MODELS.create, args=(context, model_inputs())) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert fake.state.accepted["uploadModel", "cancer-a"] == 1
    assert list(fake.state.models) == [NAME]


def test_an_answer_that_is_lost_makes_no_second_one(fake: FakeVertex, context: Context) -> None:
    # Operations, the model itself, then the upload.
    fake.strike(3, "unanswered", lambda: None)
    MODELS.create(context, model_inputs())
    assert fake.state.accepted["uploadModel", "cancer-a"] == 1


def test_a_removal_under_way_is_waited_for_before_an_upload(
    fake: FakeVertex, context: Context
) -> None:
    MODELS.create(context, model_inputs())
    fake.state.seconds = 0.2
    vertex(REGION).delete(f"{PARENT}/models/cancer-a")
    MODELS.create(context, model_inputs())
    assert list(fake.state.models) == [NAME]
    assert fake.state.accepted["uploadModel", "cancer-a"] == 2


def test_an_upload_that_fails_says_why(fake: FakeVertex, context: Context) -> None:
    fake.state.failing["uploadModel"] = "image cannot be read"
    with pytest.raises(ServiceError, match="Google: image cannot be read"):
        MODELS.create(context, model_inputs())
    MODELS.create(context, model_inputs())


def test_a_deployed_model_is_not_removed(fake: FakeVertex, context: Context) -> None:
    made, _ = MODELS.create(context, model_inputs())
    DEPLOYED.create(context, deployed_inputs())
    with pytest.raises(ServiceError, match=r"is deployed or being deployed at .*endpoints/cancer"):
        MODELS.delete(context, made, model_inputs())
    assert NAME in fake.state.models


def test_what_others_changed_is_found_by_a_refresh_and_healed(
    fake: FakeVertex, context: Context
) -> None:
    inputs = model_inputs()
    made, outputs = MODELS.create(context, inputs)
    assert MODELS.drift(context, made, inputs, inputs.model_dump() | outputs) == frozenset()
    fake.state.models[NAME].labels = {"owner": "nobody"}
    seen = MODELS.read(context, made, inputs, outputs)
    assert seen is not None
    assert seen["labels"] == {"owner": "nobody"}
    assert MODELS.drift(context, made, inputs, inputs.model_dump() | seen) == {"labels"}
    healed = MODELS.update(context, made, inputs, inputs, seen)
    assert "labels" not in healed
    assert MODELS.read(context, made, inputs, healed) == outputs


def test_an_import_gives_the_inputs_that_make_the_same(fake: FakeVertex, context: Context) -> None:
    inputs = model_inputs(description="x")
    made, outputs = MODELS.create(context, inputs)
    found, seen = MODELS.imported(context, made)
    assert found == inputs.model_dump(exclude_none=True)
    assert seen == outputs
    with pytest.raises(ServiceError, match=r"model .*/cancer-z is not there"):
        MODELS.imported(context, f"{PARENT}/models/cancer-z")
    with pytest.raises(ServiceError, match="'cancer-a' is no model's full name; it looks like"):
        MODELS.imported(context, "cancer-a")
    assert fake.requests


def test_a_label_of_googles_own_is_no_drift(fake: FakeVertex, context: Context) -> None:
    made, outputs = MODELS.create(context, model_inputs())
    fake.state.models[NAME].labels["aiplatform.googleapis.com/kind"] = "x"
    assert MODELS.read(context, made, model_inputs(), outputs) == outputs


def test_a_refusal_is_reported_with_the_permission(fake: FakeVertex, context: Context) -> None:
    denied = "Permission 'aiplatform.models.upload' denied on resource (or it may not exist)."
    fake.refusals.append(("models:upload", Refused(403, "PERMISSION_DENIED", denied)))
    with pytest.raises(ServiceError, match=r"; grant aiplatform\.models\.upload to the account"):
        MODELS.create(context, model_inputs())
    assert fake.state.models == {}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"image": "europe-west4-docker.pkg.dev/p/i/cancer:latest"}, "image"),
        ({"model_id": "1-cancer"}, "model_id"),
        ({"model_id": "c" * 64}, "model_id"),
        ({"predict_route": "predict"}, "predict_route"),
        ({"environment": {"AIP_HTTP_PORT": "1"}}, "AIP_HTTP_PORT: names that begin with AIP_"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_mistakes_are_refused_before_anything_is_sent(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        model_inputs(**wrong)


def test_offline_names_are_marked_and_the_same_every_time() -> None:
    inputs = model_inputs()
    assert MODELS.invented(inputs) == MODELS.invented(inputs)
    assert MODELS.invented(inputs)["name"] == (
        f"projects/000000000000/locations/{REGION}/models/cancer-a"
    )
    assert MODELS.offline_id(inputs) == inputs.resource_id
