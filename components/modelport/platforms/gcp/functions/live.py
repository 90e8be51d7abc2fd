"""The live service of kind `gcp.functions`, read back through Google's API."""

from typing import Any, ClassVar, Literal, cast

from modelport.cloud.google import Google, NotFoundError, id_token
from modelport.live.service import Answer, Found, LiveService, NotReachable
from modelport.platforms.asking import post

_API = "https://cloudfunctions.googleapis.com/v2"
_STATES: dict[str, Literal["ready", "failed"]] = {"ACTIVE": "ready", "FAILED": "failed"}


class Service(LiveService):
    """A function; a variable of its environment names the revision."""

    kind: ClassVar[str] = "gcp.functions"

    def read(self) -> Found:
        """State and revision of the function."""
        try:
            found = self._function()
        except NotFoundError:
            return Found("gone")
        state = str(found.get("state", ""))
        service = cast("dict[str, Any]", found.get("serviceConfig") or {})
        variables = cast("dict[str, str]", service.get("environmentVariables") or {})
        messages = cast("list[dict[str, Any]]", found.get("stateMessages") or [])
        said = "; ".join(str(item.get("message", "")) for item in messages)
        return Found(
            state=_STATES.get(state, "changing"),
            detail=f"{state}: {said}" if said else state,
            revision=str(variables.get("MODELPORT_REVISION", "")),
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction, with Google's identity token or our key."""
        if self.names["exposure"] == "private":
            raise NotReachable("its ingress takes calls from inside the project's networks only")
        service = cast("dict[str, Any]", self._function().get("serviceConfig") or {})
        address = str(service.get("uri", ""))
        return post(f"{address}/predict", body, timeout, token=key or id_token(address))

    def _function(self) -> dict[str, Any]:
        names = self.names
        return Google(_API).get(
            f"projects/{names['project']}/locations/{names['region']}/functions/{names['function']}"
        )
