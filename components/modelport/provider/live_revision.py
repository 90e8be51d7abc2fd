"""modelport:live:Revision: which revision is live before an update."""

import time

from modelport.live import service_of
from modelport.live.waiting import steady
from modelport.provider.handler import Context, Handler, Inputs, Outputs

_PATIENCE = 1800.0
"""Seconds in which a service that changes must have ended that: none takes another change."""


class LiveInputs(Inputs):
    """What finds a live service."""

    kind: str
    """Kind of target, e.g. `aws.sagemaker`."""
    names: dict[str, str]
    """What finds it on its platform; see `modelport.live.Names`."""

    @property
    def place(self) -> str:
        """The kind and its names, in their order."""
        return "/".join([self.kind, *(self.names[key] for key in sorted(self.names))])


class LiveRevisionInputs(LiveInputs):
    """Inputs of a live revision."""

    fingerprint: str
    """Changes whenever the deployment's plan does, so that it is read anew."""


class LiveRevisionHandler(Handler[LiveRevisionInputs]):
    """Read at the beginning of an update; platforms whose update repeats the traffic need it."""

    token = "modelport:live:Revision"
    inputs = LiveRevisionInputs
    unforeseen = frozenset({"revision", "replicas"})

    def create(self, context: Context, inputs: LiveRevisionInputs) -> tuple[str, Outputs]:
        """Read the service; nothing is made."""
        return self.offline_id(inputs), _read(context, inputs, "")

    def read(
        self, context: Context, resource_id: str, inputs: LiveRevisionInputs, outputs: Outputs
    ) -> Outputs | None:
        """What was live when it was read: it is of that time, so nothing changes it."""
        del context, resource_id, inputs
        return {"revision": outputs["revision"], "replicas": outputs["replicas"]}

    def update(
        self,
        context: Context,
        resource_id: str,
        old: LiveRevisionInputs,
        new: LiveRevisionInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Read it anew; half a rollout that was interrupted is not what is live."""
        del resource_id, old
        return _read(context, new, str(outputs.get("revision", "")))

    def delete(self, context: Context, resource_id: str, inputs: LiveRevisionInputs) -> None:
        """Nothing was made."""

    def invented(self, inputs: LiveRevisionInputs) -> Outputs:
        """Nothing is live, as before a first deployment."""
        del inputs
        return {"revision": "", "replicas": 0}

    def offline_id(self, inputs: LiveRevisionInputs) -> str:
        """As a real one."""
        return f"{inputs.place}/live"


def _read(context: Context, inputs: LiveRevisionInputs, before: str) -> Outputs:
    context.status("reading what is live")
    until = time.monotonic() + _PATIENCE
    found = steady(service_of(inputs.kind)(inputs.names), until, context.status)
    if found.state == "gone":
        return {"revision": "", "replicas": 0}
    return {"revision": found.good(before), "replicas": found.replicas or 0}
