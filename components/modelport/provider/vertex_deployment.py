"""What is deployed on Vertex AI: its inputs, and the same in the API's words."""

import re
from typing import Annotated, Any, Final, Literal, cast

from pydantic import Field, model_validator

from modelport.provider.vertex_operations import VertexInputs, same_model

Metric = Literal["cpu", "accelerator", "requests_per_minute"]
Targets = dict[Metric, Annotated[int, Field(ge=1)]]
_USUAL_TARGET = 60
"""Target of a metric that is not named, in percent."""
_METRICS: Final[dict[Metric, str]] = {
    "cpu": "aiplatform.googleapis.com/prediction/online/cpu/utilization",
    "accelerator": "aiplatform.googleapis.com/prediction/online/accelerator/duty_cycle",
    "requests_per_minute": "aiplatform.googleapis.com/prediction/online/request_count",
}
DEPLOYED_MODEL: Final = re.compile(
    r"(projects/([^/]+)/locations/([^/]+)/endpoints/[^/]+)/deployedModels/([0-9]+)"
)
"""Id of a deployed model as a resource: the endpoint's full name, project, region, id."""


class VertexDeployedModelInputs(VertexInputs):
    """Inputs of a deployed model."""

    endpoint: str
    """Endpoint: its id, or its full name."""
    model: str
    """Full name of the model."""
    deployed_model_id: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$")]
    """Id on the endpoint, chosen from what is deployed; traffic is given to it by this id."""
    display_name: Annotated[str, Field(min_length=1, max_length=128)]
    """Name that people see."""
    machine_type: str
    """Machine type, e.g. `n1-standard-2`."""
    min_replicas: Annotated[int, Field(ge=1)] = 1
    """Machines that always run."""
    max_replicas: Annotated[int, Field(ge=1)] = 1
    """Machines that run at most; the quota is charged for all of them from the start."""
    autoscaling: Targets = Field(default_factory=Targets)
    """Targets: percent of `cpu` and of the `accelerator`'s duty cycle, `requests_per_minute` of
    one replica; what is left out has Vertex AI's default of 60 %."""
    accelerator_type: str | None = None
    """GPU or TPU, e.g. `NVIDIA_L4`."""
    accelerator_count: Annotated[int, Field(ge=0)] = 0
    """Accelerators in one machine."""
    spot: bool = False
    """Whether machines may be taken away at any time, for less money."""
    service_account: str | None = None
    """Account that the container runs as; none: one that may do nothing in the project."""
    enable_access_logging: bool = False
    """Whether each request is logged."""
    disable_container_logging: bool = False
    """Whether what the container prints is dropped."""

    @model_validator(mode="after")
    def _fit(self) -> "VertexDeployedModelInputs":
        if self.max_replicas < self.min_replicas:
            raise ValueError(
                f"max_replicas: {self.max_replicas} is less than min_replicas, {self.min_replicas}"
            )
        if bool(self.accelerator_type) != bool(self.accelerator_count):
            raise ValueError("accelerator_type and accelerator_count are given together or not")
        return self

    @property
    def endpoint_name(self) -> str:
        """Full name of the endpoint."""
        if "/" in self.endpoint:
            return self.endpoint
        return f"{self.parent}/endpoints/{self.endpoint}"

    @property
    def resource_id(self) -> str:
        """The endpoint's full name and the id on it."""
        return f"{self.endpoint_name}/deployedModels/{self.deployed_model_id}"


def deployment(inputs: VertexDeployedModelInputs) -> dict[str, Any]:
    """`DeployedModel` as the API takes it."""
    machine: dict[str, Any] = {"machineType": inputs.machine_type}
    if inputs.accelerator_type:
        machine["acceleratorType"] = inputs.accelerator_type
        machine["acceleratorCount"] = inputs.accelerator_count
    deployed: dict[str, Any] = {
        "id": inputs.deployed_model_id,
        "model": inputs.model,
        "displayName": inputs.display_name,
        "dedicatedResources": {"machineSpec": machine, "spot": inputs.spot, **scale(inputs)},
        "enableAccessLogging": inputs.enable_access_logging,
        "disableContainerLogging": inputs.disable_container_logging,
    }
    return deployed | ({"serviceAccount": inputs.service_account} if inputs.service_account else {})


def scale(inputs: VertexDeployedModelInputs) -> dict[str, Any]:
    """The part of `DedicatedResources` that can change in place."""
    return {
        "minReplicaCount": inputs.min_replicas,
        "maxReplicaCount": inputs.max_replicas,
        "autoscalingMetricSpecs": [
            {"metricName": _METRICS[metric], "target": target}
            for metric, target in sorted(inputs.autoscaling.items())
        ],
    }


def deployed_models(endpoint: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """What is deployed on an endpoint, by id; nothing on one that is not there."""
    items = cast("list[dict[str, Any]]", (endpoint or {}).get("deployedModels") or [])
    return {str(item["id"]): item for item in items}


def traffic_of(endpoint: dict[str, Any] | None) -> dict[str, int]:
    """Percent of an endpoint's traffic by id of a deployed model."""
    split = cast("dict[str, int]", (endpoint or {}).get("trafficSplit") or {})
    return {key: int(share) for key, share in split.items()}


def live_inputs(deployed: dict[str, Any]) -> dict[str, Any]:
    """The inputs that a deployed model has now, but for its place and id."""
    resources = cast("dict[str, Any]", deployed.get("dedicatedResources") or {})
    machine = cast("dict[str, Any]", resources.get("machineSpec") or {})
    specs = cast("list[dict[str, Any]]", resources.get("autoscalingMetricSpecs") or [])
    names = {name: metric for metric, name in _METRICS.items()}
    low = int(resources.get("minReplicaCount") or 0)
    return {
        "model": str(deployed.get("model", "")),
        "display_name": str(deployed.get("displayName", "")),
        "machine_type": str(machine.get("machineType", "")),
        "min_replicas": low,
        "max_replicas": int(resources.get("maxReplicaCount") or low),
        "autoscaling": {
            names.get(str(item["metricName"]), str(item["metricName"])): int(
                item.get("target") or _USUAL_TARGET
            )
            for item in specs
        },
        "accelerator_type": machine.get("acceleratorType"),
        "accelerator_count": int(machine.get("acceleratorCount") or 0),
        "spot": bool(resources.get("spot")),
        "service_account": deployed.get("serviceAccount") or None,
        "enable_access_logging": bool(deployed.get("enableAccessLogging")),
        "disable_container_logging": bool(deployed.get("disableContainerLogging")),
    }


def differences(deployed: dict[str, Any], inputs: VertexDeployedModelInputs) -> list[str]:
    """Inputs that a deployed model does not have as they should be."""
    live, wanted = live_inputs(deployed), inputs.model_dump()
    other = {key for key in live if live[key] != wanted[key]}
    if same_model(str(live["model"]), inputs.model):
        other.discard("model")
    usual = {
        metric: target
        for metric, target in live["autoscaling"].items()
        if metric in inputs.autoscaling or target != _USUAL_TARGET
    }
    if usual == inputs.autoscaling:
        other.discard("autoscaling")
    return sorted(other)
