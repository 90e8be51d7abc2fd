"""Kind `azure.container_apps`: an app of Azure Container Apps."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.targets.azure.base import AzureTarget, SubnetId
from modelport.config.targets.base import Component, Replicas


class ContainerAppsTarget(AzureTarget):
    """An app of Azure Container Apps, which scales to zero."""

    COMPONENT: ClassVar[Component] = "ServerlessPredictor"

    kind: Literal["azure.container_apps"] = "azure.container_apps"
    """Kind of target."""
    replicas: Replicas = Replicas(min=0, max=4)
    """How many replicas there are; with 0, the first request after a while waits for a start."""
    cpu: Annotated[float, Field(ge=0.25, le=4, multiple_of=0.25)] = 0.5
    """Processors of a replica, in quarters; it has 2 GiB of memory for each."""
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 20
    """Requests at once for each replica at which more replicas are started."""
    subnet: SubnetId | None = None
    """A subnet of yours for the environment; a private app needs one to be reached."""
