"""Account: where a deployment's AWS resources belong, and the addresses that follow from it."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from modelport.plan import CloudPlan
from modelport.platforms.shared_provider import shared_provider


@dataclass(frozen=True, slots=True)
class Account:
    """The account and region of one deployment."""

    id: pulumi.Output[str]
    """Account number."""
    partition: pulumi.Output[str]
    """`aws`, `aws-cn` or `aws-us-gov`."""
    region: str
    opts: pulumi.ResourceOptions
    """Options of every resource: parent and provider."""

    @property
    def asked(self) -> pulumi.InvokeOptions:
        """Options of every question to the account: parent and provider."""
        return pulumi.InvokeOptions(parent=self.opts.parent, provider=self.opts.provider)

    def arn(self, service: str, resource: pulumi.Input[str]) -> pulumi.Output[str]:
        """An address in this account and region."""
        return pulumi.Output.format(
            "arn:{0}:{1}:{2}:{3}:{4}", self.partition, service, self.region, self.id, resource
        )

    def after(self, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a resource that is made after others."""
        return pulumi.ResourceOptions.merge(
            self.opts, pulumi.ResourceOptions(depends_on=list(resources))
        )


def account(plan: CloudPlan, parent: pulumi.Resource) -> Account:
    """The account of the caller's provider, else of the stack's for the plan's region."""
    provider = parent.get_provider("aws:index/provider:Provider")
    if provider is None:
        provider = shared_provider(
            f"aws-{plan.region}", lambda name: aws.Provider(name, region=plan.region)
        )
    asked = pulumi.InvokeOptions(parent=parent, provider=provider)
    return Account(
        id=aws.get_caller_identity_output(opts=asked).account_id,
        partition=aws.get_partition_output(opts=asked).partition,
        region=plan.region,
        opts=pulumi.ResourceOptions(parent=parent, provider=provider),
    )
