"""Kind `gcp.compute`: a group of virtual machines on Compute Engine."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.targets.base import Component
from modelport.config.targets.gcp.base import GoogleTarget, Network

Gpu = Literal["none", "nvidia-tesla-t4", "nvidia-l4", "nvidia-tesla-v100", "nvidia-tesla-a100"]


class ComputeTarget(GoogleTarget):
    """A regional group of virtual machines that heal themselves, behind a load balancer."""

    COMPONENT: ClassVar[Component] = "GpuVmService"

    kind: Literal["gcp.compute"] = "gcp.compute"
    """Kind of target."""
    machine: Annotated[str, Field(pattern=r"^[a-z0-9]+-[a-z0-9-]+$")] = "e2-standard-2"
    """Machine type, e.g. `e2-standard-2` or `g2-standard-4`."""
    accelerator: Gpu = "none"
    """GPU of each machine; `g2` and `a2` machines have theirs built in, and name it here too."""
    accelerator_count: Annotated[int, Field(ge=1, le=16)] = 1
    """GPUs of each machine."""
    spot: bool = False
    """Whether machines may be taken away at any time, for a lower price."""
    disk_gib: Annotated[int, Field(ge=10, le=2000)] = 20
    """Encrypted disk that each machine starts from, in GiB."""
    os_image: Annotated[str, Field(pattern=r"^projects/[a-z0-9-]+/global/images/[a-z0-9/-]+$")] = (
        "projects/cos-cloud/global/images/family/cos-121-lts"
    )
    """Image of the machines; a family is read when a machine starts, so it brings its patches."""
    requests_per_second: Annotated[float, Field(gt=0, le=10_000)] = 20
    """Requests a second for each machine at which more machines are started."""
    network: Network | None = None
    """A network of yours; left out, the deployment gets one of its own, with a way out by NAT."""
    certificate: (
        Annotated[str, Field(pattern=r"^projects/[^/]+/regions/[^/]+/sslCertificates/[^/]+$")]
        | None
    ) = None
    """A certificate of yours in the region, for `exposure: public` or TLS inside the network."""
