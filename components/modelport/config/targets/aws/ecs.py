"""Kind `aws.ecs`: a service of Amazon ECS on Fargate."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.targets.aws.balanced import Balanced
from modelport.config.targets.base import Component


class EcsTarget(Balanced):
    """A service of Amazon ECS on Fargate, behind a load balancer."""

    COMPONENT: ClassVar[Component] = "AppService"

    kind: Literal["aws.ecs"] = "aws.ecs"
    """Kind of target."""
    cpu: Literal[256, 512, 1024, 2048, 4096, 8192, 16384] = 512
    """Processor units of one task; 1024 are one vCPU."""
    memory_mib: Annotated[int, Field(ge=512, le=122_880)] = 1024
    """Memory of one task in MiB; which there is depends on `cpu`, e.g. 1024 to 4096 for 512."""
    tmp_mib: Annotated[int, Field(ge=16, le=16_384)] = 128
    """Space under `/tmp`, the only place to write, in MiB; it is part of the memory."""
    architecture: Literal["amd64", "arm64"] = "amd64"
    """Processors; arm64 costs a fifth less, and every package of the bundle must have it."""
    spot: bool = False
    """Whether AWS may take tasks beyond `replicas.min` away again, with 2 minutes' notice."""
    cpu_percent: Annotated[int, Field(ge=10, le=90)] = 60
    """Average use of the processors at which more tasks are started, 10 to 90 %."""
    timeout: Annotated[int, Field(ge=1, le=4000)] = 60
    """Seconds in which an answer must begin, 1 to 4000."""
