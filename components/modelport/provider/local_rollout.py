"""A local rollout: traffic goes step by step to a version that is watched meanwhile."""

from collections.abc import Callable
from typing import Any

from modelport.errors import ServiceError
from modelport.live.watch import Watch
from modelport.rollout import Counts, Evidence, Watched
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

    def look(elapsed: float) -> Evidence:
        split = control.ask("status")["split"]
        if not split["reporting"] and elapsed > _REPORT:
            raise ServiceError(_MUTE)
        return evidence_of(split["counts"])

    watch = Watch(rollout, look, check, status, pause=_LOOK, between=_GOLDEN)

    def move(percent: int) -> None:
        control.ask("split", number=number, mode=watch.mode, percent=percent, answer_in=_ANSWER)

    return f"{watch.mode} of {watch.steps(move)} requests"


def evidence_of(counts: dict[str, Any]) -> Evidence:
    """What a split reports of both sides."""
    return Evidence(
        live=_counts(counts["live"]),
        candidate=_counts(counts["candidate"]),
        bounds=tuple(LATENCY_BOUNDS_MS),
    )


def _counts(found: dict[str, Any]) -> Counts:
    return Counts(found["requests"], found["errors"], tuple(found["buckets"]))
