"""Kind `gcp.functions`: a function of Cloud Functions, second generation."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.targets.base import Component, Replicas
from modelport.config.targets.gcp.base import GoogleTarget, Network


class FunctionsTarget(GoogleTarget):
    """A function that Google builds from the bundle's sources; it scales to zero."""

    COMPONENT: ClassVar[Component] = "ServerlessPredictor"

    kind: Literal["gcp.functions"] = "gcp.functions"
    """Kind of target."""
    replicas: Replicas = Replicas(min=0, max=4)
    """How many instances there are; with 0, the first request after a while waits for a start."""
    cpu: Literal[1, 2, 4, 8] = 1
    """Processors of an instance."""
    memory_mib: Annotated[int, Field(ge=512, le=32768)] = 1024
    """Memory of an instance in MiB."""
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 16
    """Requests that an instance takes at once."""
    timeout: Annotated[int, Field(ge=1, le=3600)] = 60
    """Seconds in which a request must be answered."""
    network: Network | None = None
    """Subnetwork through which the function reaches others; left out, it reaches the internet."""
    invokers: tuple[
        Annotated[str, Field(pattern=r"^(user|serviceAccount|group|domain):[^\s]+$")], ...
    ] = ()
    """Who may call it beside the project's owners, e.g. `serviceAccount:app@…` or `group:…`."""
