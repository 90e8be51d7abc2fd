"""The live service of kind `gcp.vertex`, read back and moved through Google's API."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from modelport.cloud.google import Google, NotFoundError, access_token
from modelport.errors import ServiceError
from modelport.live.service import Answer, Found, LiveService, NotReachable
from modelport.platforms.asking import post


class Service(LiveService):
    """An endpoint; the display name of a deployed model is our name of the revision."""

    kind: ClassVar[str] = "gcp.vertex"
    moves_traffic: ClassVar[bool] = True

    def read(self) -> Found:
        """Deployed models and the traffic split."""
        try:
            found = self._endpoint()
        except NotFoundError:
            return Found("gone")
        revisions = self._revisions(found)
        split = cast("dict[str, int]", found.get("trafficSplit") or {})
        traffic = {revisions.get(key, key): int(share) for key, share in split.items() if share}
        revision = max(traffic, key=lambda item: traffic[item], default="")
        return Found(
            state="ready",
            revision=revision,
            traffic=traffic,
            replicas=self._replicas(found, revision),
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction with a token of Google's."""
        del key
        found = self._endpoint()
        if self.names["exposure"] == "private":
            raise NotReachable("it is called through Private Service Connect only")
        host = str(found.get("dedicatedEndpointDns") or "")
        if not host:
            raise ServiceError(f"{self.title} has no address yet")
        address = f"https://{host}/v1" if "://" not in host else host
        return post(f"{address}/{self._path}:predict", body, timeout, token=access_token())

    def shift(self, weights: Mapping[str, int]) -> None:
        """Write the traffic split."""
        numbers = {name: key for key, name in self._revisions(self._endpoint()).items()}
        unknown = [revision for revision in weights if revision not in numbers]
        if unknown:
            raise ServiceError(f"{self.title} has no deployed model {', '.join(unknown)}")
        split = {numbers[revision]: share for revision, share in weights.items() if share}
        self._google.patch(self._path, {"trafficSplit": split}, {"updateMask": "trafficSplit"})

    @property
    def _google(self) -> Google:
        return Google(f"https://{self.names['region']}-aiplatform.googleapis.com/v1")

    @property
    def _path(self) -> str:
        names = self.names
        return (
            f"projects/{names['project']}/locations/{names['region']}/endpoints/{names['endpoint']}"
        )

    def _endpoint(self) -> dict[str, Any]:
        return self._google.get(self._path)

    def _models(self, found: dict[str, Any]) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", found.get("deployedModels") or [])

    def _revisions(self, found: dict[str, Any]) -> dict[str, str]:
        """Our names of the deployed models, by their numbers."""
        return {str(model["id"]): str(model.get("displayName")) for model in self._models(found)}

    def _replicas(self, found: dict[str, Any], revision: str) -> int | None:
        """Replicas of a revision, where Vertex AI counts them."""
        for model in self._models(found):
            status = cast("dict[str, Any]", model.get("status") or {})
            if model.get("displayName") == revision and "availableReplicaCount" in status:
                return int(status["availableReplicaCount"])
        return None
