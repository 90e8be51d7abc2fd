"""Decisions of a rollout: from counts alone."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.config import Canary, Shadow
from modelport.rollout import Counts, Decision, Evidence, judge, quantile, shares, tail

BOUNDS = (1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 500.0)
CANARY = Canary(steps=(5, 50), bake="10s")


def counts(requests: int, errors: int = 0, at: float = 2.0) -> Counts:
    buckets = [0] * (len(BOUNDS) + 1)
    buckets[BOUNDS.index(at)] = requests - errors
    return Counts(requests, errors, tuple(buckets))


def seen(candidate: Counts, live: Counts | None = None, golden: str = "") -> Evidence:
    return Evidence(live or counts(1000), candidate, BOUNDS, golden)


def test_a_good_version_is_watched_until_its_time_is_over() -> None:
    assert judge(CANARY, 9.9, seen(counts(500))) == Decision("wait")
    assert judge(CANARY, 10.0, seen(counts(500))) == Decision("advance")


def test_nothing_counted_is_no_reason_to_end() -> None:
    assert judge(CANARY, 10.0, seen(Counts(), Counts())) == Decision("advance")


def test_failing_requests_end_it_at_the_second_one() -> None:
    assert judge(CANARY, 0, seen(counts(1, errors=1))).action == "wait"
    assert judge(CANARY, 0, seen(counts(3, errors=3))) == Decision(
        "abort",
        "error_rate: 3 of 3 requests failed; "
        "accepted are 1.00%, the live version's 0.00% and 1.00%",
    )


def test_errors_that_the_live_version_has_too_do_not_count_against_it() -> None:
    live = counts(1000, errors=300)
    assert judge(CANARY, 0, seen(counts(100, errors=32), live)).action == "wait"
    assert judge(CANARY, 0, seen(counts(100, errors=60), live)).action == "abort"


def test_slow_answers_end_it() -> None:
    decision = judge(CANARY, 0, seen(counts(50, at=500.0)))
    assert decision == Decision(
        "abort",
        "p99: 50 of 50 answers took longer than 27 ms; p99 is 500 ms, the live version's 2 ms",
    )


def test_a_few_slow_answers_among_many_do_not() -> None:
    mixed = Counts(500, 0, (0, 497, 0, 0, 0, 0, 3, 0))
    assert judge(CANARY, 0, seen(mixed)).action == "wait"


def test_a_slower_version_within_its_ratio_is_accepted() -> None:
    live = counts(1000, at=100.0)
    patient = Canary(bake="10s", max_p99_ratio=5)
    assert judge(patient, 0, seen(counts(200, at=500.0), live)).action == "wait"
    assert judge(CANARY, 0, seen(counts(200, at=500.0), live)).action == "abort"


def test_wrong_golden_answers_end_it_when_asked_for() -> None:
    evidence = seen(counts(10), golden="row 0: expected benign, got malignant")
    assert judge(CANARY, 0, evidence).reason.startswith("golden: row 0")
    careless = Canary(bake="10s", abort_on=("error_rate",))
    assert judge(careless, 0, evidence).action == "wait"


def test_an_alarm_ends_it_whatever_is_watched() -> None:
    evidence = Evidence(counts(9), counts(9), BOUNDS, alarms=("cancer-5xx", "cancer-lag"))
    careless = Canary(bake="10s", abort_on=("golden",))
    assert judge(careless, 11, evidence) == Decision("abort", "alarm: cancer-5xx, cancer-lag")


def test_shares() -> None:
    assert shares(CANARY) == (5, 50)
    assert shares(Shadow(percent=30)) == (30,)


@pytest.mark.parametrize(
    ("trials", "share", "hits", "probability"),
    [(10, 0.5, 0, 1.0), (10, 0.5, 11, 0.0), (2, 0.01, 2, 1e-4), (4, 0.5, 2, 0.6875), (3, 0, 1, 0)],
)
def test_tail(trials: int, share: float, hits: int, probability: float) -> None:
    assert tail(trials, share, hits) == pytest.approx(probability)


@given(st.integers(0, 300), st.floats(0, 1), st.integers(0, 300))
def test_tail_is_a_probability_that_falls_with_hits(trials: int, share: float, hits: int) -> None:
    here, more = tail(trials, share, hits), tail(trials, share, hits + 1)
    assert 0 <= more <= here + 1e-9 <= 1 + 1e-9


@given(st.lists(st.integers(0, 50), min_size=8, max_size=8), st.floats(0.01, 1))
def test_a_quantile_covers_its_share(buckets: list[int], share: float) -> None:
    found = quantile(buckets, BOUNDS, share)
    below = sum(
        n for n, bound in zip(buckets, [*BOUNDS, float("inf")], strict=True) if bound <= found
    )
    assert below >= share * sum(buckets) - 1e-9


def test_versions_that_are_alike_are_hardly_ever_ended() -> None:
    """10 looks at each of 300 rollouts of equal versions, 1 % errors, spread latencies."""
    source = random.Random(7)
    ended = 0
    for _ in range(300):
        live, candidate = [0] * 8, [0] * 8
        errors = [0, 0]
        for look in range(10):
            for buckets, number, which in ((live, 190, 0), (candidate, 10, 1)):
                for _ in range(number):
                    errors[which] += source.random() < 0.01
                    buckets[min(7, int(source.expovariate(0.8)))] += 1
            evidence = Evidence(
                Counts(190 * (look + 1), errors[0], tuple(live)),
                Counts(10 * (look + 1), errors[1], tuple(candidate)),
                BOUNDS,
            )
            if judge(CANARY, 0, evidence).action == "abort":
                ended += 1
                break
    assert ended <= 3
