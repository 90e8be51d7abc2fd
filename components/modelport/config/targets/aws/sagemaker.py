"""Kind `aws.sagemaker`: a real-time endpoint of Amazon SageMaker AI."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.targets.aws.network import Network
from modelport.config.targets.base import Component, Scaled


class SageMakerTarget(Scaled):
    """A real-time endpoint of Amazon SageMaker AI."""

    COMPONENT: ClassVar[Component] = "ManagedEndpoint"

    kind: Literal["aws.sagemaker"] = "aws.sagemaker"
    """Kind of target."""
    instance: Annotated[str, Field(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9-]+$")] = "ml.m5.large"
    """Instance type of the endpoint, e.g. `ml.m5.large` or `ml.g5.xlarge`."""
    invocations_per_instance: Annotated[int, Field(ge=1, le=100_000)] = 600
    """Requests a minute for each instance at which more instances are started."""
    network: Network | None = None
    """Subnets that the containers join; left out, they have no network at all."""
    start_timeout: Annotated[int, Field(ge=60, le=3600)] = 600
    """Seconds in which a container must be healthy, 60 to 3600."""
    disk_gib: Annotated[int, Field(ge=1, le=512)] = 20
    """Encrypted disk of each instance in GiB; instances with own disks ignore it."""
