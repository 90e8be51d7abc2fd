"""Secrets never reach a recording, and what is not known is not taken for a value."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.report.values import (
    MISSING,
    SECRET,
    UNKNOWN,
    at,
    blinded,
    blinded_pair,
    each,
    path_keys,
    path_text,
)
from report import made

WITHOUT = str.maketrans({"\\": "/", '"': "'"})
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("x", made.SECRET, made.SECRET_MARK),
        ("x", made.UNKNOWN, made.UNKNOWN_MARK),
        ("x", [made.SECRET, 1], [made.SECRET_MARK, 1]),
        ("password", "hunter2", made.SECRET_MARK),
        ("url", "postgres://me:hunter2@host/db", made.SECRET_MARK),
        (
            "secretArn",
            "arn:aws:secretsmanager:eu:1:secret:x",
            "arn:aws:secretsmanager:eu:1:secret:x",
        ),
        (
            "x",
            [{"name": "API_TOKEN", "value": "a1"}],
            [{"name": "API_TOKEN", "value": made.SECRET_MARK}],
        ),
        ("x", [{"name": "LEVEL", "value": "info"}], [{"name": "LEVEL", "value": "info"}]),
        ("x", {"$mark": "secret"}, {"$$mark": "secret"}),
        ("x", {"b": 1, "a": None, "__defaults": []}, {"a": None, "b": 1}),
    ],
)
def test_what_is_kept_of_a_value(name: str, value: Any, kept: Any) -> None:
    assert blinded(value, name) == kept


def test_a_secret_that_turns_plain_is_shown_on_neither_side_and_named() -> None:
    old = {"note": made.SECRET, "env": [{"name": "A", "value": made.SECRET}], "list": [made.SECRET]}
    new = {
        "note": "h1",
        "env": [{"name": "B", "value": "b"}, {"name": "A", "value": "h2"}],
        "list": ["h3"],
    }
    before, after, plain = blinded_pair(old, new)
    assert plain == ["env[1].value", "list[0]", "note"]
    assert not any(word in f"{before}{after}" for word in ("h1", "h2", "h3"))
    assert at(after, ("env", 0, "value")) == "b"


def test_a_secret_that_moves_in_a_list_stays_hidden() -> None:
    _, after, _ = blinded_pair(["a", made.SECRET], ["new", "a", "hunter2"])
    assert after == [made.SECRET_MARK, "a", made.SECRET_MARK]


def test_reading_is_three_valued() -> None:
    value = {"a": [{"b": 1}, made.UNKNOWN_MARK], "s": made.SECRET_MARK}
    assert list(each(value, "a.*.b")) == [1, UNKNOWN]
    assert at(value, ("s", "deep")) is SECRET
    assert at(value, ("a", 7)) is MISSING
    assert at(value, ("a", "b")) is MISSING


@given(st.lists(st.integers(0, 99) | KEYS, min_size=1, max_size=5))
def test_paths_go_there_and_back(keys: list[str | int]) -> None:
    clean = [
        key if isinstance(key, int) else key.replace("\\", "/").replace('"', "'") for key in keys
    ]
    clean[0] = str(clean[0])
    assert path_keys(path_text(clean)) == tuple(clean)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just(made.SECRET),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, VALUES)
def test_no_plain_text_stands_where_the_other_side_is_secret(old: Any, new: Any) -> None:
    before, after, _ = blinded_pair({"x": old}, {"x": new})
    both = [(before, after)]
    while both:
        was, will = both.pop()
        if made.SECRET_MARK in (was, will):
            assert was in (None, made.SECRET_MARK)
            assert will in (None, made.SECRET_MARK)
        elif isinstance(was, dict) and isinstance(will, dict):
            both += [(was[key], will[key]) for key in was.keys() & will.keys()]
