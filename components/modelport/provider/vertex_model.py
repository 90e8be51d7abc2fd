"""modelport:gcp:VertexModel: a container model in Vertex AI's registry.

Uploads take the model's id from the caller (`modelId`, up to 63 of `[a-z0-9_-]`, the first one no
digit and no hyphen), so an upload that was killed is found again under it and never made twice:
https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.models/upload
"""

import time
from typing import Annotated, Any, cast

from pydantic import Field, field_validator

from modelport.cloud.google import ConflictError, Google, NotFoundError
from modelport.errors import ServiceError
from modelport.provider.handler import Context, Handler, Outputs
from modelport.provider.vertex_operations import (
    OFFLINE_PROJECT,
    OFFLINE_TIME,
    VertexInputs,
    found,
    model_parts,
    settle,
    vertex,
)

_UPLOAD_SECONDS = 1800.0
"""Time for an upload, which copies the image, and for a removal."""
_CONFLICT_SECONDS = 600.0
"""Time in which an upload that is refused for another one must find that one."""
_AGAIN_SECONDS = 2.0
"""Pause after such a refusal."""


class VertexModelInputs(VertexInputs):
    """Inputs of a model."""

    model_id: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_-]{0,62}$")]
    """Id, chosen from the model's content: the same content has the same id."""
    display_name: Annotated[str, Field(min_length=1, max_length=128)]
    """Name that people see."""
    description: str = ""
    """What the model is for."""
    image: Annotated[str, Field(pattern=r"^[^@\s]+@sha256:[0-9a-f]{64}$")]
    """Image in Artifact Registry in the same region, with its digest."""
    predict_route: Annotated[str, Field(pattern=r"^/")]
    """Path of predictions."""
    health_route: Annotated[str, Field(pattern=r"^/")]
    """Path of health checks."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    """Port on which the container listens."""
    environment: dict[str, str] = Field(default_factory=dict[str, str])
    """Environment variables of the container; not secret, and none that begins with `AIP_`."""
    labels: dict[str, str] = Field(default_factory=dict[str, str])
    """Labels."""
    service_account: str | None = None
    """Account that reads the image at the upload; none: Vertex AI's own."""
    encryption_key: str | None = None
    """Key of Cloud KMS; none: Google's own."""

    @field_validator("environment")
    @classmethod
    def _leave_aip_alone(cls, value: dict[str, str]) -> dict[str, str]:
        own = sorted(name for name in value if name.startswith("AIP_"))
        if own:
            raise ValueError(f"{', '.join(own)}: names that begin with AIP_ are Vertex AI's own")
        return value

    @property
    def resource_id(self) -> str:
        """Full name, with the project as the caller knows it."""
        return f"{self.parent}/models/{self.model_id}"


