"""Kind `azure.ml`: a managed online endpoint of Azure Machine Learning."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.targets.azure.base import AzureTarget
from modelport.config.targets.base import Component


class AzureMlTarget(AzureTarget):
    """A managed online endpoint of Azure Machine Learning."""

    COMPONENT: ClassVar[Component] = "ManagedEndpoint"

    kind: Literal["azure.ml"] = "azure.ml"
    """Kind of target."""
    workspace: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][\w-]{2,32}$")] | None = None
    """A workspace of yours in `resource_group`; left out, the deployment gets one of its own."""
    instance: Annotated[str, Field(pattern=r"^Standard_[A-Za-z0-9_]+$")] = "Standard_DS2_v2"
    """Size of an instance, e.g. `Standard_DS2_v2` or `Standard_NC4as_T4_v3`."""
    timeout: Annotated[int, Field(ge=1, le=180)] = 60
    """Seconds in which a request must be answered, at most 180."""
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 16
    """Requests that an instance takes at once; more are answered 429."""
    cpu_target: Annotated[int, Field(ge=20, le=95)] = 70
    """Percent of processor use over which an instance is added; below half of it one goes."""
