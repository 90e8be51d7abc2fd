"""Kind `docker`: containers of one machine's Docker engine."""

import re
from ipaddress import ip_address
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from modelport.config.base import Model
from modelport.config.targets.base import Component, Target

_ENGINE = re.compile(
    r"unix:///\S+"
    r"|ssh://(?:[a-z_][a-z0-9_-]{0,31}@)?[a-z0-9][a-z0-9.-]*(?::\d{1,5})?(?:/\S*)?"
    r"|tcp://(?:\[[0-9a-f:]+\]|[a-z0-9][a-z0-9.-]*):\d{1,5}",
    re.IGNORECASE,
)
_REPOSITORY = r"^[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+$"
_LOOPBACK = re.compile(r"tcp://(?:127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+", re.IGNORECASE)


def _engine(value: str) -> str:
    if not _ENGINE.fullmatch(value):
        message = (
            "should be the address of an engine: unix:///var/run/docker.sock, ssh://user@host or "
            "tcp://host:2376"
        )
        raise ValueError(message)
    return value


def _address(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        message = (
            "should be an IP address of the machine, e.g. 127.0.0.1 (it alone) or 0.0.0.0 (every "
            "network)"
        )
        raise ValueError(message) from None
    return value


Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,62}$")]


class DockerExtra(Model):
    """What reaches the model's containers as it is written here."""

    environment: dict[Variable, str] = Field(default_factory=dict)
    """More environment variables; whoever may ask the engine reads them, so no secrets."""
    labels: dict[str, str] = Field(default_factory=dict)
    """More labels; those that begin with `modelport.` are ours."""


class DockerTarget(Target):
    """Containers of one machine's Docker engine, behind one port that stays open."""

    COMPONENT: ClassVar[Component] = "DockerService"

    kind: Literal["docker"] = "docker"
    """Kind of target."""
    port: Annotated[int, Field(ge=1, le=65535)]
    """TCP port of the endpoint on the engine's machine, 1 to 65535."""
    host: Annotated[str, AfterValidator(_engine)] | None = None
    """Address of the engine: `unix:///var/run/docker.sock`, `ssh://user@host` or `tcp://host:2376`;
    left out, the one that the `docker` command uses: `DOCKER_HOST`, or its context."""
    certificates: str | None = None
    """Folder with `ca.pem`, `cert.pem` and `key.pem` for `tcp://`."""
    bind: Annotated[str, AfterValidator(_address)] = "127.0.0.1"
    """IP address of the machine that the port is open on; another one than loopback needs
    `exposure: public`."""
    replicas: Annotated[int, Field(ge=1, le=32)] = 1
    """Containers of the model."""
    memory_mib: Annotated[int, Field(ge=128, le=1_048_576)] = 1024
    """Memory that one container may take, in MiB; it gets no swap beside it."""
    cpus: Annotated[float, Field(ge=0.1, le=512)] | None = None
    """Processors that one container may use; left out, all."""
    workers: Annotated[int, Field(ge=1, le=64)] | None = None
    """Serving processes in one container; left out, one for each of its processors, at most 4."""
    gpus: Annotated[int, Field(ge=1, le=64)] | Literal["all"] | tuple[str, ...] | None = None
    """GPUs that one container gets: how many, `all`, or their ids; left out, none."""
    tmp_mib: Annotated[int, Field(ge=16, le=65536)] = 64
    """Space under `/tmp`, the only place to write, in MiB; it is part of the memory."""
    log_mib: Annotated[int, Field(ge=1, le=1024)] = 10
    """Size in MiB at which a container's log begins a new file."""
    log_files: Annotated[int, Field(ge=1, le=100)] = 3
    """Files of a log that are kept."""
    egress: bool = False
    """Whether the model's containers may open connections to other machines, as a mounted
    application with a database does."""
    network: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$")] | None = None
    """A network of yours that the endpoint joins too, under the deployment's name, so that other
    containers reach it at port 8080; left out, none."""
    registry: Annotated[str, Field(pattern=_REPOSITORY)] | None = None
    """Registry and path that the image goes through, e.g. `registry.example.com/models/cancer`;
    left out, it is built on the engine itself."""
    base_image: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    """Base image by tag or digest, with `python3` of the bundle's version and pip; left out, a slim
    Python of the version that trained the model."""
    start_timeout: Annotated[int, Field(ge=1, le=1800)] = 120
    """Seconds in which a new container must be ready to answer."""
    drain_timeout: Annotated[int, Field(ge=1, le=600)] = 30
    """Seconds in which requests that an old container has begun must end."""
    extra: DockerExtra = DockerExtra()
    """What reaches the containers as it is written."""

    @property
    def loopback(self) -> bool:
        """Whether only the engine's machine can reach the endpoint."""
        return ip_address(self.bind).is_loopback

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        tcp = (self.host or "").startswith("tcp://")
        if self.certificates and not tcp:
            message = "certificates are for host: tcp://…; leave them out"
            raise ValueError(message)
        if tcp and not self.certificates and not _LOOPBACK.fullmatch(self.host or ""):
            message = (
                f"{self.host} without certificates would let everyone be root on that machine; "
                "name their folder, or write host: ssh://…"
            )
            raise ValueError(message)
        ours = sorted(key for key in self.extra.labels if key.startswith("modelport."))
        if ours:
            message = f"extra.labels: {', '.join(ours)}: labels that begin with modelport. are ours"
            raise ValueError(message)
        return self
