"""Inputs of modelport:local:Server."""

from typing import Annotated

from pydantic import Field

from modelport.provider.serving_inputs import ServingInputs


class LocalServerInputs(ServingInputs):
    """Inputs of a local server."""

    stack: str
    """Stack that it belongs to."""
    deployment: str
    """Deployment that it serves."""
    bundle: str
    """Bundle name."""
    version: str
    """Bundle version: 16 hex digits."""
    host: str
    """IP address to listen on."""
    port: Annotated[int, Field(ge=1, le=65535)]
    """TCP port to listen on."""
    workers: Annotated[int, Field(ge=1)] | None = None
    """Number of serving processes; none: by the CPU quota of this machine."""
    memory_bytes: Annotated[int, Field(ge=1)]
    """Memory that one worker may take, in bytes."""
    log_bytes: Annotated[int, Field(ge=1)]
    """Size at which the log is cut, in bytes."""
    start_timeout: float
    """Seconds in which a version must be ready."""

    @property
    def resource_id(self) -> str:
        """Id of the resource."""
        return f"{self.stack}/{self.deployment}"
