"""Kind kubernetes: shares, numbers of pods, and what pods counted."""

from hypothesis import given
from hypothesis import strategies as st

from modelport.platforms.kubernetes.counting import Counting, tally
from modelport.platforms.kubernetes.movement import divided
from modelport.platforms.kubernetes.traffic import percent
from modelport.rollout import quantile
from modelport_serving.latency import LATENCY_BOUNDS_MS
from modelport_serving.metrics import Metrics
from serving.tiny import record, signature


@given(st.integers(1, 100), st.integers(1, 99))
def test_new_pods_have_at_most_their_share(full: int, share: int) -> None:
    many, few = divided(full, share)
    assert few >= 1
    assert 100 * few <= share * (many + few)
    assert many + few >= full


def test_no_more_pods_than_the_share_needs() -> None:
    assert divided(4, 20) == (4, 1)
    assert divided(4, 50) == (2, 2)
    assert divided(2, 5) == (19, 1)


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 50)))
def test_shares_add_up(weights: dict[str, int]) -> None:
    shares = percent(weights)
    assert set(shares) == {name for name, weight in weights.items() if weight}
    assert not shares or sum(shares.values()) == 100
    assert all(share > 0 for share in shares.values())


def counted(answers: list[tuple[str, int, float]], metrics: Metrics | None = None) -> str:
    """Metrics of a real server after these answers: route, status, seconds."""
    metrics = metrics or Metrics(record(signature()))
    for answer in answers:
        metrics.answered(*answer)
    return metrics.text().decode()


def test_predictions_are_counted_and_what_only_looks_is_not() -> None:
    found = tally(
        counted(
            [
                ("/predict", 200, 0.004),
                ("/predict", 500, 0.3),
                ("/predict", 422, 0.001),
                ("/readyz", 503, 0.001),
                ("/metrics", 200, 0.002),
                ("none", 404, 0.001),
            ]
        )
    )
    assert (found.requests, found.errors) == (3, 1)
    assert found.buckets.total() == 3
    slowest = LATENCY_BOUNDS_MS[max(found.buckets)]
    assert 300 <= slowest <= 600


def test_what_was_before_the_rollout_is_left_out_and_pods_that_end_are_kept() -> None:
    counting = Counting()
    old, new = Metrics(record(signature())), Metrics(record(signature()))
    counting.seen("old", "a", counted([("/predict", 500, 0.1)] * 9, old), fresh=False)
    counting.seen("old", "a", counted([("/predict", 200, 0.004)] * 4, old), fresh=False)
    counting.seen("new", "b", counted([("/predict", 500, 0.2)] * 2, new), fresh=True)
    counting.seen("new", "c", counted([("/predict", 200, 0.2)]), fresh=True)
    live, candidate = counting.of("old"), counting.of("new")
    assert (live.requests, live.errors) == (4, 0)
    assert (candidate.requests, candidate.errors) == (3, 2)
    assert quantile(live.buckets, LATENCY_BOUNDS_MS, 0.99) < 10
    assert quantile(candidate.buckets, LATENCY_BOUNDS_MS, 0.99) > 200
    assert counting.of("unknown").requests == 0
