"""Kind `gcp.app_engine`: a service of App Engine's flexible environment."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.targets.base import Component, Replicas
from modelport.config.targets.gcp.base import GoogleTarget, Network


class AppEngineTarget(GoogleTarget):
    """A service of App Engine's flexible environment, in the region of the project's App Engine."""

    COMPONENT: ClassVar[Component] = "AppService"

    kind: Literal["gcp.app_engine"] = "gcp.app_engine"
    """Kind of target."""
    replicas: Replicas = Replicas(min=1, max=2)
    """Instances; the flexible environment keeps one at least, day and night."""
    cpu: Literal[1, 2, 4, 8] = 1
    """Processors of an instance."""
    memory_gib: Annotated[float, Field(ge=0.9, le=52)] = 2.0
    """Memory of an instance in GiB, without the 0.4 GiB of the environment."""
    cpu_target: Annotated[int, Field(ge=10, le=95)] = 60
    """Percent of processor use at which more instances are started."""
    network: Network | None = None
    """A network of yours that the instances join; left out, the project's default one."""
