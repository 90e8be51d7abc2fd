"""The resource types on top: what each one makes, reads, moves and remembers."""

from pathlib import Path
from typing import Any

import pytest

from live.simulated import DIGEST, KIND, SECOND, Platform, Revision, callers, store
from modelport.errors import BundleError, ServiceError
from modelport.home import Home
from modelport.provider.handler import Context
from modelport.provider.live_revision import LiveRevisionHandler, LiveRevisionInputs
from modelport.provider.live_traffic import TrafficHandler, TrafficInputs
from modelport.provider.live_verification import VerificationHandler, VerificationInputs
from records import VERSION

CANARY = {"canary": {"steps": [50], "bake": "1s"}}


@pytest.fixture
def context(tmp_path: Path) -> Context:
    home = Home(tmp_path / ".modelport")
    store(home.bentoml, VERSION, SECOND)
    return Context(home, lambda _: None)


def live_inputs(platform: Platform, fingerprint: str = "1") -> LiveRevisionInputs:
    return LiveRevisionInputs(
        kind=KIND, names={"url": platform.url, "name": "cancer"}, fingerprint=fingerprint
    )


def traffic(platform: Platform, revision: str, **more: Any) -> TrafficInputs:
    version = platform.revisions[revision].version
    values = {"bundle": "breast_cancer", "version": version, "revision": revision, **more}
    return TrafficInputs.model_validate({"kind": KIND, "names": {"url": platform.url}, **values})


def verification(platform: Platform, revision: str, **more: Any) -> VerificationInputs:
    version = platform.revisions[revision].version
    values = {"bundle": "breast_cancer", "version": version, "revision": revision, **more}
    return VerificationInputs.model_validate(
        {"kind": KIND, "names": {"url": platform.url}, "fingerprint": "1", "timeout": 1, **values}
    )


class TestLiveRevision:
    handler = LiveRevisionHandler()

    def test_it_is_what_was_live_when_it_was_read(
        self, context: Context, platform: Platform
    ) -> None:
        first, second = live_inputs(platform), live_inputs(platform, "2")
        made, outputs = self.handler.create(context, first)
        assert made == f"{KIND}/cancer/{platform.url}/live"
        assert outputs == {"revision": "a1", "replicas": 1}
        platform.traffic = {"b2": 100}
        assert self.handler.read(context, made, first, outputs) == outputs
        assert self.handler.drift(context, made, first, outputs) == frozenset()
        assert self.handler.update(context, made, first, second, outputs)["revision"] == "b2"

    def test_half_a_rollout_is_not_what_is_live(self, context: Context, platform: Platform) -> None:
        inputs, before = live_inputs(platform), {"revision": "a1", "replicas": 1}
        platform.traffic = {"a1": 10, "b2": 90}
        assert self.handler.update(context, "id", inputs, inputs, before)["revision"] == "a1"
        platform.traffic = {"b2": 100}
        assert self.handler.update(context, "id", inputs, inputs, before)["revision"] == "b2"

    def test_a_service_that_changes_is_waited_for(
        self, context: Context, platform: Platform
    ) -> None:
        platform.states = ["changing", "changing", "failed"]
        assert self.handler.create(context, live_inputs(platform))[1]["revision"] == "a1"
        assert platform.states == ["failed"]

    def test_nothing_there_is_empty(self, context: Context, platform: Platform) -> None:
        platform.states = ["gone"]
        assert self.handler.create(context, live_inputs(platform))[1] == {
            "revision": "",
            "replicas": 0,
        }
        assert self.handler.invented(live_inputs(platform))["revision"] == ""


