"""modelport:gcp:VertexDeployedModel: a model on machines of its own, behind an endpoint.

Deployments take their id from the caller (`deployedModel.id`, 1 to 10 digits), so one that was
killed is found again under it and never made twice:
https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints/deployModel
"""

import time
from typing import Any

from modelport.cloud.google import ConflictError, Google
from modelport.errors import ServiceError
from modelport.provider.handler import Context, Handler, Outputs
from modelport.provider.vertex_deployment import (
    DEPLOYED_MODEL,
    VertexDeployedModelInputs,
    deployed_models,
    deployment,
    differences,
    live_inputs,
    scale,
    traffic_of,
)
from modelport.provider.vertex_operations import OFFLINE_TIME, found, settle, vertex

_DEPLOY_SECONDS = 7200.0
"""Time for a deployment, as long as Vertex AI itself allows, and for a change or removal."""
_CONFLICT_SECONDS = 600.0
"""Time in which a deployment that is refused for another one must find that one."""
_AGAIN_SECONDS = 2.0
"""Pause after such a refusal."""
_SCALE_MASK = ",".join(
    f"dedicatedResources.{name}"
    for name in ("minReplicaCount", "maxReplicaCount", "autoscalingMetricSpecs")
)


class VertexDeployedModelHandler(Handler[VertexDeployedModelInputs]):
    """It takes traffic at once where it is the only one, else only what it is given later."""

    token = "modelport:gcp:VertexDeployedModel"
    inputs = VertexDeployedModelInputs
    replaces = frozenset(VertexDeployedModelInputs.model_fields) - {
        "min_replicas", "max_replicas", "autoscaling",
    }  # fmt: skip
    identity = frozenset({"project", "region", "endpoint", "deployed_model_id"})

    def create(self, context: Context, inputs: VertexDeployedModelInputs) -> tuple[str, Outputs]:
        """Deploy it, or take over what an earlier attempt has deployed."""
        google = vertex(inputs.region)
        deployed = _deployed(context, google, inputs)
        other = [key for key in differences(deployed, inputs) if key in self.replaces]
        if other:
            message = (
                f"{inputs.resource_id} is there already with another {' and '.join(other)}; "
                "undeploy it, or give this one another deployed_model_id"
            )
            raise ServiceError(message)
        if differences(deployed, inputs):
            deployed = _scaled(context, google, inputs)
        return inputs.resource_id, _outputs(deployed)

    def read(
        self,
        context: Context,
        resource_id: str,
        inputs: VertexDeployedModelInputs,
        outputs: Outputs,
    ) -> Outputs | None:
        """The deployed model as its endpoint describes it."""
        del context, resource_id, outputs
        endpoint = found(vertex(inputs.region), inputs.endpoint_name)
        deployed = deployed_models(endpoint).get(inputs.deployed_model_id)
        if deployed is None:
            return None
        live = live_inputs(deployed)
        changed = {key: live[key] for key in differences(deployed, inputs)}
        return {**_outputs(deployed), **changed}

    def update(
        self,
        context: Context,
        resource_id: str,
        old: VertexDeployedModelInputs,
        new: VertexDeployedModelInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Replicas and what they follow; requests are served meanwhile."""
        del resource_id, old, outputs
        google = vertex(new.region)
        settle(google, new.endpoint_name, _DEPLOY_SECONDS, context.status)
        deployed = deployed_models(found(google, new.endpoint_name)).get(new.deployed_model_id)
        if deployed is None:
            raise ServiceError(f"{new.resource_id} is not there any more; run a refresh first")
        if differences(deployed, new):
            deployed = _scaled(context, google, new)
        return _outputs(deployed)

    def delete(self, context: Context, resource_id: str, inputs: VertexDeployedModelInputs) -> None:
        """Undeploy it; while others could take its traffic, that must have been moved to them."""
        del resource_id
        google = vertex(inputs.region)
        settle(google, inputs.endpoint_name, _DEPLOY_SECONDS, context.status)
        endpoint = found(google, inputs.endpoint_name)
        deployed = deployed_models(endpoint)
        if inputs.deployed_model_id not in deployed:
            return
        share = traffic_of(endpoint).get(inputs.deployed_model_id, 0)
        others = sorted(deployed.keys() - {inputs.deployed_model_id})
        if share and others:
            message = (
                f"deployed model {inputs.deployed_model_id} still takes {share} % of the traffic "
                f"of {inputs.endpoint_name}; give it to {' or '.join(others)} first"
            )
            raise ServiceError(message)
        context.status(f"undeploying {inputs.deployed_model_id}")
        # With the last one the split becomes empty: an endpoint without models takes no traffic.
        operation = google.post(
            f"{inputs.endpoint_name}:undeployModel", {"deployedModelId": inputs.deployed_model_id}
        )
        google.wait(operation, _DEPLOY_SECONDS, context.status)

    def invented(self, inputs: VertexDeployedModelInputs) -> Outputs:
        """The first version of the model."""
        del inputs
        return {"model_version": "1", "created": OFFLINE_TIME}

    def offline_id(self, inputs: VertexDeployedModelInputs) -> str:
        """As a real one."""
        return inputs.resource_id

    def imported(self, context: Context, resource_id: str) -> tuple[Outputs, Outputs]:
        """A deployed model by the endpoint's full name and its id there."""
        del context
        match = DEPLOYED_MODEL.fullmatch(resource_id)
        if match is None:
            message = (
                f"{resource_id!r} is no deployed model; it looks like projects/PROJECT/locations/"
                "REGION/endpoints/ENDPOINT/deployedModels/ID"
            )
            raise ServiceError(message)
        name, project, region, own_id = match.groups()
        deployed = deployed_models(found(vertex(region), name)).get(own_id)
        if deployed is None:
            raise ServiceError(f"{resource_id} is not there")
        inputs = {
            "project": project,
            "region": region,
            "endpoint": name,
            "deployed_model_id": own_id,
            **live_inputs(deployed),
        }
        return {key: value for key, value in inputs.items() if value is not None}, _outputs(
            deployed
        )

    def drift(
        self,
        context: Context,
        resource_id: str,
        inputs: VertexDeployedModelInputs,
        outputs: Outputs,
    ) -> frozenset[str]:
        """What the last refresh found to be different."""
        del context, resource_id
        wanted = inputs.model_dump()
        return frozenset(
            key
            for key in wanted.keys() - self.identity
            if key in outputs and outputs[key] != wanted[key]
        )


def _deployed(
    context: Context, google: Google, inputs: VertexDeployedModelInputs
) -> dict[str, Any]:
    """What is under the id, which is deployed when it is neither there nor on its way."""
    until = time.monotonic() + _CONFLICT_SECONDS
    while True:
        settle(google, inputs.endpoint_name, _DEPLOY_SECONDS, context.status)
        endpoint = google.get(inputs.endpoint_name)
        others = deployed_models(endpoint)
        if inputs.deployed_model_id in others:
            return others[inputs.deployed_model_id]
        context.status(f"deploying {inputs.deployed_model_id} on {inputs.machine_type}")
        body: dict[str, Any] = {"deployedModel": deployment(inputs)}
        if not others:
            body["trafficSplit"] = {"0": 100}  # 0 is the one that is being deployed
        # Without a split the present one stays, whoever moves it meanwhile.
        try:
            operation = google.post(f"{inputs.endpoint_name}:deployModel", body, repeat=True)
            google.wait(operation, _DEPLOY_SECONDS, context.status)
        except ConflictError:
            if time.monotonic() > until:
                raise
            time.sleep(_AGAIN_SECONDS)  # another deployment has begun; the next round waits for it


def _scaled(context: Context, google: Google, inputs: VertexDeployedModelInputs) -> dict[str, Any]:
    """The deployed model after its replicas and their targets were changed."""
    context.status(f"scaling {inputs.deployed_model_id}")
    changed = {"id": inputs.deployed_model_id, "dedicatedResources": scale(inputs)}
    operation = google.post(
        f"{inputs.endpoint_name}:mutateDeployedModel",
        {"deployedModel": changed, "updateMask": _SCALE_MASK},
    )
    google.wait(operation, _DEPLOY_SECONDS, context.status)
    endpoint = google.get(inputs.endpoint_name)
    return deployed_models(endpoint)[inputs.deployed_model_id]


def _outputs(deployed: dict[str, Any]) -> Outputs:
    return {
        "model_version": str(deployed.get("modelVersionId", "")),
        "created": str(deployed.get("createTime", "")),
    }
