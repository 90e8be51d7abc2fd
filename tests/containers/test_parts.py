"""How containers are made, and what is noticed when they no longer are so; without Docker."""

import io
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docker.models.containers import Container

from modelport.containers.engine import EngineAddress, connected
from modelport.containers.members import why_ended
from modelport.containers.parts import (
    archive,
    differences,
    model_arguments,
    model_networks,
    switch_arguments,
    switch_networks,
)
from modelport.containers.settings import Model, Wanted
from modelport.errors import ServiceError

MODEL = Model(
    bundle="tiny",
    version="00ff00ff00ff00ff",
    image="sha256:1234",
    settings='{"auth": {"kind": "api_key", "sha256": "…"}}',
    memory_bytes=2**30,
    tmp_bytes=2**26,
    secrets={"TOKEN": "/etc/modelport/token"},
)
WANTED = Wanted(
    name="mp-tiny-dev",
    service="project/dev/tiny",
    home="abc",
    owner="diagnostics",
    alias="tiny",
    model=MODEL,
    replicas=1,
    host="127.0.0.1",
    port=8080,
    network=None,
    max_body_bytes=2**20,
    start_timeout=60,
    drain_timeout=10,
)


@pytest.mark.parametrize("made", [model_arguments(WANTED, 1), switch_arguments(WANTED, "i")])
def test_every_container_can_do_as_little_as_possible(made: dict[str, Any]) -> None:
    assert made["user"] == "10001:10001"
    assert made["read_only"] is True
    assert made["cap_drop"] == ["ALL"]
    assert made["security_opt"] == ["no-new-privileges:true"]
    assert made["pids_limit"] == 512
    assert made["mem_limit"] == made["memswap_limit"] > 0
    assert made["restart_policy"] == {"Name": "unless-stopped"}
    assert set(made["tmpfs"]) == {"/tmp"}  # noqa: S108
    assert made["log_config"]["Config"]["max-file"]
    assert made["healthcheck"]["test"][0] == "CMD"
    assert made["labels"]["modelport.service"] == "project/dev/tiny"
    assert "privileged" not in made


def test_what_is_secret_is_in_no_variable_and_no_label() -> None:
    made = model_arguments(WANTED, 1)
    assert made["environment"] == {
        "MODELPORT_SETTINGS": "/run/modelport/settings.json",
        "PORT": "8080",
        "TOKEN_FILE": "/run/secrets/TOKEN",
    }
    mounts = {mount["Target"]: mount for mount in made["mounts"]}
    assert mounts["/run/secrets/TOKEN"]["Source"] == "/etc/modelport/token"
    assert all(mount["ReadOnly"] for mount in mounts.values())
    with tarfile.open(fileobj=io.BytesIO(archive({"settings.json": b"{}"}, {"s": 0o700}))) as tar:
        modes = {item.name: (item.mode, item.uid, item.isdir()) for item in tar}
    assert modes == {"settings.json": (0o400, 10001, False), "s": (0o700, 10001, True)}


def test_only_the_switch_is_reached_and_the_model_reaches_nobody() -> None:
    assert "ports" not in model_arguments(WANTED, 1)
    assert switch_arguments(WANTED, "i")["ports"] == {"8080/tcp": ("127.0.0.1", 8080)}
    assert model_networks(WANTED) == {"mp-tiny-dev-inside"}
    open_model = replace(WANTED, model=replace(MODEL, egress=True), network="web")
    assert model_networks(open_model) == {"mp-tiny-dev-inside", "mp-tiny-dev-outside"}
    assert switch_networks(open_model) == {*model_networks(open_model), "web"}


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1" * 16}, {"image": "sha256:5678"}, {"settings": "{}"},
        {"memory_bytes": 2**31}, {"cpus": 1.0}, {"gpus": "all"}, {"gpus": 1}, {"workers": 2},
        {"environment": {"A": "1"}}, {"secrets": {}}, {"log_files": 5}, {"egress": True},
    ],
)  # fmt: skip
def test_whatever_changes_a_container_is_another_revision(change: dict[str, Any]) -> None:
    other = replace(MODEL, **change)
    assert other.revision != MODEL.revision
    assert replace(other, **{key: getattr(MODEL, key) for key in change}) == MODEL
    made = model_arguments(replace(WANTED, model=other), 1)
    assert made["labels"]["modelport.revision"] == other.revision


