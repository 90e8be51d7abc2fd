"""The live service of kind `gcp.cloud_run`, read back and moved through Google's API."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from modelport.cloud.google import Google, NotFoundError, id_token
from modelport.live.service import Answer, Found, LiveService, NotReachable
from modelport.platforms.asking import post

_API = "https://run.googleapis.com/v2"
_BY_REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
_CANDIDATE = "candidate"
_MOVE_SECONDS = 600.0


class Service(LiveService):
    """A service; each of its revisions is named `<service>-<revision>`."""

    kind: ClassVar[str] = "gcp.cloud_run"
    moves_traffic: ClassVar[bool] = True

    def read(self) -> Found:
        """State, traffic and image of the service."""
        try:
            found = self._service()
        except NotFoundError:
            return Found("gone")
        condition = cast("dict[str, Any]", found.get("terminalCondition") or {})
        state = str(condition.get("state", ""))
        traffic = self._traffic(found)
        revision = max(traffic, key=lambda item: traffic[item], default="")
        return Found(
            state="changing"
            if found.get("reconciling")
            else "ready"
            if state == "CONDITION_SUCCEEDED"
            else "failed"
            if state == "CONDITION_FAILED"
            else "changing",
            detail=str(condition.get("message") or ""),
            revision=revision,
            digest=self._digest(found, revision),
            traffic=traffic,
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction, with Google's identity token or our key."""
        return self._ask(str(self._service().get("uri", "")), body, key, timeout)

    def ask_revision(
        self, revision: str, body: bytes, key: str | None, timeout: float
    ) -> Answer | None:
        """The newest revision has an address of its own."""
        for target in self._statuses(self._service()):
            if target.get("tag") == _CANDIDATE and self._named(target) == revision:
                return self._ask(str(target.get("uri", "")), body, key, timeout)
        return None

    def shift(self, weights: Mapping[str, int]) -> None:
        """Write the traffic and wait until it is so; the newest revision keeps its address."""
        newest = self._named({"revision": self._service().get("latestCreatedRevision", "")})
        revisions = [*weights, *([newest] if newest not in weights else [])]
        traffic = [
            {
                "type": _BY_REVISION,
                "revision": f"{self.names['service']}-{revision}",
                "percent": weights.get(revision, 0),
                **({"tag": _CANDIDATE} if revision == newest else {}),
            }
            for revision in revisions
        ]
        google = Google(_API)
        operation = google.patch(self._path, {"traffic": traffic}, {"updateMask": "traffic"})
        google.wait(operation, _MOVE_SECONDS)

    @property
    def _path(self) -> str:
        names = self.names
        return (
            f"projects/{names['project']}/locations/{names['region']}/services/{names['service']}"
        )

    def _service(self) -> dict[str, Any]:
        return Google(_API).get(self._path)

    def _statuses(self, found: dict[str, Any]) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", found.get("trafficStatuses") or [])

    def _traffic(self, found: dict[str, Any]) -> dict[str, int]:
        traffic: dict[str, int] = {}
        for target in self._statuses(found):
            revision = self._named(target) or self._named(
                {"revision": found.get("latestReadyRevision", "")}
            )
            traffic[revision] = traffic.get(revision, 0) + int(target.get("percent") or 0)
        return {revision: share for revision, share in traffic.items() if share}

    def _named(self, target: Mapping[str, Any]) -> str:
        """Our name of a revision."""
        name = str(target.get("revision") or "").rpartition("/")[2]
        return name.removeprefix(f"{self.names['service']}-")

    def _digest(self, found: dict[str, Any], revision: str) -> str:
        """Digest of the newest revision's image; of another one the service says nothing."""
        template = cast("dict[str, Any]", found.get("template") or {})
        if self._named(template) != revision:
            return ""
        containers = cast("list[dict[str, Any]]", template.get("containers") or [{}])
        return str(containers[0].get("image", "")).partition("@")[2]

    def _ask(self, address: str, body: bytes, key: str | None, timeout: float) -> Answer:
        if self.names.get("exposure") == "private":
            raise NotReachable("its ingress takes calls from inside the project's networks only")
        return post(f"{address}/predict", body, timeout, token=key or id_token(address))
