"""Latency: counts over fixed bounds, so that those of several processes can be added.

Only the standard library: whoever adds the counts may be a small process.
"""

from bisect import bisect_left

_STEPS = 96
LATENCY_BOUNDS_MS: tuple[float, ...] = tuple(
    round(0.1 * 600_000 ** (step / _STEPS), 6) for step in range(_STEPS + 1)
)
"""Upper bounds in milliseconds: 97 of them from 0.1 ms to 60 s, each 1.149 times the one before.

Part of the control protocol, so never changed: a bundle carries its own copy of this file.
"""


class Latencies:
    """How many latencies fell between two bounds.

    `counts[i]` holds those above `LATENCY_BOUNDS_MS[i - 1]` and at most `LATENCY_BOUNDS_MS[i]`;
    one more count, the last, holds those above all bounds.
    """

    def __init__(self) -> None:
        self.counts = [0] * (len(LATENCY_BOUNDS_MS) + 1)

    def add(self, seconds: float) -> None:
        """Count one latency."""
        self.counts[bisect_left(LATENCY_BOUNDS_MS, seconds * 1000)] += 1
