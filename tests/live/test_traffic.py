"""Rollouts on the simulated platform, over real HTTP and under real requests."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.simulated import KIND, SECOND, Platform, Revision, callers
from modelport.config import Canary, CanaryRollout, Shadow, ShadowRollout
from modelport.config.rollout import Rollout
from modelport.errors import ServiceError
from modelport.live import Answer, Found, GoldenCheck, LiveService, roll_out, service_of, watch
from modelport.live import traffic as module
from records import golden, record

QUICK = CanaryRollout(canary=Canary(steps=(20, 50), bake="1s"))
ONE = CanaryRollout(canary=Canary(steps=(50,), bake="1s"))
SHADOW = ShadowRollout(shadow=Shadow(percent=50, bake="1s"))
STEPS = [{"a1": 80, "b2": 20}, {"a1": 50, "b2": 50}, {"b2": 100}]


def rolled(
    platform: Platform, rollout: Rollout = QUICK, *, old: str = "a1", busy: bool = True
) -> str:
    service = service_of(KIND)({"url": platform.url})
    check = GoldenCheck(service, record(version=SECOND), golden())
    with callers(platform) if busy else nullcontext():
        return roll_out(service, old, "b2", rollout, check, lambda _: None)


def ended(platform: Platform, rollout: Rollout = QUICK, *, busy: bool = True) -> str:
    with pytest.raises(ServiceError) as caught:
        rolled(platform, rollout, busy=busy)
    return str(caught.value)


def test_a_good_canary_goes_through_its_steps(platform: Platform) -> None:
    said = rolled(platform)
    assert platform.shifts == STEPS
    seen = int(said.removeprefix("canary of ").removesuffix(" requests"))
    assert 0 < seen < platform.took("a1")


def test_wrong_answers_end_a_canary(platform: Platform) -> None:
    platform.revisions["b2"].wrong_after = 3
    said = ended(platform)
    assert said.startswith("canary ended at 20 % after ")
    assert "golden: wrong answers from simulated.service revision b2: golden row 0" in said
    assert said.endswith("; a1 takes all traffic again")
    assert platform.traffic == {"a1": 100}


def test_wrong_answers_are_found_among_those_of_the_old_revision(platform: Platform) -> None:
    platform.alone = False
    platform.revisions["b2"].wrong_after = 3
    assert "golden: wrong answers from simulated.service revision b2" in ended(platform)
    assert platform.shifts == [STEPS[0], {"a1": 100}]


def test_a_good_shadow_gets_copies_and_then_everything(platform: Platform) -> None:
    platform.tells_own = True
    said = rolled(platform, SHADOW)
    seen = int(said.removeprefix("shadow of ").removesuffix(" requests"))
    assert 0 < seen < platform.took("a1")
    assert platform.shifts == [{"b2": 100}]
    assert platform.copies == {}


def test_wrong_answers_end_a_shadow_and_its_copies(platform: Platform) -> None:
    platform.revisions["b2"].wrong_after = 3
    said = ended(platform, SHADOW)
    assert said.startswith("shadow ended at 50 % after ")
    assert "golden: wrong answers from simulated.service revision b2: golden row 0" in said
    assert said.endswith("; a1 keeps all traffic")
    assert platform.traffic == {"a1": 100}
    assert platform.copies == {}


def test_a_shadow_without_a_single_copy_takes_nothing_over(platform: Platform) -> None:
    platform.tells_own, platform.copying = True, False
    said = ended(platform, SHADOW)
    assert said.startswith("shadow ended at 50 %: b2 got none of the copies of ")
    assert said.endswith("; write rollout: canary, or all_at_once; a1 keeps all traffic")
    assert platform.copies == {}


def test_a_shadow_that_nobody_called_says_so(platform: Platform) -> None:
    platform.tells_own = True
    assert rolled(platform, SHADOW, busy=False) == (
        "shadow; no request was copied, for there were 0"
    )
    assert platform.traffic == {"b2": 100}


def test_copies_that_an_update_left_behind_are_ended(platform: Platform) -> None:
    platform.traffic, platform.copies = {"b2": 100}, {"a1": 10}
    rolled(platform, "all_at_once", busy=False)
    assert platform.copies == {}


def test_a_platform_that_copies_nothing_refuses_a_shadow(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_of(KIND), "mirror", LiveService.mirror)
    said = ended(platform, SHADOW, busy=False)
    assert said.endswith(" does not copy requests; a1 keeps all traffic")
    assert platform.shifts == []


def test_wrong_answers_before_any_traffic_move_nothing(platform: Platform) -> None:
    platform.revisions["b2"].wrong_after = 0
    said = ended(platform)
    assert said.startswith("wrong answers from simulated.service revision b2")
    assert said.endswith("; a1 keeps all traffic")
    assert platform.shifts == []


def test_errors_end_a_canary(platform: Platform) -> None:
    platform.alone = False  # else its own answer of 500 keeps it from any traffic
    platform.revisions["b2"].status = 500
    only = CanaryRollout(canary=Canary(steps=(20,), bake="20s", abort_on=("error_rate",)))
    said = ended(platform, only)
    assert "error_rate: " in said
    assert platform.traffic == {"a1": 100}


def test_slow_answers_end_a_canary(platform: Platform) -> None:
    platform.revisions["b2"].seconds = 0.1
    slow = CanaryRollout(canary=Canary(steps=(20,), bake="20s"))
    assert "p99: " in ended(platform, slow)


def test_an_alarm_ends_a_canary(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    shift = platform.shift

    def alarmed(weights: dict[str, int]) -> None:
        shift(weights)
        platform.alarms = ["mp-cancer-5xx"] if "b2" in weights else []

    monkeypatch.setattr(platform, "shift", alarmed)
    assert ended(platform, busy=False) == (
        "canary ended at 20 % after 1 requests: alarm: mp-cancer-5xx; a1 takes all traffic again"
    )


def test_an_alarm_before_it_moves_nothing(platform: Platform) -> None:
    platform.alarms = ["mp-cancer-5xx"]
    said = ended(platform, busy=False)
    assert said.startswith("alarms fire before the canary begins: mp-cancer-5xx; ")
    assert platform.shifts == []


def test_what_is_not_counted_is_not_called_judged(platform: Platform) -> None:
    platform.counts = False
    assert rolled(platform, ONE, busy=False) == (
        "canary; error_rate and p99 not judged (simulated.service counts no requests by revision)"
    )


def test_answers_of_nobody_in_particular_are_said_so(platform: Platform) -> None:
    platform.alone = False
    for revision in platform.revisions.values():
        revision.named = False
    said = rolled(platform, ONE)
    assert said.endswith("; golden answers of b2 could not be told from a1's")


def test_wrong_answers_at_the_end_go_back(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could tell whose they were before."""
    platform.alone = False
    for revision in platform.revisions.values():
        revision.named = False
    platform.revisions["b2"].wrong_after = 0
    monkeypatch.setattr(module, "_SETTLE", 1.0)
    said = ended(platform, ONE)
    assert said.startswith("wrong answers from simulated.service")
    assert platform.shifts == [*STEPS[1:], {"a1": 100}]


