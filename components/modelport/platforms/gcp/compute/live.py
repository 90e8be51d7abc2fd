"""The live service of kind `gcp.compute`, read back through Google's API."""

from typing import Any, ClassVar, cast

from modelport.cloud.google import Google, NotFoundError
from modelport.live.service import Answer, Found, LiveService, NotReachable
from modelport.platforms.asking import post

_API = "https://compute.googleapis.com/compute/v1"


class Service(LiveService):
    """A regional group; the name of a version in it is our name of the revision."""

    kind: ClassVar[str] = "gcp.compute"

    def read(self) -> Found:
        """Versions and machines of the group; it is ready when every machine is of the newest."""
        try:
            found = Google(_API).get(self._path)
        except NotFoundError:
            return Found("gone")
        status = cast("dict[str, Any]", found.get("status") or {})
        versions = cast("list[dict[str, Any]]", found.get("versions") or [{}])
        reached = cast("dict[str, Any]", status.get("versionTarget") or {})
        stable = bool(status.get("isStable")) and bool(reached.get("isReached"))
        return Found(
            state="ready" if stable else "changing",
            detail="" if stable else "machines are being replaced",
            revision=str(versions[-1].get("name", "")),
            replicas=int(found.get("targetSize") or 0),
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction with our key."""
        if self.names["exposure"] == "private":
            raise NotReachable("its address is inside the network only")
        return post(f"{self.names['url']}/predict", body, timeout, token=key)

    @property
    def _path(self) -> str:
        names = self.names
        return (
            f"projects/{names['project']}/regions/{names['region']}"
            f"/instanceGroupManagers/{names['group']}"
        )
