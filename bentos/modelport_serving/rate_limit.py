"""Rate limit: how many requests one caller may send to one worker; more are answered 429.

A token bucket for each caller: it holds `burst` requests, and `requests_per_second` flow in.
"""

import ipaddress
import math
import time
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MOST_CALLERS = 10_000
"""Callers that are remembered at most; who has not asked for longest goes first."""
Headers = tuple[tuple[bytes, bytes], ...]


class RateLimit(BaseModel):
    """How many requests one caller may send to one worker."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    requests_per_second: Annotated[float, Field(gt=0, le=1_000_000)]
    """Requests a second that one caller may send for ever."""
    burst: Annotated[int, Field(ge=1, le=1_000_000)]
    """Requests that it may send at once after a pause."""

    def __str__(self) -> str:
        """What it allows, in words."""
        return f"{self.requests_per_second:g} a second, {self.burst} at once"


class Limiter:
    """The buckets of one worker.

    Args:
        limit: What each holds.
    """

    def __init__(self, limit: RateLimit) -> None:
        self._rate = limit.requests_per_second
        self._burst = limit.burst
        self._limit = (b"ratelimit-limit", b"%d" % limit.burst)
        self._buckets: dict[str, tuple[float, float]] = {}
        """What a caller's bucket held, and when; the last one that asked stands last."""

    def take(self, caller: str) -> tuple[float, Headers]:
        """Take one request out of a caller's bucket.

        Returns:
            Seconds until there is one, 0 when it was taken, and headers that say how it stands:
            `RateLimit-Limit`, `RateLimit-Remaining` and, as `RateLimit-Reset`, the seconds until
            the bucket is full.
        """
        now = time.monotonic()
        held, then = self._buckets.pop(caller, (float(self._burst), now))
        held = min(float(self._burst), held + (now - then) * self._rate)
        wait = 0.0 if held >= 1 else (1 - held) / self._rate
        if not wait:
            held -= 1
        while len(self._buckets) >= MOST_CALLERS:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[caller] = (held, now)
        full = math.ceil((self._burst - held) / self._rate)
        return wait, (
            self._limit,
            (b"ratelimit-remaining", b"%d" % held),
            (b"ratelimit-reset", b"%d" % full),
        )


def neighbourhood(address: str) -> str:
    """What counts as one caller by its address: of IPv6 the 64 bits that one network has."""
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(found.ipv4_mapped or ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))
