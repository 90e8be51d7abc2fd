"""Kind `local`: supervised processes on this machine."""

from ipaddress import ip_address
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from modelport.config.targets.base import Component, Target


def _address(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        message = (
            "should be an IP address, e.g. 127.0.0.1 (this machine) or 0.0.0.0 (every network)"
        )
        raise ValueError(message) from None
    return value


class LocalTarget(Target):
    """Supervised processes on this machine."""

    COMPONENT: ClassVar[Component] = "LocalService"

    kind: Literal["local"] = "local"
    """Kind of target."""
    port: Annotated[int, Field(ge=1024, le=65535)]
    """TCP port of the endpoint, 1024 to 65535."""
    host: Annotated[str, AfterValidator(_address)] = "127.0.0.1"
    """IP address to listen on; only this machine can reach the default."""
    workers: Annotated[int, Field(ge=1, le=64)] | None = None
    """Serving processes of about 200 MB; left out, one for each CPU of the quota, at most 4."""
    memory_megabytes: Annotated[int, Field(ge=128, le=65536)] = 1024
    """Memory that one worker may take, in MiB; one that takes more is replaced."""
    log_megabytes: Annotated[int, Field(ge=1, le=1024)] = 20
    """Size of the log in MiB; it is kept at most twice, the older part as `server.log.1`."""
    start_timeout: Annotated[int, Field(ge=1, le=600)] = 60
    """Seconds in which a new version must be ready to answer."""

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the endpoint."""
        return ip_address(self.host).is_loopback
