"""What every kind of target has, and what those of clouds share."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from modelport.config.base import Model

Component = Literal[
    "ManagedEndpoint",
    "ServerlessPredictor",
    "GpuVmService",
    "AppService",
    "DockerService",
    "OnPremK8sService",
    "LocalService",
]


class Target(Model):
    """Where a deployment runs; each kind is a model of its own, in the module of its name."""

    COMPONENT: ClassVar[Component]
    """The component that makes it."""
    kind: Any
    """Kind of target; it is the path of the modules that make it, below `platforms`."""


class Replicas(Model):
    """How many instances there are."""

    min: Annotated[int, Field(ge=0, le=1000)] = 1
    """Instances that are always there."""
    max: Annotated[int, Field(ge=1, le=1000)] = 2
    """Instances that there are at most."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            message = f"min ({self.min}) must not exceed max ({self.max})"
            raise ValueError(message)
        return self


class CloudTarget(Target):
    """What the kinds of all clouds share."""

    region: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
    """Region, in the cloud's words, e.g. `eu-west-1`, `europe-west4`, `westeurope`."""


class Scaled(CloudTarget):
    """A kind whose instances are counted."""

    replicas: Replicas = Replicas()
    """How many instances there are; between the two, load decides."""
