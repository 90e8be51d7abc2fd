"""Proof: a live service is the one that was asked for, or the update has failed."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from modelport.errors import ServiceError
from modelport.live.caller import Caller
from modelport.live.golden import GoldenCheck
from modelport.live.service import Found, LiveService, NotReachable
from modelport.live.waiting import pauses, settled
from modelport_serving.record import BundleRecord, Golden

_SETTLE = 120.0
"""Seconds in which a ready service must have its instances and repeat its answers."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the platform must say; what is empty is not compared."""

    revision: str = ""
    """Revision that takes all traffic."""
    digest: str | None = None
    """Digest of the image, `sha256:…`."""
    replicas_min: int | None = None
    """Instances that must run."""


def prove(
    service: LiveService,
    expected: Expected,
    record: BundleRecord,
    golden: Golden,
    caller: Caller,
    *,
    timeout: float,
    status: Callable[[str], None],
) -> str:
    """Wait for a service, compare what its platform says, and ask for its golden answers.

    Args:
        service: The service.
        expected: What the platform must say.
        record: The bundle that was asked for.
        golden: Its requests with expected answers.
        caller: Who asks.
        timeout: Seconds for all of it.
        status: Shows what is waited for.

    Returns:
        What was proved, in a few words.

    Raises:
        ServiceError: it failed, is gone, is another one, or answers differently.
    """
    until = time.monotonic() + timeout
    found = settled(service, until, status)
    differs = difference(service, found, expected)
    if differs:
        raise ServiceError(differs)
    soon = min(until, time.monotonic() + _SETTLE)
    _capacity(service, expected, soon, status)
    status("checking golden answers")
    try:
        answers = GoldenCheck(service, record, golden, caller).all(soon)
    except NotReachable as reason:
        return f"read back; golden answers not verified ({reason})"
    proved = [f"revision {expected.revision}"] if expected.revision else []
    if expected.digest and not found.digest:
        proved.append("image not named by the platform")
    return ", ".join([*proved, f"{answers} golden answers"])


def difference(service: LiveService, found: Found, expected: Expected) -> str:
    """What a ready service serves instead of what was wanted; empty when nothing."""
    wanted, shares = expected.revision, found.shares
    if wanted and wanted not in shares:
        return _rolled_back(service, found, f"revision {found.revision or 'unknown'}", wanted)
    if wanted and shares[wanted] != 100:
        split = ", ".join(f"{revision} {share} %" for revision, share in sorted(shares.items()))
        return (
            f"{service.title} sends {shares[wanted]} % of the traffic to revision {wanted}, "
            f"wanted 100 % ({split}); run the update again"
        )
    if expected.digest and found.digest and found.digest != expected.digest:
        return _rolled_back(service, found, f"image {found.digest}", expected.digest)
    return ""


def _rolled_back(service: LiveService, found: Found, serves: str, wanted: str) -> str:
    why = f" ({found.detail})" if found.detail else ""
    undone = f"the platform rolled the update back{why}"
    return f"{service.title} serves {serves}, wanted {wanted}: {undone}"


def _capacity(
    service: LiveService, expected: Expected, until: float, status: Callable[[str], None]
) -> None:
    """Wait until enough instances run: platforms call a service ready before all of them do."""
    if not expected.replicas_min:
        return
    running: int | None = None
    for _ in pauses(until):
        running = settled(service, until, status).replicas
        if running is None or running >= expected.replicas_min:
            return
        status(f"{running} of {expected.replicas_min} instances run")
    message = f"{service.title} runs {running} instances, wanted at least {expected.replicas_min}"
    raise ServiceError(message)
