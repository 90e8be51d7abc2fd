"""modelport:live:Traffic: all traffic of a live service on one revision, moved there with care."""

from modelport.config.rollout import Rollout
from modelport.errors import ServiceError
from modelport.live import Caller, GoldenCheck, roll_out, service_of
from modelport.provider.built import built
from modelport.provider.handler import Context, Handler, Outputs
from modelport.provider.live_revision import LiveInputs
from modelport.verify import NOT_VERIFIED
from modelport_serving.oidc import Oidc

_KNOWN = 100
"""Number of revisions that the state remembers."""


class TrafficInputs(LiveInputs):
    """Inputs of the traffic of a live service."""

    revision: str
    """Revision that takes all of it."""
    rollout: Rollout = "all_at_once"
    """How a new revision takes over from one that is live."""
    bundle: str
    """Bundle name."""
    version: str
    """Bundle version of the revision: 16 hex digits."""
    api_key: str | None = None
    """Key that callers send; none where the platform authenticates."""
    oidc: Oidc | None = None
    """Which tokens callers send; none where they send none."""


class TrafficHandler(Handler[TrafficInputs]):
    """A new revision is watched as its rollout says; one that took all traffic before is not."""

    token = "modelport:live:Traffic"
    inputs = TrafficInputs
    secret = frozenset({"api_key"})

    def create(self, context: Context, inputs: TrafficInputs) -> tuple[str, Outputs]:
        """Move the traffic; on failure it is with the revision that was live."""
        return self.offline_id(inputs), _move(context, inputs, "", [])

    def read(
        self, context: Context, resource_id: str, inputs: TrafficInputs, outputs: Outputs
    ) -> Outputs | None:
        """The revision that takes most of the traffic now."""
        del context, resource_id
        found = service_of(inputs.kind)(inputs.names).read()
        return None if found.state == "gone" else {**outputs, "revision": found.revision}

    def update(
        self,
        context: Context,
        resource_id: str,
        old: TrafficInputs,
        new: TrafficInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Move the traffic; on failure it is with the revision of `old`."""
        del resource_id
        return _move(context, new, old.revision, list(outputs.get("known", [])))

    def delete(self, context: Context, resource_id: str, inputs: TrafficInputs) -> None:
        """The service goes anyway."""

    def invented(self, inputs: TrafficInputs) -> Outputs:
        """As if it had moved."""
        return {"revision": inputs.revision, "moved": NOT_VERIFIED, "known": []}

    def offline_id(self, inputs: TrafficInputs) -> str:
        """As a real one."""
        return f"{inputs.place}/traffic"

    def drift(
        self, context: Context, resource_id: str, inputs: TrafficInputs, outputs: Outputs
    ) -> frozenset[str]:
        """`revision` when others take traffic too, or copies of it.

        A service that cannot be read is left alone.
        """
        del resource_id, outputs
        try:
            found = service_of(inputs.kind)(inputs.names).read()
        except ServiceError as error:
            context.status(f"not read: {error}")
            return frozenset()
        whole = found.state != "gone" and found.shares == {inputs.revision: 100}
        return frozenset() if whole and not found.mirrored else frozenset({"revision"})


def _move(context: Context, inputs: TrafficInputs, before: str, known: list[str]) -> Outputs:
    """Move the traffic from what is live.

    Args:
        context: What the handler may use.
        inputs: Where to.
        before: Revision of the last update that ended well; empty when there was none.
        known: Revisions that took all traffic before; they take it again unwatched.
    """
    record, golden, _ = built(context.home, inputs.bundle, inputs.version)
    service = service_of(inputs.kind)(inputs.names)
    wanted = inputs.revision
    moved = roll_out(
        service,
        service.read().good(before, besides=wanted),
        wanted,
        "all_at_once" if wanted in known else inputs.rollout,
        GoldenCheck(service, record, golden, Caller(inputs.api_key, inputs.oidc)),
        context.status,
    )
    known = [*(item for item in known if item != wanted), wanted]
    return {"revision": wanted, "moved": moved, "known": known[-_KNOWN:]}
