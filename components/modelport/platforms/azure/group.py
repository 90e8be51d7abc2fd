"""Group: where a deployment's Azure resources belong."""

from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.plan import AzurePlan
from modelport.platforms.shared_provider import shared_provider


@dataclass(frozen=True, slots=True)
class Group:
    """The resource group of one deployment."""

    name: pulumi.Output[str]
    subscription: pulumi.Output[str]
    region: str
    opts: pulumi.ResourceOptions
    """Options of every resource: parent and provider."""

    def after(self, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a resource that is made after others."""
        return pulumi.ResourceOptions.merge(
            self.opts, pulumi.ResourceOptions(depends_on=list(resources))
        )


def group(plan: AzurePlan, parent: pulumi.Resource) -> Group:
    """The given group, or one of its own, with the caller's provider or the stack's."""
    provider = parent.get_provider("azure-native:index/provider:Provider")
    if provider is None:
        provider = shared_provider(
            "-".join(filter(None, ["azure", plan.region, plan.subscription])),
            lambda name: azure.Provider(
                name, location=plan.region, subscription_id=plan.subscription
            ),
        )
    opts = pulumi.ResourceOptions(parent=parent, provider=provider)
    asked = pulumi.InvokeOptions(parent=parent, provider=provider)
    subscription = azure.authorization.get_client_config_output(opts=asked).subscription_id
    if plan.resource_group:
        return Group(pulumi.Output.from_input(plan.resource_group), subscription, plan.region, opts)
    own = azure.resources.ResourceGroup(
        f"{plan.name}-group",
        resource_group_name=plan.physical_name,
        location=plan.region,
        tags=plan.tags,
        opts=opts,
    )
    return Group(own.name, subscription, plan.region, opts)
