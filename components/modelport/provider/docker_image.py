"""modelport:docker:Image: the image of a built bundle on an engine."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from modelport.containers.engine import Engine, EngineAddress, connected, speaking
from modelport.containers.settings import SERVICE_LABEL
from modelport.errors import ServiceError
from modelport.images import build_on_engine, write_context
from modelport.images.context import CONTENT_LABEL
from modelport.images.order import Architecture
from modelport.provider.built import built
from modelport.provider.handler import Context, Handler, Inputs, Outputs

if TYPE_CHECKING:
    from docker.models.images import Image

_INVENTED = "sha256:0ff11e"


class EngineInputs(Inputs):
    """Where an engine is, and what it is there for."""

    engine: str = ""
    """`unix://…`, `ssh://…` or `tcp://…`; empty: the one that the `docker` command uses."""
    certificates: str = ""
    """Folder of the certificates for `tcp://`."""
    service: str
    """Project, stack and deployment, with `/` between them."""
    name: str
    """Beginning of all names."""
    bundle: str
    """Bundle name."""
    version: str
    """Bundle version: 16 hex digits."""

    @property
    def address(self) -> EngineAddress:
        """Where it is."""
        return EngineAddress(self.engine, self.certificates)


class DockerImageInputs(EngineInputs):
    """Inputs of an image on an engine."""

    base_image: str | None = None
    """Base image by tag or digest; none: a slim Python of the version that trained the model."""
    reference: str | None = None
    """Repository and digest that it is pulled by; none: it is built on the engine."""


class DockerImageHandler(Handler[DockerImageInputs]):
    """Builds on the engine itself, or pulls; what is there already is found by its content.

    Beside the present image the one before it stays, so that going back needs no build; older ones
    of the deployment are removed, and all of them with the resource.
    """

    token = "modelport:docker:Image"
    inputs = DockerImageInputs
    replaces = frozenset({"engine", "service"})
    unforeseen = frozenset({"image_id", "before", "engine_id"})

    def create(self, context: Context, inputs: DockerImageInputs) -> tuple[str, Outputs]:
        """Have it on the engine."""
        outputs = _present(context, inputs, "")
        return f"{inputs.name}@{outputs['engine_id']}", outputs

    def read(
        self, context: Context, resource_id: str, inputs: DockerImageInputs, outputs: Outputs
    ) -> Outputs | None:
        """Ask the engine whether it still has it."""
        del context
        with connected(inputs.address) as engine:
            check_engine(engine, resource_id)
            found = _find(engine, str(outputs["image_id"]))
        return outputs if found is not None else None

    def update(
        self,
        context: Context,
        resource_id: str,
        old: DockerImageInputs,
        new: DockerImageInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Have the new one beside the old one."""
        del resource_id, old
        return _present(context, new, str(outputs.get("image_id", "")))

    def delete(self, context: Context, resource_id: str, inputs: DockerImageInputs) -> None:
        """Remove what was built or pulled for the deployment; base images stay."""
        del context
        with connected(inputs.address) as engine:
            check_engine(engine, resource_id)
            _remove(engine, _ours(engine, inputs))

    def invented(self, inputs: DockerImageInputs) -> Outputs:
        """An id that no engine has: it begins with 0ff11e."""
        digits = f"{inputs.version}{'0' * 64}"[: 71 - len(_INVENTED)]
        return {"image_id": f"{_INVENTED}{digits}", "before": "", "engine_id": "offline"}

    def offline_id(self, inputs: DockerImageInputs) -> str:
        """As a real one."""
        return f"{inputs.name}@offline"

    def drift(
        self, context: Context, resource_id: str, inputs: DockerImageInputs, outputs: Outputs
    ) -> frozenset[str]:
        """`image_id` when the image was removed by hand; an engine that is away says nothing."""
        del resource_id
        try:
            with connected(inputs.address) as engine:
                found = _find(engine, str(outputs["image_id"]))
        except ServiceError as error:
            context.status(f"not read: {error}")
            return frozenset()
        return frozenset() if found is not None else frozenset({"image_id"})


def check_engine(engine: Engine, resource_id: str) -> None:
    """Refuse to look for a deployment on another engine than the one that has it.

    Raises:
        ServiceError: it is another one.
    """
    name, _, wanted = resource_id.partition("@")
    if engine.id == wanted:
        return
    message = (
        f"{name} was made on the engine {wanted}, and this is the engine {engine.id}; name the "
        "first one as target.host, or where it is gone for good, forget it with "
        "'pulumi state delete'"
    )
    raise ServiceError(message)


def _present(context: Context, inputs: DockerImageInputs, before: str) -> Outputs:
    with connected(inputs.address) as engine:
        image = (
            _pulled(context, engine, inputs.reference)
            if inputs.reference
            else _built(context, engine, inputs)
        )
        kept = {image, before}
        _remove(engine, (item for item in _ours(engine, inputs) if item.id not in kept))
        return {"image_id": image, "before": before, "engine_id": engine.id}


def _built(context: Context, engine: Engine, inputs: DockerImageInputs) -> str:
    record, _, _ = built(context.home, inputs.bundle, inputs.version)
    with tempfile.TemporaryDirectory(prefix="modelport-image-") as folder:
        content = write_context(context.home, record, Path(folder), base_image=inputs.base_image)
        tag = f"{inputs.name}:{inputs.version}-{content[:12]}"
        found = _find(engine, tag)
        if found is None or found.labels.get(SERVICE_LABEL) != inputs.service:
            build_on_engine(
                Path(folder),
                tag,
                architecture=cast("Architecture", engine.architecture),
                labels={CONTENT_LABEL: content, SERVICE_LABEL: inputs.service},
                status=context.status,
                environment=engine.environment,
            )
            found = _find(engine, tag)
    if found is None:
        raise ServiceError(f"{tag} was built, and the engine does not have it; try again")
    return str(found.id)


def _pulled(context: Context, engine: Engine, reference: str) -> str:
    found = _find(engine, reference)
    if found is None:
        context.status(f"pulling {reference}")
        with speaking():
            found = engine.client.images.pull(reference)
    return str(found.id)


def _find(engine: Engine, name: str) -> "Image | None":
    from docker.errors import ImageNotFound

    with speaking():
        try:
            return engine.client.images.get(name)
        except ImageNotFound:
            return None


def _ours(engine: Engine, inputs: DockerImageInputs) -> "list[Image]":
    """Images that were built for the deployment; pulled ones by their repository."""
    filters = {"label": f"{SERVICE_LABEL}={inputs.service}"}
    with speaking():
        found = engine.client.images.list(filters=filters)
        if inputs.reference:
            found += engine.client.images.list(name=inputs.reference.partition("@")[0])
    return found


def _remove(engine: Engine, images: "Iterable[Image]") -> None:
    """Remove images that no container has; others stay until theirs are gone."""
    client: Any = engine.client
    with speaking():
        used = {item.attrs["Image"] for item in client.containers.list(all=True)}
        for image in images:
            if image.id not in used:
                client.images.remove(image.id, force=True)
