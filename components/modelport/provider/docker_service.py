"""modelport:docker:Service: a bundle served by containers of one engine, behind one open port."""

import hashlib
import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from modelport.containers.engine import Engine, connected
from modelport.containers.settings import Model, Wanted
from modelport.errors import BundleError, ServiceError
from modelport.home import Home
from modelport.live.caller import prove_at
from modelport.provider.built import built
from modelport.provider.docker_image import EngineInputs, check_engine
from modelport.provider.docker_live import endpoint_url, reached_from_here
from modelport.provider.docker_rollout import Asked, Move
from modelport.provider.handler import Context, Handler, Outputs
from modelport.provider.releases import released
from modelport.provider.serving_inputs import ServingInputs
from modelport.verify import NOT_VERIFIED

if TYPE_CHECKING:
    from modelport.containers.service import DockerDeployment

Positive = Annotated[int, Field(ge=1)]


class DockerServiceInputs(EngineInputs, ServingInputs):
    """Inputs of a service on an engine."""

    alias: str
    """Its name in `network`: the deployment's."""
    owner: str
    """Team or person who answers for it."""
    image: str
    """Id of the image on the engine, `sha256:…`."""
    host: str
    """IP address of the engine's machine to listen on."""
    port: Annotated[int, Field(ge=1, le=65535)]
    """TCP port to listen on."""
    replicas: Positive
    """Containers of the model."""
    memory_bytes: Positive
    """Memory of one container."""
    tmp_bytes: Positive
    """Space under `/tmp` in one container."""
    log_bytes: Positive
    """Size at which a log begins a new file."""
    log_files: Positive
    """Files of a log that are kept."""
    cpus: Annotated[float, Field(gt=0)] | None = None
    """Processors of one container; none: all."""
    workers: Positive | None = None
    """Serving processes of one container; none: by its processors."""
    gpus: Positive | Literal["all"] | tuple[str, ...] | None = None
    """GPUs of one container."""
    egress: bool = False
    """Whether the containers may open connections to other machines."""
    network: str | None = None
    """A network of the user's that the endpoint joins too."""
    environment: dict[str, str] = Field(default_factory=dict)
    """More variables of the containers."""
    labels: dict[str, str] = Field(default_factory=dict)
    """More labels of the containers."""
    secrets: dict[str, str] = Field(default_factory=dict)
    """Files of the engine's machine by variable."""
    start_timeout: float
    """Seconds in which a container must be ready."""
    drain_timeout: float
    """Seconds in which an old container's requests must end."""

    @property
    def url(self) -> str:
        """Where callers reach it."""
        return endpoint_url(self.engine, self.host, self.port)


