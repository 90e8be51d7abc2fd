"""Kind `aws.beanstalk`: an environment of AWS Elastic Beanstalk."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.targets.aws.balanced import Balanced
from modelport.config.targets.base import Component


class BeanstalkTarget(Balanced):
    """An environment of Elastic Beanstalk with its Docker platform, behind a load balancer."""

    COMPONENT: ClassVar[Component] = "AppService"

    kind: Literal["aws.beanstalk"] = "aws.beanstalk"
    """Kind of target."""
    instance: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$")] = "t3.small"
    """Instance type, e.g. `t3.small` or `t4g.small` (arm64); one without a GPU."""
    spot: bool = False
    """Whether instances beyond `replicas.min` may be taken away with 2 minutes' notice."""
    disk_gib: Annotated[int, Field(ge=10, le=2000)] = 16
    """Disk of each instance in GiB, gp3; it is encrypted where the account encrypts new disks."""
    cpu_percent: Annotated[int, Field(ge=10, le=90)] = 60
    """Average use of the processors at which an instance is added, 10 to 90 %; at a third of it
    one goes."""
    update_window: Annotated[
        str, Field(pattern=r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun):([01][0-9]|2[0-3]):[0-5][0-9]$")
    ] = "Tue:03:00"
    """Day and time in UTC at which the platform's own updates are put in, e.g. `Tue:03:00`."""
    start_timeout: Annotated[int, Field(ge=60, le=3600)] = 600
    """Seconds in which an instance must have pulled the image and started it, 60 to 3600."""
    timeout: Annotated[int, Field(ge=1, le=3600)] = 60
    """Seconds in which an answer must begin, 1 to 3600."""
