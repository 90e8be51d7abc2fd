"""Metrics of the service for Prometheus, with labels that no caller can multiply.

With `PROMETHEUS_MULTIPROC_DIR` set before the process starts, each process writes its numbers
there and any of them answers for all.
"""

import os
from pathlib import Path
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)

from modelport_serving.record import BundleRecord

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25)
"""Upper bounds in seconds."""
NO_ROUTE = "none"
"""Label of requests that match no route."""

# One more series beside each counter, which nobody reads.
disable_created_metrics()


class Metrics:
    """Counters of one process; `text` adds those of its siblings."""

    def __init__(self, record: BundleRecord) -> None:
        self._folder = os.environ.get(MULTIPROCESS_VARIABLE)
        if self._folder:
            Path(self._folder).mkdir(parents=True, exist_ok=True)
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "modelport_requests",
            "Requests answered, by route and status code.",
            ["route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "modelport_request_seconds",
            "Time from a request's headers to the end of its answer.",
            ["route"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.rows = Counter("modelport_rows_predicted", "Rows answered.", registry=self._registry)
        self.fallbacks = Counter(
            "modelport_fallbacks",
            "Requests that the fallback answered, by why: late or failed.",
            ["reason", "by"],
            registry=self._registry,
        )
        self.captured = Counter(
            "modelport_captured", "Requests written to the log.", registry=self._registry
        )
        self.feedback = Counter(
            "modelport_feedback", "Feedback that was taken.", registry=self._registry
        )
        self.rate_limited = Counter(
            "modelport_rate_limited",
            "Requests refused because their caller asks too often.",
            registry=self._registry,
        )
        self.spans_lost = Counter(
            "modelport_spans_lost",
            "Spans that the collector did not take.",
            registry=self._registry,
        )
        self.in_flight = Gauge(
            "modelport_requests_in_flight",
            "Requests being answered.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self.split_percent = Gauge(
            "modelport_split_percent",
            "Share of the predictions that goes to a candidate; 0 without one.",
            registry=self._registry,
            multiprocess_mode="livemax",
        )
        self._split_requests = Counter(
            "modelport_split_requests",
            "Predictions during a split, by who was asked and how it went.",
            ["role", "outcome"],
            registry=self._registry,
        )
        self._info = Gauge(
            "modelport_model_info",
            "1 for the model that is served.",
            ["name", "version", "task"],
            registry=self._registry,
            multiprocess_mode="livemax",
        )
        self._record = record
        self._counters: dict[tuple[str, int], Counter] = {}
        self._histograms: dict[str, Histogram] = {}

    def started(self) -> None:
        """Announce the model as served."""
        record = self._record
        self._info.labels(record.name, record.version, record.signature.task).set(1)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        counter = self._counters.get((route, status))
        if counter is None:
            counter = self._requests.labels(route, str(status))
            self._counters[route, status] = counter
        counter.inc()
        histogram = self._histograms.get(route)
        if histogram is None:
            histogram = self._histograms[route] = self._seconds.labels(route)
        histogram.observe(seconds)

    def split_request(self, role: Literal["live", "candidate"], *, good: bool) -> None:
        """Count one prediction during a split."""
        self._split_requests.labels(role, "ok" if good else "error").inc()

    def text(self) -> bytes:
        """Write all numbers in Prometheus' text format."""
        if not self._folder:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        multiprocess.MultiProcessCollector(everyone, self._folder)  # pyright: ignore[reportUnusedCallResult]
        return generate_latest(everyone)


def forget_process() -> None:
    """Take this process's live gauges out of the shared folder, at its end."""
    if os.environ.get(MULTIPROCESS_VARIABLE):
        multiprocess.mark_process_dead(os.getpid())
