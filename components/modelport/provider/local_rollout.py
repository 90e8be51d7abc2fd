"""A local rollout: traffic goes step by step to a version that is watched meanwhile."""

import time
from collections.abc import Callable
from typing import Any

from modelport.config import Canary
from modelport.errors import ServiceError
from modelport.rollout import Counts, Decision, Evidence, Watched, judge, shares
from modelport.supervisor.control import Control
from modelport_serving.latency import LATENCY_BOUNDS_MS

_LOOK = 0.2
"""Seconds between two looks at the counts."""
_GOLDEN = 5.0
"""Seconds between two rounds of golden requests to the new version."""
_REPORT = 3.0
"""Seconds in which the live version must have begun to report its counts."""
_MUTE = (
    "the live version does not split traffic: it was built before rollouts were; "
    "write rollout: all_at_once for this update"
)
_ANSWER = 5.0
"""Seconds in which the new version must answer; then the live one does."""


def roll_out(
    control: Control,
    number: int,
    rollout: Watched,
    check: Callable[[], None],
    status: Callable[[str], None],
) -> str:
    """Take a generation through its steps; it is ready to be promoted afterwards.

    Args:
        control: Connection that started the generation; it is discarded when that closes.
        number: The generation.
        rollout: What is asked for.
        check: Asks the generation for its golden answers; raises `ServiceError`.
        status: Shows what is being done now.

    Returns:
        What was seen, in a few words.

    Raises:
        ServiceError: the rollout was ended; the message says at which share and why.
    """
    mode = "canary" if isinstance(rollout, Canary) else "shadow"
    counts: dict[str, Any] = {}
    for percent in shares(rollout):
        control.ask("split", number=number, mode=mode, percent=percent, answer_in=_ANSWER)
        begun = asked = time.monotonic()
        while True:
            time.sleep(_LOOK)
            now = time.monotonic()
            golden = ""
            split = control.ask("status")["split"]
            if not split["reporting"] and now - begun > _REPORT:
                raise ServiceError(_MUTE)
            counts = split["counts"]
            if "golden" in rollout.abort_on and now - asked >= _GOLDEN:
                asked, golden = now, _golden(check)
            decision = judge(rollout, now - begun, _evidence(counts, golden))
            seen = counts["candidate"]["requests"]
            status(f"{mode} at {percent} %: {seen} requests, {now - begun:.0f} s of {rollout.bake}")
            if decision.action == "abort":
                raise ServiceError(_ended(mode, percent, decision, seen))
            if decision.action == "advance":
                break
    return f"{mode} of {counts['candidate']['requests']} requests"


def _golden(check: Callable[[], None]) -> str:
    try:
        check()
    except ServiceError as error:
        return str(error)
    return ""


def _evidence(counts: dict[str, Any], golden: str) -> Evidence:
    return Evidence(
        live=_counts(counts["live"]),
        candidate=_counts(counts["candidate"]),
        bounds=tuple(LATENCY_BOUNDS_MS),
        golden=golden,
    )


def _counts(found: dict[str, Any]) -> Counts:
    return Counts(found["requests"], found["errors"], tuple(found["buckets"]))


def _ended(mode: str, percent: int, decision: Decision, seen: int) -> str:
    return f"{mode} ended at {percent} % after {seen} requests: {decision.reason}"
