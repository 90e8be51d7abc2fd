"""Workspace: the one that exists already, or one with everything that it needs."""

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.group import Group
from modelport.platforms.azure.identity import role
from modelport.platforms.azure.identity_names import (
    NETWORK_CONNECTION_APPROVER,
    STORAGE_BLOB_DATA_CONTRIBUTOR,
)
from modelport.platforms.azure.image import ModelImage
from modelport.platforms.azure.ml.plan import AzureMlPlan
from modelport.platforms.azure.storage import storage_account


def workspace(
    plan: AzureMlPlan,
    where: Group,
    logs: azure.operationalinsights.Workspace,
    images: ModelImage,
    who: azure.managedidentity.UserAssignedIdentity,
) -> tuple[pulumi.Output[str], list[pulumi.Resource]]:
    """Its name, and what must be there before an endpoint is made in it.

    A private one is closed to the internet; this program still reaches it, for what it asks goes
    through Azure's own management: https://learn.microsoft.com/azure/machine-learning/
    how-to-configure-network-isolation-with-v2. Its deployments then call it from a network that
    Azure manages, which must be there before them:
    https://learn.microsoft.com/azure/machine-learning/how-to-managed-network.
    """
    if plan.workspace is not None:
        return pulumi.Output.from_input(plan.workspace), []
    storage = storage_account(plan, where)
    insights = azure.applicationinsights.Component(
        f"{plan.name}-insights",
        resource_name_=plan.physical_name,
        resource_group_name=where.name,
        location=plan.region,
        kind="web",
        application_type="web",
        ingestion_mode="LogAnalytics",
        workspace_resource_id=logs.id,
        disable_local_auth=True,
        tags=plan.tags,
        opts=where.opts,
    )
    private = plan.exposure == "private"
    before: list[pulumi.Resource] = [_may_approve(plan, where, who)] if private else []
    network = None
    if private:
        network = azure.machinelearningservices.ManagedNetworkSettingsArgs(
            isolation_mode=azure.machinelearningservices.IsolationMode.ALLOW_INTERNET_OUTBOUND
        )
    made = azure.machinelearningservices.Workspace(
        f"{plan.name}-workspace",
        workspace_name=plan.physical_name,
        resource_group_name=where.name,
        location=plan.region,
        sku=azure.machinelearningservices.SkuArgs(
            name="Basic", tier=azure.machinelearningservices.SkuTier.BASIC
        ),
        identity=azure.machinelearningservices.ManagedServiceIdentityArgs(
            type="UserAssigned", user_assigned_identities=[who.id]
        ),
        primary_user_assigned_identity=who.id,
        storage_account=storage.id,
        key_vault=_vault(plan, where).id,
        application_insights=insights.id,
        container_registry=images.registry.id,
        system_datastores_auth_mode="identity",
        public_network_access="Disabled" if private else "Enabled",
        managed_network=network,
        provision_network_now=True if private else None,
        v1_legacy_mode=False,  # it would close Azure's management as well
        tags=plan.tags,
        opts=where.after(*before),
    )
    data = role(
        plan, where, "read-data", STORAGE_BLOB_DATA_CONTRIBUTOR, storage.id, who.principal_id
    )
    return made.name, [made, data]


def _may_approve(
    plan: AzureMlPlan, where: Group, who: azure.managedidentity.UserAssignedIdentity
) -> azure.authorization.RoleAssignment:
    """Let the workspace's identity approve the way from the managed network to the workspace.

    The workspace is not there yet, so its group is the narrowest scope.
    """
    group_id = pulumi.Output.format(
        "/subscriptions/{0}/resourceGroups/{1}", where.subscription, where.name
    )
    return role(
        plan, where, "approve-ways", NETWORK_CONNECTION_APPROVER, group_id, who.principal_id
    )


def _vault(plan: AzureMlPlan, where: Group) -> azure.keyvault.Vault:
    """Access by roles, and nothing is lost by a deletion."""
    asked = pulumi.InvokeOutputOptions(parent=where.opts.parent, provider=where.opts.provider)
    tenant = azure.authorization.get_client_config_output(opts=asked).tenant_id
    return azure.keyvault.Vault(
        f"{plan.name}-vault",
        vault_name=f"{plan.compact(24)}",
        resource_group_name=where.name,
        location=plan.region,
        properties=azure.keyvault.VaultPropertiesArgs(
            sku=azure.keyvault.SkuArgs(family="A", name=azure.keyvault.SkuName.STANDARD),
            tenant_id=tenant,
            enable_rbac_authorization=True,
            enable_soft_delete=True,
            soft_delete_retention_in_days=7,
        ),
        tags=plan.tags,
        opts=where.opts,
    )
