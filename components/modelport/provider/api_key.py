"""modelport:auth:ApiKey: a random key that callers of one endpoint send."""

import secrets

from modelport.provider.handler import Context, Handler, Inputs, Outputs


class ApiKeyInputs(Inputs):
    """Inputs of an API key."""

    deployment: str
    """Deployment that the key opens."""


class ApiKeyHandler(Handler[ApiKeyInputs]):
    """The key lives in the engine's state only, as a secret; replacing the resource rotates it."""

    token = "modelport:auth:ApiKey"
    inputs = ApiKeyInputs
    replaces = frozenset({"deployment"})
    secret = frozenset({"value"})

    def create(self, context: Context, inputs: ApiKeyInputs) -> tuple[str, Outputs]:
        """Draw 256 random bits."""
        del context
        return f"{inputs.deployment}-key", {"value": f"mp_{secrets.token_urlsafe(32)}"}

    def read(
        self, context: Context, resource_id: str, inputs: ApiKeyInputs, outputs: Outputs
    ) -> Outputs | None:
        """The key as the state holds it."""
        del context, resource_id, inputs
        return {"value": outputs["value"]}

    def update(
        self,
        context: Context,
        resource_id: str,
        old: ApiKeyInputs,
        new: ApiKeyInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Nothing can change in place."""
        del context, resource_id, old, new
        return {"value": outputs["value"]}

    def delete(self, context: Context, resource_id: str, inputs: ApiKeyInputs) -> None:
        """Nothing outside the state holds the key."""

    def invented(self, inputs: ApiKeyInputs) -> Outputs:
        """No key at all: what is made offline opens nothing."""
        return {"value": f"mp_offline_{inputs.deployment}"}

    def offline_id(self, inputs: ApiKeyInputs) -> str:
        """As a real one."""
        return f"{inputs.deployment}-key"
