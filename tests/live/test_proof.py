"""Proof of a service on the simulated platform, over real HTTP."""

import pytest

from live.simulated import DIGEST, KIND, SECOND, Platform
from modelport.errors import ServiceError
from modelport.live import Caller, Expected, prove, service_of
from records import golden, record

WANTED = Expected("b2", DIGEST, 1)


@pytest.fixture
def live(platform: Platform) -> Platform:
    """`b2` is live as it was asked for."""
    platform.traffic, platform.digest = {"b2": 100}, DIGEST
    return platform


def proved(platform: Platform, expected: Expected = WANTED, timeout: float = 5) -> str:
    service = service_of(KIND)({"url": platform.url})
    seen: list[str] = []
    wanted = record(version=SECOND)
    said = prove(
        service, expected, wanted, golden(), Caller("k"), timeout=timeout, status=seen.append
    )
    assert seen[-1] == "checking golden answers"
    return said


def refused(platform: Platform, expected: Expected = WANTED, timeout: float = 1) -> str:
    with pytest.raises(ServiceError) as caught:
        proved(platform, expected, timeout)
    return str(caught.value).replace(f" (url {platform.url})", "")


def test_the_service_that_was_asked_for_is_proved(live: Platform) -> None:
    live.key = "k"
    assert proved(live) == "revision b2, 2 golden answers"


def test_a_service_that_changes_is_waited_for(live: Platform) -> None:
    live.states = ["changing", "changing", "ready"]
    assert proved(live) == "revision b2, 2 golden answers"
    assert live.states == ["ready"]


def test_one_that_never_settles_is_given_up(live: Platform) -> None:
    live.states, live.detail = ["changing"], "Creating"
    assert refused(live) == "simulated.service is not ready after 1 s: Creating"


def test_one_that_failed_says_why(live: Platform) -> None:
    live.states, live.detail = ["failed"], "no capacity in eu-1"
    assert refused(live) == "simulated.service failed: no capacity in eu-1"


def test_one_that_is_gone_is_named(live: Platform) -> None:
    live.states = ["gone"]
    assert refused(live) == "simulated.service is not there"


def test_a_silent_rollback_is_found(live: Platform) -> None:
    live.states, live.traffic = ["changing", "ready"], {"a1": 100}
    live.detail = "alarm 5xx"
    assert refused(live) == (
        "simulated.service serves revision a1, wanted b2: "
        "the platform rolled the update back (alarm 5xx)"
    )


def test_another_image_is_found(live: Platform) -> None:
    live.digest = "sha256:" + "0" * 64
    assert refused(live).endswith(f"wanted {DIGEST}: the platform rolled the update back")


def test_an_image_that_the_platform_does_not_name_is_said_so(live: Platform) -> None:
    live.digest = ""
    assert proved(live) == "revision b2, image not named by the platform, 2 golden answers"


def test_half_the_traffic_is_not_enough(live: Platform) -> None:
    live.traffic = {"a1": 75, "b2": 25}
    assert refused(live) == (
        "simulated.service sends 25 % of the traffic to revision b2, wanted 100 % "
        "(a1 75 %, b2 25 %); run the update again"
    )


def test_instances_are_waited_for(live: Platform) -> None:
    live.replicas = [0, 0, 1, 2]
    assert proved(live, Expected("b2", None, 2)) == "revision b2, 2 golden answers"


def test_too_few_instances_fail(live: Platform) -> None:
    assert refused(live, Expected("b2", None, 3)) == (
        "simulated.service runs 1 instances, wanted at least 3"
    )


def test_nothing_expected_is_golden_answers_alone(live: Platform) -> None:
    assert proved(live, Expected()) == "2 golden answers"


def test_wrong_answers_fail_at_once(live: Platform) -> None:
    live.revisions["b2"].wrong_after = 0
    assert refused(live, timeout=60).startswith(
        "wrong answers from simulated.service: golden row 0"
    )
    assert live.took("b2") == 1


def test_a_version_of_yesterday_is_asked_again_and_then_named(live: Platform) -> None:
    live.revisions["b2"].version = "0ld0000000000000"
    assert refused(live) == f"simulated.service serves version 0ld0000000000000, wanted {SECOND}"
    assert live.took("b2") > 1


def test_a_service_without_headers_is_proved_by_its_answers(live: Platform) -> None:
    live.revisions["b2"].named = False
    assert proved(live) == "revision b2, 2 golden answers"
    live.revisions["b2"].wrong_after = 0
    assert refused(live).startswith("wrong answers from simulated.service")


def test_a_refusal_is_shown(live: Platform) -> None:
    live.key = "another"
    assert refused(live) == "simulated.service answered 401: no key"


def test_a_private_service_is_not_called_verified(live: Platform) -> None:
    live.private = "the endpoint is in a private network"
    assert proved(live) == (
        "read back; golden answers not verified (the endpoint is in a private network)"
    )
