"""A model in the network of another stack: a StackReference says where."""

from typing import Any

import pulumi

from modelport import Deployment, ManagedEndpoint
from modelport.config.targets.aws.network import Network
from modelport.config.targets.aws.sagemaker import SageMakerTarget

platform = pulumi.StackReference(f"organization/shared-network/{pulumi.get_stack()}")


def deploy(found: list[Any]) -> ManagedEndpoint:
    """Declare the endpoint; a plan needs to know its network, not an output of it."""
    network = Network(vpc=found[0], subnets=tuple(found[1]))
    target = SageMakerTarget(region="eu-west-1", network=network)
    return ManagedEndpoint(
        "cancer", Deployment(bundle="breast_cancer", owner="diagnostics", target=target)
    )


# What another stack exported is known in every preview, so the endpoint shows in it.
endpoint = pulumi.Output.all(
    platform.require_output("vpc"), platform.require_output("subnets")
).apply(deploy)
pulumi.export("url", endpoint.apply(lambda made: made.url))
