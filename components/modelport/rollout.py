"""Rollout: what to do next with a new version, decided purely from what was counted.

A target's own code sends traffic and counts; `judge` reads the counts. The tests are statistical,
so that one slow answer among a hundred does not end a good rollout, and one-sided at a risk of one
in ten thousand for each look, so that looking often does not either.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from modelport.config.rollout import Canary, Shadow, Signal, seconds

Watched = Canary | Shadow
_RISK = 1e-4
"""Accepted risk of ending a rollout that is as good as it must be, at one look."""
_P99_SHARE = 0.01
"""Share of answers that may be slower than a p99."""
_SLACK_MS = 25.0
"""Milliseconds by which a p99 may grow in any case: below that, scheduling is measured."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of one version since the rollout began."""

    requests: int = 0
    """Requests that it was sent."""
    errors: int = 0
    """Those that it failed: no answer, a late one, or a server error."""
    buckets: tuple[int, ...] = ()
    """Answers by latency: `buckets[i]` took at most `bounds[i]` milliseconds, the last one more."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that a decision rests on."""

    live: Counts
    """The version that was live before."""
    candidate: Counts
    """The new version."""
    bounds: tuple[float, ...]
    """Upper bounds of the latency buckets in milliseconds, growing."""
    golden: str = ""
    """Why the golden answers do not hold; empty when they do."""
    alarms: tuple[str, ...] = ()
    """Alarms of the deployment that fire; any of them ends a rollout."""
    counted: bool = True
    """Whether requests are counted at all; without, their signals say nothing."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now."""

    action: Literal["wait", "advance", "abort"]
    """Watch on; go to the next step or, after the last, finish; or end the rollout."""
    reason: str = ""
    """Why it is ended."""


def shares(rollout: Watched) -> tuple[int, ...]:
    """The steps in percent."""
    return rollout.steps if isinstance(rollout, Canary) else (rollout.percent,)


def judge(rollout: Watched, elapsed: float, evidence: Evidence) -> Decision:
    """Decide from what was counted so far.

    Args:
        rollout: What is asked for.
        elapsed: Seconds since the present step began.
        evidence: Counts since the rollout began.
    """
    if evidence.alarms:
        return Decision("abort", f"alarm: {', '.join(evidence.alarms)}")
    for signal in rollout.abort_on:
        reason = _CHECKS[signal](rollout, evidence) if signal in _CHECKS else ""
        if reason:
            return Decision("abort", f"{signal}: {reason}")
    if elapsed >= seconds(rollout.bake):
        return Decision("advance")
    return Decision("wait")


def quantile(buckets: Sequence[int], bounds: Sequence[float], share: float) -> float:
    """The latency in milliseconds that `share` of the answers did not exceed; 0 without answers."""
    wanted = share * sum(buckets)
    seen = 0
    for count, bound in zip(buckets, [*bounds, math.inf], strict=False):
        seen += count
        if count and seen >= wanted:
            return bound
    return 0.0


def tail(trials: int, share: float, hits: int) -> float:
    """Probability of at least `hits` among `trials` when each comes with probability `share`."""
    if hits <= 0:
        return 1.0
    if share <= 0 or hits > trials:
        return 0.0
    if share >= 1:
        return 1.0
    logs = (
        math.lgamma(trials + 1)
        - math.lgamma(count + 1)
        - math.lgamma(trials - count + 1)
        + count * math.log(share)
        + (trials - count) * math.log1p(-share)
        for count in range(hits, min(trials, hits + 400) + 1)  # the rest is below any doubt
    )
    return min(1.0, sum(math.exp(value) for value in logs))


def _error_rate(rollout: Watched, evidence: Evidence) -> str:
    live, candidate = evidence.live, evidence.candidate
    usual = live.errors / live.requests if live.requests else 0.0
    accepted = min(1.0, usual + rollout.max_error_rate)
    if tail(candidate.requests, accepted, candidate.errors) >= _RISK:
        return ""
    return (
        f"{candidate.errors} of {candidate.requests} requests failed; "
        f"accepted are {accepted:.2%}, "
        f"the live version's {usual:.2%} and {rollout.max_error_rate:.2%}"
    )


def _p99(rollout: Watched, evidence: Evidence) -> str:
    live = quantile(evidence.live.buckets, evidence.bounds, 0.99)
    if not live:
        return ""  # nothing to compare with
    accepted = max(live * rollout.max_p99_ratio, live + _SLACK_MS)
    answered = sum(evidence.candidate.buckets)
    slow = sum(
        count
        for index, count in enumerate(evidence.candidate.buckets)
        if index >= len(evidence.bounds) or evidence.bounds[index] > accepted
    )
    if tail(answered, _P99_SHARE, slow) >= _RISK:
        return ""
    own = quantile(evidence.candidate.buckets, evidence.bounds, 0.99)
    return (
        f"{slow} of {answered} answers took longer than {accepted:.0f} ms; "
        f"p99 is {own:.0f} ms, the live version's {live:.0f} ms"
    )


def _golden(rollout: Watched, evidence: Evidence) -> str:
    del rollout
    return evidence.golden


_CHECKS = {"error_rate": _error_rate, "p99": _p99, "golden": _golden}
"""Signals that are judged here; a target that has more judges those itself."""
SIGNALS: frozenset[Signal] = frozenset({"error_rate", "p99", "golden"})
"""Signals that are judged here."""
