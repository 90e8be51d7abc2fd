"""Apps with a slot, read back and swapped through Azure's API."""

from collections.abc import Mapping
from typing import Any, cast

from modelport.cloud.azure import Azure, NotFoundError
from modelport.errors import ServiceError
from modelport.live.service import Answer, Found, LiveService, NotReachable
from modelport.platforms.asking import post

_VERSION = "2024-04-01"
_SLOT = "next"
_REVISION = "MODELPORT_REVISION"
_SWAP_SECONDS = 900.0
_READ_SECONDS = 60.0


class SlotService(LiveService):
    """An app whose revision is the one that its settings name; a slot holds the next one."""

    moves_traffic = True

    def read(self) -> Found:
        """State of the app, and the revision that was swapped in last."""
        try:
            site = cast("dict[str, Any]", Azure(_VERSION).get(self._id).get("properties") or {})
        except NotFoundError:
            return Found("gone")
        state = str(site.get("state", ""))
        revision = self._revision(self._id)
        return Found(
            state="ready" if state == "Running" else "failed" if state == "Stopped" else "changing",
            detail=state,
            revision=revision,
            traffic={revision: 100} if revision else {},
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction with our key."""
        return self._ask(self._id, body, key, timeout)

    def ask_revision(
        self, revision: str, body: bytes, key: str | None, timeout: float
    ) -> Answer | None:
        """The slot has an address of its own."""
        for place in (self._id, self._slot):
            if self._revision(place) == revision:
                return self._ask(place, body, key, timeout)
        return None

    def shift(self, weights: Mapping[str, int]) -> None:
        """Swap the slot in, as a whole."""
        wanted = [revision for revision, share in weights.items() if share]
        if len(wanted) != 1:
            raise ServiceError(f"{self.title} swaps its slot as a whole and takes no shares")
        if self._revision(self._id) == wanted[0]:
            return
        if self._revision(self._slot) != wanted[0]:
            raise ServiceError(f"{self.title} has {wanted[0]} neither live nor in its slot")
        swap = {"targetSlot": _SLOT, "preserveVnet": True}
        Azure(_VERSION).post(self._id, "slotsswap", swap, _SWAP_SECONDS)

    @property
    def _id(self) -> str:
        names = self.names
        return (
            f"/subscriptions/{names['subscription']}/resourceGroups/{names['group']}"
            f"/providers/Microsoft.Web/sites/{names['app']}"
        )

    @property
    def _slot(self) -> str:
        return f"{self._id}/slots/{_SLOT}"

    def _revision(self, place: str) -> str:
        found = Azure(_VERSION).post(place, "config/appsettings/list", {}, _READ_SECONDS)
        settings = cast("dict[str, str]", found.get("properties") or {})
        return str(settings.get(_REVISION, ""))

    def _ask(self, place: str, body: bytes, key: str | None, timeout: float) -> Answer:
        if self.names["exposure"] == "private":
            raise NotReachable("it is reached through a private endpoint only")
        site = cast("dict[str, Any]", Azure(_VERSION).get(place).get("properties") or {})
        host = str(site.get("defaultHostName", ""))
        address = host if "://" in host else f"https://{host}"
        return post(f"{address}{self.route}", body, timeout, token=key)

    route = "/predict"
    """Path of predictions."""
