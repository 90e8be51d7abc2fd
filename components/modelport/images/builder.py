"""Builder: which program builds images on this machine, and what it is told.

`MODELPORT_BUILDER` names it. Without it Docker does where an engine answers, else buildah where it
is installed. It is a matter of the machine and not of a stack: what is built is the same.
"""

import difflib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, get_args

from modelport.errors import ServiceError
from modelport.images import buildah, docker
from modelport.images.command import Command, Status, run
from modelport.images.context import TIME
from modelport.images.login import Login, write_login
from modelport.images.order import Architecture, BuilderName, Local, Order
from modelport.images.reasons import build_failure, push_failure

BUILDERS: tuple[BuilderName, ...] = get_args(BuilderName)
BUILDER_VARIABLE = "MODELPORT_BUILDER"
"""Names the builder; none for the one that is here."""
NETWORK_VARIABLE = "MODELPORT_BUILD_NETWORK"
"""Network of builds, e.g. `host` where a builder has no other; none for its own choice."""


class Builder(Protocol):
    """What a builder's module can do."""

    def build_command(self, order: Order) -> Command:
        """How to build an image, and keep it here."""
        ...

    def push_command(self, order: Order, login: Path | None) -> Command:
        """How to push an image that is here; `login` is a `config.json` of Docker's."""
        ...

    def local(self, image: str) -> Local:
        """What is here under a name."""
        ...


_BUILDERS: Mapping[BuilderName, Builder] = {"docker": docker, "buildah": buildah}


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
        network: Network of the build; none: what `MODELPORT_BUILD_NETWORK` says, else the
            builder's own.

    Raises:
        ServiceError: there is no builder, or the build or the push failed.
    """
    order = Order(
        folder, f"{repository}:{tag}", architecture, labels, status, _network(network), TIME
    )
    name = builder_name()
    _build(name, order)
    _push(name, order, login)


def build_image(
    folder: Path,
    image: str,
    *,
    architecture: Architecture,
    labels: Mapping[str, str],
    status: Status = lambda _line: None,
    network: str | None = None,
) -> Local:
    """Build the context in `folder` as the image `image`, and keep it in the builder's store here.

    Args:
        folder: A build context.
        image: Name and tag.
        architecture: Of the platform that runs it.
        labels: Written on the image.
        status: Told each step.
        network: Network of the build; none: what `MODELPORT_BUILD_NETWORK` says, else the
            builder's own.

    Raises:
        ServiceError: there is no builder, or the build failed.
    """
    name = builder_name()
    _build(name, Order(folder, image, architecture, labels, status, _network(network), TIME))
    return _BUILDERS[name].local(image)


def build_on_engine(
    folder: Path,
    image: str,
    *,
    architecture: Architecture,
    labels: Mapping[str, str],
    environment: Mapping[str, str],
    status: Status = lambda _line: None,
) -> None:
    """Build the context in `folder` as the image `image` on the Docker engine that runs it.

    Args:
        folder: A build context.
        image: Name and tag.
        architecture: Of the engine.
        labels: Written on the image.
        environment: Variables that name the engine, as the `docker` command reads them.
        status: Told each step.

    Raises:
        ServiceError: there is no `docker` command, or the build failed.
    """
    network = _network(None)
    order = Order(folder, image, architecture, labels, status, network, TIME, environment)
    _build("docker", order)


def builder_name() -> BuilderName:
    """The builder of this machine: the one that is named, else Docker, else buildah.

    Raises:
        ServiceError: `MODELPORT_BUILDER` names none.
    """
    named = os.environ.get(BUILDER_VARIABLE)
    if named:
        for name in BUILDERS:
            if name == named:
                return name
        near = difflib.get_close_matches(named, BUILDERS, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        message = f"{BUILDER_VARIABLE}: '{named}' is no builder{hint}; builders: "
        raise ServiceError(message + ", ".join(BUILDERS))
    # Without either, Docker's own message says what is missing.
    if shutil.which("buildah") is None or docker.is_answering():
        return "docker"
    return "buildah"


def _build(name: BuilderName, order: Order) -> None:
    command = _BUILDERS[name].build_command(order)
    run(command, lambda said: build_failure(name, said), order.status)


def _push(name: BuilderName, order: Order, login: Login | None) -> None:
    """Push with a login that is in a folder of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=f"modelport-{name}-") as folder:
        file = None
        if login is not None:
            file = Path(folder, "config.json")
            write_login(file, order.host, login)
        command = _BUILDERS[name].push_command(order, file)
        run(command, lambda said: push_failure(name, order.image, said), order.status)


def _network(network: str | None) -> str | None:
    return network or os.environ.get(NETWORK_VARIABLE)
