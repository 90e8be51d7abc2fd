"""Runtime: what one serving process holds while it answers."""

from dataclasses import dataclass

from modelport_serving.batcher import Batcher
from modelport_serving.capture import capture_faults
from modelport_serving.capturer import Capturer
from modelport_serving.errors import StartError
from modelport_serving.fallback import fallback_faults
from modelport_serving.metrics import Metrics
from modelport_serving.predictor import Predictor
from modelport_serving.problems import ProblemError, unavailable
from modelport_serving.record import BundleRecord, Golden
from modelport_serving.settings import Settings
from modelport_serving.split import Splitter
from modelport_serving.substitute import Substitute


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


class Runtime:
    """One bundle in one process: first only its record, after `start` its model too."""

    def __init__(self, record: BundleRecord, golden: Golden) -> None:
        self.record = record
        self.golden = golden
        self.model = f"{record.name}@{record.version}"
        self.live: Live | None = None
        self.splitter = Splitter()
        """Sends a share of the predictions to a candidate while a supervisor wants it."""
        self.draining = False
        """Whether the process is about to end: answers then close their connections."""

    def start(self, settings: Settings, predictor: Predictor) -> None:
        """Begin to answer with this predictor; raises `StartError` when a setting does not fit."""
        signature = self.record.signature
        faults: list[str] = []
        if settings.fallback:
            faults += [f"fallback.{it}" for it in fallback_faults(settings.fallback, signature)]
        if settings.capture:
            faults += [f"capture.{it}" for it in capture_faults(settings.capture, signature)]
        if faults:
            raise StartError("; ".join(faults))
        batcher = Batcher(predictor, threads=settings.threads, queue=settings.queue)
        metrics = Metrics(self.record)
        metrics.started()
        substitute = Substitute(settings.fallback, signature) if settings.fallback else None
        capturer = Capturer(settings.capture, signature) if settings.capture else None
        self.live = Live(settings, predictor, batcher, metrics, substitute, capturer)

    def stop(self) -> None:
        """End the threads; requests from here on are answered 503."""
        live, self.live = self.live, None
        if live:
            live.batcher.close()

    def ready(self) -> Live:
        """Return the live parts; raises `ProblemError` (503) when there are none."""
        if self.live is None:
            raise starting()
        return self.live


def starting() -> ProblemError:
    """Build the 503 of a process whose model is not loaded."""
    return unavailable("starting", "the model is not loaded yet; try again")


def draining() -> ProblemError:
    """Build the 503 of a process that is about to end."""
    return unavailable("draining", "the process is about to end; try again")
