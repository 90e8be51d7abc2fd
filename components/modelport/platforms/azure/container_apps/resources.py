"""The resources of kind `azure.container_apps`: an environment, an app, and its traffic."""

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.alarms import Metrics, watch
from modelport.platforms.azure.container_apps.plan import ContainerAppsPlan
from modelport.platforms.azure.group import Group, group
from modelport.platforms.azure.identity import identity, may_pull
from modelport.platforms.azure.image import ModelImage, model_image
from modelport.platforms.azure.logs import log_workspace
from modelport.platforms.container import ALIVE, PORT, READY, caller_key, container_variables
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.proving import live_before, prove
from modelport.platforms.shares import present_shares

_METRICS = Metrics(
    namespace="Microsoft.App/containerApps",
    requests="Requests",
    failures="Requests",
    latency="ResponseTime",
    latency_per_second=1000,
    failed={"statusCodeCategory": "5xx"},
)
"""https://learn.microsoft.com/azure/container-apps/metrics."""
CANDIDATE = "candidate"
"""Label of the newest revision, which gives it an address of its own."""


def build(plan: ContainerAppsPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; an update repeats the traffic, and a new revision begins with none."""
    where = group(plan, parent)
    names: dict[str, pulumi.Input[str]] = {
        "subscription": where.subscription,
        "group": where.name,
        "app": plan.physical_name,
        "exposure": plan.exposure,
    }
    before = live_before(plan, names, where.opts)
    key = caller_key(plan, where.opts)
    images = model_image(plan, where)
    who = identity(plan, where)
    pull = may_pull(plan, where, images, who)
    environment = _environment(plan, where)
    app = azure.app.ContainerApp(
        f"{plan.name}-app",
        container_app_name=plan.physical_name,
        resource_group_name=where.name,
        location=plan.region,
        managed_environment_id=environment.id,
        identity=azure.app.ManagedServiceIdentityArgs(
            type="UserAssigned", user_assigned_identities=[who.id]
        ),
        configuration=azure.app.ConfigurationArgs(
            active_revisions_mode="Multiple",
            max_inactive_revisions=5,
            registries=[
                azure.app.RegistryCredentialsArgs(
                    server=images.registry.login_server, identity=who.id
                )
            ],
            secrets=[
                azure.app.SecretArgs(name=_secret(name), key_vault_url=reference, identity=who.id)
                for name, reference in sorted(plan.secrets.items())
            ],
            ingress=azure.app.IngressArgs(
                external=plan.exposure == "public",
                target_port=PORT,
                transport="http",
                allow_insecure=False,
                traffic=present_shares(before, plan.revision).apply(
                    lambda shares: [_share(plan, name, shares) for name in sorted(shares)]
                ),
            ),
        ),
        template=_template(plan, images, container_variables(plan, key)),
        tags=plan.tags,
        opts=where.after(pull),
    )
    watch(plan, where, _METRICS, app.id)
    url = app.configuration.apply(
        lambda found: f"https://{found.ingress.fqdn if found and found.ingress else ''}"
    )
    log = pulumi.Output.format(
        "az containerapp logs show --name {0} --resource-group {1} --follow",
        plan.physical_name,
        where.name,
    )
    return prove(
        plan,
        names=names,
        url=url,
        log=log,
        digest=images.digest,
        key=key.value,
        moves_traffic=True,
        opts=where.after(app),
    )


def _environment(plan: ContainerAppsPlan, where: Group) -> azure.app.ManagedEnvironment:
    """An environment of its own, inside the network when the app is private."""
    workspace = log_workspace(plan, where)
    shared_key = azure.operationalinsights.get_shared_keys_output(
        resource_group_name=where.name,
        workspace_name=workspace.name,
        opts=pulumi.InvokeOutputOptions(parent=where.opts.parent, provider=where.opts.provider),
    ).primary_shared_key
    network = None
    if plan.subnet:
        network = azure.app.VnetConfigurationArgs(
            infrastructure_subnet_id=plan.subnet, internal=plan.exposure == "private"
        )
    return azure.app.ManagedEnvironment(
        f"{plan.name}-environment",
        environment_name=plan.physical_name,
        resource_group_name=where.name,
        location=plan.region,
        app_logs_configuration=azure.app.AppLogsConfigurationArgs(
            destination="log-analytics",
            log_analytics_configuration=azure.app.LogAnalyticsConfigurationArgs(
                customer_id=workspace.customer_id, shared_key=pulumi.Output.secret(shared_key)
            ),
        ),
        vnet_configuration=network,
        tags=plan.tags,
        opts=where.opts,
    )


def _template(
    plan: ContainerAppsPlan, images: ModelImage, variables: dict[str, pulumi.Input[str]]
) -> azure.app.TemplateArgs:
    env = azure.app.EnvironmentVarArgs
    probe, get = azure.app.ContainerAppProbeArgs, azure.app.ContainerAppProbeHttpGetArgs
    container = azure.app.ContainerArgs(
        name="model",
        image=images.reference,
        resources=azure.app.ContainerResourcesArgs(cpu=plan.cpu, memory=f"{plan.memory_gib:g}Gi"),
        env=[
            *(env(name=name, value=value) for name, value in sorted(variables.items())),
            *(env(name=name, secret_ref=_secret(name)) for name in sorted(plan.secrets)),
        ],
        probes=[
            probe(
                type="Startup",
                http_get=get(path=READY, port=PORT),
                period_seconds=2,
                timeout_seconds=2,
                failure_threshold=10,
            ),
            probe(type="Readiness", http_get=get(path=READY, port=PORT), period_seconds=5),
            probe(type="Liveness", http_get=get(path=ALIVE, port=PORT), period_seconds=10),
        ],
    )
    load = azure.app.ScaleRuleArgs(
        name="requests",
        http=azure.app.HttpScaleRuleArgs(metadata={"concurrentRequests": str(plan.concurrency)}),
    )
    return azure.app.TemplateArgs(
        revision_suffix=plan.revision,
        containers=[container],
        scale=azure.app.ScaleArgs(
            min_replicas=plan.replicas_min, max_replicas=plan.replicas_max, rules=[load]
        ),
        termination_grace_period_seconds=30,
    )


def _share(
    plan: ContainerAppsPlan, revision: str, shares: dict[str, int]
) -> azure.app.TrafficWeightArgs:
    return azure.app.TrafficWeightArgs(
        revision_name=f"{plan.physical_name}--{revision}",
        weight=shares[revision],
        label=CANDIDATE if revision == plan.revision else None,
    )


def _secret(variable: str) -> str:
    """A secret's name: lower-case letters, digits and `-`."""
    return variable.lower().replace("_", "-")
