"""Kind `gcp.cloud_run`: a service of Cloud Run."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.targets.base import Component, Replicas
from modelport.config.targets.gcp.base import GoogleTarget, Network


class CloudRunTarget(GoogleTarget):
    """A service of Cloud Run, which scales to zero."""

    COMPONENT: ClassVar[Component] = "ServerlessPredictor"

    kind: Literal["gcp.cloud_run"] = "gcp.cloud_run"
    """Kind of target."""
    replicas: Replicas = Replicas(min=0, max=4)
    """How many instances there are; with 0, the first request after a while waits for a start."""
    cpu: Literal[1, 2, 4, 8] = 1
    """Processors of an instance."""
    memory_mib: Annotated[int, Field(ge=512, le=32768)] = 1024
    """Memory of an instance in MiB; the file system is part of it."""
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 16
    """Requests that an instance takes at once."""
    timeout: Annotated[int, Field(ge=1, le=3600)] = 60
    """Seconds in which a request must be answered."""
    gpu: Literal["none", "nvidia-l4"] = "none"
    """Accelerator of an instance; it needs 4 processors and 16 GiB at least."""
    network: Network | None = None
    """Subnetwork through which the service reaches others; left out, it reaches the internet."""
    invokers: tuple[
        Annotated[str, Field(pattern=r"^(user|serviceAccount|group|domain):[^\s]+$")], ...
    ] = ()
    """Who may call it beside the project's owners, e.g. `serviceAccount:app@…` or `group:…`."""
