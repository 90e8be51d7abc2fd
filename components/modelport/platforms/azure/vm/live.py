"""The live service of kind `azure.vm`, read back through Azure's API."""

from typing import Any, ClassVar, cast

from modelport.cloud.azure import Azure, NotFoundError
from modelport.live.service import Answer, Found, LiveService, NotReachable
from modelport.platforms.asking import post

_VERSION = "2024-07-01"


class Service(LiveService):
    """A scale set; its tag names the revision, and its last upgrade whether that is reached."""

    kind: ClassVar[str] = "azure.vm"

    def read(self) -> Found:
        """State of the scale set and of its last rolling upgrade."""
        try:
            found = Azure(_VERSION).get(self._id)
        except NotFoundError:
            return Found("gone")
        properties = cast("dict[str, Any]", found.get("properties") or {})
        tags = cast("dict[str, str]", found.get("tags") or {})
        sku = cast("dict[str, Any]", found.get("sku") or {})
        state = str(properties.get("provisioningState", ""))
        upgrade = self._upgrade()
        failed = state == "Failed" or upgrade in {"Faulted", "Cancelled"}
        changing = state in {"Creating", "Updating"} or upgrade == "RollingForward"
        return Found(
            state="failed" if failed else "changing" if changing else "ready",
            detail=f"{state}, upgrade {upgrade}" if upgrade else state,
            revision=str(tags.get("revision", "")),
            replicas=int(sku.get("capacity") or 0),
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction with our key."""
        if self.names["exposure"] == "private":
            raise NotReachable("its address is inside the network only")
        return post(f"{self.names['url']}/predict", body, timeout, token=key)

    @property
    def _id(self) -> str:
        names = self.names
        return (
            f"/subscriptions/{names['subscription']}/resourceGroups/{names['group']}"
            f"/providers/Microsoft.Compute/virtualMachineScaleSets/{names['scale_set']}"
        )

    def _upgrade(self) -> str:
        """How the last rolling upgrade ended; empty when there was none."""
        try:
            found = Azure(_VERSION).get(f"{self._id}/rollingUpgrades/latest")
        except NotFoundError:
            return ""
        properties = cast("dict[str, Any]", found.get("properties") or {})
        status = cast("dict[str, Any]", properties.get("runningStatus") or {})
        return str(status.get("code", ""))
