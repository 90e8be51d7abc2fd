"""Runtime: what one serving process holds while it answers."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelport_serving.batcher import Batcher
from modelport_serving.callers import Callers
from modelport_serving.capture import capture_faults
from modelport_serving.capturer import Capturer
from modelport_serving.errors import StartError
from modelport_serving.fallback import fallback_faults
from modelport_serving.metrics import Metrics
from modelport_serving.predictor import Predictor
from modelport_serving.problems import ProblemError, unavailable
from modelport_serving.protocols.base import Wire
from modelport_serving.record import BundleRecord, Golden
from modelport_serving.settings import LIBRARIES, Settings
from modelport_serving.split import Splitter
from modelport_serving.substitute import Substitute
from modelport_serving.telemetry import DISTRIBUTIONS, Telemetry

if TYPE_CHECKING:
    from modelport_serving.tracing import Tracing


@dataclass(frozen=True)
class Live:
    """Parts that exist once the model is loaded."""

    settings: Settings
    predictor: Predictor
    batcher: Batcher
    metrics: Metrics
    substitute: Substitute | None
    """Answers when the model does not."""
    capturer: Capturer | None
    """Writes predictions to the log."""
    graphql: Wire | None
    """Reads and answers queries of GraphQL."""
    callers: Callers
    """Lets callers in."""
    tracing: "Tracing | None"
    """Makes spans of requests."""


class Runtime:
    """One bundle in one process: first only its record, after `start` its model too."""

    def __init__(self, record: BundleRecord, golden: Golden) -> None:
        self.record = record
        self.golden = golden
        self.model = f"{record.name}@{record.version}"
        self.live: Live | None = None
        self.splitter = Splitter()
        """Sends a share of the predictions to a candidate while a supervisor wants it."""
        self._end = asyncio.Event()
        self.private: tuple[str, int] | None = None
        """Address that only other processes of this service ask at; none: there is no such."""

    @property
    def draining(self) -> bool:
        """Whether the process is about to end: answers then close their connections."""
        return self._end.is_set()

    def drain(self) -> None:
        """Tell everyone that the process is about to end."""
        self._end.set()

    async def drained(self) -> None:
        """Wait until the process is about to end."""
        await self._end.wait()

    def start(
        self, settings: Settings, predictor: Predictor, previous: Predictor | None = None
    ) -> None:
        """Begin to answer.

        Args:
            settings: Who may call, and how much is taken.
            predictor: What computes.
            previous: The previous version; only where the settings' fallback is one.

        Raises:
            StartError: a setting does not fit.
        """
        signature = self.record.signature
        faults: list[str] = []
        if settings.fallback:
            faults += [f"fallback.{it}" for it in fallback_faults(settings.fallback, self.record)]
        if settings.capture:
            faults += [f"capture.{it}" for it in capture_faults(settings.capture, signature)]
        if faults:
            raise StartError("; ".join(faults))
        # Where something else can answer, a model that hangs must not hold it up.
        aside = settings.fallback is not None
        batcher = Batcher(predictor, threads=settings.threads, queue=settings.queue, aside=aside)
        metrics = Metrics(self.record)
        metrics.started()
        substitute = None
        if settings.fallback:
            substitute = Substitute(
                settings.fallback,
                signature,
                previous,
                seconds=settings.timeout_seconds,
                queue=settings.queue,
            )
        capturer = Capturer(settings.capture, signature) if settings.capture else None
        self.live = Live(
            settings,
            predictor,
            batcher,
            metrics,
            substitute,
            capturer,
            _graphql(self.record) if "graphql" in settings.protocols else None,
            Callers(settings, metrics),
            _tracing(settings.telemetry, self.record, metrics) if settings.telemetry else None,
        )

    def stop(self) -> None:
        """End the threads; requests from here on are answered 503."""
        live, self.live = self.live, None
        if live:
            live.batcher.close()
            if live.substitute is not None:
                live.substitute.close()
            if live.tracing is not None:
                live.tracing.close()

    def ready(self) -> Live:
        """Return the live parts; raises `ProblemError` (503) when there are none."""
        if self.live is None:
            raise starting()
        return self.live


def _graphql(record: BundleRecord) -> Wire:
    try:
        from modelport_serving.protocols.graphql import GraphQl
    except ModuleNotFoundError as error:
        if error.name != "graphql":
            raise
        message = f"{LIBRARIES['graphql'][0]} is not installed, which the protocol graphql needs"
        raise StartError(message) from None
    return GraphQl(record)


def _tracing(telemetry: Telemetry, record: BundleRecord, metrics: Metrics) -> "Tracing":
    try:
        # Only bundles that send spans carry what this needs.
        from modelport_serving.tracing import Tracing
    except ModuleNotFoundError as error:
        message = (
            f"telemetry is on, and the bundle does not carry {DISTRIBUTIONS[0]} ({error.name} is "
            f"missing); write service_requirements={DISTRIBUTIONS!r} in its training.py"
        )
        raise StartError(message) from None
    return Tracing(telemetry, record, metrics)


def starting() -> ProblemError:
    """Build the 503 of a process whose model is not loaded."""
    return unavailable("starting", "the model is not loaded yet; try again")


def draining() -> ProblemError:
    """Build the 503 of a process that is about to end."""
    return unavailable("draining", "the process is about to end; try again")
