"""Kind aws.lambda: plan, refusals, resources, life; reading back and moving."""

import json
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from modelport.cloud import aws
from modelport.errors import ServiceError
from modelport.live import LiveService, service_of
from modelport.platforms.aws.lambda_.live import http_answer, http_event
from modelport.platforms.aws.lambda_.plan import LambdaPlan
from modelport.rollout import Counts
from modelport_serving.call import Answer, Request
from modelport_serving.lambda_runtime import respond
from offline_project import OfflineProject
from platform_life import declare, inputs, live, project_for
from platforms.aws.fake_lambda import FakeLambda
from platforms.planning import planned, refusal, refusals

TARGET = {"kind": "aws.lambda", "region": "eu-west-1"}
DOMAIN = {"exposure": "public", "domain": "cancer.example.com"}
ZONE = {**TARGET, "hosted_zone": "Z0123456789ABC"}
JWT = {"issuer": "https://login.example.com", "audiences": ["cancer"]}


def plan(target: dict[str, Any] = TARGET, **more: Any) -> LambdaPlan:
    made = planned(target, **more)
    assert isinstance(made, LambdaPlan)
    return made


def test_facts_are_what_a_reviewer_asks_for() -> None:
    facts = plan(workload={"p99": "50ms", "requests_per_month": 1_000_000}).facts()
    assert facts["target"] == "aws.lambda"
    assert facts["name"] == "mp-cancer-dev"
    assert facts["auth"] == "platform"
    assert facts["entry"] == "invoke"
    assert facts["replicas"] == "0 to 10"
    assert facts["limit"] == "payload 1.05 of 6 MB (17 %)"
    assert float(facts["idle_usd"]) < 5
    assert 1 < float(facts["monthly_usd"]) < 10
    assert "of which 100 must stay unreserved" in str(facts["notes"])


def test_copies_that_wait_cost_and_arm_is_cheaper() -> None:
    warm = {**TARGET, "replicas": {"min": 2, "max": 10}}
    idle = float(plan(warm).facts()["idle_usd"])
    assert idle > 20
    assert float(plan({**warm, "architecture": "arm64"}).facts()["idle_usd"]) < idle


def test_a_revision_is_a_model_with_its_settings() -> None:
    first = plan()
    assert first.revision == plan({**TARGET, "replicas": {"min": 1, "max": 3}}).revision
    assert first.revision != plan({**TARGET, "memory_mib": 2048}).revision
    assert first.revision != plan(exposure="public", auth="api_key").revision


@pytest.mark.parametrize(
    ("target", "more", "entry"),
    [
        (TARGET, {}, "invoke"),
        (TARGET, {"exposure": "public"}, "url"),
        (ZONE, DOMAIN, "http_api"),
    ],
)
def test_how_it_is_called(target: Any, more: dict[str, Any], entry: str) -> None:
    assert plan(target, **more).entry == entry


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (TARGET, {"rollout": "rolling"}, "rollout rolling: aws.lambda does not have it"),
        (TARGET, {"rollout": {"shadow": {}}}, "rollout shadow"),
        (TARGET, {"auth": "none"}, "auth: none on aws.lambda would let everyone in"),
        (TARGET, {"auth": "api_key"}, "signs with IAM already"),
        (TARGET, {"secrets": {"TOKEN": "arn:aws:secretsmanager:x:1:secret:t"}}, "secrets: Lambda"),
        (TARGET, DOMAIN, "write target.hosted_zone"),
        (ZONE, {}, "hosted_zone: there is no domain"),
        (ZONE, {"domain": "c.example.com"}, "is that of an HTTP API"),
        ({**ZONE, "timeout": 60}, DOMAIN, "an HTTP API waits 30 s"),
        ({**TARGET, "timeout": 2}, {"workload": {"p99": "3s"}}, "shorter than workload.p99"),
        ({**TARGET, "jwt": JWT}, {"exposure": "public"}, "jwt: needs a domain"),
        ({**ZONE, "jwt": JWT}, {**DOMAIN, "auth": "api_key"}, "jwt: the API knows its callers"),
        ({**ZONE, "invokers": ["123456789012"]}, DOMAIN, "invokers: an HTTP API"),
        ({**TARGET, "throttle": {"rate": 5}}, {}, "throttle: needs a domain"),
        (TARGET, {"workload": {"payload": "7MB"}}, "6 MB"),
        (TARGET, {"workload": {"gpu_memory": "1GB"}}, "GPU"),
    ],
)
def test_what_cannot_be_is_refused(target: Any, more: dict[str, Any], said: str) -> None:
    assert said in refusal(target, **more)


