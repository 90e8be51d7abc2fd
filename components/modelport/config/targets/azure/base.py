"""What the kinds on Azure share."""

from typing import Annotated

from pydantic import Field

from modelport.config.targets.base import Scaled

_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
SubnetId = Annotated[
    str,
    Field(pattern=r"^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/.+$"),
]
"""Id of a subnet, `/subscriptions/…/virtualNetworks/…/subnets/…`."""


class AzureTarget(Scaled):
    """A kind on Azure."""

    subscription: Annotated[str, Field(pattern=_UUID)] | None = None
    """Id of the subscription; left out, the one that whoever deploys is signed in to."""
    resource_group: Annotated[str, Field(pattern=r"^[\w.()-]{0,89}[\w()-]$")] | None = None
    """A resource group of yours; left out, the deployment gets one of its own."""
