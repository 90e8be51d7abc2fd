"""Settings: what a deployment wants of its containers on an engine."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

SERVICE_LABEL = "modelport.service"
"""Label with project, stack and deployment: everything of one deployment carries it."""
HOME_LABEL = "modelport.home"
"""Label that tells clones of a project from each other."""
ROLE_LABEL = "modelport.role"
REVISION_LABEL = "modelport.revision"
SPEC_LABEL = "modelport.spec"
"""Label with the digest of how a container was made."""
PORT = 8080
"""Port of every container of ours, in the private network."""

Gpus = int | Literal["all"] | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Model:
    """What one container of the model is; everything in it makes a revision."""

    bundle: str
    version: str
    image: str
    """Id of the image on the engine, `sha256:…`."""
    settings: str = field(repr=False)
    """The server's settings file; it holds a hash of the key and never the key."""
    memory_bytes: int
    tmp_bytes: int
    cpus: float | None = None
    workers: int | None = None
    gpus: Gpus = None
    log_bytes: int = 10 * 2**20
    log_files: int = 3
    egress: bool = False
    """Whether it may open connections to other machines."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    """Files of the engine's machine by variable."""

    @property
    def revision(self) -> str:
        """Name of this version with these settings: `r` and 9 hex digits."""
        return f"r{digest_of(asdict(self))[:9]}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One deployment on an engine."""

    name: str
    """Beginning of all names."""
    service: str
    """Project, stack and deployment, with `/` between them."""
    home: str
    """Tells clones of the project from each other."""
    owner: str
    """Team or person who answers for it."""
    alias: str
    """Its name in `network`."""
    model: Model
    replicas: int
    host: str
    """IP address of the machine that the port is open on."""
    port: int
    network: str | None
    """A network of the user's that the endpoint joins too."""
    max_body_bytes: int
    start_timeout: float
    drain_timeout: float

    @property
    def labels(self) -> dict[str, str]:
        """Labels of everything."""
        return {
            "managed-by": "modelport",
            SERVICE_LABEL: self.service,
            HOME_LABEL: self.home,
            "modelport.owner": self.owner,
        }

    @property
    def inside(self) -> str:
        """The network of switch and models, which leads nowhere else."""
        return f"{self.name}-inside"

    @property
    def outside(self) -> str:
        """The network through which the port is published."""
        return f"{self.name}-outside"

    @property
    def switch(self) -> str:
        """Name of the container that holds the port, and of its volume."""
        return f"{self.name}-switch"

    def volume(self, revision: str) -> str:
        """Name of the volume with a revision's settings."""
        return f"{self.name}-{revision}"


def digest_of(value: object) -> str:
    """SHA-256, in hex, of plain data."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
