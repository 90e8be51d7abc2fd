"""Caller: what a service is asked with, and what is said where there is nothing to ask with."""

import sys

import pytest

from live.simulated import KIND, SECOND, Platform
from modelport.errors import ServiceError
from modelport.live import Caller, Expected, GoldenCheck, NotReachable, prove, service_of
from modelport.verify import limited_for
from modelport_serving.oidc import Oidc
from records import golden, record

OIDC = Oidc(issuer="https://login.example.com", audience="cancer")
COMMAND = f"{sys.executable} -c \"import os; print(os.environ['MODELPORT_AUDIENCE'] + '.t.s')\""


@pytest.fixture(autouse=True)
def no_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the tester's own."""
    for name in ("MODELPORT_TOKEN", "MODELPORT_TOKEN_COMMAND"):
        monkeypatch.delenv(name, raising=False)


def test_a_key_needs_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELPORT_TOKEN", "a.b.c")
    assert Caller("k").bearer() == "k"
    assert Caller().bearer() is None
    assert Caller(oidc=OIDC).bearer() == "a.b.c"


def test_a_command_writes_a_token_for_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELPORT_TOKEN_COMMAND", COMMAND)
    assert Caller(oidc=OIDC).bearer() == "cancer.t.s"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"MODELPORT_TOKEN": "a b"}, "MODELPORT_TOKEN gives something else than one token"),
        ({"MODELPORT_TOKEN": "a", "MODELPORT_TOKEN_COMMAND": "b"}, "set one of them"),
        ({"MODELPORT_TOKEN_COMMAND": "false"}, "ended with status 1"),
        ({"MODELPORT_TOKEN_COMMAND": "true"}, "gives something else than one token"),
        ({"MODELPORT_TOKEN_COMMAND": "/nowhere/at/all"}, "cannot be run"),
        ({"MODELPORT_TOKEN_COMMAND": "'"}, "cannot be run"),
    ],
)
def test_what_is_no_token(
    variables: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ServiceError, match=says) as caught:
        Caller(oidc=OIDC).bearer()
    assert not isinstance(caught.value, NotReachable)


def test_without_a_token_the_proof_says_what_it_lacks(platform: Platform) -> None:
    platform.traffic = {"b2": 100}
    said = prove(
        service_of(KIND)({"url": platform.url}),
        Expected("b2"),
        record(version=SECOND),
        golden(),
        Caller(oidc=OIDC),
        timeout=5,
        status=lambda _: None,
    )
    assert said == (
        "read back; golden answers not verified (its callers send tokens of "
        "https://login.example.com for cancer; set MODELPORT_TOKEN to one, or "
        "MODELPORT_TOKEN_COMMAND to a command that writes one)"
    )


def test_with_a_token_the_service_is_asked(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.traffic, platform.key = {"b2": 100}, "cancer.t.s"
    monkeypatch.setenv("MODELPORT_TOKEN_COMMAND", COMMAND)
    service = service_of(KIND)({"url": platform.url})
    check = GoldenCheck(service, record(version=SECOND), golden(), Caller(oidc=OIDC))
    assert check.among("b2")


@pytest.mark.parametrize(
    ("status", "after", "wait"),
    [(200, None, None), (503, "1", None), (429, "2", 2.0), (429, "900", 5.0), (429, "soon", 1.0)],
)
def test_a_service_that_limits_its_callers_is_asked_later(
    status: int, after: str | None, wait: float | None
) -> None:
    assert limited_for(status, after) == wait