def test_what_is_around_a_container_is_no_revision() -> None:
    assert replace(WANTED, replicas=3, port=1, network="web").model.revision == MODEL.revision


def found(**host: Any) -> dict[str, Any]:
    made = model_arguments(WANTED, 1)
    return {
        "Image": made["image"],
        "Config": {"Labels": made["labels"], "User": made["user"]},
        "HostConfig": {
            "Memory": made["mem_limit"],
            "NanoCpus": 0,
            "PidsLimit": made["pids_limit"],
            "RestartPolicy": {"Name": "unless-stopped"},
            "ReadonlyRootfs": True,
            "Privileged": False,
            **host,
        },
        "NetworkSettings": {"Networks": {"mp-tiny-dev-inside": {}}},
    }


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ({}, []),
        ({"Memory": 2**29}, ["memory 536870912"]),
        ({"NanoCpus": 5}, ["cpus 5"]),
        ({"PidsLimit": None}, ["processes None"]),
        ({"RestartPolicy": {"Name": "no"}}, ["restart no"]),
        ({"Privileged": True, "ReadonlyRootfs": False}, ["read-only False", "privileged True"]),
    ],
)
def test_what_was_changed_by_hand_is_noticed(host: dict[str, Any], said: list[str]) -> None:
    made = model_arguments(WANTED, 1)
    assert list(differences(found(**host), made, model_networks(WANTED))) == said


def test_another_image_network_or_making_is_noticed() -> None:
    made = model_arguments(WANTED, 1)
    other = {**found(), "Image": "sha256:9", "NetworkSettings": {"Networks": {}}}
    assert list(differences(other, made, model_networks(WANTED))) == [
        "another image",
        "not in network mp-tiny-dev-inside",
    ]
    resized = model_arguments(replace(WANTED, start_timeout=5), 1)
    assert list(differences(found(), resized, set())) == ["made with other settings"]


class _Ended(Container):
    def __init__(self, log: bytes, restarts: int = 1, **state: Any) -> None:
        usual = {"Status": "restarting", "OOMKilled": False, "Error": "", "ExitCode": 1}
        super().__init__({"State": usual | state, "RestartCount": restarts})
        self._text = log

    def logs(self, **_: Any) -> bytes:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._text


@pytest.mark.parametrize(
    ("container", "said"),
    [
        (_Ended(b"", 0, Status="running"), ""),
        (_Ended(b"noise\ncannot start: no model\n"), "cannot start: no model"),
        (_Ended(b"", OOMKilled=True), "took more memory than it may"),
        (_Ended(b"", ExitCode=3), "ended with status 3 while starting"),
        (_Ended(b"", 0, Status="exited", Error="no GPU"), "ended with status 1 while starting: no"),
    ],
)
def test_why_a_container_ended_is_said(container: Container, said: str) -> None:
    assert why_ended(container).startswith(said)
    assert bool(said) == bool(why_ended(container))


def test_an_engine_that_is_not_there_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with pytest.raises(ServiceError) as refused, connected(EngineAddress()):
        pass
    assert f"no Docker engine answers at unix://{tmp_path}" in str(refused.value)
    assert "apt-get install docker.io" in str(refused.value)
    without = EngineAddress("tcp://localhost:1", str(tmp_path))
    said = r"has no ca\.pem, cert\.pem, key\.pem"
    with pytest.raises(ServiceError, match=said), connected(without):
        pass


def test_the_engine_is_the_one_of_dockers_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONTEXT", "elsewhere")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(ServiceError, match="there is no such context"), connected(EngineAddress()):
        pass
