"""The live service of kind `gcp.app_engine`, read back and moved through Google's API."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from modelport.cloud.google import Google, NotFoundError
from modelport.live.service import Answer, Found, LiveService, NotReachable
from modelport.platforms.asking import post

_API = "https://appengine.googleapis.com/v1"
_MOVE_SECONDS = 900.0
_WHOLE = 100


class Service(LiveService):
    """A service; a version has our name of its revision."""

    kind: ClassVar[str] = "gcp.app_engine"
    moves_traffic: ClassVar[bool] = True

    def read(self) -> Found:
        """Traffic of the service, and state and image of the version that has most of it."""
        google = Google(_API)
        try:
            service = google.get(self._path)
        except NotFoundError:
            return Found("gone")
        split = cast("dict[str, Any]", service.get("split") or {})
        shares = cast("dict[str, float]", split.get("allocations") or {})
        traffic = {name: round(share * _WHOLE) for name, share in shares.items() if share}
        revision = max(traffic, key=lambda item: traffic[item], default="")
        version = self._version(google, revision)
        status = str(version.get("servingStatus", ""))
        deployment = cast("dict[str, Any]", version.get("deployment") or {})
        container = cast("dict[str, Any]", deployment.get("container") or {})
        return Found(
            state="ready" if status == "SERVING" else "failed" if revision else "changing",
            detail=status,
            revision=revision,
            digest=str(container.get("image", "")).partition("@")[2],
            traffic=traffic,
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction with our key."""
        return self._ask(self.names["url"], body, key, timeout)

    def ask_revision(
        self, revision: str, body: bytes, key: str | None, timeout: float
    ) -> Answer | None:
        """Every version has an address of its own."""
        version = self._version(Google(_API), revision)
        address = str(version.get("versionUrl", ""))
        return self._ask(address, body, key, timeout) if address else None

    def shift(self, weights: Mapping[str, int]) -> None:
        """Write the split and wait until it is so; requests are shared by chance."""
        shares = {name: share / _WHOLE for name, share in weights.items() if share}
        google = Google(_API)
        operation = google.patch(
            self._path,
            {"split": {"shardBy": "RANDOM", "allocations": shares}},
            {"updateMask": "split"},
        )
        google.wait(operation, _MOVE_SECONDS)

    @property
    def _path(self) -> str:
        return f"apps/{self.names['project']}/services/{self.names['service']}"

    def _version(self, google: Google, revision: str) -> dict[str, Any]:
        if not revision:
            return {}
        try:
            return google.get(f"{self._path}/versions/{revision}", {"view": "FULL"})
        except NotFoundError:
            return {}

    def _ask(self, address: str, body: bytes, key: str | None, timeout: float) -> Answer:
        if self.names.get("exposure") == "private":
            raise NotReachable("its ingress takes calls from inside the project's networks only")
        return post(f"{address}/predict", body, timeout, token=key)
