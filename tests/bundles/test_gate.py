"""The gate, from scores alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.bundles import evaluate_gate, plain_table, score_table
from modelport.bundles.gate import Opponent
from modelport.config import Gate, Threshold
from modelport_serving.record import Evaluation, LiveScore

METRICS = {"accuracy": 0.979, "f1": 0.97, "roc_auc": 0.99}
BASELINE = {"accuracy": 0.63, "f1": 0.77, "roc_auc": 0.5}


@dataclass(frozen=True)
class Asked:
    thresholds: Mapping[str, tuple[float | None, float | None]] = field(
        default_factory=dict[str, tuple[float | None, float | None]]
    )
    beat: frozenset[Opponent] = frozenset()


def evaluation(f1: float = 0.97, baseline: float = 0.77, live: float | None = None) -> Evaluation:
    return Evaluation(
        primary="f1",
        metrics=METRICS | {"f1": f1},
        baseline=BASELINE | {"f1": baseline},
        live=None if live is None else LiveScore(version="a" * 16, metrics=METRICS | {"f1": live}),
        cross_validation={},
        robustness={},
    )


@pytest.mark.parametrize(
    ("low", "high", "reasons"),
    [
        (None, None, ()),
        (0.97, None, ()),
        (None, 0.97, ()),
        (0.98, None, ("f1 0.9700 is below 0.98",)),
        (None, 0.5, ("f1 0.9700 is above 0.5",)),
        (0.970001, None, ("f1 0.97 is below 0.970001",)),
    ],
)
def test_bounds_are_inclusive(
    low: float | None, high: float | None, reasons: tuple[str, ...]
) -> None:
    verdict = evaluate_gate(Asked({"f1": (low, high)}), evaluation())
    assert verdict.reasons == reasons
    assert verdict.passed == (not reasons)


@pytest.mark.parametrize(
    ("f1", "baseline", "passed"), [(0.78, 0.77, True), (0.77, 0.77, False), (0.5, 0.77, False)]
)
def test_the_baseline_must_be_beaten_strictly(f1: float, baseline: float, passed: bool) -> None:
    verdict = evaluate_gate(Asked(beat=frozenset({"baseline"})), evaluation(f1, baseline))
    assert verdict.passed is passed
    if not passed:
        assert verdict.reasons == (f"f1 {f1:.4f} does not beat the baseline's {baseline:.4f}",)


@pytest.mark.parametrize(
    ("f1", "live", "passed"),
    [(0.97, None, True), (0.97, 0.97, True), (0.97, 0.96, True), (0.97, 0.98, False)],
)
def test_live_must_be_reached(f1: float, live: float | None, passed: bool) -> None:
    verdict = evaluate_gate(Asked(beat=frozenset({"live"})), evaluation(f1, live=live))
    assert verdict.passed is passed
    if not passed:
        wanted = "f1 0.9700 is worse than the 0.9800 of aaaaaaaaaaaaaaaa, which is live"
        assert verdict.reasons == (wanted,)


def test_an_unknown_metric_is_refused_with_those_there_are() -> None:
    verdict = evaluate_gate(Asked({"mae": (None, 3.0)}), evaluation())
    assert not verdict.passed
    assert verdict.reasons == (
        "mae is no metric of this model; its metrics are accuracy, f1, roc_auc",
    )
    assert verdict.scores[-1].demands == ("max 3",)


@pytest.mark.parametrize("bound", [(0.0, None), (None, 1.0)])
def test_nan_passes_nothing(bound: tuple[float | None, float | None]) -> None:
    assert not evaluate_gate(Asked({"f1": bound}), evaluation(float("nan"))).passed
    for opponent in ("baseline", "live"):
        beat = Asked(beat=frozenset({opponent}))
        assert not evaluate_gate(beat, evaluation(float("nan"), live=0.1)).passed


def test_all_reasons_come_at_once() -> None:
    asked = Asked({"f1": (0.99, None), "accuracy": (0.99, None)}, frozenset({"baseline", "live"}))
    assert len(evaluate_gate(asked, evaluation(0.5, live=0.9)).reasons) == 4


def test_errors_are_better_when_smaller() -> None:
    measured = Evaluation(
        primary="mae",
        metrics={"mae": 40.0},
        baseline={"mae": 65.0},
        live=LiveScore(version="b" * 16, metrics={"mae": 39.0}),
        cross_validation={},
        robustness={},
    )
    assert evaluate_gate(Asked(beat=frozenset({"baseline"})), measured).passed
    assert not evaluate_gate(Asked(beat=frozenset({"live"})), measured).passed


def test_the_configured_gate_is_a_gate() -> None:
    gate = Gate(f1=Threshold(min=0.95), beat=frozenset({"baseline", "live"}))
    assert evaluate_gate(gate, evaluation(live=0.9)).passed
    assert not evaluate_gate(gate, evaluation(0.94)).passed


def test_the_table_as_text() -> None:
    gate = Gate(f1=Threshold(min=0.95), accuracy=Threshold(min=0.99), beat=frozenset({"baseline"}))
    assert plain_table(score_table(evaluation(live=0.9), gate)) == (
        "metric    value   baseline  live    gate\n"
        "accuracy  0.9790  0.6300    0.9790  min 0.99: not passed\n"
        "f1        0.9700  0.7700    0.9000  min 0.95, beat baseline: passed\n"
        "roc_auc   0.9900  0.5000    0.9900"
    )


scores = st.floats(0, 1)


@given(scores, scores, scores, scores)
def test_a_better_score_never_fails_what_a_worse_one_passes(
    low: float, first: float, second: float, live: float
) -> None:
    asked = Asked({"f1": (low, None)}, frozenset({"baseline", "live"}))
    worse, better = sorted((first, second))
    if evaluate_gate(asked, evaluation(worse, live=live)).passed:
        assert evaluate_gate(asked, evaluation(better, live=live)).passed


@given(scores, scores, scores)
def test_passed_means_no_reason_and_no_failed_line(f1: float, low: float, live: float) -> None:
    asked = Asked({"f1": (low, None), "accuracy": (low, None)}, frozenset({"baseline", "live"}))
    verdict = evaluate_gate(asked, evaluation(f1, live=live))
    assert verdict.passed == (not verdict.reasons)
    assert verdict.passed == all(score.passed for score in verdict.scores)
    assert [row.metric for row in score_table(evaluation(f1), asked)] == list(METRICS)