class VertexModelHandler(Handler[VertexModelInputs]):
    """What a model holds never changes; its name, description and labels do."""

    token = "modelport:gcp:VertexModel"
    inputs = VertexModelInputs
    replaces = frozenset(
        {
            "project", "region", "model_id", "image", "predict_route", "health_route", "port",
            "environment", "encryption_key",
        }
    )  # fmt: skip
    identity = frozenset({"project", "region", "model_id"})

    def create(self, context: Context, inputs: VertexModelInputs) -> tuple[str, Outputs]:
        """Upload it, or take over the one that an earlier attempt has uploaded."""
        google = vertex(inputs.region)
        model = _uploaded(context, google, inputs)
        other = _differences(model, inputs, VertexModelHandler.replaces)
        if other:
            message = (
                f"model {inputs.resource_id} is there already with another "
                f"{' and '.join(other)}; delete it, or give this one another model_id"
            )
            raise ServiceError(message)
        if _differences(model, inputs, _MUTABLE):
            model = _described(google, inputs)
        return inputs.resource_id, _outputs(model)

    def read(
        self, context: Context, resource_id: str, inputs: VertexModelInputs, outputs: Outputs
    ) -> Outputs | None:
        """The model as Vertex AI describes it."""
        del context, resource_id, outputs
        model = found(vertex(inputs.region), inputs.resource_id)
        if model is None:
            return None
        live = _live(model)
        changed = _differences(model, inputs, frozenset(live))
        return {**_outputs(model), **{key: live[key] for key in changed}}

    def update(
        self,
        context: Context,
        resource_id: str,
        old: VertexModelInputs,
        new: VertexModelInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Name, description and labels."""
        del context, resource_id, old, outputs
        return _outputs(_described(vertex(new.region), new))

    def delete(self, context: Context, resource_id: str, inputs: VertexModelInputs) -> None:
        """Remove it with all of its versions; Vertex AI refuses that while it is deployed."""
        del resource_id
        google = vertex(inputs.region)
        settle(google, inputs.resource_id, _UPLOAD_SECONDS, context.status)
        try:
            google.wait(google.delete(inputs.resource_id), _UPLOAD_SECONDS, context.status)
        except NotFoundError:
            return

    def invented(self, inputs: VertexModelInputs) -> Outputs:
        """A name in a project that cannot exist."""
        place = f"projects/{OFFLINE_PROJECT}/locations/{inputs.region}"
        return {
            "name": f"{place}/models/{inputs.model_id}",
            "version_id": "1",
            "created": OFFLINE_TIME,
        }

    def offline_id(self, inputs: VertexModelInputs) -> str:
        """As a real one."""
        return inputs.resource_id

    def imported(self, context: Context, resource_id: str) -> tuple[Outputs, Outputs]:
        """A model by its full name."""
        del context
        project, region, model_id = model_parts(resource_id)
        model = found(vertex(region), resource_id)
        if model is None:
            raise ServiceError(f"model {resource_id} is not there")
        inputs = {"project": project, "region": region, "model_id": model_id, **_live(model)}
        return {key: value for key, value in inputs.items() if value is not None}, _outputs(model)

    def drift(
        self, context: Context, resource_id: str, inputs: VertexModelInputs, outputs: Outputs
    ) -> frozenset[str]:
        """What the last refresh found to be different."""
        del context, resource_id
        wanted = inputs.model_dump()
        checked = (VertexModelHandler.replaces - self.identity) | _MUTABLE
        return frozenset(key for key in checked if key in outputs and outputs[key] != wanted[key])


_MUTABLE = frozenset({"display_name", "description", "labels"})


def _uploaded(context: Context, google: Google, inputs: VertexModelInputs) -> dict[str, Any]:
    """The model under its id, which is uploaded when it is neither there nor on its way."""
    until = time.monotonic() + _CONFLICT_SECONDS
    while True:
        settle(google, inputs.resource_id, _UPLOAD_SECONDS, context.status)
        model = found(google, inputs.resource_id)
        if model is not None:
            return model
        context.status(f"uploading {inputs.model_id}")
        try:
            operation = google.post(f"{inputs.parent}/models:upload", _upload(inputs), repeat=True)
            google.wait(operation, _UPLOAD_SECONDS, context.status)
        except ConflictError:
            if time.monotonic() > until:
                raise
            time.sleep(_AGAIN_SECONDS)  # another upload has begun; the next round waits for it


def _upload(inputs: VertexModelInputs) -> dict[str, Any]:
    model: dict[str, Any] = {
        "displayName": inputs.display_name,
        "description": inputs.description,
        "labels": inputs.labels,
        "containerSpec": {
            "imageUri": inputs.image,
            "predictRoute": inputs.predict_route,
            "healthRoute": inputs.health_route,
            "ports": [{"containerPort": inputs.port}],
            "env": [
                {"name": name, "value": value} for name, value in sorted(inputs.environment.items())
            ],
        },
    }
    if inputs.encryption_key:
        model["encryptionSpec"] = {"kmsKeyName": inputs.encryption_key}
    body = {"modelId": inputs.model_id, "model": model}
    return body | ({"serviceAccount": inputs.service_account} if inputs.service_account else {})


def _described(google: Google, inputs: VertexModelInputs) -> dict[str, Any]:
    """The model with its name, description and labels as they should be."""
    body = {
        "displayName": inputs.display_name,
        "description": inputs.description,
        "labels": inputs.labels,
    }
    return google.patch(inputs.resource_id, body, {"updateMask": "displayName,description,labels"})


def _live(model: dict[str, Any]) -> dict[str, Any]:
    """The inputs that a model was made with, as far as Vertex AI says them."""
    labels = cast("dict[str, str]", model.get("labels") or {})
    live: dict[str, Any] = {
        "display_name": str(model.get("displayName", "")),
        "description": str(model.get("description", "")),
        # Labels of Google's own have a domain in their keys, which those of users cannot have.
        "labels": {key: value for key, value in labels.items() if "." not in key},
        "encryption_key": cast("dict[str, str]", model.get("encryptionSpec") or {}).get(
            "kmsKeyName"
        ),
    }
    container = cast("dict[str, Any] | None", model.get("containerSpec"))
    if container is None:  # not a model of a container
        return live
    ports = cast("list[dict[str, int]]", container.get("ports") or [{"containerPort": 8080}])
    variables = cast("list[dict[str, str]]", container.get("env") or [])
    return live | {
        "image": str(container.get("imageUri", "")),
        "predict_route": str(container.get("predictRoute", "")),
        "health_route": str(container.get("healthRoute", "")),
        "port": int(ports[0].get("containerPort", 8080)),
        "environment": {item["name"]: item.get("value", "") for item in variables},
    }


def _differences(
    model: dict[str, Any], inputs: VertexModelInputs, keys: frozenset[str]
) -> list[str]:
    live, wanted = _live(model), inputs.model_dump()
    return sorted(key for key in keys & live.keys() if live[key] != wanted[key])


def _outputs(model: dict[str, Any]) -> Outputs:
    return {
        "name": str(model.get("name", "")),
        "version_id": str(model.get("versionId", "")),
        "created": str(model.get("createTime", "")),
    }
