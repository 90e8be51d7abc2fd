"""What the kinds on Google Cloud share."""

from typing import Annotated

from pydantic import Field

from modelport.config.base import Model
from modelport.config.targets.base import Scaled

_RESOURCE = r"^(projects/[a-z0-9.:-]+/)?[a-zA-Z0-9/_-]+$"


class Network(Model):
    """A network of yours; left out, the deployment gets one of its own where it needs one."""

    network: Annotated[str, Field(pattern=_RESOURCE)]
    """Name or path of the network, e.g. `projects/p/global/networks/models`."""
    subnetwork: Annotated[str, Field(pattern=_RESOURCE)]
    """Name or path of the subnetwork in the target's region, with private Google access."""


class GoogleTarget(Scaled):
    """A kind on Google Cloud."""

    project: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
    """Id of the project that it belongs to."""
    encryption_key: (
        Annotated[
            str, Field(pattern=r"^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$")
        ]
        | None
    ) = None
    """A key of yours for images, disks and models; left out, Google's own keys encrypt them, and
    endpoint and models of `gcp.vertex` are encrypted with a key of the deployment's own. The
    platform's service agents must be allowed to use yours."""
