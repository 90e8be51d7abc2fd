"""Offline: our own resources without anything behind them, for previews and rehearsals."""

from typing import Any

from modelport.provider.handler import Context, Handler, Inputs, Outputs


class OfflineHandler(Handler[Inputs]):
    """Stands in for one handler: the same inputs and replacements, invented outputs."""

    token = ""

    def __init__(self, real: Handler[Any]) -> None:
        self._real = real
        self.inputs = real.inputs
        # Of one instance each: a process holds a stand-in for every handler.
        for name in ("token", "replaces", "identity", "secret", "unforeseen"):
            setattr(self, name, getattr(real, name))

    def create(self, context: Context, inputs: Inputs) -> tuple[str, Outputs]:
        """Make nothing."""
        del context
        return f"offline:{self.offline_id(inputs)}", self.invented(inputs)

    def read(
        self, context: Context, resource_id: str, inputs: Inputs, outputs: Outputs
    ) -> Outputs | None:
        """What the state holds."""
        del context, resource_id, inputs
        return outputs

    def update(
        self, context: Context, resource_id: str, old: Inputs, new: Inputs, outputs: Outputs
    ) -> Outputs:
        """Change nothing but what the inputs decide."""
        del context, resource_id, old, outputs
        return self.invented(new)

    def delete(self, context: Context, resource_id: str, inputs: Inputs) -> None:
        """There is nothing."""

    def invented(self, inputs: Inputs) -> Outputs:
        """As the handler says."""
        return self._real.invented(inputs)

    def offline_id(self, inputs: Inputs) -> str:
        """As the handler says."""
        return self._real.offline_id(inputs)
