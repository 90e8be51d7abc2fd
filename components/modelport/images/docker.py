"""Docker: builds an image and pushes it with the `docker` command.

One platform, and nothing beside the image: with BuildKit a build otherwise adds a provenance
record, and the list of the two that results is refused by Lambda
(https://github.com/docker/buildx/issues/1533). Credentials are in a folder that is gone
afterwards; the user's own configuration is read, never written.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

from modelport.errors import ServiceError
from modelport.images.login import Login
from modelport.images.reasons import build_failure, push_failure

Architecture = Literal["amd64", "arm64"]
Status = Callable[[str], None]
NETWORK_VARIABLE = "MODELPORT_BUILD_NETWORK"
"""Network of builds, e.g. `host` where the daemon has no other; none for Docker's own choice."""
_KEPT = 40
"""Last lines of a command that are looked through for the reason of its failure."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def build_and_push(
    folder: Path,
    repository: str,
    tag: str,
    *,
    architecture: Architecture,
    labels: Mapping[str, str],
    login: Login | None,
    status: Status = lambda _line: None,
    network: str | None = None,
) -> None:
    """Build the context in `folder` and push it as `repository:tag`.

    Args:
        folder: A build context.
        repository: Registry and path.
        tag: The image's tag.
        architecture: Of the platform that runs it.
        labels: Written on the image.
        login: How to sign in to the registry; none leaves it to the user's own configuration.
        status: Told each step.
        network: Network of the build; none: what `MODELPORT_BUILD_NETWORK` says, else Docker's.

    Raises:
        ServiceError: there is no Docker, or the build or the push failed.
    """
    image = f"{repository}:{tag}"
    build_image(
        folder, image, architecture=architecture, labels=labels, status=status, network=network
    )
    with tempfile.TemporaryDirectory(prefix="modelport-docker-") as config:
        environment = dict(os.environ)
        if login is not None:
            environment |= {"DOCKER_HOST": _daemon(), "DOCKER_CONFIG": config}
            _write_login(Path(config), repository.partition("/")[0], login)
        _run(["push", image], environment, lambda lines: push_failure(image, lines), status)


def build_image(
    folder: Path,
    image: str,
    *,
    architecture: Architecture,
    labels: Mapping[str, str],
    status: Status = lambda _line: None,
    network: str | None = None,
) -> None:
    """Build the context in `folder` as the image `image`, and keep it in Docker here.

    Args:
        folder: A build context.
        image: Name and tag.
        architecture: Of the platform that runs it.
        labels: Written on the image.
        status: Told each step.
        network: Network of the build; none: what `MODELPORT_BUILD_NETWORK` says, else Docker's.

    Raises:
        ServiceError: there is no Docker, or the build failed.
    """
    network = network or os.environ.get(NETWORK_VARIABLE)
    _run(
        [*_builder(), "--platform", f"linux/{architecture}", "--tag", image]
        + [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]
        + (["--network", network] if network else [])
        + [str(folder)],
        dict(os.environ),
        build_failure,
        status,
    )


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


def _write_login(config: Path, host: str, login: Login) -> None:
    secret = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    file = config / "config.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"auths": {host: {"auth": secret}}}))


def docker(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a short command of Docker, and give back what it said.

    Raises:
        ServiceError: there is no Docker.
    """
    return subprocess.run(
        [_program(), *arguments], capture_output=True, text=True, timeout=60, check=False
    )


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
    said = [line for line in lines if "See 'docker" not in line] or ["it said nothing"]
    return said[-1].removeprefix("docker: ").removeprefix("Error response from daemon: ")


def _program() -> str:
    found = shutil.which("docker")
    if found is None:
        message = (
            "docker is not installed here, and images cannot be built or run without it; install "
            "Docker, or work on a machine that has it"
        )
        raise ServiceError(message)
    return found


def _run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    failure: Callable[[Sequence[str]], str],
    status: Status,
) -> None:
    """Run a command, telling what it says.

    Raises:
        ServiceError: it failed.
    """
    lines: deque[str] = deque(maxlen=_KEPT)
    with subprocess.Popen(
        [_program(), *arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None  # noqa: S101 - PIPE was asked for
        try:
            for line in process.stdout:
                said = _COLOUR.sub("", line).strip()
                if said:
                    lines.append(said)
                    status(said[:100])
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise ServiceError(failure(list(lines)))
