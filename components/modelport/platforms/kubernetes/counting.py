"""Counting: what the pods of a revision counted of their requests, from their own metrics."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from modelport.observability.served import NOT_PREDICTIONS, REQUESTS, SECONDS_BUCKET
from modelport.rollout import Counts
from modelport_serving.latency import LATENCY_BOUNDS_MS

SERVER_ERROR = 500
"""The least status of an answer that is the server's fault."""


@dataclass(slots=True)
class Tally:
    """Sums of one pod, or differences of two."""

    requests: int = 0
    errors: int = 0
    buckets: Counter[int] = field(default_factory=Counter[int])
    """Answers by the index of their bound in `LATENCY_BOUNDS_MS`."""

    def since(self, before: "Tally") -> "Tally":
        """What was counted after `before`."""
        return Tally(
            self.requests - before.requests,
            self.errors - before.errors,
            self.buckets - before.buckets,
        )


class Counting:
    """Adds what pods counted since they were first looked at; pods that end are kept in it."""

    def __init__(self) -> None:
        self._first: dict[str, Tally] = {}
        self._last: dict[str, dict[str, Tally]] = {}
        self._own: Counter[str] = Counter()

    def seen(self, revision: str, pod: str, metrics: str, *, fresh: bool) -> None:
        """Take what a pod counted.

        Args:
            revision: Revision of the pod.
            pod: Its name.
            metrics: Its metrics, in the text format of Prometheus.
            fresh: Whether all that it counted is of this rollout.
        """
        now = tally(metrics)
        first = self._first.setdefault(pod, Tally() if fresh else now)
        self._last.setdefault(revision, {})[pod] = now.since(first)

    def asked(self, revision: str) -> None:
        """Leave one request out that was ours and no caller's, once its pods are looked at."""
        if revision in self._last:
            self._own[revision] += 1

    def of(self, revision: str) -> Counts:
        """What all pods of a revision counted."""
        tallies = self._last.get(revision, {}).values()
        buckets = [0] * (len(LATENCY_BOUNDS_MS) + 1)
        for item in tallies:
            for index, count in item.buckets.items():
                buckets[index] += count
        return Counts(
            max(0, sum(item.requests for item in tallies) - self._own[revision]),
            sum(item.errors for item in tallies),
            tuple(buckets),
        )


def tally(metrics: str) -> Tally:
    """Predictions, server errors and latencies in the metrics of a pod."""
    found = Tally()
    cumulative: dict[str, list[tuple[float, int]]] = {}
    for name, labels, value in _samples(metrics):
        route = labels.get("route", "")
        if route in NOT_PREDICTIONS:
            continue
        if name == REQUESTS:
            found.requests += value
            found.errors += value if int(labels["status"]) >= SERVER_ERROR else 0
        elif name == SECONDS_BUCKET:
            cumulative.setdefault(route, []).append((float(labels["le"]), value))
    for steps in cumulative.values():
        before = 0
        for bound, value in sorted(steps):
            if value > before:
                found.buckets[bisect_left(LATENCY_BOUNDS_MS, bound * 1000)] += value - before
            before = value
    return found


def _samples(metrics: str) -> Iterator[tuple[str, dict[str, str], int]]:
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            if sample.name in (REQUESTS, SECONDS_BUCKET):
                yield sample.name, sample.labels, int(sample.value)
