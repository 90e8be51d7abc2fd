"""Deployments on a real Docker engine: their life, and every way in which a version takes over.

One service goes through the tests in their order, each from where the one before left it.
"""

import json
import os
import signal
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from bundle_variants import SECOND, after, corrupt_model, original, variant, wrong_answers
from engine_project import Project
from images.docker_host import BASE, DockerHost
from load import Callers
from modelport.errors import ServiceError
from modelport.home import Home
from modelport.provider import docker_rollout
from modelport.provider.built import built
from modelport.provider.docker_image import DockerImageHandler, DockerImageInputs
from modelport.provider.docker_service import DockerServiceHandler, DockerServiceInputs
from modelport.provider.handler import Context, Outputs
from modelport.provider.local_files import write_caller_files
from serving.containers import free_port
from serving.workers import poll

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
KEY = "mp_a_key_for_tests"
ERRS, BROKEN, WRONG = "bad0000000000001", "bad0000000000002", "bad0000000000003"
SERVICE = "project/test/hand"
EVERYTHING = (
    ("ps", "--all", "--format", "{{.Names}}"),
    ("volume", "ls", "--format", "{{.Name}}"),
    ("network", "ls", "--format", "{{.Name}}"),
    ("images", "--format", "{{.Repository}}"),
)


@pytest.fixture(scope="module")
def project(
    host: DockerHost, cancer: Home, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """A project with good and bad versions, whose Docker is the test's."""
    host.need_bridge()
    docker = host.environment
    made = Project(tmp_path_factory.mktemp("docker") / "a project", cancer.bentoml)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in docker.items():
            patch.setenv(name, value)
        patch.setenv("MODELPORT_HOME", str(made.home.root))
        patch.setattr(docker_rollout, "STANDBY_SECONDS", 2.0)
        made.env |= docker
        store = made.home.bentoml
        variant(store, SECOND)
        variant(store, ERRS, after(5, "errs"))
        variant(store, BROKEN, corrupt_model)
        variant(store, WRONG, wrong_answers)
        yield made


def ours(host: DockerHost) -> list[str]:
    """Everything on the engine that carries our names."""
    return [
        name
        for command in EVERYTHING
        for name in host.run(*command).splitlines()
        if name.startswith("mp-")
    ]


def config(project: Project, port: int, version: str = "", **target: Any) -> None:
    deployment = {
        "bundle": f"breast_cancer@{version or original(project.home.bentoml)}",
        "owner": "diagnostics",
        "target": {"kind": "docker", "port": port, "base_image": BASE, "workers": 1, **target},
    }
    project.config({"cancer": deployment})


def test_life_of_a_deployment(project: Project, host: DockerHost) -> None:
    """preview, up, up without changes, drift, swap under load, a broken model, destroy."""
    first, port = original(project.home.bentoml), free_port()
    config(project, port)
    assert project.run("preview").ok
    assert ours(host) == []
    made = project.run("up")
    assert made.ok, made.errors
    output = made.outputs["cancer"]
    assert output["url"] == f"http://127.0.0.1:{port}"
    assert output["verified"] == f"revision {first}, 9 golden answers"
    again = project.run("up")
    assert (again.ok, again.changes) == (True, {}), again

    # What was changed by hand is shown, and mended; so is what was stopped.
    [model] = host.run("ps", "--quiet", "--filter", "label=modelport.role=model").split()
    host.run("update", "--memory", "700m", "--memory-swap", "700m", model)
    shown = project.run("preview")
    assert shown.changes == {"update": 1}, shown
    mended = project.run("up")
    assert (mended.ok, mended.changes) == (True, {"update": 1}), mended
    assert model not in host.run("ps", "--quiet")

    asked = project.modelport("predict", "cancer", "--stack", "test")
    assert "benign" in asked.stdout + asked.stderr or "malignant" in asked.stdout, asked
    live = project.modelport("status", "--stack", "test")
    assert live.returncode == 0, live
    logs = project.modelport("logs", "cancer", "--stack", "test")
    assert '"event"' in logs.stdout, logs

    folder = project.work("cancer")
    folder.mkdir(parents=True, exist_ok=True)
    write_caller_files(folder, output["key"], built(project.home, "breast_cancer", first)[1])
    config(project, port, SECOND)
    with Callers(folder, port, rate=40) as callers:
        swapped = project.run("up")
    assert swapped.ok, swapped.errors
    assert callers.seen.failed == 0, callers.seen
    assert set(callers.seen.versions) == {first, SECOND}

    config(project, port, BROKEN)
    with Callers(folder, port, rate=20) as callers:
        refused = project.run("up")
    assert not refused.ok
    assert f"breast_cancer@{SECOND} goes on serving" in " ".join(refused.errors)
    assert callers.seen.failed == 0, callers.seen
    assert set(callers.seen.versions) == {SECOND}

    gone = project.run("destroy")
    assert gone.ok, gone.errors
    assert ours(host) == []


@dataclass
class Hand:
    """A service that is moved by its resource's own code, without the engine of Pulumi."""

    context: Context
    host: DockerHost
    folder: Path
    live: DockerServiceInputs
    id: str = ""
    outputs: Outputs = field(default_factory=dict[str, Any])
    handler: DockerServiceHandler = field(default_factory=DockerServiceHandler)

    def image(self, version: str) -> str:
        inputs = image_inputs(version)
        return str(DockerImageHandler().create(self.context, inputs)[1]["image_id"])

    def wanted(self, version: str = "", **more: Any) -> DockerServiceInputs:
        fields = self.live.model_dump() | {"rollout": "all_at_once"} | more
        if version:
            fields |= {"version": version, "image": self.image(version)}
        return DockerServiceInputs.model_validate(fields)

    def move(self, wanted: DockerServiceInputs) -> Outputs:
        self.outputs = self.handler.update(
            self.context, self.id, self.live, wanted, {"releases": []}
        )
        self.live = wanted
        assert self.status == "running"
        return self.outputs

    def refused(self, wanted: DockerServiceInputs) -> str:
        with pytest.raises(ServiceError) as refused:
            self.handler.update(self.context, self.id, self.live, wanted, {"releases": []})
        assert self.status == "running"
        return str(refused.value)

    @property
    def status(self) -> str:
        found = self.handler.read(self.context, self.id, self.live, {})
        return str(found["status"]) if found else "gone"

    def containers(self, role: str = "model") -> list[str]:
        filters = ["--filter", f"label=modelport.role={role}"]
        return self.host.run("ps", "--all", "--quiet", *filters).split()

    def inspect(self, container: str) -> dict[str, Any]:
        return json.loads(self.host.run("inspect", container))[0]

    @contextmanager
    def unlost(self, rate: float = 40) -> Generator[Callers]:
        """Callers of whom each must get an answer."""
        with Callers(self.folder, self.live.port, rate=rate) as callers:
            yield callers
        assert callers.seen.failed == 0, callers.seen
        assert callers.seen.statuses[200] > 5  # a loaded machine answers few


def image_inputs(version: str) -> DockerImageInputs:
    return DockerImageInputs(
        service=SERVICE,
        name="mp-hand-test",
        bundle="breast_cancer",
        version=version,
        base_image=BASE,
    )


@pytest.fixture(scope="module")
def hand(
    project: Project, host: DockerHost, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hand]:
    first = original(project.home.bentoml)
    folder = tmp_path_factory.mktemp("callers")
    write_caller_files(folder, KEY, built(project.home, "breast_cancer", first)[1])
    context = Context(project.home, lambda _text: None)
    fields = image_inputs(first).model_dump(exclude={"base_image", "reference"})
    live = DockerServiceInputs.model_validate(
        fields
        | {
            "alias": "hand",
            "owner": "diagnostics",
            "image": "",
            "host": "127.0.0.1",
            "port": free_port(),
            "replicas": 1,
            "workers": 1,
            "memory_bytes": 2**30,
            "tmp_bytes": 2**26,
            "log_bytes": 2**20,
            "log_files": 2,
            "start_timeout": 120,
            "drain_timeout": 20,
            "max_body_bytes": 2**20,
            "max_rows": 1000,
            "api_key": KEY,
        }
    )
    made = Hand(context, host, folder, live)
    made.live = made.wanted(first)
    made.id, made.outputs = made.handler.create(context, made.live)
    yield made
    made.handler.delete(context, made.id, made.live)
    DockerImageHandler().delete(context, made.id, image_inputs(first))
    assert ours(host) == []


def test_a_container_can_do_nothing_but_answer(hand: Hand) -> None:
    for container in (*hand.containers(), *hand.containers("switch")):
        found = hand.inspect(container)
        assert KEY not in json.dumps(found)
        limits = found["HostConfig"]
        assert limits["ReadonlyRootfs"]
        assert limits["CapDrop"] == ["ALL"]
        assert limits["SecurityOpt"] == ["no-new-privileges:true"]
        assert limits["RestartPolicy"]["Name"] == "unless-stopped"
        assert hand.host.run("exec", container, "id", "--user") == "10001"
        poll(lambda at=container: hand.inspect(at)["State"]["Health"]["Status"] == "healthy", "")
    [model] = hand.containers()
    listed = hand.host.run("exec", model, "stat", "-c", "%a %u", "/run/modelport/settings.json")
    assert listed == "400 10001"
    refused = httpx.post(f"{hand.live.url}/predict", json={}, trust_env=False)
    assert refused.status_code == 401


@pytest.mark.soak
def test_each_rollout_changes_versions_without_a_lost_request(hand: Hand) -> None:
    first = hand.live.version
    with hand.unlost() as callers:
        hand.move(hand.wanted(replicas=2))
        hand.move(hand.wanted(SECOND, rollout="rolling"))
        hand.move(hand.wanted(first, rollout="blue_green"))
        canary = {"canary": {"steps": [20, 50], "bake": "3s"}}
        assert "canary of" in hand.move(hand.wanted(SECOND, rollout=canary))["proof"]
        shadow = {"shadow": {"percent": 50, "bake": "3s"}}
        assert "shadow of" in hand.move(hand.wanted(first, rollout=shadow))["proof"]
        hand.move(hand.wanted(replicas=1, memory_bytes=2**30 + 2**20))
    assert set(callers.seen.versions) == {first, SECOND}
    assert len(hand.containers()) == 1


def test_a_bad_version_is_refused_and_the_old_one_goes_on(hand: Hand) -> None:
    first, before = hand.live.version, hand.containers()
    with hand.unlost() as callers:
        for version, reason in ((BROKEN, "SHA-256"), (WRONG, "golden")):
            said = hand.refused(hand.wanted(version))
            assert "cannot start: " in said
            assert reason in said
            assert f"breast_cancer@{first} goes on serving" in said
    assert set(callers.seen.versions) == {first}
    canary = {"canary": {"steps": [20], "bake": "60s", "abort_on": ["error_rate"]}}
    with hand.unlost() as callers:
        said = hand.refused(hand.wanted(ERRS, rollout=canary))
    assert "canary ended at 20 %" in said
    assert "error_rate" in said
    seen = callers.seen
    assert seen.versions[ERRS] <= seen.statuses.total() * 0.2 + 1
    assert hand.containers() == before


def test_a_container_that_dies_comes_back_and_loses_nothing(hand: Hand) -> None:
    hand.move(hand.wanted(replicas=2))
    with hand.unlost():
        for container in hand.containers():
            os.kill(hand.inspect(container)["State"]["Pid"], signal.SIGKILL)
            poll(lambda: hand.status == "running", "two containers")
    [switch] = hand.containers("switch")
    os.kill(hand.inspect(switch)["State"]["Pid"], signal.SIGKILL)
    # It remembers where requests go.
    poll(lambda: hand.inspect(switch)["RestartCount"] == 1 and hand.status == "running", "switch")


def test_what_was_changed_by_hand_is_seen_and_mended(hand: Hand) -> None:
    def mended(*command: str) -> str:
        hand.host.run(*command)
        seen = hand.status
        assert hand.handler.drift(hand.context, hand.id, hand.live, {}) == {"status"}
        hand.move(hand.live)
        return seen

    one, two = hand.containers()
    assert "is stopped" in mended("stop", one)
    assert "containers are there" in mended("rm", "--force", two)
    assert "memory 838860800" in mended(
        "update", "--memory", "800m", "--memory-swap", "800m", hand.containers()[0]
    )
    assert "is paused" in mended("pause", hand.containers("switch")[0])
    assert "is not there" in mended("rm", "--force", hand.containers("switch")[0])
    assert len(hand.containers()) == 2


@pytest.mark.soak
def test_the_port_moves_and_one_that_is_taken_does_not(hand: Hand) -> None:
    taken, before = free_port(), hand.live.url
    blocker = hand.host.run("run", "-d", "--publish", f"127.0.0.1:{taken}:1", BASE, "sleep", "99")
    said = hand.refused(hand.wanted(port=taken))
    assert f"port {taken} on 127.0.0.1 is taken" in said
    assert httpx.get(f"{before}/readyz", trust_env=False, timeout=20).status_code == 200
    hand.host.run("rm", "--force", blocker)
    hand.move(hand.wanted(port=taken))
    assert httpx.get(f"{hand.live.url}/readyz", trust_env=False).status_code == 200


@pytest.mark.soak
def test_other_containers_reach_it_by_name_in_their_network(hand: Hand) -> None:
    assert "docker network create web" in hand.refused(hand.wanted(network="web"))
    hand.host.run("network", "create", "web")
    try:
        with hand.unlost():
            hand.move(hand.wanted(network="web"))
        ask = "import urllib.request as r; print(r.urlopen('http://hand:8080/readyz').status)"
        assert hand.host.run("run", "--rm", "--network", "web", BASE, "python3", "-c", ask) == "200"
        with hand.unlost():
            hand.move(hand.wanted(network=None))
    finally:
        hand.host.run("network", "rm", "web")


@pytest.mark.soak
def test_another_clone_takes_nothing_over(hand: Hand, tmp_path: Path) -> None:
    other = Context(Home(tmp_path / ".modelport"), lambda _text: None)
    with pytest.raises(ServiceError, match="made on this engine by another project or clone"):
        hand.handler.create(other, hand.live)
    assert hand.status == "running"
    with pytest.raises(ServiceError, match="was made on the engine ELSEWHERE"):
        hand.handler.read(hand.context, "mp-hand-test@ELSEWHERE", hand.live, {})
