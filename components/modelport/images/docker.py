"""Docker: builds an image and pushes it with the `docker` command.

One platform, and nothing beside the image: with BuildKit a build otherwise adds a provenance
record, and the list of the two that results is refused by Lambda
(https://github.com/docker/buildx/issues/1533). Credentials are in a folder that is gone
afterwards; the user's own configuration is read, never written.

The layers of two builds are the same; the older builder writes the time of the build into the
image's configuration, so the digests of its images are not.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from modelport.errors import ServiceError
from modelport.images.command import Command, answer
from modelport.images.order import Local, Order


def build_command(order: Order) -> Command:
    """How to build an image, and keep it in Docker here."""
    # BuildKit takes the time of the image from it: https://reproducible-builds.org/specs/
    environment = {**os.environ, **order.environment, "SOURCE_DATE_EPOCH": str(order.time)}
    return Command(["docker", *_builder(), *order.words], environment)


def push_command(order: Order, login: Path | None) -> Command:
    """How to push an image that Docker has here."""
    environment = dict(os.environ)
    if login is not None:
        environment |= {"DOCKER_HOST": _daemon(), "DOCKER_CONFIG": str(login.parent)}
    return Command(["docker", "push", order.image], environment)


def local(image: str) -> Local:
    """What Docker has under a name.

    Raises:
        ServiceError: nothing.
    """
    facts = image_facts(image)
    return Local(str(facts["Id"]), int(facts["Size"]))


def is_answering() -> bool:
    """Whether there is a Docker engine that lets us in."""
    try:
        return docker(["version", "--format", "{{.Server.Version}}"]).returncode == 0
    except (ServiceError, subprocess.TimeoutExpired):
        return False


def _builder() -> list[str]:
    """`buildx` where it is installed, else the builder that older versions of Docker have."""
    if docker(["buildx", "version"]).returncode == 0:
        return ["buildx", "build", "--load", "--progress=plain", "--provenance=false",
                "--sbom=false"]  # fmt: skip
    return ["build"]


def _daemon() -> str:
    """Where the daemon is: the folder that holds the login knows nothing of the user's contexts."""
    if host := os.environ.get("DOCKER_HOST"):
        return host
    asked = docker(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"])
    return asked.stdout.strip() or "unix:///var/run/docker.sock"


def docker(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a short command of Docker, and give back what it said.

    Raises:
        ServiceError: there is no Docker.
    """
    return answer(["docker", *arguments])


def image_facts(image: str) -> Mapping[str, Any]:
    """What Docker knows of an image.

    Raises:
        ServiceError: Docker does not have it.
    """
    found = docker(["image", "inspect", image])
    if found.returncode:
        raise ServiceError(f"{image} is not here: {refusal_of(found)}; build or pull it first")
    return cast("list[dict[str, Any]]", json.loads(found.stdout))[0]


def refusal_of(done: subprocess.CompletedProcess[str]) -> str:
    """Why a command of Docker failed, in its own words."""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    said = [line for line in lines if not _HINT.search(line)] or ["it said nothing"]
    return said[-1].removeprefix("docker: ").removeprefix("Error response from daemon: ")


_HINT = re.compile(r"\b(See|Run) 'docker .*--help'")
"""Of the client, after the reason; its wording changed with version 26."""
