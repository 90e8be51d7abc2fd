"""Identity: one for what runs the model, with roles on single resources."""

import re

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.group import Group
from modelport.platforms.azure.image import ModelImage
from modelport.platforms.azure.plan import AzurePlan

ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
KEY_VAULT_SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
STORAGE_BLOB_DATA_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
STORAGE_BLOB_DATA_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
"""Definitions: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles."""
_SECRET = re.compile(r"https://([a-z0-9-]+)\.vault\.azure\.net/secrets/.+", re.IGNORECASE)


def identity(plan: AzurePlan, where: Group) -> azure.managedidentity.UserAssignedIdentity:
    """A managed identity, which has no password."""
    return azure.managedidentity.UserAssignedIdentity(
        f"{plan.name}-identity",
        resource_name_=plan.physical_name,
        resource_group_name=where.name,
        location=plan.region,
        tags=plan.tags,
        opts=where.opts,
    )


def may_pull(
    plan: AzurePlan,
    where: Group,
    images: ModelImage,
    who: azure.managedidentity.UserAssignedIdentity,
) -> azure.authorization.RoleAssignment:
    """Let an identity read the images of one registry."""
    return role(plan, where, "pull", ACR_PULL, images.registry.id, who.principal_id)


def role(
    plan: AzurePlan,
    where: Group,
    what: str,
    definition: str,
    scope: pulumi.Input[str],
    principal: pulumi.Input[str],
) -> azure.authorization.RoleAssignment:
    """A built-in role on one resource."""
    return azure.authorization.RoleAssignment(
        f"{plan.name}-may-{what}",
        role_assignment_name=plan.guid(what),
        role_definition_id=where.subscription.apply(
            lambda subscription: (
                f"/subscriptions/{subscription}/providers/Microsoft.Authorization"
                f"/roleDefinitions/{definition}"
            )
        ),
        scope=scope,
        principal_id=principal,
        principal_type="ServicePrincipal",
        opts=where.opts,
    )


def secret_refusals(secrets: dict[str, str]) -> list[str]:
    """References that are no address of a Key Vault's secret."""
    return [
        f"secrets.{name}: '{reference}' is no address of a Key Vault's secret, e.g. "
        "https://VAULT.vault.azure.net/secrets/NAME; the deployment's identity must be allowed "
        "to read it"
        for name, reference in sorted(secrets.items())
        if not _SECRET.fullmatch(reference)
    ]
