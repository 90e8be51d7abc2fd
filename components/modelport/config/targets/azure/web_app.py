"""Kind `azure.web_app`: a container in Azure App Service."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.targets.azure.base import AzureTarget, SubnetId
from modelport.config.targets.base import Component, Replicas


class WebAppTarget(AzureTarget):
    """A container in Azure App Service, with a slot beside it."""

    COMPONENT: ClassVar[Component] = "AppService"

    kind: Literal["azure.web_app"] = "azure.web_app"
    """Kind of target."""
    replicas: Replicas = Replicas(min=1, max=1)
    """Machines of the plan; between the two, the use of their processors decides."""
    plan: Annotated[str, Field(pattern=r"^(S[1-3]|P[0-3]v[23])$")] = "P0v3"
    """Size of the plan's machines; smaller ones than `S1` have no slots."""
    cpu_target: Annotated[int, Field(ge=20, le=95)] = 70
    """Percent of processor use over which a machine is added; below half of it one goes."""
    subnet: SubnetId | None = None
    """A subnet of yours through which the app reaches others."""