class TestTraffic:
    handler = TrafficHandler()

    def move(
        self, context: Context, old: TrafficInputs, new: TrafficInputs, outputs: dict[str, Any]
    ) -> dict[str, Any]:
        return self.handler.update(context, "id", old, new, outputs)

    def test_what_is_live_is_not_moved(self, context: Context, platform: Platform) -> None:
        inputs = traffic(platform, "a1", rollout=CANARY)
        _, outputs = self.handler.create(context, inputs)
        assert outputs == {
            "revision": "a1", "moved": "a1 took all traffic already", "known": ["a1"],
        }  # fmt: skip
        assert platform.shifts == []
        assert self.handler.drift(context, "id", inputs, outputs) == frozenset()

    def test_a_canary_then_back_at_once(self, context: Context, platform: Platform) -> None:
        first, second = (traffic(platform, name, rollout=CANARY) for name in ("a1", "b2"))
        _, outputs = self.handler.create(context, first)
        outputs = self.move(context, first, second, outputs)
        assert outputs["moved"].startswith("canary")
        assert outputs["known"] == ["a1", "b2"]
        outputs = self.move(context, second, first, outputs)
        assert outputs["moved"] == "moved at once"
        assert outputs["known"] == ["b2", "a1"]
        assert platform.shifts == [{"a1": 50, "b2": 50}, {"b2": 100}, {"a1": 100}]

    def test_an_ended_canary_leaves_the_old_revision(
        self, context: Context, platform: Platform
    ) -> None:
        platform.revisions["b2"].wrong_after = 2
        first, second = (traffic(platform, name, rollout=CANARY) for name in ("a1", "b2"))
        _, outputs = self.handler.create(context, first)
        with callers(platform), pytest.raises(ServiceError, match="canary ended at 50 % after"):
            self.move(context, first, second, outputs)
        assert platform.traffic == {"a1": 100}
        assert self.handler.drift(context, "id", first, outputs) == frozenset()

    def test_a_half_done_rollout_goes_on_from_what_was_good(
        self, context: Context, platform: Platform
    ) -> None:
        """Interrupted at 75 %: most of the traffic is on what nobody has finished to watch."""
        platform.traffic = {"a1": 25, "b2": 75}
        platform.revisions["c3"] = Revision()
        first, third = (traffic(platform, name, rollout=CANARY) for name in ("a1", "c3"))
        outputs = {"revision": "a1", "moved": "", "known": ["a1"]}
        assert self.handler.drift(context, "id", first, outputs) == {"revision"}
        outputs = self.move(context, first, third, outputs)
        assert platform.shifts == [{"a1": 50, "c3": 50}, {"c3": 100}]

    def test_a_first_update_that_was_interrupted_goes_on_too(
        self, context: Context, platform: Platform
    ) -> None:
        platform.traffic = {"a1": 75, "b2": 25}
        self.handler.create(context, traffic(platform, "b2", rollout=CANARY))
        assert platform.shifts == [{"a1": 50, "b2": 50}, {"b2": 100}]

    def test_it_is_read_as_it_is(self, context: Context, platform: Platform) -> None:
        inputs = traffic(platform, "a1")
        platform.traffic = {"a1": 10, "b2": 90}
        outputs = {"revision": "a1", "moved": "", "known": []}
        found = self.handler.read(context, "id", inputs, outputs)
        assert found == {"revision": "b2", "moved": "", "known": []}
        platform.states = ["gone"]
        assert self.handler.read(context, "id", inputs, outputs) is None
        assert self.handler.drift(context, "id", inputs, outputs) == {"revision"}

    def test_what_cannot_be_read_is_left_alone(self, context: Context, platform: Platform) -> None:
        inputs = traffic(platform, "a1", names={"url": "http://127.0.0.1:9"})
        seen: list[str] = []
        told = Context(context.home, seen.append)
        assert self.handler.drift(told, "id", inputs, {}) == frozenset()
        assert seen[0].startswith("not read: no answer")


class TestVerification:
    handler = VerificationHandler()

    def test_releases_are_remembered(self, context: Context, platform: Platform) -> None:
        platform.digest = DIGEST
        first = verification(platform, "a1", digest=DIGEST, replicas_min=1)
        made, outputs = self.handler.create(context, first)
        assert outputs["verified"] == "revision a1, 2 golden answers"
        again = first.model_copy(update={"fingerprint": "2"})
        assert self.handler.update(context, made, first, again, outputs) == outputs
        platform.traffic = {"b2": 100}
        second = verification(platform, "b2")
        outputs = self.handler.update(context, made, again, second, outputs)
        assert [item["version"] for item in outputs["releases"]] == [VERSION, SECOND]
        assert self.handler.read(context, made, second, outputs) == outputs
        assert self.handler.drift(context, made, second, outputs) == frozenset()

    def test_a_silent_rollback_later_is_drift(self, context: Context, platform: Platform) -> None:
        inputs = verification(platform, "b2")
        outputs = {"verified": "revision b2, 2 golden answers", "releases": []}
        assert self.handler.drift(context, "id", inputs, outputs) == {"verified"}
        found = self.handler.read(context, "id", inputs, outputs)
        assert found is not None
        assert found["verified"].startswith(f"no longer: {KIND} (url {platform.url}) serves")

    def test_a_service_that_went_is_drift_and_its_history_stays(
        self, context: Context, platform: Platform
    ) -> None:
        platform.states, platform.detail = ["gone"], "deleted by hand"
        inputs, outputs = verification(platform, "a1"), {"verified": "x", "releases": [{}]}
        assert self.handler.drift(context, "id", inputs, outputs) == {"verified"}
        found = self.handler.read(context, "id", inputs, outputs)
        assert found is not None
        assert found["verified"].endswith("is gone: deleted by hand")
        assert found["releases"] == [{}]

    def test_one_that_changes_is_no_drift(self, context: Context, platform: Platform) -> None:
        platform.states = ["changing"]
        assert self.handler.drift(context, "id", verification(platform, "b2"), {}) == frozenset()

    def test_a_bundle_that_is_not_here_is_named(self, context: Context, platform: Platform) -> None:
        inputs = verification(platform, "a1", version="f" * 16)
        with pytest.raises(BundleError, match=f"breast_cancer@{'f' * 16} cannot be read"):
            self.handler.create(context, inputs)

    def test_a_key_is_secret(self) -> None:
        assert self.handler.secret == TrafficHandler.secret == {"api_key"}
