"""Reading properties: a value, missing or unknown, at every depth."""

import pytest
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, unknown_checking_proxy

from modelport_policies.values import MISSING, UNKNOWN, Read, entries, items, number, read, text

TREE = {
    "text": "abc",
    "null": None,
    "later": UNKNOWN_NUMBER_VALUE,
    "list": ["a", UNKNOWN_NUMBER_VALUE, {"x": 1}],
    "map": {"a": 1, "b": UNKNOWN_NUMBER_VALUE},
}


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("text",), "abc"),
        (("text", 0), MISSING),
        (("text", "x"), MISSING),
        (("none",), MISSING),
        (("null",), MISSING),
        (("null", "x"), MISSING),
        (("later",), UNKNOWN),
        (("later", "x", 0), UNKNOWN),
        (("list", 0), "a"),
        (("list", 1), UNKNOWN),
        (("list", 2, "x"), 1),
        (("list", 3), MISSING),
        (("list", "x"), MISSING),
        (("map", "b"), UNKNOWN),
        (("map", 0), MISSING),
    ],
)
def test_read(wrapped: bool, path: tuple[str | int, ...], expected: Read) -> None:
    properties = unknown_checking_proxy(TREE) if wrapped else TREE
    assert read(properties, *path) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3.0),
        (0, 0.0),
        (" 2.5 ", 2.5),
        (True, MISSING),
        ("", MISSING),
        ("1 GB", MISSING),
        (float("inf"), MISSING),
        ("nan", MISSING),
        (10**400, MISSING),
        ([1], MISSING),
        (None, MISSING),
        (UNKNOWN_NUMBER_VALUE, UNKNOWN),
    ],
)
def test_number(value: object, expected: Read) -> None:
    assert number({"n": value}, "n") == expected


def test_text_is_text_only() -> None:
    assert text({"a": ""}, "a") == ""
    assert text({"a": 1}, "a") is MISSING
    assert text(TREE, "later") is UNKNOWN


def test_entries_and_items_give_what_is_known_beside_what_is_not() -> None:
    properties = unknown_checking_proxy(TREE)
    assert list(entries(properties, "map")) == [("a", 1), ("b", UNKNOWN)]
    assert [value for _, value in items(properties, "list")][:2] == ["a", UNKNOWN]
    for nothing in ("text", "later", "none", "null"):
        assert list(entries(properties, nothing)) == []
        assert list(items(properties, nothing)) == []
