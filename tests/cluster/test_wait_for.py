"""Conditions that a program names."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.cluster.wait_for import parse

LIVE: dict[str, Any] = {
    "metadata": {"annotations": {"example.com/state": "done"}},
    "status": {
        "phase": "Running",
        "ready": True,
        "count": 3,
        "conditions": [
            {"type": "Ready", "status": "True"},
            {"type": "Synced", "status": "False", "message": "no credentials"},
        ],
    },
}


@pytest.mark.parametrize(
    "written",
    [
        "jsonpath={.status.phase}=Running",
        "jsonpath={.status.phase}",
        "jsonpath={$.status.ready}=true",
        "jsonpath={.status.count}=3",
        'jsonpath={.status.conditions[?(@.type=="Ready")].status}=True',
        "jsonpath={.metadata.annotations['example.com/state']}=done",
        "condition=Ready",
        "condition=Synced=False",
    ],
)
def test_what_holds_is_not_waited_for(written: str) -> None:
    assert parse(written).unmet(LIVE) == ""


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("jsonpath={.status.phase}=Done", "waits for {.status.phase}=Done, now 'Running'"),
        ("jsonpath={.status.address}", "waits for {.status.address}, where nothing is yet"),
        ("condition=Synced", "waits for condition Synced to be True, now False: no credentials"),
        ("condition=Known", "waits for condition Known to be True, now not there"),
    ],
)
def test_what_does_not_hold_is_named(written: str, reason: str) -> None:
    assert parse(written).unmet(LIVE) == reason


@pytest.mark.parametrize(
    "written",
    [
        "",
        "Ready",
        "condition=",
        "jsonpath=.status.phase",
        "jsonpath={.status.phase",
        "jsonpath={.status.phase}=",
        "jsonpath={.status.phase}Running",
        "jsonpath={.status[}",
        "delete",
    ],
)
def test_what_is_no_condition_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"condition|JSONPath"):
        parse(written)


@given(st.text(max_size=30))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    for written in (text, f"jsonpath={text}", f"jsonpath={{{text}}}", f"condition={text}"):
        try:
            wanted = parse(written)
        except ValueError:
            continue
        assert isinstance(wanted.unmet(LIVE), str)