class DockerServiceHandler(Handler[DockerServiceInputs]):
    """A switch that holds the port, and the model's containers behind it."""

    token = "modelport:docker:Service"
    inputs = DockerServiceInputs
    replaces = frozenset({"engine", "service", "name"})
    secret = frozenset({"api_key"})

    def create(self, context: Context, inputs: DockerServiceInputs) -> tuple[str, Outputs]:
        """Start, check and verify; on failure nothing is left."""
        with _deployment(context.home, inputs) as deployment:
            _refuse_strangers(deployment)
            try:
                outputs = _bring_up(context, deployment, inputs, [])
            except BaseException:
                deployment.remove_all()
                raise
            return f"{inputs.name}@{deployment.engine.id}", outputs

    def read(
        self, context: Context, resource_id: str, inputs: DockerServiceInputs, outputs: Outputs
    ) -> Outputs | None:
        """The service as its engine describes it; `status` says what is not as it should be."""
        with _deployment(context.home, inputs) as deployment:
            check_engine(deployment.engine, resource_id)
            if deployment.switch() is None and not deployment.members():
                return None
            return {**outputs, "status": _status(deployment)}

    def update(
        self,
        context: Context,
        resource_id: str,
        old: DockerServiceInputs,
        new: DockerServiceInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Move to `new`; on failure the containers of `old` go on."""
        releases = list(outputs.get("releases", []))
        with _deployment(context.home, new) as deployment:
            check_engine(deployment.engine, resource_id)
            try:
                return _bring_up(context, deployment, new, releases)
            except (ServiceError, BundleError) as error:
                kept = _restore(context, deployment.engine, old)
                lines = str(error).split("\n", 1)
                message = "\n".join([f"{lines[0]}; {kept}", *lines[1:]])
                raise ServiceError(message) from None

    def delete(self, context: Context, resource_id: str, inputs: DockerServiceInputs) -> None:
        """Remove containers, volumes and networks."""
        with _deployment(context.home, inputs) as deployment:
            check_engine(deployment.engine, resource_id)
            deployment.remove_all()

    def invented(self, inputs: DockerServiceInputs) -> Outputs:
        """The address where it would be; nothing listens there."""
        return {"url": inputs.url, "status": "offline", "proof": NOT_VERIFIED, "releases": []}

    def offline_id(self, inputs: DockerServiceInputs) -> str:
        """As a real one."""
        return f"{inputs.name}@offline"

    def drift(
        self, context: Context, resource_id: str, inputs: DockerServiceInputs, outputs: Outputs
    ) -> frozenset[str]:
        """`status` when something is not as it was made; an engine that is away says nothing."""
        del resource_id, outputs
        try:
            with _deployment(context.home, inputs) as deployment:
                return frozenset() if _status(deployment) == "running" else frozenset({"status"})
        except ServiceError as error:
            context.status(f"not read: {error}")
            return frozenset()


def wanted_of(home: Home, inputs: DockerServiceInputs) -> Wanted:
    """What the inputs want of an engine."""
    model = Model(
        bundle=inputs.bundle,
        version=inputs.version,
        image=inputs.image,
        settings=json.dumps(inputs.settings(), sort_keys=True),
        memory_bytes=inputs.memory_bytes,
        tmp_bytes=inputs.tmp_bytes,
        cpus=inputs.cpus,
        workers=inputs.workers,
        gpus=inputs.gpus,
        log_bytes=inputs.log_bytes,
        log_files=inputs.log_files,
        egress=inputs.egress,
        environment=inputs.environment,
        labels=inputs.labels,
        secrets=inputs.secrets,
    )
    return Wanted(
        name=inputs.name,
        service=inputs.service,
        home=hashlib.sha256(str(home.root).encode()).hexdigest()[:12],
        owner=inputs.owner,
        alias=inputs.alias,
        model=model,
        replicas=inputs.replicas,
        host=inputs.host,
        port=inputs.port,
        network=inputs.network,
        max_body_bytes=inputs.max_body_bytes,
        start_timeout=inputs.start_timeout,
        drain_timeout=inputs.drain_timeout,
    )


@contextmanager
def _deployment(home: Home, inputs: DockerServiceInputs) -> "Generator[DockerDeployment]":
    from modelport.containers.service import DockerDeployment

    with connected(inputs.address) as engine:
        yield DockerDeployment(engine, wanted_of(home, inputs))


def _bring_up(
    context: Context,
    deployment: "DockerDeployment",
    inputs: DockerServiceInputs,
    releases: list[dict[str, str]],
) -> Outputs:
    record, golden, _ = built(context.home, inputs.bundle, inputs.version)
    context.status("preparing the port")
    deployment.prepare()
    with deployment.orders() as orders:
        asked = Asked(orders, record, golden, inputs.caller)

        def prove() -> object:
            if reached_from_here(deployment.engine, inputs.host):
                return prove_at(inputs.url, record, golden, inputs.caller)
            return asked.prove(inputs.url, None)

        move = Move(deployment, orders, asked, context.status, prove)
        seen = move.run(inputs.rollout, [item["version"] for item in releases])
    return {
        "url": inputs.url,
        "status": "running",
        "proof": seen or "golden answers",
        "releases": released(releases, inputs.version),
    }


def _status(deployment: "DockerDeployment") -> str:
    """`running`, or what is not as it should be."""
    wanted = deployment.wanted
    faults = [f"{wanted.switch} {fault}" for fault in deployment.switch_faults()]
    if faults:
        return "; ".join(faults)
    try:
        with deployment.orders() as orders:
            routes = orders.ask("status")
    except ServiceError as error:  # it was started again just now
        return f"{wanted.switch}: {error}"
    if routes["revision"] != wanted.model.revision:
        return f"requests go to {routes['revision'] or 'nobody'}, not {wanted.model.revision}"
    members = [item for item in deployment.members() if item.address in routes["addresses"]]
    for member in members:
        faults += [f"{member.name}: {fault}" for fault in member.faults]
        if not member.healthy:
            faults.append(f"{member.name} {'is unhealthy' if member.running else 'is stopped'}")
    if len(members) != wanted.replicas:
        faults.append(f"{len(members)} of {wanted.replicas} containers are there")
    return "; ".join(faults) or "running"


def _refuse_strangers(deployment: "DockerDeployment") -> None:
    names = deployment.strangers()
    if not names:
        return
    message = (
        f"{', '.join(names)}: made on this engine by another project or clone; destroy it there, "
        f"give the stack another name, or remove it: docker rm --force {' '.join(names)}"
    )
    raise ServiceError(message)


def _restore(context: Context, engine: Engine, old: DockerServiceInputs) -> str:
    """Make sure that the old version serves; says so, or that it does not."""
    from modelport.containers.service import DockerDeployment

    deployment = DockerDeployment(engine, wanted_of(context.home, old))
    named = f"{old.bundle}@{old.version}"
    try:
        if _status(deployment) == "running":
            return f"{named} goes on serving"
        _bring_up(context, deployment, old, [{"version": old.version}])
    except (ServiceError, BundleError) as error:
        return f"and {named} could not be started again: {error}"
    return f"{named} was started again"
