"""An app of App Service, its slot and its scaling, for web apps and function apps alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.alarms import Metrics, watch
from modelport.platforms.azure.app_plan import AppPlan
from modelport.platforms.azure.group import Group, group
from modelport.platforms.azure.identity import identity, may_pull
from modelport.platforms.azure.image import ModelImage, model_image
from modelport.platforms.azure.logs import log_workspace, send_logs
from modelport.platforms.container import PORT, READY, CallerKey, caller_key, container_variables
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.proving import prove

SLOT = "next"
"""Name of the slot."""
_METRICS = Metrics(
    namespace="Microsoft.Web/sites",
    requests="Requests",
    failures="Http5xx",
    latency="HttpResponseTime",
    latency_per_second=1,
)
"""https://learn.microsoft.com/azure/app-service/monitor-app-service-reference."""


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around an app before it is made."""

    where: Group
    images: ModelImage
    who: azure.managedidentity.UserAssignedIdentity
    key: CallerKey
    farm: azure.web.AppServicePlan
    pull: pulumi.Resource


def around(
    plan: AppPlan,
    parent: pulumi.Resource,
    *,
    tier: str,
    elastic: int | None,
    adapter: str = "plain",
) -> Around:
    """Group, image, identity and the machines.

    Args:
        plan: The deployment.
        parent: Its component.
        tier: Tier of the plan, e.g. `PremiumV3`.
        elastic: Instances that the platform may add by itself; none where it does not.
        adapter: How the image is called, see `modelport.images`.
    """
    where = group(plan, parent)
    images = model_image(plan, where, adapter=adapter)
    who = identity(plan, where)
    farm = azure.web.AppServicePlan(
        f"{plan.name}-plan",
        name=plan.physical_name,
        resource_group_name=where.name,
        location=plan.region,
        kind="linux" if elastic is None else "elastic",
        reserved=True,
        sku=azure.web.SkuDescriptionArgs(name=plan.sku, tier=tier, capacity=plan.replicas_min),
        maximum_elastic_worker_count=elastic,
        tags=plan.tags,
        opts=_uncounted(plan, where) if elastic is None else where.opts,
    )
    pull = may_pull(plan, where, images, who)
    return Around(where, images, who, caller_key(plan, where.opts), farm, pull)


def serve(
    plan: AppPlan, made: Around, *, kind: str, settings: Mapping[str, pulumi.Input[str]]
) -> Endpoint:
    """The app, and the slot through which every change reaches it.

    The slot gets the new settings and image, is asked, and is swapped in as a whole; what the app
    itself has is what was swapped in last, so an update leaves it alone.

    Args:
        plan: The deployment.
        made: What stands around it.
        kind: Kind of the site, e.g. `app,linux,container`.
        settings: Settings beside those of every container.
    """
    where = made.where
    configuration = _configuration(plan, made, settings)
    alike: dict[str, Any] = {
        "resource_group_name": where.name,
        "location": plan.region,
        "kind": kind,
        "server_farm_id": made.farm.id,
        "identity": azure.web.ManagedServiceIdentityArgs(
            type=azure.web.ManagedServiceIdentityType.USER_ASSIGNED,
            user_assigned_identities=[made.who.id],
        ),
        "key_vault_reference_identity": made.who.id,
        "https_only": True,
        "client_affinity_enabled": False,
        "public_network_access": "Enabled" if plan.exposure == "public" else "Disabled",
        "virtual_network_subnet_id": plan.subnet,
        "site_config": configuration,
        "tags": plan.tags,
    }
    site = azure.web.WebApp(
        f"{plan.name}-app",
        name=plan.physical_name,
        opts=pulumi.ResourceOptions.merge(
            where.after(made.pull), pulumi.ResourceOptions(ignore_changes=["siteConfig"])
        ),
        **alike,
    )
    slot = azure.web.WebAppSlot(
        f"{plan.name}-slot", name=site.name, slot=SLOT, opts=where.after(site), **alike
    )
    workspace = log_workspace(plan, where)
    send_logs(plan, where, workspace, site.id)
    watch(plan, where, _METRICS, site.id)
    url = site.default_host_name.apply(lambda host: f"https://{host}")
    names: dict[str, pulumi.Input[str]] = {
        "subscription": where.subscription,
        "group": where.name,
        "app": plan.physical_name,
        "exposure": plan.exposure,
    }
    log = pulumi.Output.format(
        "az webapp log tail --name {0} --resource-group {1}", plan.physical_name, where.name
    )
    return prove(
        plan,
        names=names,
        url=url,
        log=log,
        key=made.key.value,
        moves_traffic=True,
        opts=where.after(slot),
    )


def _configuration(
    plan: AppPlan, made: Around, settings: Mapping[str, pulumi.Input[str]]
) -> azure.web.SiteConfigArgs:
    pair = azure.web.NameValuePairArgs
    plain = {
        **container_variables(plan, made.key),
        "MODELPORT_REVISION": plan.revision,
        "WEBSITES_PORT": str(PORT),
        "WEBSITES_CONTAINER_START_TIME_LIMIT": "600",
        "WEBSITES_ENABLE_APP_SERVICE_STORAGE": "false",
        **settings,
    }
    secrets = {
        name: f"@Microsoft.KeyVault(SecretUri={reference})"
        for name, reference in plan.secrets.items()
    }
    return azure.web.SiteConfigArgs(
        linux_fx_version=made.images.reference.apply(lambda image: f"DOCKER|{image}"),
        acr_use_managed_identity_creds=True,
        acr_user_managed_identity_id=made.who.client_id,
        always_on=True,
        health_check_path=READY,
        http20_enabled=True,
        min_tls_version=azure.web.SupportedTlsVersions.SUPPORTED_TLS_VERSIONS_1_2,
        scm_min_tls_version=azure.web.SupportedTlsVersions.SUPPORTED_TLS_VERSIONS_1_2,
        ftps_state=azure.web.FtpsState.DISABLED,
        remote_debugging_enabled=False,
        app_settings=[
            pair(name=name, value=value) for name, value in sorted({**plain, **secrets}.items())
        ],
    )


def _uncounted(plan: AppPlan, where: Group) -> pulumi.ResourceOptions:
    """Where load decides the number of machines, no update sets it back."""
    if plan.replicas_min == plan.replicas_max:
        return where.opts
    return pulumi.ResourceOptions.merge(
        where.opts, pulumi.ResourceOptions(ignore_changes=["sku.capacity"])
    )
