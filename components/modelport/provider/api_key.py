"""modelport:auth:ApiKey: a random key that callers of one endpoint send."""

import secrets

from modelport.provider.drawn_key import DrawnKeyHandler, DrawnKeyInputs
from modelport.provider.handler import Outputs


class ApiKeyHandler(DrawnKeyHandler):
    """The key lives in the engine's state only, as a secret; replacing the resource rotates it."""

    token = "modelport:auth:ApiKey"
    secret = frozenset({"value"})

    def draw(self) -> str:
        """256 random bits."""
        return f"mp_{secrets.token_urlsafe(32)}"

    def invented(self, inputs: DrawnKeyInputs) -> Outputs:
        """No key at all: what is made offline opens nothing."""
        return {"value": f"mp_offline_{inputs.deployment}"}
