"""Kind `gcp.vertex`: an endpoint of Vertex AI."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.targets.base import Component
from modelport.config.targets.gcp.base import GoogleTarget

Gpu = Literal["none", "NVIDIA_TESLA_T4", "NVIDIA_L4", "NVIDIA_TESLA_V100", "NVIDIA_TESLA_A100"]


class VertexTarget(GoogleTarget):
    """An endpoint of Vertex AI with an address of its own."""

    COMPONENT: ClassVar[Component] = "ManagedEndpoint"

    kind: Literal["gcp.vertex"] = "gcp.vertex"
    """Kind of target."""
    machine: Annotated[str, Field(pattern=r"^[a-z0-9]+-[a-z0-9-]+$")] = "n1-standard-2"
    """Machine type of a replica, e.g. `n1-standard-2` or `g2-standard-4`."""
    accelerator: Gpu = "none"
    """GPU of a replica."""
    accelerator_count: Annotated[int, Field(ge=1, le=16)] = 1
    """GPUs of a replica."""
    cpu_target: Annotated[int, Field(ge=10, le=95)] = 60
    """Percent of processor use at which more replicas are started."""
