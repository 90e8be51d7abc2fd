"""Gate: whether an evaluated model may go live; pure, from scores alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from modelport_serving.record import Evaluation

LOWER_IS_BETTER = frozenset({"mae", "rmse"})
"""Metrics that measure an error."""

Opponent = Literal["baseline", "live"]
"""Whom a model can be asked to beat."""

_DIGITS = 4


class GateSpec(Protocol):
    """What a gate asks for; `modelport.config.Gate` is one."""

    @property
    def thresholds(self) -> Mapping[str, tuple[float | None, float | None]]:
        """Metric -> smallest and largest score that passes; None: no such bound."""
        ...

    @property
    def beat(self) -> frozenset[Opponent]:
        """Whose primary score must be reached: `baseline` strictly, `live` at least equally."""
        ...


@dataclass(frozen=True, slots=True)
class Score:
    """One metric with everything that it is compared with."""

    metric: str
    """Metric name."""
    value: float | None
    """Held-out score; None when the model has no such metric."""
    baseline: float | None
    """Score of a model that ignores its input."""
    live: float | None
    """Score of the version that is live; None without one."""
    demands: tuple[str, ...]
    """What the gate asks of this metric, as text; empty when nothing."""
    passed: bool
    """Whether every demand is met."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the model passed, and why not."""

    passed: bool
    """Whether every demand is met."""
    reasons: tuple[str, ...]
    """One sentence for each demand that is not met."""
    scores: tuple[Score, ...]
    """Every metric of the model, in its order, then those asked for in vain."""


class ScoreRow(NamedTuple):
    """One line of the table of scores, as text."""

    metric: str
    """Metric name."""
    value: str
    """Held-out score."""
    baseline: str
    """Score of a model that ignores its input."""
    live: str
    """Score of the version that is live."""
    gate: str
    """What the gate asks of the metric, and whether it is met."""


def evaluate_gate(gate: GateSpec, evaluation: Evaluation) -> Verdict:
    """Compare scores with a gate.

    A bound is inclusive. `live` passes when nothing was live. A score that is NaN passes nothing.
    """
    scores: list[Score] = []
    reasons: list[str] = []
    live = evaluation.live.metrics if evaluation.live else {}
    for metric, value in evaluation.metrics.items():
        checks = _bounds(gate, metric, value)
        if metric == evaluation.primary:
            checks += _opponents(gate, evaluation, value)
        failed = [reason for _, reason in checks if reason is not None]
        reasons += failed
        demands, other = tuple(demand for demand, _ in checks), evaluation.baseline.get(metric)
        scores.append(Score(metric, value, other, live.get(metric), demands, not failed))
    there = ", ".join(evaluation.metrics)
    for metric in gate.thresholds:
        if metric not in evaluation.metrics:
            reasons.append(f"{metric} is no metric of this model; its metrics are {there}")
            scores.append(Score(metric, None, None, None, _demanded(gate, metric), passed=False))
    return Verdict(not reasons, tuple(reasons), tuple(scores))


def score_table(evaluation: Evaluation, gate: GateSpec) -> list[ScoreRow]:
    """The scores as lines of text, for a terminal."""
    return [
        ScoreRow(
            score.metric,
            _shown(score.value),
            _shown(score.baseline),
            _shown(score.live),
            f"{', '.join(score.demands)}: {'passed' if score.passed else 'not passed'}"
            if score.demands
            else "",
        )
        for score in evaluate_gate(gate, evaluation).scores
    ]


def plain_table(rows: list[ScoreRow]) -> str:
    """The lines as one plain text with aligned columns and a heading."""
    table = [ScoreRow._fields, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(ScoreRow._fields))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    )


def better(metric: str, value: float, other: float) -> bool:
    """Whether `value` is strictly better than `other`."""
    return value < other if metric in LOWER_IS_BETTER else value > other


def _bounds(gate: GateSpec, metric: str, value: float) -> list[tuple[str, str | None]]:
    """Each bound of a metric with the reason why it is not met."""
    low, high = gate.thresholds.get(metric, (None, None))
    checks: list[tuple[str, str | None]] = []
    if low is not None:
        # Not `value < low`: NaN must fail.
        reason = None if value >= low else f"{metric} {_near(value, low)} is below {low:g}"
        checks.append((f"min {low:g}", reason))
    if high is not None:
        reason = None if value <= high else f"{metric} {_near(value, high)} is above {high:g}"
        checks.append((f"max {high:g}", reason))
    return checks


def _opponents(
    gate: GateSpec, evaluation: Evaluation, value: float
) -> list[tuple[str, str | None]]:
    metric = evaluation.primary
    checks: list[tuple[str, str | None]] = []
    if "baseline" in gate.beat:
        other = evaluation.baseline[metric]
        reason = f"{metric} {_near(value, other)} does not beat the baseline's {_shown(other)}"
        checks.append(("beat baseline", None if better(metric, value, other) else reason))
    if "live" in gate.beat and evaluation.live is not None:
        other = evaluation.live.metrics[metric]
        level = better(metric, value, other) or value == other
        reason = (
            f"{metric} {_near(value, other)} is worse than the {_shown(other)} "
            f"of {evaluation.live.version}, which is live"
        )
        checks.append(("beat live", None if level else reason))
    return checks


def _demanded(gate: GateSpec, metric: str) -> tuple[str, ...]:
    low, high = gate.thresholds[metric]
    lower = () if low is None else (f"min {low:g}",)
    upper = () if high is None else (f"max {high:g}",)
    return lower + upper


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.{_DIGITS}f}"


def _near(value: float, other: float) -> str:
    """The value with enough digits to differ from `other`: 0.95 is not below 0.95."""
    short = _shown(value)
    return repr(value) if value != other and short == _shown(other) else short
