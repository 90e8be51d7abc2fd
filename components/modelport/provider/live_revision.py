"""modelport:live:Revision: which revision is live before an update."""

from modelport.live import service_of
from modelport.provider.handler import Context, Handler, Inputs, Outputs


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
        context.status("reading what is live")
        found = service_of(inputs.kind)(inputs.names).read()
        gone = found.state == "gone"
        return self.offline_id(inputs), {
            "revision": "" if gone else found.revision,
            "replicas": 0 if gone else found.replicas or 0,
        }

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
        """Read it anew."""
        del resource_id, old, outputs
        return self.create(context, new)[1]

    def delete(self, context: Context, resource_id: str, inputs: LiveRevisionInputs) -> None:
        """Nothing was made."""

    def invented(self, inputs: LiveRevisionInputs) -> Outputs:
        """Nothing is live, as before a first deployment."""
        del inputs
        return {"revision": "", "replicas": 0}

    def offline_id(self, inputs: LiveRevisionInputs) -> str:
        """As a real one."""
        return f"{inputs.place}/live"