def test_a_private_service_is_moved_and_not_called_verified(platform: Platform) -> None:
    platform.private = "private network"
    said = rolled(platform, ONE, busy=False)
    assert said.startswith("canary; golden answers not verified (private network)")


@pytest.mark.parametrize("rollout", ["all_at_once", "blue_green"])
def test_everything_at_once(platform: Platform, rollout: Rollout) -> None:
    assert rolled(platform, rollout, busy=False) == "moved at once"
    assert platform.shifts == [{"b2": 100}]
    assert platform.took("b2") == 2  # before and after


def test_what_has_all_traffic_is_not_moved(platform: Platform) -> None:
    platform.traffic = {"b2": 100, "a1": 0}
    assert rolled(platform, busy=False) == "b2 took all traffic already"
    assert platform.shifts == []


def test_without_anything_before_all_traffic_goes_there(platform: Platform) -> None:
    platform.traffic = {}
    assert rolled(platform, old="", busy=False) == "b2 takes all traffic"
    assert platform.traffic == {"b2": 100}


def test_an_interrupted_rollout_begins_again(platform: Platform) -> None:
    platform.revisions["c3"] = Revision()
    platform.traffic = {"a1": 20, "b2": 30, "c3": 50}
    assert rolled(platform).startswith("canary of ")
    assert platform.shifts == STEPS


def test_a_platform_that_refuses_is_quoted_and_left_safe(platform: Platform) -> None:
    platform.refuse = {1}
    assert ended(platform, busy=False) == (
        "the platform refused: weights cannot change now; a1 takes all traffic again"
    )
    assert platform.traffic == {"a1": 100}


def test_traffic_that_cannot_go_back_is_said_so(platform: Platform) -> None:
    platform.refuse = {1, 2}
    assert ended(platform, busy=False).endswith(
        "; and the traffic could not be moved back to a1: "
        "the platform refused: weights cannot change now"
    )


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Frail(LiveService):
    """Holds its weights in memory, and breaks at one of its calls."""

    kind = "frail"
    moves_traffic = True

    def __init__(self, broken_at: int, error: Callable[[], Exception]) -> None:
        super().__init__({})
        self.traffic: dict[str, int] = {"old": 100}
        self.seen: list[dict[str, int]] = []
        self.broken_at, self.error = broken_at, error
        self.calls = 0

    def read(self) -> Found:
        return Found("ready", traffic=self.traffic)

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        raise AssertionError("the check of this test asks nothing")

    def shift(self, weights: Mapping[str, int]) -> None:
        assert sum(weights.values()) == 100
        self._break()
        self.traffic = dict(weights)
        self.seen.append(self.traffic)

    def firing(self) -> tuple[str, ...]:
        self._break()
        return ()

    def _break(self) -> None:
        self.calls += 1
        if self.calls == self.broken_at:
            raise self.error()


class Trusting(GoldenCheck):
    """Finds every answer right."""

    def all(self, until: float) -> int:
        return 1

    def alone(self, revision: str) -> bool:
        return True


steps = st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True).map(sorted)


@given(steps, st.integers(0, 60), st.sampled_from([ServiceError, KeyError]))
def test_traffic_ends_whole_whatever_breaks(
    percents: list[int], broken_at: int, error: type[Exception]
) -> None:
    service = Frail(broken_at, lambda: error("broken"))
    rollout = CanaryRollout(canary=Canary(steps=tuple(percents), bake="1s"))
    clock = Clock()
    original, watch.time = watch.time, clock  # pyright: ignore[reportAttributeAccessIssue]
    try:
        check = Trusting(service, record(), golden())
        roll_out(service, "old", "new", rollout, check, lambda _: None)
    except error:
        assert service.traffic == {"old": 100}
    else:
        assert service.traffic == {"new": 100}
    finally:
        watch.time = original
    moved = [weights for weights in service.seen if "new" in weights]
    assert moved == [{"old": 100 - p, "new": p} for p in percents][: len(moved)] or (
        moved == [{"old": 100 - p, "new": p} for p in percents] + [{"new": 100}]
    )
