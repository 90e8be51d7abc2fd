"""What failed builds and pushes say, by the words of Docker and of the registries."""

import os
import subprocess
from pathlib import Path

import pytest

from modelport.errors import ServiceError
from modelport.images import build_and_push
from modelport.images.docker import refusal_of
from modelport.images.reasons import build_failure, push_failure

NO_DAEMON = (
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. "
    "Is the docker daemon running?"
)


@pytest.mark.parametrize(
    ("output", "says"),
    [
        (NO_DAEMON, "Docker's daemon is not running; start it"),
        (
            "permission denied while trying to connect to the Docker daemon socket at unix:///x",
            "Docker's daemon does not let this user in; add it to the group docker",
        ),
        (
            "pull access denied for nobody/base, repository does not exist or may require login",
            "the base image is not there, or this account may not pull it",
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement numpy==9\n"
            "ERROR: No matching distribution found for numpy==9\n\n"
            "The command '/bin/sh -c pip' returned a non-zero code: 1",
            "pip does not find a package of the bundle",
        ),
        ("#5 0.3 exec /bin/sh: exec format error", "the base image is of another architecture"),
        ("write /var/lib/docker/tmp/x: no space left on device", "the disk is full"),
    ],
)
def test_a_build(output: str, says: str) -> None:
    sentence = build_failure("docker", output.splitlines())
    assert sentence.startswith(f"the image cannot be built: {says}")
    assert "(docker: " in sentence


def test_words_that_are_unknown_are_repeated() -> None:
    assert build_failure("docker", ["#1 done", "something new.", ""]).endswith(
        "built: something new"
    )
    assert build_failure("buildah", []).endswith("built: nothing")


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("denied: requested access to the resource is denied", "the registry refused; let the"),
        ("no basic auth credentials", "the registry refused; let the account"),
        (
            "name unknown: The repository with name 'cancer' does not exist in the registry",
            "there is no such repository",
        ),
        (
            "tag invalid: The image tag '1' already exists in the 'cancer' repository and cannot "
            "be overwritten because the repository is immutable.",
            "the tag exists, and tags of this repository never change",
        ),
        (
            'Get "https://r.example/v2/": dial tcp: lookup r.example: no such host',
            "the registry does not answer",
        ),
    ],
)
def test_a_push(output: str, says: str) -> None:
    sentence = push_failure("docker", "r.example/cancer:1", [output])
    assert sentence.startswith(f"r.example/cancer:1 cannot be pushed: {says}")


def test_a_full_disk_is_cleared_by_the_builder_s_own_command() -> None:
    said = ["copying layers: write /var/lib/containers/x: no space left on device"]
    assert "make room: buildah rmi --prune (buildah: " in build_failure("buildah", said)


def build(folder: Path) -> None:
    build_and_push(
        folder, "127.0.0.1:1/tiny", "1", architecture="amd64", labels={}, login=None
    )  # fmt: skip


def test_without_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServiceError, match="docker is not installed here, and images cannot"):
        build(tmp_path)


def test_without_a_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command is a stand-in where there is no Docker; its words are Docker's."""
    monkeypatch.setenv("MODELPORT_BUILDER", "docker")
    program = tmp_path / "docker"
    program.write_text(f'#!/bin/sh\n[ "$1" = buildx ] && exit 1\necho "{NO_DAEMON}" >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(ServiceError, match="Docker's daemon is not running; start it"):
        build(tmp_path)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            "docker: Error response from daemon: no bridge.\nSee 'docker run --help'.\n",
            "no bridge.",
        ),
        (
            "docker: Error response from daemon: no bridge\n\n"
            "Run 'docker run --help' for more information\n",
            "no bridge",
        ),
        ("Error response from daemon: No such image: none:1\n", "No such image: none:1"),
        ("", "it said nothing"),
    ],
)
def test_a_refusal_is_the_reason_and_not_the_hint_after_it(said: str, reason: str) -> None:
    assert refusal_of(subprocess.CompletedProcess(["docker"], 1, "", said)) == reason
