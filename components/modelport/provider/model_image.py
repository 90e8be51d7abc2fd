"""modelport:image:Image: the image of a built bundle in a registry."""

import re
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from pydantic import field_validator

from modelport.errors import ServiceError
from modelport.home import Home
from modelport.images import (
    Adapter,
    Found,
    Registry,
    RegistryKind,
    build_and_push,
    login,
    write_context,
)
from modelport.images.context import BUNDLE_LABEL, CONTENT_LABEL, VERSION_LABEL
from modelport.images.order import Architecture
from modelport.provider.built import built
from modelport.provider.handler import Context, Handler, Inputs, Outputs
from modelport.verify import NOT_VERIFIED

_INVENTED = "0ff11e"
_REPOSITORY = re.compile(r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_HEROKU = "registry.heroku.com"
_TRIES, _PAUSE = 5, 1.0
"""Looks for an image that was pushed, and seconds between them."""


class ModelImageInputs(Inputs):
    """Inputs of an image."""

    bundle: str
    """Bundle name."""
    version: str
    """Its version, all 16 digits."""
    repository: str
    """Registry and path without a tag, e.g. `europe-west1-docker.pkg.dev/project/images/cancer`."""
    registry: RegistryKind
    """How to sign in to the registry."""
    adapter: Adapter = "plain"
    """How the platform reaches the model."""
    architecture: Architecture = "amd64"
    """Of the machines that run it."""
    base_image: str | None = None
    """Base image by tag or digest; none for a slim Python of the version that trained the model."""
    tag: str | None = None
    """A tag that this image takes over; none for the version, under which nothing is ever
    replaced: where other content has it, a part of the content's digest is added."""

    @field_validator("repository")
    @classmethod
    def _is_repository(cls, value: str) -> str:
        if not _REPOSITORY.fullmatch(value):
            message = f"{value!r} is no repository; write registry and path in small letters"
            raise ValueError(f"{message}, without a tag, e.g. registry.example.com/models/cancer")
        return value

    @field_validator("tag")
    @classmethod
    def _is_tag(cls, value: str | None) -> str | None:
        if value is not None and not _TAG.fullmatch(value):
            raise ValueError(f"{value!r} is no tag; write letters, digits, _, . and -")
        return value


class ModelImageHandler(Handler[ModelImageInputs]):
    """Builds and pushes, unless the registry holds the image already.

    A new version is an update: it pushes another image and changes the outputs, so what runs the
    old one goes on until it is given the new one. Nothing is ever removed from the registry, not
    even with the resource: revisions that could be rolled back to need their images, and how long
    those are kept is the repository's own rule.
    """

    token = "modelport:image:Image"
    inputs = ModelImageInputs
    unforeseen = frozenset({"digest", "reference", "image_id"})

    def create(self, context: Context, inputs: ModelImageInputs) -> tuple[str, Outputs]:
        """Have the image in the registry."""
        return inputs.repository, self._present(context, inputs)

    def read(
        self, context: Context, resource_id: str, inputs: ModelImageInputs, outputs: Outputs
    ) -> Outputs | None:
        """Ask the registry whether it still holds the digest."""
        del context, resource_id
        registry = Registry(inputs.repository, login(inputs.registry, inputs.repository))
        return outputs if registry.find(str(outputs["digest"])) is not None else None

    def update(
        self,
        context: Context,
        resource_id: str,
        old: ModelImageInputs,
        new: ModelImageInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Have the new image in the registry beside the old one."""
        del resource_id, old, outputs
        return self._present(context, new)

    def delete(self, context: Context, resource_id: str, inputs: ModelImageInputs) -> None:
        """Leave the image in the registry: old revisions may need it."""

    def invented(self, inputs: ModelImageInputs) -> Outputs:
        """A digest that no registry has: it begins with 0ff11e."""
        what = "/".join(
            (
                f"{inputs.bundle}@{inputs.version}",
                inputs.adapter,
                inputs.architecture,
                inputs.base_image or "",
            )
        )
        digest = f"sha256:{(_INVENTED + sha256(what.encode()).hexdigest())[:64]}"
        return {
            "digest": digest,
            "reference": f"{inputs.repository}@{digest}",
            "image_id": digest,
            "verified": NOT_VERIFIED,
        }

    def offline_id(self, inputs: ModelImageInputs) -> str:
        """As a real one."""
        return inputs.repository

    def _present(self, context: Context, inputs: ModelImageInputs) -> Outputs:
        """The image in the registry; it is built when it is not there.

        Raises:
            BundleError: the bundle is not built here.
            ServiceError: it could not be built, pushed or found again.
        """
        with tempfile.TemporaryDirectory(prefix="modelport-image-") as folder:
            content = _write(context.home, inputs, Path(folder))
            context.status("asking the registry")
            signed_in = login(inputs.registry, inputs.repository)
            registry = Registry(inputs.repository, signed_in)
            tag = inputs.tag or inputs.version
            found = registry.find(tag)
            if found is not None and inputs.tag is None and not _is(found, inputs, content):
                tag = f"{tag}-{content[:12]}-{inputs.architecture}"
                found = registry.find(tag)
            if found is not None and _is(found, inputs, content):
                return _outputs(inputs, found, "was in the registry")
            build_and_push(
                Path(folder),
                inputs.repository,
                tag,
                architecture=inputs.architecture,
                labels={CONTENT_LABEL: content},
                login=signed_in,
                status=context.status,
            )
            return _outputs(inputs, _pushed(registry, inputs, tag, content), "built and pushed")


def _write(home: Home, inputs: ModelImageInputs, folder: Path) -> str:
    record, _, _ = built(home, inputs.bundle, inputs.version)
    return write_context(home, record, folder, inputs.adapter, base_image=inputs.base_image)


def _is(found: Found, inputs: ModelImageInputs, content: str) -> bool:
    """Whether an image is the one that the inputs ask for."""
    wanted = {
        BUNDLE_LABEL: inputs.bundle,
        VERSION_LABEL: inputs.version,
        CONTENT_LABEL: content,
    }
    labels = {key: found.labels.get(key) for key in wanted}
    return labels == wanted and found.architecture == inputs.architecture


def _pushed(registry: Registry, inputs: ModelImageInputs, tag: str, content: str) -> Found:
    """What was pushed, as the registry has it."""
    image = f"{inputs.repository}:{tag}"
    for attempt in range(_TRIES):
        found = registry.find(tag)
        if found is not None:
            break
        time.sleep(_PAUSE * (attempt + 1))
    else:
        raise ServiceError(f"{image} was pushed, and the registry does not have it; try again")
    if found.is_list:
        message = (
            f"{image} became a list of images instead of one image ({found.media_type}), which "
            "Lambda and Heroku refuse; switch containerd's image store off in Docker's settings"
        )
        raise ServiceError(message)
    if registry.host == _HEROKU and "oci" in found.media_type:
        message = (
            f"{image} has a manifest of type {found.media_type}, and Heroku takes Docker's own "
            "alone; switch containerd's image store off in Docker's settings"
        )
        raise ServiceError(message)
    if found.architecture != inputs.architecture:
        message = (
            f"{image} is for {found.architecture} instead of {inputs.architecture}; name a base "
            f"image that exists for {inputs.architecture}"
        )
        raise ServiceError(message)
    if not _is(found, inputs, content):
        raise ServiceError(f"{image} was replaced by another image meanwhile; try again")
    return found


def _outputs(inputs: ModelImageInputs, found: Found, how: str) -> Outputs:
    return {
        "digest": found.digest,
        "reference": f"{inputs.repository}@{found.digest}",
        "image_id": found.image_id,
        "verified": f"{how}: the registry has this digest, built from this bundle",
    }