def test_an_http_api_takes_so_many_requests() -> None:
    made = plan({**ZONE, "throttle": {"rate": 5}}, **DOMAIN)
    assert (made.requests_per_second, made.requests_at_once) == (5, 200)
    assert plan(ZONE, **DOMAIN).requests_per_second == 100


def test_a_certificate_is_of_the_same_region() -> None:
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/0f"
    assert (
        "is of us-east-1, must be of eu-west-1"
        in refusals({**TARGET, "certificate": arn}, **DOMAIN)[0]
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("lambda") / "project")


@pytest.mark.engine
def test_the_life_of_a_development_function(project: OfflineProject) -> None:
    lived = live(
        project,
        TARGET,
        resized={**TARGET, "memory_mib": 2048},
        drift=("cancer-images", {"imageTagMutability": "MUTABLE"}),
    )
    assert lived.model.steps["cancer-function"] == "update"
    # The alias is left where it is; the traffic is moved by the rollout alone.
    assert lived.model.steps["cancer-alias"] == "same"
    assert lived.model.steps["cancer-traffic"] == "update"
    function = inputs(lived, "aws:lambda/function:Function")[0]
    assert "@sha256:0ff11e" in function["imageUri"]
    assert function["publish"] is True
    assert function["reservedConcurrentExecutions"] == 10
    assert ", revision r" in function["description"]
    assert "vpcConfig" not in function
    assert not inputs(lived, "aws:lambda/functionUrl:FunctionUrl")
    assert lived.outputs["names"]["ask"] == "invoke"
    assert lived.outputs["url"].endswith("/functions/mp-cancer-test:live/invocations")


@pytest.mark.engine
@pytest.mark.e2e
def test_the_life_of_a_production_function(project: OfflineProject) -> None:
    target = {**ZONE, "replicas": {"min": 2, "max": 20}, "architecture": "arm64", "jwt": JWT}
    lived = live(
        project,
        target,
        resized={**target, "replicas": {"min": 3, "max": 20}},
        drift=("cancer-logs", {"retentionInDays": 3}),
        packs=True,
        environment="prod",
        rollout={"canary": {"steps": [5, 25, 50], "bake": "10m"}},
        workload={"p99": "50ms", "payload": "512KB"},
        limits={"monthly_usd": 500},
        **DOMAIN,
    )
    warm = inputs(lived, "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig")[0]
    assert (warm["qualifier"], warm["provisionedConcurrentExecutions"]) == ("live", 2)
    route = inputs(lived, "aws:apigatewayv2/route:Route")[0]
    assert (route["routeKey"], route["authorizationType"]) == ("POST /predict", "JWT")
    api = inputs(lived, "aws:apigatewayv2/api:Api")[0]
    assert api["disableExecuteApiEndpoint"] is True
    assert lived.outputs["url"] == "https://cancer.example.com"
    assert {item["zoneId"] for item in inputs(lived, "aws:route53/record:Record")} == {
        "Z0123456789ABC"
    }


