"""The resources of kind `gcp.vertex`: an endpoint, a model and its deployment, and the traffic."""

import pulumi
import pulumi_gcp as gcp

from modelport.platforms.container import PORT, PREDICT, READY, caller_key, container_variables
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.gcp.alarms import Metrics, watch
from modelport.platforms.gcp.encryption import EncryptionKey, encryption_key
from modelport.platforms.gcp.identity import WRITE_LOGS, WRITE_METRICS, service_account
from modelport.platforms.gcp.image import model_image
from modelport.platforms.gcp.logs import keep_logs
from modelport.platforms.gcp.project import Project, project
from modelport.platforms.gcp.vertex.plan import VertexPlan
from modelport.platforms.proving import prove
from modelport.resources import VertexDeployedModel, VertexModel

_SERVICE = "aiplatform.googleapis.com"


def build(plan: VertexPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; a new model stands beside the old one until the traffic has moved."""
    where = project(plan, parent)
    key = caller_key(plan, where.opts)
    images = model_image(plan, where)
    account = service_account(plan, where, WRITE_LOGS, WRITE_METRICS)
    encryption = encryption_key(plan, where, _SERVICE)
    endpoint = _endpoint(plan, where, encryption)
    model = VertexModel(
        f"{plan.name}-{plan.revision}-model",
        project=plan.project,
        region=plan.region,
        model_id=plan.model_id,
        display_name=plan.model_id,
        image=images.reference,
        predict_route=PREDICT,
        health_route=READY,
        port=PORT,
        environment=container_variables(plan, key),
        labels={**plan.tags, "model-version": plan.version},
        encryption_key=encryption.name,
        opts=where.after(*encryption.ready),
    )
    deployed = VertexDeployedModel(
        f"{plan.name}-{plan.revision}-deployed",
        project=plan.project,
        region=plan.region,
        endpoint=endpoint.name,
        model=model.name,
        deployed_model_id=plan.deployed_id,
        display_name=plan.revision,
        machine_type=plan.machine,
        min_replicas=plan.replicas_min,
        max_replicas=plan.replicas_max,
        accelerator_type=plan.accelerator or None,
        accelerator_count=plan.accelerator_count,
        enable_access_logging=True,
        autoscaling={"cpu": plan.cpu_target},
        service_account=account.email,
        opts=where.after(account),
    )
    watch(plan, where, _metrics(plan))
    log = keep_logs(plan, where, _resource(plan))
    path = f"projects/{plan.project}/locations/{plan.region}/endpoints/{plan.endpoint_id}"
    url = endpoint.dedicated_endpoint_dns.apply(
        lambda host: f"https://{host or f'{plan.region}-aiplatform.googleapis.com'}/v1/{path}"
    )
    return prove(
        plan,
        names={
            "project": plan.project,
            "region": plan.region,
            "endpoint": plan.endpoint_id,
            "exposure": plan.exposure,
        },
        url=url,
        log=log,
        moves_traffic=True,
        replicas_min=plan.replicas_min,
        opts=where.after(deployed),
    )


def _endpoint(plan: VertexPlan, where: Project, encryption: EncryptionKey) -> gcp.vertex.AiEndpoint:
    """An endpoint of its own, not a shared one: it takes 10 MB and an hour.

    https://cloud.google.com/vertex-ai/docs/predictions/choose-endpoint-type; its key, and the agent
    that uses it: https://cloud.google.com/vertex-ai/docs/general/cmek.
    """
    private = None
    if plan.exposure == "private":
        private = gcp.vertex.AiEndpointPrivateServiceConnectConfigArgs(
            enable_private_service_connect=True, project_allowlists=[plan.project]
        )
    return gcp.vertex.AiEndpoint(
        f"{plan.name}-endpoint",
        name=plan.endpoint_id,
        display_name=plan.physical_name,
        location=plan.region,
        region=plan.region,
        dedicated_endpoint_enabled=True if private is None else None,
        private_service_connect_config=private,
        encryption_spec=gcp.vertex.AiEndpointEncryptionSpecArgs(kms_key_name=encryption.name),
        labels=plan.tags,
        opts=where.after(*encryption.ready),
    )


def _metrics(plan: VertexPlan) -> Metrics:
    """https://cloud.google.com/monitoring/api/metrics_gcp_a_b#gcp-aiplatform."""
    prefix = 'metric.type="aiplatform.googleapis.com/prediction/online'
    return Metrics(
        requests=f'{prefix}/prediction_count" AND {_resource(plan)}',
        errors=f'{prefix}/error_count" AND {_resource(plan)}',
        latency=f'{prefix}/prediction_latencies" AND {_resource(plan)}',
        latency_per_second=1000,
    )


def _resource(plan: VertexPlan) -> str:
    """The endpoint, as a filter of logs and metrics."""
    endpoint = f'resource.labels.endpoint_id="{plan.endpoint_id}"'
    return f'resource.type="aiplatform.googleapis.com/Endpoint" AND {endpoint}'
