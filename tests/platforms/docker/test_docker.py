"""Kind docker: plan, refusals and life, without a Docker engine."""

from typing import Any

import pytest

from modelport.errors import ConfigError
from offline_project import OfflineProject
from platform_life import inputs, live, project_for
from platforms.planning import deployment, planned, refusal, refusals

TARGET: dict[str, Any] = {"kind": "docker", "port": 8080}
PUBLIC = {**TARGET, "bind": "0.0.0.0"}


def test_facts_are_what_a_reviewer_asks_for() -> None:
    facts = planned({**TARGET, "replicas": 2, "cpus": 1.5, "gpus": ["GPU-1"]}).facts()
    assert facts["auth"] == "api_key"
    assert facts["monthly_usd"] == 0
    assert "own hardware" in str(facts["notes"])
    assert (facts["host"], facts["port"], facts["exposure"]) == ("127.0.0.1", 8080, "private")
    assert (facts["replicas"], facts["size"]) == (2, "1024 MiB, 1.5 CPUs, GPUs: 1")
    assert facts["name"] == "mp-cancer-dev"


def test_every_change_of_the_plan_is_verified_again() -> None:
    prints = {
        planned(TARGET).fingerprint,
        planned({**TARGET, "replicas": 2}).fingerprint,
        planned(TARGET, rollout="rolling").fingerprint,
    }
    assert len(prints) == 3
    assert planned(TARGET).fingerprint in prints


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (PUBLIC, {}, "write exposure: public"),
        (TARGET, {"exposure": "public"}, "write bind: 0.0.0.0"),
        (PUBLIC, {"exposure": "public", "auth": "none"}, "would let everyone on the network in"),
        (TARGET, {"auth": "platform"}, "auth: platform is not on docker"),
        (TARGET, {"domain": "c.example.com"}, "target.network"),
        (TARGET, {"secrets": {"A": "arn:aws:secretsmanager:x"}}, "file:///etc/modelport/token"),
        (TARGET, {"rollout": {"canary": {"abort_on": ["drift"]}}}, "nothing on target docker"),
        (TARGET, {"workload": {"gpu_memory": "8GB"}}, "write target.gpus"),
        (TARGET, {"workload": {"p99": "200s"}}, "120 s"),
        ({**TARGET, "tmp_mib": 600}, {}, "more than half of memory_mib"),
        ({**TARGET, "extra": {"environment": {"MODELPORT_AUTH": "none"}}}, {}, "are ours"),
    ],
)
def test_what_cannot_be_is_refused(target: Any, more: dict[str, Any], said: str) -> None:
    assert said in refusal(target, **more)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"serving": {"protocols": ["grpc"]}}, "the switch in front passes"),
        ({"serving": {"telemetry": {"otlp_endpoint": "http://collector:4318"}}}, "target.egress"),
        ({"auth": {"oidc": {"issuer": "https://id.example.com", "audience": "x"}}}, ".egress"),
    ],
)
def test_what_needs_another_machine_or_http_2_is_refused(more: dict[str, Any], said: str) -> None:
    assert any(said in reason for reason in refusals(TARGET, **more))
    assert not any("egress" in reason for reason in refusals({**TARGET, "egress": True}, **more))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"host": "docker.example.com"}, "ssh://user@host or tcp://host:2376"),
        ({"host": "tcp://docker.example.com:2375"}, "would let everyone be root"),
        ({"host": "ssh://me@there", "certificates": "certs"}, "certificates are for host: tcp"),
        ({"bind": "localhost"}, "should be an IP address"),
        ({"extra": {"labels": {"modelport.role": "x"}}}, "labels that begin with modelport."),
        ({"port": 0}, "allowed: 1 to 65535"),
        ({"registry": "models"}, "registry"),
    ],
)
def test_what_is_no_target_is_refused_with_its_place(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=r"cancer\.target") as refused:
        deployment({**TARGET, **more})
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"host": "ssh://me@docker.example.com:2222"},
        {"host": "unix:///run/user/1000/docker.sock"},
        {"host": "tcp://docker.example.com:2376", "certificates": "/etc/docker/certs"},
        {"host": "tcp://127.0.0.1:2375"},
        {"gpus": "all"},
        {"gpus": 2},
    ],
)
@pytest.mark.parametrize("rollout", ["rolling", "blue_green", {"canary": {}}, {"shadow": {}}])
def test_what_can_be_is_planned(more: dict[str, Any], rollout: Any) -> None:
    assert refusals({**TARGET, **more}, rollout=rollout) == []


def test_nobody_needs_a_key_on_loopback() -> None:
    assert planned(TARGET, auth="none").auth == "none"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("docker") / "project")


@pytest.mark.engine
def test_the_life_of_a_service(project: OfflineProject) -> None:
    lived = life(project)
    assert lived.model.steps["cancer-image"] == "update"
    assert lived.model.steps["cancer"] == "update"
    [service] = inputs(lived, "modelport:docker:Service")
    assert service["image"].startswith("sha256:0ff11e")
    assert service["memory_bytes"] == 1024 * 2**20
    assert lived.outputs["url"] == "http://127.0.0.1:8080"


@pytest.mark.engine
@pytest.mark.soak
def test_the_life_of_a_production_service_through_a_registry(project: OfflineProject) -> None:
    target = {**TARGET, "registry": "registry.example.com/models/cancer"}
    life(project, target, packs=True, environment="prod", workload={"p99": "100ms"})


def life(project: OfflineProject, target: dict[str, Any] = TARGET, **more: Any) -> Any:
    return live(project, target, resized={**target, "replicas": 3}, drift=None, **more)
