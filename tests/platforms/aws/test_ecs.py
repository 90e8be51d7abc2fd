"""Kind aws.ecs: plan, refusals, resources, life and reading back."""

import json
from collections.abc import Generator
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from modelport.cloud import aws
from modelport.live import NotReachable, service_of
from modelport.platforms.aws.ecs.plan import EcsPlan
from offline_project import OfflineProject
from platform_life import Lived, declare, inputs, live, project_for
from platforms.aws.fake_ecs import FakeEcs
from platforms.planning import planned, refusal

TARGET = {"kind": "aws.ecs", "region": "eu-west-1"}
PUBLIC = {"exposure": "public", "domain": "cancer.example.com"}
ZONE = {**TARGET, "hosted_zone": "Z0123456789ABC"}
NETWORK = {
    "vpc": "vpc-0a1b2c3d",
    "subnets": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
    "public_subnets": ["subnet-0a1b2c3f", "subnet-0a1b2c30"],
}
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:hub-AbCdEf"


def plan(target: dict[str, Any] = TARGET, **more: Any) -> EcsPlan:
    made = planned(target, **more)
    assert isinstance(made, EcsPlan)
    return made


def test_facts_are_what_a_reviewer_asks_for() -> None:
    facts = plan(workload={"p99": "50ms", "requests_per_month": 1_000_000}).facts()
    assert facts["target"] == "aws.ecs"
    assert facts["auth"] == "api_key"
    assert facts["size"] == "0.5 vCPU, 1024 MiB amd64"
    assert facts["strategy"] == "rolling"
    assert 50 < float(facts["monthly_usd"]) < 80
    assert "plain HTTP" in str(facts["notes"])
    assert "nobody is in a private network" in str(facts["notes"])


def test_what_a_network_costs_is_known() -> None:
    own = float(plan().facts()["monthly_usd"])
    private = float(plan({**TARGET, "network": NETWORK}).facts()["monthly_usd"])
    assert own - private == pytest.approx(3 * 7.30, abs=3)
    assert float(plan(environment="prod").facts()["monthly_usd"]) - own > 20


@pytest.mark.parametrize(
    ("rollout", "strategy", "step", "minutes", "after", "most"),
    [
        ("all_at_once", "ROLLING", 100, 0, 0, 200),
        ("rolling", "ROLLING", 100, 0, 0, 150),
        ("blue_green", "BLUE_GREEN", 100, 0, 10, 200),
        ({"canary": {"steps": [10], "bake": "5m"}}, "CANARY", 10, 5, 0, 200),
        ({"canary": {"steps": [25, 50, 75], "bake": "2m"}}, "LINEAR", 25, 2, 0, 200),
    ],
)
def test_rollouts_are_strategies(
    rollout: Any, strategy: str, step: int, minutes: int, after: int, most: int
) -> None:
    made = plan({**TARGET, "replicas": {"min": 2, "max": 4}}, rollout=rollout)
    assert (made.strategy, made.step_percent, made.step_minutes) == (strategy, step, minutes)
    assert (made.after_minutes, made.most_percent) == (after, most)


def test_one_task_is_not_replaced_by_half_a_one() -> None:
    assert plan(rollout="rolling").most_percent == 200


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (TARGET, {"exposure": "public"}, "exposure: public needs a domain"),
        (TARGET, PUBLIC, "write target.hosted_zone"),
        ({**ZONE, "network": {**NETWORK, "public_subnets": []}}, PUBLIC, "network.public_subnets"),
        ({**TARGET, "network": {**NETWORK, "subnets": NETWORK["subnets"][:1]}}, {}, "needs 2"),
        ({**TARGET, "callers": ["0.0.0.0/0"]}, {}, "lets everyone in"),
        (TARGET, {"auth": "platform"}, "auth: platform is not on aws.ecs"),
        (TARGET, {"auth": "none"}, "auth: none on aws.ecs would let everyone in"),
        ({**TARGET, "memory_mib": 8192}, {}, "write cpu: 1024, memory_mib: 8192"),
        ({**TARGET, "memory_mib": 1500}, {}, "write cpu: 512, memory_mib: 2048"),
        ({**TARGET, "tmp_mib": 1024}, {}, "write at most 512"),
        ({**TARGET, "replicas": {"min": 0, "max": 2}}, {}, "replicas.min: a service at zero"),
        (TARGET, {"secrets": {"TOKEN": "projects/p/secrets/s"}}, "must be the ARN of a secret"),
        (TARGET, {"rollout": {"shadow": {}}}, "rollout shadow"),
        (TARGET, {"rollout": {"canary": {"steps": [5, 25, 50]}}}, "the nearest is steps: [5]"),
        (TARGET, {"rollout": {"canary": {"steps": [5], "bake": "90s"}}}, "in whole minutes"),
        (TARGET, {"workload": {"p99": "90s"}}, "shorter than workload.p99"),
        (TARGET, {"workload": {"gpu_memory": "1GB"}}, "GPU"),
    ],
)
def test_what_cannot_be_is_refused(target: Any, more: dict[str, Any], said: str) -> None:
    assert said in refusal(target, **more)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("ecs") / "project")