@pytest.mark.engine
def test_what_a_rollout_moved_stays_where_it_is(project: OfflineProject) -> None:
    more: dict[str, Any] = {"exposure": "public", "auth": "platform"}
    network = {"vpc": "vpc-0a1b2c3d", "subnets": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"]}
    target = {**TARGET, "network": network, "invokers": ["123456789012"]}
    declare(project, target, **more)
    made = project.do("up")
    assert made.ok, made.messages
    url = project.state()["cancer-url"]["inputs"]
    assert (url["authorizationType"], url["qualifier"]) == ("AWS_IAM", "live")
    moved = {"functionVersion": "7", "routingConfig": {"additionalVersionWeights": {"8": 0.25}}}
    project.faults = {"cancer-alias": {"read": moved}}
    refreshed = project.do("refresh")
    assert refreshed.ok, refreshed.messages
    assert project.state()["cancer-alias"]["outputs"]["functionVersion"] == "7"
    project.faults = {}
    again = project.do("up")
    assert again.ok, again.messages
    assert again.steps["cancer-alias"] == "same", again.changed
    declare(project, {**target, "memory_mib": 3008}, **more)
    resized = project.do("up")
    assert resized.ok, resized.messages
    assert resized.steps["cancer-function"] == "update"
    assert resized.steps["cancer-alias"] == "same", resized.changed
    assert project.state()["cancer-alias"]["outputs"]["functionVersion"] == "7"
    assert project.do("destroy").ok


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[FakeLambda]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with FakeLambda() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", server.address)
        yield server


def service(fake: FakeLambda, **names: str) -> LiveService:
    about = {"region": "eu-west-1", "function": "f", "ask": "invoke", "url": fake.address}
    return service_of("aws.lambda")({**about, **names})


FIRST, SECOND = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


def test_the_alias_is_read_and_moved(fake: FakeLambda) -> None:
    live = service(fake)
    assert live.read().state == "gone"
    fake.publish("r111111111", FIRST)
    fake.publish("r222222222", SECOND)
    fake.alias = {"Name": "live", "FunctionVersion": "1"}
    found = live.read()
    assert (found.state, found.revision, found.digest) == ("ready", "r111111111", FIRST)
    assert (found.shares, found.replicas) == ({"r111111111": 100}, None)
    live.shift({"r111111111": 95, "r222222222": 5})
    assert fake.alias["FunctionVersion"] == "1"
    assert fake.alias["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.05}}
    assert live.read().shares == {"r111111111": 95, "r222222222": 5}
    live.shift({"r222222222": 100})
    assert fake.alias["RoutingConfig"] == {"AdditionalVersionWeights": {}}
    found = live.read()
    assert (found.shares, found.digest) == ({"r222222222": 100}, SECOND)
    with pytest.raises(ServiceError, match="no published version is of revision r333333333"):
        live.shift({"r333333333": 100})


def test_going_back_takes_the_newest_version_of_a_revision(fake: FakeLambda) -> None:
    fake.publish("r111111111", FIRST)
    fake.publish("r222222222", SECOND)
    fake.publish("r111111111", FIRST)
    fake.alias = {"Name": "live", "FunctionVersion": "1"}
    live = service(fake)
    # The old version has another configuration, so it is not yet what was asked for.
    assert live.read().revision == "r111111111-v1"
    live.shift({"r111111111-v1": 50, "r111111111": 50})
    assert fake.alias["RoutingConfig"] == {"AdditionalVersionWeights": {"3": 0.5}}
    live.shift({"r111111111": 100})
    assert live.read().shares == {"r111111111": 100}
    assert fake.alias["FunctionVersion"] == "3"


@pytest.mark.parametrize(
    ("status", "state", "detail"),
    [
        ("READY", "ready", ""),
        ("IN_PROGRESS", "changing", "copies are being started"),
        ("FAILED", "failed", "no capacity"),
    ],
)
def test_copies_that_wait_are_counted(
    fake: FakeLambda, status: str, state: str, detail: str
) -> None:
    fake.publish("r111111111", FIRST)
    fake.alias = {"Name": "live", "FunctionVersion": "1"}
    fake.warm = {"Status": status, "AvailableProvisionedConcurrentExecutions": 2}
    if status == "FAILED":
        fake.warm["StatusReason"] = "no capacity"
    found = service(fake).read()
    assert (found.state, found.detail, found.replicas) == (state, detail, 2)


def test_it_is_asked_as_its_callers_ask(fake: FakeLambda) -> None:
    fake.publish("r111111111", FIRST)
    fake.alias = {"Name": "live", "FunctionVersion": "1"}
    body = b'{"instances": [[1]]}'
    invoked = service(fake)
    answer = invoked.ask(body, None, 5)
    assert (answer.status, answer.text, answer.header("x-a")) == (200, '{"predictions": []}', "b")
    invoked.ask_revision("r111111111", body, "key", 5)
    (alias, first), (number, second) = fake.asked
    assert (alias, number) == ("live", "1")
    assert (first["version"], first["rawPath"], first["body"]) == ("2.0", "/predict", body.decode())
    assert second["headers"]["authorization"] == "Bearer key"
    by_url = service(fake, ask="url")
    signed = str(by_url.ask(body, None, 5).header("x-asked"))
    assert signed.startswith("AWS4-HMAC-SHA256 Credential=test/")
    assert "/eu-west-1/execute-api/" in signed
    assert by_url.ask(body, "key", 5).header("x-asked") == "Bearer key"
    fake.error = "Unhandled"
    with pytest.raises(ServiceError, match=r"Unhandled: .*killed"):
        invoked.ask(body, None, 5)


@dataclass
class Caller:
    """The application in the image; it answers with what it was asked."""

    asked: list[Request] = field(default_factory=list[Request])

    def call(self, request: Request) -> Answer:
        self.asked.append(request)
        headers = (("x-modelport-version", "0123456789abcdef"),)
        return Answer(200, headers, b'{"predictions": [1]}')


def test_the_image_understands_how_it_is_asked() -> None:
    caller = Caller()
    body = '{"instances": [["é"]]}'.encode()
    answered = respond(caller, json.loads(json.dumps(http_event(body, "key"))))
    (request,) = caller.asked
    assert (request.method, request.path, request.body) == ("POST", "/predict", body)
    assert ("authorization", "Bearer key") in request.headers
    answer = http_answer(json.dumps(answered).encode())
    assert (answer.status, answer.text) == (200, '{"predictions": [1]}')
    assert answer.header("x-modelport-version") == "0123456789abcdef"


def test_an_answer_that_is_none_is_said() -> None:
    with pytest.raises(ServiceError, match="no HTTP answer: null"):
        http_answer(b"null")
    assert (
        http_answer(b'{"statusCode": 200, "body": "aGk=", "isBase64Encoded": true}').body == b"hi"
    )


def test_requests_and_alarms_are_those_of_the_platform(
    fake: FakeLambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", f"http://{host}:{port}")
    try:
        fake.publish("r111111111", FIRST)
        live = service(fake)
        client: Any = aws.client("cloudwatch", "eu-west-1")
        dimensions = [
            {"Name": "FunctionName", "Value": "f"},
            {"Name": "Resource", "Value": "f:live"},
            {"Name": "ExecutedVersion", "Value": "1"},
        ]
        client.put_metric_data(
            Namespace="AWS/Lambda",
            MetricData=[
                {"MetricName": name, "Dimensions": dimensions, "Value": value}
                for name, value in (("Invocations", 40), ("Errors", 3))
            ],
        )
        counted = live.counts("r111111111", time.time() - 60)
        assert counted == Counts(requests=40, errors=3)
        assert live.firing() == ()
        client.put_metric_alarm(
            AlarmName="f-errors", EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold"
        )
        client.set_alarm_state(AlarmName="f-errors", StateValue="ALARM", StateReason="test")
        assert live.firing() == ("f-errors",)
    finally:
        server.stop()
