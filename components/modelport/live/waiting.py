"""Waiting: until a service has settled, at growing pauses."""

import time
from collections.abc import Callable, Generator

from modelport.errors import ServiceError
from modelport.live.service import Found, LiveService

_FIRST, _LONGEST = 0.2, 10.0
"""Seconds between two looks: at the beginning, and at most."""


def pauses(until: float) -> Generator[None]:
    """Yields at once, then after growing pauses, until `until` (`time.monotonic`) has passed."""
    pause = _FIRST
    yield
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(_LONGEST, pause * 1.5)
        yield


def steady(service: LiveService, until: float, status: Callable[[str], None]) -> Found:
    """The service once it does not change any more, whatever came of it.

    Args:
        service: The service.
        until: Time (`time.monotonic`) at which the patience ends.
        status: Shows what is waited for.

    Raises:
        ServiceError: it still changes then.
    """
    begun = time.monotonic()
    detail = ""
    for _ in pauses(until):
        found = service.read()
        if found.state != "changing":
            return found
        detail = found.detail or "changing"
        status(f"waiting for {service.kind}: {detail}")
    message = f"{service.title} is not ready after {time.monotonic() - begun:.0f} s: {detail}"
    raise ServiceError(message)


def settled(service: LiveService, until: float, status: Callable[[str], None]) -> Found:
    """The service once it is ready; arguments as for `steady`.

    Raises:
        ServiceError: it failed, is gone, or still changes then.
    """
    found = steady(service, until, status)
    if found.state == "gone":
        message = f"{service.title} is not there"
        raise ServiceError(f"{message}: {found.detail}" if found.detail else message)
    if found.state == "failed":
        message = f"{service.title} failed: {found.detail or 'the platform does not say why'}"
        raise ServiceError(message)
    return found
