"""What Vertex AI refuses, by its own published types and the rules in their documentation."""

import re
from typing import Any, TypeVar

from google.cloud import aiplatform_v1 as vertex
from google.protobuf import json_format

Message = TypeVar("Message")
METRICS = {
    "aiplatform.googleapis.com/prediction/online/accelerator/duty_cycle",
    "aiplatform.googleapis.com/prediction/online/cpu/utilization",
    "aiplatform.googleapis.com/prediction/online/request_count",
}
MUTABLE = {
    "dedicatedResources.minReplicaCount",
    "dedicatedResources.maxReplicaCount",
    "dedicatedResources.requiredReplicaCount",
    "dedicatedResources.autoscalingMetricSpecs",
    "disableContainerLogging",
}


class Refused(Exception):  # noqa: N818 - an answer, not an accident
    """An answer in Google's shape."""

    def __init__(self, code: int, status: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.body = {"error": {"code": code, "message": message, "status": status}}


def invalid(message: str) -> Refused:
    return Refused(400, "INVALID_ARGUMENT", message)


def precondition(message: str) -> Refused:
    return Refused(400, "FAILED_PRECONDITION", message)


def missing(name: str) -> Refused:
    return Refused(404, "NOT_FOUND", f"The resource {name} is not found.")


def exists(name: str) -> Refused:
    return Refused(409, "ALREADY_EXISTS", f"The resource {name} already exists.")


def parsed(kind: type[Message], body: dict[str, Any]) -> Message:
    """The body as the API's own type; unknown and wrong fields are refused."""
    message: Any = kind()
    try:
        json_format.ParseDict(body, message._pb, ignore_unknown_fields=False)
    except json_format.ParseError as error:
        raise invalid(f"Invalid JSON payload received. {error}") from None
    return message


def written(message: Any) -> dict[str, Any]:
    """As the API answers: without what has no value."""
    return json_format.MessageToDict(message._pb)


def check_model(request: vertex.UploadModelRequest) -> None:
    model = request.model
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,62}", request.model_id):
        raise invalid(f"Invalid resource ID: {request.model_id!r}")
    _check_described(model.display_name, model.labels)
    container = model.container_spec
    if not re.match(r"[a-z0-9-]+-docker\.pkg\.dev/|([a-z]+\.)?gcr\.io/", container.image_uri):
        raise invalid("container_spec.image_uri is no image in Artifact or Container Registry")
    for route in (container.predict_route, container.health_route):
        if route and not route.startswith("/"):
            raise invalid(f"route {route!r} does not begin with a slash")
    if any(not 1 <= port.container_port <= 65535 for port in container.ports):
        raise invalid("container_port is not between 1 and 65535")
    for variable in container.env:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable.name):
            raise invalid(f"{variable.name!r} is not a C identifier")
        if variable.name.startswith("AIP_"):
            raise invalid(f"{variable.name} is reserved")
    key = model.encryption_spec.kms_key_name
    pattern = r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+"
    if key and not re.fullmatch(pattern, key):
        raise invalid(f"{key!r} is no Cloud KMS key")


def check_patch(mask: str, allowed: set[str]) -> set[str]:
    """The fields that a change names."""
    fields = {field for field in mask.split(",") if field}
    if not fields or fields - allowed:
        raise invalid(f"update_mask {mask!r}: only {', '.join(sorted(allowed))} can be updated")
    return fields


def check_endpoint(endpoint_id: str, endpoint: vertex.Endpoint) -> None:
    _check_described(endpoint.display_name, endpoint.labels)
    if not re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?|[1-9][0-9]{0,8}", endpoint_id):
        raise invalid(f"Invalid endpoint ID: {endpoint_id!r}")


def check_deployed(deployed: vertex.DeployedModel) -> None:
    if not re.fullmatch(r"[0-9]{1,10}", deployed.id):
        raise invalid(f"deployed_model.id {deployed.id!r}: 1-10 characters of [0-9]")
    if len(deployed.display_name) > 128:
        raise invalid("display_name is longer than 128 characters")
    if "dedicated_resources" not in deployed:
        raise invalid("'dedicated_resources' is required for this model")
    machine = deployed.dedicated_resources.machine_spec
    if not machine.machine_type:
        raise invalid("machine_spec.machine_type is required")
    if bool(machine.accelerator_type) != bool(machine.accelerator_count):
        raise invalid("accelerator_type and accelerator_count go together")
    check_scale(deployed.dedicated_resources)


def check_scale(resources: vertex.DedicatedResources) -> None:
    low, high = resources.min_replica_count, resources.max_replica_count
    if low < 1:
        raise invalid("min_replica_count must be greater than or equal to 1")
    if high and high < low:
        raise invalid("max_replica_count must not be less than min_replica_count")
    names = [spec.metric_name for spec in resources.autoscaling_metric_specs]
    if set(names) - METRICS or len(set(names)) != len(names):
        raise invalid(f"autoscaling_metric_specs: {names}")
    for spec in resources.autoscaling_metric_specs:
        percent = not spec.metric_name.endswith("request_count")
        if spec.target < 0 or (percent and spec.target > 100):
            raise invalid(f"autoscaling target {spec.target} of {spec.metric_name}")


def check_split(split: dict[str, int], known: set[str]) -> None:
    """A traffic split that is given: 100 % for what is deployed."""
    if set(split) - known:
        raise invalid(f"traffic_split names {sorted(set(split) - known)}, which is not deployed")
    if sum(split.values()) != 100 or any(share < 0 for share in split.values()):
        raise invalid(f"traffic_split must add up to 100: {dict(split)}")


def _check_described(display_name: str, labels: Any) -> None:
    if not 1 <= len(display_name) <= 128:
        raise invalid("display_name is required, up to 128 characters")
    for key, value in labels.items():
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,63}", key):
            raise invalid(f"label key {key!r}")
        if not re.fullmatch(r"[a-z0-9_-]{0,64}", value):
            raise invalid(f"label value {value!r}")
