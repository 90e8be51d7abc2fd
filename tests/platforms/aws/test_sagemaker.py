"""Kind aws.sagemaker: plan, refusals, resources, life and reading back."""

import json
from collections.abc import Generator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from modelport.live import service_of
from modelport.platforms.aws.sagemaker.plan import SageMakerPlan
from offline_project import OfflineProject
from platform_life import NAME, inputs, live, project_for, refused
from platforms.planning import planned, refusal, refusals

TARGET = {"kind": "aws.sagemaker", "region": "eu-west-1"}
TWO = {**TARGET, "replicas": {"min": 2, "max": 6}}
CANARY = {"canary": {"steps": [50], "bake": "10m"}}


def plan(target: dict[str, Any] = TARGET, **more: Any) -> SageMakerPlan:
    made = planned(target, **more)
    assert isinstance(made, SageMakerPlan)
    return made


def test_facts_are_what_a_reviewer_asks_for() -> None:
    facts = plan(workload={"p99": "50ms", "requests_per_month": 1_000_000}).facts()
    assert facts["target"] == "aws.sagemaker"
    assert facts["name"] == "mp-cancer-dev"
    assert facts["auth"] == "platform"
    assert facts["exposure"] == "private"
    assert facts["size"] == "ml.m5.large"
    assert facts["replicas"] == "1 to 2"
    assert facts["limit"] == "payload 1.05 of 25 MB (4 %)"
    assert 80 < float(facts["monthly_usd"]) < 100
    assert float(facts["worst_case_usd"]) > 2 * 83
    assert 0 < float(facts["per_1000_usd"]) < 0.001
    assert "endpoint disk" in str(facts["unpriced"])


def test_a_revision_is_a_model_with_its_settings() -> None:
    first = plan()
    assert first.revision == plan(owner="somebody").revision
    assert first.fingerprint != plan(owner="somebody").fingerprint
    assert first.revision != plan({**TARGET, "instance": "ml.c5.large"}).revision
    assert len(f"{first.physical_name}-{first.revision}") <= 63


@pytest.mark.parametrize(
    ("rollout", "routing", "step", "bake"),
    [
        ("all_at_once", "ALL_AT_ONCE", 100, 0),
        ("blue_green", "ALL_AT_ONCE", 100, 600),
        ("rolling", "ROLLING", 50, 120),
        ({"canary": {"steps": [10], "bake": "5m"}}, "CANARY", 10, 300),
        ({"canary": {"steps": [25, 50, 75], "bake": "2m"}}, "LINEAR", 25, 120),
    ],
)
def test_rollouts_are_guardrails(rollout: Any, routing: str, step: int, bake: int) -> None:
    made = plan(TWO, rollout=rollout)
    assert (made.routing, made.step_percent, made.bake_seconds) == (routing, step, bake)


def test_what_a_canary_watches() -> None:
    rollout = {"canary": {"steps": [50], "max_error_rate": 0.02, "max_p99_ratio": 3}}
    made = plan(TWO, rollout=rollout, workload={"p99": "200ms"})
    assert made.error_rate == 0.02
    assert made.slow_seconds == 0.6
    assert plan(TWO, rollout=rollout).slow_seconds is None
    assert "p99 rolls nothing back" in str(plan(TWO, rollout=rollout).facts()["notes"])


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (TARGET, {"exposure": "public"}, "exposure: public is not on aws.sagemaker"),
        (TARGET, {"auth": "api_key"}, "auth: api_key is not on aws.sagemaker"),
        (TARGET, {"auth": "none"}, "auth: none on aws.sagemaker would let everyone in"),
        (TARGET, {"domain": "c.example.com"}, "domain c.example.com is not on aws.sagemaker"),
        (TARGET, {"secrets": {"TOKEN": "arn:aws:secretsmanager:x:1:secret:t"}}, "secrets: "),
        (TARGET, {"rollout": CANARY}, "write replicas: {min: 2}"),
        (TWO, {"rollout": {"canary": {"steps": [5, 25, 50]}}}, "the nearest is steps: [5]"),
        (TWO, {"rollout": {"canary": {"steps": [60]}}}, "at most 50 %"),
        (TWO, {"rollout": {"canary": {"steps": [10], "bake": "2h"}}}, "at most 1h"),
        (TWO, {"rollout": {"shadow": {}}}, "the nearest is canary"),
        ({**TARGET, "replicas": {"min": 0, "max": 2}}, {}, "a real-time endpoint keeps an"),
        (TARGET, {"workload": {"p99": "90s"}}, "60 s"),
        (TARGET, {"workload": {"payload": "30MB"}}, "25 MB"),
        (TARGET, {"limits": {"monthly_usd": 10}}, "is over limits.monthly_usd (10.00)"),
    ],
)
def test_what_cannot_be_is_refused(target: Any, more: dict[str, Any], said: str) -> None:
    assert said in refusal(target, **more)


