"""The live service of kind `azure.container_apps`, read back and moved through Azure's API."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from modelport.cloud.azure import Azure, NotFoundError
from modelport.live.service import Answer, Found, LiveService, NotReachable
from modelport.platforms.asking import post

_VERSION = "2025-01-01"
_CANDIDATE = "candidate"
_MOVE_SECONDS = 600.0


class Service(LiveService):
    """An app; its revisions are named `<app>--<revision>`."""

    kind: ClassVar[str] = "azure.container_apps"
    moves_traffic: ClassVar[bool] = True

    def read(self) -> Found:
        """State, traffic and image of the app."""
        try:
            app = self._app()
        except NotFoundError:
            return Found("gone")
        state = str(app.get("provisioningState", ""))
        traffic = self._traffic(app)
        revision = max(traffic, key=lambda item: traffic[item], default="")
        return Found(
            state="ready"
            if state == "Succeeded"
            else "failed"
            if state == "Failed"
            else "changing",
            detail=state,
            revision=revision,
            digest=self._digest(app, revision),
            traffic=traffic,
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction with our key."""
        ingress = self._ingress(self._app())
        return self._ask(str(ingress.get("fqdn", "")), body, key, timeout)

    def ask_revision(
        self, revision: str, body: bytes, key: str | None, timeout: float
    ) -> Answer | None:
        """The newest revision has an address of its own, by its label."""
        ingress = self._ingress(self._app())
        for share in cast("list[dict[str, Any]]", ingress.get("traffic") or []):
            if share.get("label") == _CANDIDATE and self._named(share) == revision:
                name, _, domain = str(ingress.get("fqdn", "")).partition(".")
                return self._ask(f"{name}---{_CANDIDATE}.{domain}", body, key, timeout)
        return None

    def shift(self, weights: Mapping[str, int]) -> None:
        """Write the weights and wait until it is so; the newest revision keeps its label."""
        newest = self._named({"revisionName": self._app().get("latestRevisionName", "")})
        revisions = [*weights, *([newest] if newest not in weights else [])]
        traffic = [
            {
                "revisionName": f"{self.names['app']}--{revision}",
                "weight": weights.get(revision, 0),
                **({"label": _CANDIDATE} if revision == newest else {}),
            }
            for revision in revisions
        ]
        body = {"properties": {"configuration": {"ingress": {"traffic": traffic}}}}
        Azure(_VERSION).patch(self._id, body, _MOVE_SECONDS)

    @property
    def _id(self) -> str:
        names = self.names
        return (
            f"/subscriptions/{names['subscription']}/resourceGroups/{names['group']}"
            f"/providers/Microsoft.App/containerApps/{names['app']}"
        )

    def _app(self) -> dict[str, Any]:
        return cast("dict[str, Any]", Azure(_VERSION).get(self._id).get("properties") or {})

    def _ingress(self, app: dict[str, Any]) -> dict[str, Any]:
        configuration = cast("dict[str, Any]", app.get("configuration") or {})
        return cast("dict[str, Any]", configuration.get("ingress") or {})

    def _traffic(self, app: dict[str, Any]) -> dict[str, int]:
        traffic: dict[str, int] = {}
        for share in cast("list[dict[str, Any]]", self._ingress(app).get("traffic") or []):
            revision = self._named(share) or self._named(
                {"revisionName": app.get("latestReadyRevisionName", "")}
            )
            traffic[revision] = traffic.get(revision, 0) + int(share.get("weight") or 0)
        return {revision: share for revision, share in traffic.items() if share}

    def _named(self, share: Mapping[str, Any]) -> str:
        """Our name of a revision."""
        return str(share.get("revisionName") or "").removeprefix(f"{self.names['app']}--")

    def _digest(self, app: dict[str, Any], revision: str) -> str:
        """Digest of the newest revision's image; of another one the app says nothing."""
        template = cast("dict[str, Any]", app.get("template") or {})
        if template.get("revisionSuffix") != revision:
            return ""
        containers = cast("list[dict[str, Any]]", template.get("containers") or [{}])
        return str(containers[0].get("image", "")).partition("@")[2]

    def _ask(self, host: str, body: bytes, key: str | None, timeout: float) -> Answer:
        if self.names["exposure"] == "private":
            raise NotReachable("its ingress takes calls from inside its environment's network only")
        address = host if "://" in host else f"https://{host}"
        return post(f"{address}/predict", body, timeout, token=key)
