"""Keys that are drawn once at random and kept by the engine's state alone."""

from abc import abstractmethod

from modelport.provider.handler import Context, Handler, Inputs, Outputs


class DrawnKeyInputs(Inputs):
    """Inputs of a key."""

    deployment: str
    """Deployment that it belongs to."""


class DrawnKeyHandler(Handler[DrawnKeyInputs]):
    """One key; replacing the resource draws another."""

    inputs = DrawnKeyInputs
    replaces = frozenset({"deployment"})

    @abstractmethod
    def draw(self) -> str:
        """A new one."""

    def create(self, context: Context, inputs: DrawnKeyInputs) -> tuple[str, Outputs]:
        """Draw it."""
        del context
        return self.offline_id(inputs), {"value": self.draw()}

    def read(
        self, context: Context, resource_id: str, inputs: DrawnKeyInputs, outputs: Outputs
    ) -> Outputs | None:
        """The key as the state holds it."""
        del context, resource_id, inputs
        return {"value": outputs["value"]}

    def update(
        self,
        context: Context,
        resource_id: str,
        old: DrawnKeyInputs,
        new: DrawnKeyInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Nothing can change in place."""
        del context, resource_id, old, new
        return {"value": outputs["value"]}

    def delete(self, context: Context, resource_id: str, inputs: DrawnKeyInputs) -> None:
        """Nothing outside the state holds the key."""

    def offline_id(self, inputs: DrawnKeyInputs) -> str:
        """As a real one."""
        return f"{inputs.deployment}-key"
