"""modelport:gcp: models on Vertex AI."""

from collections.abc import Mapping

import pulumi

from modelport.resources.plugin import plugin_options


class VertexModel(pulumi.CustomResource):
    """A container model in Vertex AI's registry.

    The arguments are those of `modelport.provider.vertex_model.VertexModelInputs`. Its id is the
    full name, `projects/PROJECT/locations/REGION/models/ID`, by which one is imported.
    """

    name: pulumi.Output[str]
    """Full name, as Vertex AI gives it: with the project's number."""
    version_id: pulumi.Output[str]
    """Version in the registry."""
    created: pulumi.Output[str]
    """When it was uploaded (RFC 3339)."""

    def __init__(
        self,
        name: str,
        *,
        project: pulumi.Input[str],
        region: pulumi.Input[str],
        model_id: pulumi.Input[str],
        display_name: pulumi.Input[str],
        image: pulumi.Input[str],
        predict_route: pulumi.Input[str],
        health_route: pulumi.Input[str],
        port: pulumi.Input[int] = 8080,
        description: pulumi.Input[str] = "",
        environment: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        labels: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        service_account: pulumi.Input[str] | None = None,
        encryption_key: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "project": project,
            "region": region,
            "model_id": model_id,
            "display_name": display_name,
            "description": description,
            "image": image,
            "predict_route": predict_route,
            "health_route": health_route,
            "port": port,
            "environment": environment or {},
            "labels": labels or {},
            "service_account": service_account,
            "encryption_key": encryption_key,
            "name": None,
            "version_id": None,
            "created": None,
        }
        super().__init__("modelport:gcp:VertexModel", name, props, plugin_options(opts))


class VertexDeployedModel(pulumi.CustomResource):
    """A model on machines of its own, behind an endpoint of Vertex AI.

    The arguments are those of `modelport.provider.vertex_deployment.VertexDeployedModelInputs`.
    Its id is `projects/PROJECT/locations/REGION/endpoints/ENDPOINT/deployedModels/ID`, by which one
    is imported.
    """

    deployed_model_id: pulumi.Output[str]
    """Id on the endpoint, by which traffic is given to it."""
    model_version: pulumi.Output[str]
    """Version of the model in the registry."""
    created: pulumi.Output[str]
    """When it was deployed (RFC 3339)."""

    def __init__(
        self,
        name: str,
        *,
        project: pulumi.Input[str],
        region: pulumi.Input[str],
        endpoint: pulumi.Input[str],
        model: pulumi.Input[str],
        deployed_model_id: pulumi.Input[str],
        display_name: pulumi.Input[str],
        machine_type: pulumi.Input[str],
        min_replicas: pulumi.Input[int] = 1,
        max_replicas: pulumi.Input[int] = 1,
        autoscaling: pulumi.Input[Mapping[str, pulumi.Input[int]]] | None = None,
        accelerator_type: pulumi.Input[str] | None = None,
        accelerator_count: pulumi.Input[int] = 0,
        spot: pulumi.Input[bool] = False,
        service_account: pulumi.Input[str] | None = None,
        enable_access_logging: pulumi.Input[bool] = False,
        disable_container_logging: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "project": project,
            "region": region,
            "endpoint": endpoint,
            "model": model,
            "deployed_model_id": deployed_model_id,
            "display_name": display_name,
            "machine_type": machine_type,
            "min_replicas": min_replicas,
            "max_replicas": max_replicas,
            "autoscaling": autoscaling or {},
            "accelerator_type": accelerator_type,
            "accelerator_count": accelerator_count,
            "spot": spot,
            "service_account": service_account,
            "enable_access_logging": enable_access_logging,
            "disable_container_logging": disable_container_logging,
            "model_version": None,
            "created": None,
        }
        super().__init__("modelport:gcp:VertexDeployedModel", name, props, plugin_options(opts))
