"""An SDK's source can be parsed whatever a collection of garbage runs meanwhile."""

import ast
import gc
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from modelport.sdk import syntax

_CLASS = (
    "class A:\n"
    + "    def f(self, x: dict[str, list[int]]) -> int: return (x, [x], {x: x})\n" * 200
)


@contextmanager
def collections_that_parse() -> Generator[list[str]]:
    """Collections of garbage run often, and parse something themselves from deeper calls."""
    parsed: list[str] = []

    def deeper(calls: int) -> None:
        if calls:
            deeper(calls - 1)
        else:
            ast.parse("a = 1")
            parsed.append("a = 1")

    def collected(phase: str, _: object) -> None:
        if phase == "start":
            deeper(20)

    before = gc.get_threshold()
    gc.callbacks.append(collected)
    gc.set_threshold(10)
    try:
        yield parsed
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(collected)


def test_a_collection_that_parses_does_not_spoil_the_parser() -> None:
    with collections_that_parse() as parsed:
        found = syntax.module(_CLASS).body[0]
        quoted = syntax.expression("[" + "x, " * 500 + "]")
        assert gc.isenabled()
        gc.collect()
    assert isinstance(found, ast.ClassDef)
    assert len(found.body) == 200
    assert isinstance(quoted, ast.List)
    assert parsed  # the collections did run


def test_garbage_is_collected_again_after_an_error() -> None:
    with pytest.raises(SyntaxError):
        syntax.module("class")
    assert gc.isenabled()


def test_who_collects_no_garbage_goes_on_without() -> None:
    gc.disable()
    try:
        syntax.expression("a")
        assert not gc.isenabled()
    finally:
        gc.enable()