def container(lived: Lived) -> dict[str, Any]:
    task = inputs(lived, "aws:ecs/taskDefinition:TaskDefinition")[0]
    return json.loads(task["containerDefinitions"])[0]


@pytest.mark.engine
def test_the_life_of_a_development_service(project: OfflineProject) -> None:
    lived = live(
        project,
        TARGET,
        resized={**TARGET, "memory_mib": 2048},
        drift=("cancer-images", {"imageTagMutability": "MUTABLE"}),
    )
    assert lived.model.steps["cancer-service"] == "update"
    tasks = {name: step for name, step in lived.model.steps.items() if name.endswith("-task")}
    assert sorted(tasks.values()) == ["create", "delete"]
    service = inputs(lived, "aws:ecs/service:Service")[0]
    assert service["networkConfiguration"]["assignPublicIp"] is False
    assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert service["alarms"]["alarmNames"] == ["mp-cancer-test-errors"]
    made = container(lived)
    assert "@sha256:0ff11e" in made["image"]
    assert made["readonlyRootFilesystem"] is True
    assert made["user"] == "10001:10001"
    assert made["linuxParameters"]["tmpfs"][0]["size"] == 128
    balancer = inputs(lived, "aws:lb/loadBalancer:LoadBalancer")[0]
    assert balancer["internal"] is True
    listener = inputs(lived, "aws:lb/listener:Listener")[0]
    assert (listener["port"], listener["protocol"]) == (80, "HTTP")
    assert not inputs(lived, "aws:ec2/internetGateway:InternetGateway")
    assert not inputs(lived, "aws:ec2/natGateway:NatGateway")
    endpoints = inputs(lived, "aws:ec2/vpcEndpoint:VpcEndpoint")
    assert {item["serviceName"].rpartition("eu-west-1.")[2] for item in endpoints} == {
        "s3",
        "ecr.api",
        "ecr.dkr",
        "logs",
    }
    assert {len(item["subnetIds"]) for item in endpoints if "subnetIds" in item} == {1}


