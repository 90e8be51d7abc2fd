"""Syntax: an SDK's source, parsed while no collection of garbage can interfere."""

import ast
import gc
from collections.abc import Generator
from contextlib import contextmanager


def module(source: str) -> ast.Module:
    """The parsed source of a module.

    Raises:
        SyntaxError: it is none.
    """
    with _uncollected():
        return ast.parse(source)


def expression(source: str) -> ast.expr:
    """A parsed expression.

    Raises:
        SyntaxError: it is none.
    """
    with _uncollected():
        return ast.parse(source, mode="eval").body


@contextmanager
def _uncollected() -> Generator[None]:
    # CPython before 3.11.8 and 3.12.2 counts the depth of all parsers in one place: where a
    # finalizer that a collection runs parses something too (the traceback that it prints, say),
    # the outer parser ends with SystemError (https://github.com/python/cpython/issues/106905).
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()
