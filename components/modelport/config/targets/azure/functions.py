"""Kind `azure.functions`: a function app that runs the container."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.targets.azure.base import AzureTarget, SubnetId
from modelport.config.targets.base import Component, Replicas


class AzureFunctionsTarget(AzureTarget):
    """A function app of the Premium plan, which runs the container as a custom handler."""

    COMPONENT: ClassVar[Component] = "ServerlessPredictor"

    kind: Literal["azure.functions"] = "azure.functions"
    """Kind of target."""
    replicas: Replicas = Replicas(min=1, max=4)
    """Instances; the Premium plan keeps one at least."""
    plan: Annotated[str, Field(pattern=r"^EP[1-3]$")] = "EP1"
    """Size of the plan's instances; containers need a Premium plan."""
    subnet: SubnetId | None = None
    """A subnet of yours through which the app reaches others."""
