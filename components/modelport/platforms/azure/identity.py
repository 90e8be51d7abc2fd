"""Identity: one for what runs the model, with roles on single resources."""

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.group import Group
from modelport.platforms.azure.identity_names import ACR_PULL
from modelport.platforms.azure.image import ModelImage
from modelport.platforms.azure.plan import AzurePlan


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
