"""Serving inputs: how a server that this plugin starts itself takes its requests."""

import hashlib
from typing import Any

from modelport.config.rollout import Rollout
from modelport.live.caller import Caller
from modelport.provider.handler import Inputs
from modelport_serving.capture import Capture
from modelport_serving.fallback import Fallback
from modelport_serving.oidc import Oidc
from modelport_serving.rate_limit import RateLimit
from modelport_serving.settings import ApiKey, Auth, OidcTokens, Open
from modelport_serving.telemetry import Telemetry


class ServingInputs(Inputs):
    """What such servers share, on this machine as on a Docker engine."""

    max_body_bytes: int
    """Largest request body in bytes."""
    max_rows: int
    """Largest number of rows in one request."""
    protocols: tuple[str, ...] = ()
    """Protocols that it answers besides its own."""
    fallback: Fallback | None = None
    """What it answers when the model fails or is late."""
    capture: Capture | None = None
    """Which predictions it writes to its log."""
    rate_limit: RateLimit | None = None
    """How many requests one caller may send to one worker."""
    telemetry: Telemetry | None = None
    """Where it sends spans of requests."""
    rollout: Rollout = "all_at_once"
    """How a new version takes over from one that is live."""
    api_key: str | None = None
    """Key that callers send; none: no authentication, or by tokens."""
    oidc: Oidc | None = None
    """Which tokens callers send; none: no authentication, or by a key."""

    @property
    def caller(self) -> Caller:
        """Who asks it for its golden answers."""
        return Caller(self.api_key, self.oidc)

    def settings(self) -> dict[str, Any]:
        """What its workers are told (`modelport_serving.settings.Settings`); never the key."""
        found: dict[str, Any] = {
            "auth": self._auth().model_dump(mode="json"),
            "max_body_bytes": self.max_body_bytes,
            "max_rows": self.max_rows,
        }
        # What is not used is not said, so that versions of a bundle that know none can start.
        if self.protocols:
            found["protocols"] = list(self.protocols)
        parts = {
            "fallback": self.fallback,
            "capture": self.capture,
            "rate_limit": self.rate_limit,
            "telemetry": self.telemetry,
        }
        for name, part in parts.items():
            if part:
                found[name] = part.model_dump(mode="json", exclude_defaults=True)
        return found

    def _auth(self) -> Auth:
        if self.oidc is not None:
            return OidcTokens.model_validate(self.oidc.model_dump())
        if self.api_key is not None:
            return ApiKey(sha256=hashlib.sha256(self.api_key.encode()).hexdigest())
        return Open()