@pytest.mark.engine
@pytest.mark.soak
def test_the_life_of_a_production_service(project: OfflineProject) -> None:
    target = {**ZONE, "replicas": {"min": 2, "max": 6}, "architecture": "arm64", "spot": True}
    lived = live(
        project,
        target,
        resized={**target, "replicas": {"min": 3, "max": 6}},
        drift=("cancer-logs", {"retentionInDays": 3}),
        packs=True,
        environment="prod",
        rollout={"canary": {"steps": [10], "bake": "10m"}},
        workload={"p99": "50ms", "payload": "512KB"},
        secrets={"HUB_TOKEN": f"{SECRET}:token::"},
        limits={"monthly_usd": 800},
        **PUBLIC,
    )
    service = inputs(lived, "aws:ecs/service:Service")[0]
    assert service["deploymentConfiguration"]["strategy"] == "CANARY"
    assert service["deploymentConfiguration"]["canaryConfiguration"] == {
        "canaryPercent": 10,
        "canaryBakeTimeInMinutes": "10",
    }
    assert "deploymentCircuitBreaker" not in service
    assert len(service["alarms"]["alarmNames"]) == 2
    listeners = {item["port"]: item for item in inputs(lived, "aws:lb/listener:Listener")}
    assert listeners[443]["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert listeners[80]["defaultActions"][0]["redirect"]["protocol"] == "HTTPS"
    assert inputs(lived, "aws:lb/loadBalancer:LoadBalancer")[0]["internal"] is False
    assert container(lived)["secrets"] == [{"name": "HUB_TOKEN", "valueFrom": f"{SECRET}:token::"}]
    policies = [
        json.loads(item["policy"])["Statement"]
        for item in inputs(lived, "aws:iam/rolePolicy:RolePolicy")
    ]
    allowed = [statement for policy in policies for statement in policy]
    assert [SECRET] in [statement["Resource"] for statement in allowed]
    for statement in allowed:
        actions = statement["Action"]
        named = actions if isinstance(actions, list) else [actions]
        reading = all(":Describe" in action or "AuthorizationToken" in action for action in named)
        assert statement["Resource"] != "*" or reading
    assert lived.outputs["url"] == "https://cancer.example.com"
    # What ECS has moved since stays so.
    assert lived.size.steps["cancer-requests"] == "same"


@pytest.mark.engine
def test_what_load_and_rollouts_decided_stays(project: OfflineProject) -> None:
    target = {**ZONE, "network": NETWORK, "callers": ["192.0.2.0/24"]}
    declare(project, target, **PUBLIC)
    made = project.do("up")
    assert made.ok, made.messages
    state = project.state()
    assert not [item for item in state.values() if item["type"] == "aws:ec2/vpc:Vpc"]
    assert state["cancer-balancer"]["inputs"]["subnets"] == NETWORK["public_subnets"]
    rule = state["cancer-requests"]["inputs"]["actions"][0]["forward"]["targetGroups"]
    assert [group["weight"] for group in rule] == [100, 0]
    turned = [{**rule[0], "weight": 0}, {**rule[1], "weight": 100}]
    actions = [{"type": "forward", "forward": {"targetGroups": turned}}]
    project.faults = {
        "cancer-service": {"read": {"desiredCount": 5}},
        "cancer-requests": {"read": {"actions": actions}},
    }
    assert project.do("refresh").ok
    project.faults = {}
    again = project.do("up")
    assert again.ok, again.messages
    assert again.steps["cancer-service"] == "same", again.changed
    assert again.steps["cancer-requests"] == "same", again.changed
    declare(project, target, rollout="blue_green", **PUBLIC)
    changed = project.do("up")
    assert changed.ok, changed.messages
    assert changed.steps["cancer-service"] == "update"
    assert project.state()["cancer-service"]["outputs"]["desiredCount"] == 5
    assert not changed.did("replace")
    assert project.do("destroy").ok


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Generator[Any]:
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    yield aws.client("ecs", "eu-west-1")
    server.stop()


def test_the_live_service_is_read_back(client: Any) -> None:
    names = {"region": "eu-west-1", "service": "s", "url": "http://127.0.0.1:9", "reach": "perhaps"}
    service = service_of("aws.ecs")(names)
    assert service.read().state == "gone"
    client.create_cluster(clusterName="s")
    assert service.read().state == "gone"
    digest = f"sha256:{'a' * 64}"
    client.register_task_definition(
        family="s-r111111111",
        containerDefinitions=[{"name": "model", "image": f"r/m@{digest}", "memory": 512}],
    )
    client.create_service(
        cluster="s", serviceName="s", taskDefinition="s-r111111111", desiredCount=2
    )
    found = service.read()
    assert (found.revision, found.digest) == ("r111111111", digest)
    assert found.shares == {"r111111111": 100}
    assert service.firing() == ()
    with pytest.raises(NotReachable, match=r"cannot be reached from here: .*does not answer"):
        service.ask(b"{}", "key", 2)


@pytest.mark.parametrize(
    ("rollout", "more", "state", "revision"),
    [
        ("COMPLETED", {}, "ready", "r222222222"),
        ("IN_PROGRESS", {}, "changing", "r222222222"),
        ("FAILED", {}, "failed", "r222222222"),
        ("COMPLETED", {"currentServiceDeployment": "arn:d"}, "changing", "r222222222"),
        ("COMPLETED", {"status": "DRAINING"}, "changing", "r222222222"),
        ("COMPLETED", {"status": "INACTIVE"}, "gone", ""),
    ],
)
def test_states_are_those_of_the_newest_deployment(
    monkeypatch: pytest.MonkeyPatch, rollout: str, more: dict[str, str], state: str, revision: str
) -> None:
    definition = "arn:aws:ecs:eu-west-1:1:task-definition/s-{}:3"
    deployments = [
        {"status": "ACTIVE", "taskDefinition": definition.format("r111111111")},
        {
            "status": "PRIMARY",
            "taskDefinition": definition.format("r222222222"),
            "rolloutState": rollout,
            "rolloutStateReason": "as it is",
        },
    ]
    found = {"status": "ACTIVE", "runningCount": 3, "deployments": deployments, **more}
    with FakeEcs(found, image="r/m@sha256:1") as fake:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ECS", fake.address)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        read = service_of("aws.ecs")({"region": "eu-west-1", "service": "s"}).read()
    assert (read.state, read.revision) == (state, revision)
    if state != "gone":
        assert (read.detail, read.replicas, read.digest) == ("as it is", 3, "sha256:1")
