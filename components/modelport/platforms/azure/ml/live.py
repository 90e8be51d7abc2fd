"""The live service of kind `azure.ml`, read back and moved through Azure's API."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from modelport.cloud.azure import Azure, NotFoundError, token
from modelport.errors import ServiceError
from modelport.live.service import Answer, Found, LiveService, NotReachable
from modelport.platforms.asking import post

_VERSION = "2024-10-01"
_MOVE_SECONDS = 900.0
_AUDIENCE = "https://ml.azure.com"
"""https://learn.microsoft.com/azure/machine-learning/how-to-authenticate-online-endpoint."""


class Service(LiveService):
    """An endpoint; a deployment has our name of its revision."""

    kind: ClassVar[str] = "azure.ml"
    moves_traffic: ClassVar[bool] = True

    def read(self) -> Found:
        """State and traffic of the endpoint."""
        try:
            endpoint = self._endpoint()
        except NotFoundError:
            return Found("gone")
        state = str(endpoint.get("provisioningState", ""))
        shares = cast("dict[str, int]", endpoint.get("traffic") or {})
        traffic = {revision: int(share) for revision, share in shares.items() if share}
        return Found(
            state="ready"
            if state == "Succeeded"
            else "failed"
            if state in {"Failed", "Canceled"}
            else "changing",
            detail=state,
            revision=max(traffic, key=lambda item: traffic[item], default=""),
            traffic=traffic,
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction with a token of Entra's."""
        return self._ask(body, {}, key, timeout)

    def ask_revision(
        self, revision: str, body: bytes, key: str | None, timeout: float
    ) -> Answer | None:
        """A header picks the deployment, whatever its share."""
        return self._ask(body, {"azureml-model-deployment": revision}, key, timeout)

    def shift(self, weights: Mapping[str, int]) -> None:
        """Write the whole endpoint with its new traffic: Azure patches nothing but tags here."""
        found = Azure(_VERSION).get(self._id)
        properties = cast("dict[str, Any]", found.get("properties") or {})
        kept = {key: properties[key] for key in _WRITTEN if key in properties}
        body = {key: found[key] for key in _AROUND if key in found}
        Azure(_VERSION).put(
            self._id, {**body, "properties": {**kept, "traffic": dict(weights)}}, _MOVE_SECONDS
        )

    @property
    def _id(self) -> str:
        names = self.names
        return (
            f"/subscriptions/{names['subscription']}/resourceGroups/{names['group']}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{names['workspace']}"
            f"/onlineEndpoints/{names['endpoint']}"
        )

    def _endpoint(self) -> dict[str, Any]:
        return cast("dict[str, Any]", Azure(_VERSION).get(self._id).get("properties") or {})

    def _ask(
        self, body: bytes, headers: Mapping[str, str], key: str | None, timeout: float
    ) -> Answer:
        del key  # Entra knows the callers
        if self.names["exposure"] == "private":
            raise NotReachable("it is called through a private endpoint of the workspace only")
        address = str(self._endpoint().get("scoringUri") or "")
        if not address:
            raise ServiceError(f"{self.title} has no address yet")
        return post(address, body, timeout, token=token(_AUDIENCE), headers=headers)


_AROUND = ("location", "kind", "identity", "tags", "sku")
_WRITTEN = ("authMode", "publicNetworkAccess", "description", "properties", "compute")
