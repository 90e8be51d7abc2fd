"""Watch: one step of a rollout, looked at until its time is over or something ends it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from modelport.config import Canary
from modelport.errors import ServiceError
from modelport.rollout import Decision, Evidence, Watched, judge, shares


@dataclass(frozen=True, slots=True)
class Watch:
    """How a new version is watched; the same on every target."""

    rollout: Watched
    """What is asked for."""
    look: Callable[[float], Evidence]
    """What was counted since the rollout began; gets the seconds since the step did."""
    check: Callable[[], object]
    """Asks the new version for its golden answers; raises `ServiceError`."""
    status: Callable[[str], None]
    """Shows what is being done now."""
    pause: float
    """Seconds between two looks."""
    between: float
    """Seconds between two rounds of golden requests."""

    @property
    def mode(self) -> str:
        """`canary` or `shadow`."""
        return "canary" if isinstance(self.rollout, Canary) else "shadow"

    def steps(self, move: Callable[[int], object]) -> int:
        """Take the new version through its shares, and watch it at each.

        Args:
            move: Gives the new version a share in percent.

        Returns:
            The number of requests that it was sent; 0 where the platform does not count them.

        Raises:
            ServiceError: the rollout must end; the message says at which share and why.
        """
        seen = 0
        for percent in shares(self.rollout):
            move(percent)
            seen = self.step(percent)
        return seen

    def step(self, percent: int) -> int:
        """Watch the new version at its present share.

        Returns:
            The number of requests that it was sent since the rollout began.

        Raises:
            ServiceError: the rollout must end; the message says at which share and why.
        """
        begun = asked = time.monotonic()
        while True:
            time.sleep(self.pause)
            now = time.monotonic()
            evidence = self.look(now - begun)
            if "golden" in self.rollout.abort_on and now - asked >= self.between:
                asked = now
                evidence = replace(evidence, golden=self._golden())
            decision = judge(self.rollout, now - begun, evidence)
            self._show(percent, now - begun, evidence)
            if decision.action == "abort":
                raise ServiceError(self._ended(percent, decision, evidence))
            if decision.action == "advance":
                return evidence.candidate.requests

    def _golden(self) -> str:
        try:
            self.check()
        except ServiceError as error:
            return str(error)
        return ""

    def _show(self, percent: int, elapsed: float, evidence: Evidence) -> None:
        seen = f"{evidence.candidate.requests} requests, " if evidence.counted else ""
        self.status(f"{self.mode} at {percent} %: {seen}{elapsed:.0f} s of {self.rollout.bake}")

    def _ended(self, percent: int, decision: Decision, evidence: Evidence) -> str:
        after = f" after {evidence.candidate.requests} requests" if evidence.counted else ""
        return f"{self.mode} ended at {percent} %{after}: {decision.reason}"
