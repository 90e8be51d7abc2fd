"""Project: where a deployment's Google resources belong."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from modelport.platforms.gcp.plan import GooglePlan
from modelport.platforms.shared_provider import shared_provider


@dataclass(frozen=True, slots=True)
class Project:
    """The project and region of one deployment."""

    id: str
    region: str
    opts: pulumi.ResourceOptions
    """Options of every resource: parent and provider."""

    def after(self, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a resource that is made after others."""
        return pulumi.ResourceOptions.merge(
            self.opts, pulumi.ResourceOptions(depends_on=list(resources))
        )


def project(plan: GooglePlan, parent: pulumi.Resource) -> Project:
    """The project with the caller's provider, else with the stack's for project and region."""
    provider = parent.get_provider("gcp:index/provider:Provider")
    if provider is None:
        provider = shared_provider(
            f"gcp-{plan.project}-{plan.region}",
            lambda name: gcp.Provider(name, project=plan.project, region=plan.region),
        )
    opts = pulumi.ResourceOptions(parent=parent, provider=provider)
    return Project(plan.project, plan.region, opts)