def test_every_reason_comes_at_once() -> None:
    found = refusals(TARGET, exposure="public", auth="none", rollout=CANARY)
    assert len(found) == 3


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("sagemaker") / "project")


@pytest.mark.engine
def test_the_life_of_a_development_endpoint(project: OfflineProject) -> None:
    lived = live(
        project,
        TARGET,
        resized={**TARGET, "instance": "ml.c5.large"},
        drift=("cancer-images", {"imageTagMutability": "MUTABLE"}),
    )
    assert lived.model.steps["cancer-endpoint"] == "update"
    assert "create" in {done for name, done in lived.model.steps.items() if "-config" in name}
    endpoint = inputs(lived, "aws:sagemaker/endpoint:Endpoint")[0]
    assert endpoint["name"] == "mp-cancer-test"
    blue_green = endpoint["deploymentConfig"]["blueGreenUpdatePolicy"]
    assert blue_green["trafficRoutingConfiguration"]["type"] == "ALL_AT_ONCE"
    alarms = endpoint["deploymentConfig"]["autoRollbackConfiguration"]["alarms"]
    assert alarms == [{"alarmName": "mp-cancer-test-errors"}]
    model = inputs(lived, "aws:sagemaker/model:Model")[0]
    assert model["enableNetworkIsolation"] is True
    assert "@sha256:0ff11e" in model["primaryContainer"]["image"]
    names = {item["inputs"]["name"] for item in lived.later.values() if "-config" in item["urn"]}
    assert len(names) == 1
    assert lived.outputs["names"] == {"region": "eu-west-1", "endpoint": "mp-cancer-test"}


@pytest.mark.engine
@pytest.mark.e2e
def test_the_life_of_a_production_endpoint(project: OfflineProject) -> None:
    lived = live(
        project,
        TWO,
        resized={**TWO, "replicas": {"min": 3, "max": 6}},
        drift=("cancer-logs", {"retentionInDays": 3}),
        packs=True,
        environment="prod",
        rollout=CANARY,
        workload={"p99": "50ms", "payload": "512KB"},
        limits={"monthly_usd": 500},
    )
    endpoint = inputs(lived, "aws:sagemaker/endpoint:Endpoint")[0]["deploymentConfig"]
    routing = endpoint["blueGreenUpdatePolicy"]["trafficRoutingConfiguration"]
    assert routing["type"] == "CANARY"
    assert routing["canarySize"] == {"type": "CAPACITY_PERCENT", "value": 50}
    assert {alarm["alarmName"] for alarm in endpoint["autoRollbackConfiguration"]["alarms"]} == {
        "mp-cancer-test-errors",
        "mp-cancer-test-latency",
    }
    policies = [
        json.loads(item["policy"]) for item in inputs(lived, "aws:iam/rolePolicy:RolePolicy")
    ]
    assert policies
    for policy in policies:
        for statement in policy["Statement"]:
            wide = statement["Resource"] == "*"
            assert not wide or statement["Action"] == "ecr:GetAuthorizationToken"


@pytest.mark.engine
def test_a_refusal_makes_nothing(project: OfflineProject) -> None:
    said = refused(project, TARGET, exposure="public")
    assert f"{NAME}: exposure: public is not on aws.sagemaker" in said


@pytest.fixture(scope="module")
def aws_server() -> Generator[str]:
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws_address(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return aws_server


def test_the_live_endpoint_is_read_back(aws_address: str) -> None:
    client: Any = boto3.client("sagemaker", region_name="eu-west-1", endpoint_url=aws_address)
    service = service_of("aws.sagemaker")({"region": "eu-west-1", "endpoint": "mp-cancer-dev"})
    assert service.read().state == "gone"
    revision = "r123456789"
    client.create_model(
        ModelName="m",
        ExecutionRoleArn="arn:aws:iam::123456789012:role/r",
        PrimaryContainer={"Image": f"1.dkr.ecr.eu-west-1.amazonaws.com/m@sha256:{'a' * 64}"},
    )
    client.create_endpoint_config(
        EndpointConfigName=f"mp-cancer-dev-{revision}",
        ProductionVariants=[
            {
                "VariantName": "main",
                "ModelName": "m",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 2,
            }
        ],
    )
    client.create_endpoint(
        EndpointName="mp-cancer-dev", EndpointConfigName=f"mp-cancer-dev-{revision}"
    )
    found = service.read()
    assert found.state in {"ready", "changing"}
    assert found.revision == revision
    assert found.replicas == 2
