"""Traffic: from one revision of a live service to the next, step by step and back when it must."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from modelport.config import Canary, CanaryRollout, ShadowRollout
from modelport.config.rollout import Rollout, Shadow, seconds
from modelport.errors import ServiceError
from modelport.live.golden import GoldenCheck
from modelport.live.service import LiveService, NotReachable
from modelport.live.waiting import settled
from modelport.live.watch import Watch
from modelport.rollout import Counts, Evidence, Watched
from modelport_serving.latency import LATENCY_BOUNDS_MS

_PATIENCE = 1800.0
"""Seconds in which a service that changes must be ready for its traffic to be moved."""
_CERTAIN = 10.0
"""Copies that must be expected for none to be no accident: its chance is 1 in 20,000."""
_SETTLE = 20.0
"""Seconds in which a version that took over must repeat its golden answers."""


def roll_out(
    service: LiveService,
    old: str,
    new: str,
    rollout: Rollout,
    check: GoldenCheck,
    status: Callable[[str], None],
) -> str:
    """Move all traffic from `old` to `new`; on any failure `old` has all of it again.

    A rollout that was interrupted begins again at its first step: whatever the shares are now,
    `old` is what is known to be good.

    Args:
        service: The service.
        old: Revision to go back to; empty when there is none.
        new: Revision to go to.
        rollout: How; all but a canary, a shadow and `rolling` move everything at once.
        check: Asks for the golden answers of the new revision's bundle.
        status: Shows what is being done now.

    Returns:
        What was done and seen, in a few words.

    Raises:
        ServiceError: the rollout was ended; the message says at which share and why.
    """
    now = settled(service, time.monotonic() + _PATIENCE, status)
    if now.shares == {new: 100} and not now.mirrored:
        return f"{new} took all traffic already"
    if not old or old == new:
        service.shift({new: 100})
        return f"{new} takes all traffic"
    move = _Move(service, old, new, check, status)
    try:
        if isinstance(rollout, CanaryRollout):
            return move.watched(rollout.canary)
        if isinstance(rollout, ShadowRollout):
            return move.watched(rollout.shadow)
        return move.unwatched(gradually=rollout == "rolling")
    except ServiceError as error:
        message = f"{error}; {move.back()}"
        raise ServiceError(message) from None
    except Exception as error:
        error.add_note(move.back())  # a fault of ours must not leave traffic with what is unproved
        raise


@dataclass(slots=True)
class _Move:
    """One rollout, and what it could not find out."""

    service: LiveService
    old: str
    new: str
    check: GoldenCheck
    status: Callable[[str], None]
    notes: list[str] = field(default_factory=list[str])
    since: float = field(default_factory=time.time)
    told: bool = False
    """Whether the new revision was seen to give its golden answers beside the old one."""

    def unwatched(self, *, gradually: bool) -> str:
        """Everything, after the new revision answered alone where that can be."""
        self._ask_alone()
        if gradually:
            self.status(f"replacing {self.old} by {self.new}")
            self.service.replace(self.old, self.new)
        self._take_over()
        return self._said("replaced gradually" if gradually else "moved at once")

    def watched(self, rollout: Watched) -> str:
        """Step by step; in a shadow the steps are copies of requests."""
        bake = seconds(rollout.bake)
        watch = Watch(
            rollout,
            self._evidence,
            self._ask_among,
            self.status,
            pause=max(0.1, min(10.0, bake / 20)),
            between=min(30.0, bake / 2),
        )
        firing = self.service.firing()
        if firing:
            message = (
                f"alarms fire before the {watch.mode} begins: {', '.join(firing)}; mend what they "
                "name, or write rollout: all_at_once for this update"
            )
            raise ServiceError(message)
        self._ask_alone()
        seen = watch.steps(self._share if isinstance(rollout, Canary) else self._copy)
        if "golden" in rollout.abort_on and not self.told and not self.notes:
            self._note(f"golden answers of {self.new} could not be told from {self.old}'s")
        self._note_uncounted(rollout)
        if isinstance(rollout, Shadow):
            self._require_copies(rollout)
        self._take_over()
        return self._said(f"{watch.mode} of {seen} requests" if seen else watch.mode)

    def back(self) -> str:
        """Give everything to the old revision; says so, or that it could not be done."""
        self.status(f"going back to {self.old}")
        try:
            found = self.service.read()
            kept = found.shares == {self.old: 100}
            if not kept or found.mirrored:
                self.service.shift({self.old: 100})
        except ServiceError as error:
            return f"and the traffic could not be moved back to {self.old}: {error}"
        said = f"{self.old} keeps all traffic" if kept else f"{self.old} takes all traffic again"
        try:
            self.service.dismiss(self.new)
        except ServiceError as error:
            return f"{said}, and {self.new} could not be ended: {error}"
        return said

    def _share(self, percent: int) -> None:
        self.service.shift({self.old: 100 - percent, self.new: percent})

    def _copy(self, percent: int) -> None:
        self.service.mirror(self.old, self.new, percent)

    def _require_copies(self, shadow: Shadow) -> None:
        """A shadow that got nothing proves nothing."""
        live, candidate = self._counts()
        if live is None or candidate is None or candidate.requests:
            return
        expected = live.requests * shadow.percent / 100
        if expected > _CERTAIN:
            message = (
                f"shadow ended at {shadow.percent} %: {self.new} got none of the copies of "
                f"{live.requests} requests, though {self.service.title} was told to make them; "
                "write rollout: canary, or all_at_once"
            )
            raise ServiceError(message)
        self._note(f"no request was copied, for there were {live.requests}")

    def _take_over(self) -> None:
        self.status(f"moving all traffic to {self.new}")
        self.service.shift({self.new: 100})
        until = time.monotonic() + _SETTLE
        found = settled(self.service, time.monotonic() + _PATIENCE, self.status)
        if found.shares != {self.new: 100}:
            message = f"{self.service.title} did not move the traffic: {_words(found.shares)}"
            raise ServiceError(message)
        self.status("checking golden answers")
        try:
            self.check.all(until)
        except NotReachable as reason:
            self._note(f"golden answers not verified ({reason})")

    def _ask_alone(self) -> None:
        self.status(f"checking golden answers of {self.new}")
        try:
            self.check.alone(self.new)
        except NotReachable as reason:
            self._note(f"golden answers not verified ({reason})")

    def _ask_among(self) -> None:
        try:
            self.told = self.check.among(self.new) or self.told
        except NotReachable as reason:
            self._note(f"golden answers not verified ({reason})")

    def _evidence(self, elapsed: float) -> Evidence:
        del elapsed
        live, candidate = self._counts()
        return Evidence(
            live=live or Counts(),
            candidate=candidate or Counts(),
            bounds=LATENCY_BOUNDS_MS,
            alarms=self.service.firing(),
            counted=live is not None and candidate is not None,
        )

    def _counts(self) -> tuple[Counts | None, Counts | None]:
        return (
            self.service.counts(self.old, self.since),
            self.service.counts(self.new, self.since),
        )

    def _note_uncounted(self, rollout: Watched) -> None:
        """Say which signals were asked for and could not be judged."""
        live, candidate = self._counts()
        missing: set[str] = set()
        if live is None or candidate is None:
            missing = {"error_rate", "p99"}
        elif any(counts.requests and not counts.buckets for counts in (live, candidate)):
            missing = {"p99"}
        unjudged = [signal for signal in rollout.abort_on if signal in missing]
        if unjudged:
            what = "requests" if "error_rate" in missing else "latencies"
            named = " and ".join(unjudged)
            self._note(f"{named} not judged ({self.service.kind} counts no {what} by revision)")

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _said(self, done: str) -> str:
        return "; ".join([done, *self.notes])


def _words(found: dict[str, int]) -> str:
    return (
        ", ".join(f"{name} {share} %" for name, share in sorted(found.items())) or "nobody has it"
    )
