"""Kind `aws.ec2`: virtual machines of Amazon EC2."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.targets.aws.balanced import Balanced
from modelport.config.targets.base import Component


class Ec2Target(Balanced):
    """Virtual machines of EC2 in Auto Scaling groups, behind a load balancer."""

    COMPONENT: ClassVar[Component] = "GpuVmService"

    kind: Literal["aws.ec2"] = "aws.ec2"
    """Kind of target."""
    instance: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$")] = "t3.small"
    """Instance type, e.g. `t3.small`, `c7g.large` (arm64) or `g4dn.xlarge` (one NVIDIA T4)."""
    accelerator: Literal["none", "nvidia"] = "none"
    """Whether the model uses the NVIDIA GPUs that the instance type has."""
    spot: bool = False
    """Whether instances beyond `replicas.min` may be taken away with 2 minutes' notice."""
    disk_gib: Annotated[int, Field(ge=8, le=2000)] | None = None
    """Encrypted gp3 disk of each instance in GiB; left out, 16, or 100 with GPUs, whose image
    brings all of CUDA."""
    ami: Annotated[str, Field(pattern=r"^ami-[0-9a-f]{8,17}$")] | None = None
    """Machine image with cloud-init, systemd, the AWS CLI, and Docker or `dnf`; left out, the
    newest Amazon Linux 2023, or AWS's base image for deep learning where there are GPUs. A revision
    keeps the image that it began with, so patches come with the next one: a new model version,
    another size, or another `ami`."""
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 600
    """Requests a minute for each instance at which more instances are started."""
    start_timeout: Annotated[int, Field(ge=120, le=3600)] = 600
    """Seconds in which an instance must have pulled the image and be ready, 120 to 3600."""
    session_manager: bool = False
    """Whether people with rights in IAM may open a shell by Session Manager of Systems Manager;
    there is no other way in, and no key pair."""
    timeout: Annotated[int, Field(ge=1, le=4000)] = 60
    """Seconds in which an answer must begin, 1 to 4000."""
