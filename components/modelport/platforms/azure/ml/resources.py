"""The resources of kind `azure.ml`: workspace, environment, endpoint, deployment, traffic."""

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.alarms import Metrics, watch
from modelport.platforms.azure.autoscale import autoscale
from modelport.platforms.azure.group import Group, group
from modelport.platforms.azure.identity import identity, may_pull
from modelport.platforms.azure.image import ModelImage, model_image
from modelport.platforms.azure.logs import log_workspace, send_logs
from modelport.platforms.azure.ml.plan import AzureMlPlan
from modelport.platforms.azure.ml.workspace import workspace
from modelport.platforms.container import (
    ALIVE,
    PORT,
    PREDICT,
    READY,
    caller_key,
    container_variables,
)
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.proving import live_before, prove
from modelport.resources import LiveRevision

_ml = azure.machinelearningservices
_METRICS = Metrics(
    namespace="Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
    requests="RequestsPerMinute",
    failures="RequestsPerMinute",
    latency="RequestLatency_P99",
    latency_per_second=1000,
    failed={"statusCodeClass": "5xx"},
)
"""https://learn.microsoft.com/azure/machine-learning/monitor-azure-machine-learning-reference."""


def build(plan: AzureMlPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; traffic is given in a second step, for Azure refuses it in the first."""
    where = group(plan, parent)
    logs = log_workspace(plan, where)
    images = model_image(plan, where)
    who = identity(plan, where)
    pull = may_pull(plan, where, images, who)
    home, ready = workspace(plan, where, logs, images, who)
    names: dict[str, pulumi.Input[str]] = {
        "subscription": where.subscription,
        "group": where.name,
        "workspace": home,
        "endpoint": plan.physical_name,
        "exposure": plan.exposure,
    }
    before = live_before(plan, names, where.after(*ready))
    endpoint = _endpoint(plan, where, home, who, before, [pull, *ready])
    environment = _environment(plan, where, home, images)
    deployment = _deployment(plan, where, home, endpoint, environment)
    if plan.replicas_min != plan.replicas_max:
        autoscale(
            plan,
            where,
            f"{plan.name}-{plan.revision}-scale",
            f"{plan.physical_name}-{plan.revision}",
            deployment.id,
            metric="CpuUtilizationPercentage",
            percent=plan.cpu_target,
        )
    send_logs(plan, where, logs, endpoint.id)
    watch(plan, where, _METRICS, endpoint.id)
    url = endpoint.name.apply(
        lambda name: f"https://{name}.{plan.region}.inference.ml.azure.com{PREDICT}"
    )
    log = pulumi.Output.format(
        "az ml online-deployment get-logs --name {0} --endpoint-name {1} --workspace-name {2} "
        "--resource-group {3}",
        plan.revision,
        plan.physical_name,
        home,
        where.name,
    )
    return prove(
        plan,
        names=names,
        url=url,
        log=log,
        moves_traffic=True,
        opts=where.after(deployment),
    )


def _endpoint(
    plan: AzureMlPlan,
    where: Group,
    home: pulumi.Input[str],
    who: azure.managedidentity.UserAssignedIdentity,
    before: LiveRevision,
    after: list[pulumi.Resource],
) -> azure.machinelearningservices.OnlineEndpoint:
    """Callers prove themselves to Entra; an update repeats the traffic as it is."""
    return _ml.OnlineEndpoint(
        f"{plan.name}-endpoint",
        endpoint_name=plan.physical_name,
        resource_group_name=where.name,
        workspace_name=home,
        location=plan.region,
        kind="Managed",
        identity=_ml.ManagedServiceIdentityArgs(
            type="UserAssigned", user_assigned_identities=[who.id]
        ),
        properties=_ml.OnlineEndpointPropertiesArgs(
            auth_mode="AADToken",
            public_network_access="Enabled" if plan.exposure == "public" else "Disabled",
            traffic=before.revision.apply(lambda live: {live: 100} if live else {}),
        ),
        tags=plan.tags,
        opts=where.after(*after),
    )


def _environment(
    plan: AzureMlPlan, where: Group, home: pulumi.Input[str], images: ModelImage
) -> azure.machinelearningservices.EnvironmentVersion:
    """The image, with the routes that Azure asks; the model is in it, so none is registered."""
    route = _ml.RouteArgs
    container = _ml.EnvironmentContainer(
        f"{plan.name}-environment",
        name=plan.physical_name,
        resource_group_name=where.name,
        workspace_name=home,
        properties=_ml.EnvironmentContainerPropertiesArgs(
            description=f"Images of {plan.physical_name}", tags=plan.tags
        ),
        opts=where.opts,
    )
    return _ml.EnvironmentVersion(
        f"{plan.name}-{plan.revision}-environment",
        name=container.name,
        version=plan.revision,
        resource_group_name=where.name,
        workspace_name=home,
        properties=_ml.EnvironmentVersionPropertiesArgs(
            image=images.reference,
            os_type="Linux",
            inference_config=_ml.InferenceContainerPropertiesArgs(
                liveness_route=route(path=ALIVE, port=PORT),
                readiness_route=route(path=READY, port=PORT),
                scoring_route=route(path=PREDICT, port=PORT),
            ),
            tags={**plan.tags, "model-version": plan.version},
        ),
        opts=where.opts,
    )


def _deployment(
    plan: AzureMlPlan,
    where: Group,
    home: pulumi.Input[str],
    endpoint: azure.machinelearningservices.OnlineEndpoint,
    environment: azure.machinelearningservices.EnvironmentVersion,
) -> azure.machinelearningservices.OnlineDeployment:
    """A deployment of its own for each revision."""
    probe = _ml.ProbeSettingsArgs(
        initial_delay="PT10S", period="PT10S", timeout="PT2S", failure_threshold=30
    )
    key = caller_key(plan, where.opts)
    opts = where.opts
    if plan.replicas_min != plan.replicas_max:
        # The autoscale setting counts.
        opts = pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(ignore_changes=["sku.capacity"])
        )
    return _ml.OnlineDeployment(
        f"{plan.name}-{plan.revision}-deployment",
        deployment_name=plan.revision,
        endpoint_name=endpoint.name,
        resource_group_name=where.name,
        workspace_name=home,
        location=plan.region,
        kind="Managed",
        sku=_ml.SkuArgs(name="Default", capacity=plan.replicas_min),
        properties=_ml.ManagedOnlineDeploymentArgs(
            endpoint_compute_type="Managed",
            environment_id=environment.id,
            environment_variables=container_variables(plan, key),
            instance_type=plan.instance,
            app_insights_enabled=True,
            # In a private workspace the managed network decides.
            egress_public_network_access="Enabled" if plan.exposure == "public" else None,
            liveness_probe=probe,
            readiness_probe=probe,
            request_settings=_ml.OnlineRequestSettingsArgs(
                request_timeout=f"PT{plan.timeout}S",
                max_concurrent_requests_per_instance=plan.concurrency,
            ),
            scale_settings=_ml.DefaultScaleSettingsArgs(scale_type="Default"),
        ),
        tags={**plan.tags, "model-version": plan.version},
        opts=opts,
    )
