"""The contract: how a platform's service is found, and what every one has without saying it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import modelport.platforms
from live.simulated import KIND, Platform
from modelport.errors import ServiceError
from modelport.live import Answer, Found, LiveService, service_of


class Plain(LiveService):
    kind = "plain.thing"

    def read(self) -> Found:
        return Found("ready")

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        raise NotImplementedError


def test_a_service_is_found_by_its_kind(platform: Platform) -> None:
    service = service_of(KIND)({"url": platform.url})
    assert service.read() == Found("ready", revision="a1", traffic={"a1": 100}, replicas=1)


@pytest.mark.parametrize("kind", ["nowhere.at_all", "local", "aws", "aws.lambdas"])
def test_a_kind_that_nothing_reads_is_named(kind: str) -> None:
    with pytest.raises(ServiceError, match=f"^{kind}: nothing in this version"):
        service_of(kind)


def test_a_missing_library_is_not_a_missing_kind(
    known: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "broken" / "thing"
    folder.mkdir(parents=True)
    (folder / "live.py").write_text("import no_such_library\n")
    paths = [*modelport.platforms.__path__, str(tmp_path)]
    monkeypatch.setattr(modelport.platforms, "__path__", paths)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        service_of("broken.thing")


def test_what_a_platform_does_not_offer_is_said_so() -> None:
    service = Plain({"region": "r", "endpoint": "e"})
    assert service.title == "plain.thing (endpoint e, region r)"
    assert service.counts("a1", 0) is None
    assert service.firing() == ()
    assert service.ask_revision("a1", b"", None, 1) is None
    with pytest.raises(ServiceError, match=r"plain.thing \(.*\) does not move traffic"):
        service.shift({"a1": 100})


def test_shares_are_those_that_take_traffic() -> None:
    assert Found("ready", revision="a1").shares == {"a1": 100}
    assert Found("ready", revision="a1", traffic={"a1": 100, "b2": 0}).shares == {"a1": 100}
    assert Found("gone").shares == {}


shares = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 100), max_size=4)


@given(shares, st.sampled_from(["", *"abcde"]), st.sampled_from(["", *"abcde"]))
def test_what_is_good_takes_traffic(traffic: dict[str, int], before: str, besides: str) -> None:
    found = Found("ready", traffic=traffic)
    good = found.good(before, besides=besides)
    others = found.shares.keys() - {besides}
    assert good in others if others else good == ""
    if before in others:
        assert good == before
    elif others:
        assert traffic[good] == max(traffic[name] for name in others)


def test_headers_are_found_in_any_case() -> None:
    answer = Answer(200, b"\xff", {"X-Modelport-Version": "v"})
    assert answer.header("x-modelport-version") == "v"
    assert answer.header("x-other") is None
    assert answer.text == "\ufffd"
