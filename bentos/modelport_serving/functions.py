"""Functions: the bundle as an HTTP function for Google's functions-framework.

`main.py` of a source bundle is these lines; every path and method of the function's address is
answered, as on every other platform:

    from modelport_serving.functions import load_function

    _answer = load_function()


    def predict(request):
        return _answer(request)
"""

import os
import sys
from collections.abc import Callable, Iterable
from typing import Protocol

from modelport_serving.container import own_bento, prepare
from modelport_serving.errors import StartError


class Headers(Protocol):
    """Headers of a request of Flask."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Names and values."""
        ...


class HttpRequest(Protocol):
    """What is used of a request of Flask."""

    method: str
    path: str
    query_string: bytes
    headers: Headers

    def get_data(self) -> bytes:
        """The body."""
        ...


HttpAnswer = tuple[bytes, int, list[tuple[str, str]]]
"""Body, status and headers, as Flask takes them."""


def load_function() -> Callable[[HttpRequest], HttpAnswer]:
    """Load the bundle that this code lies in; the process ends when it cannot be loaded."""
    bento = own_bento()
    # Before BentoML is imported: it reads its home once.
    os.environ.update(prepare(os.environ, bento))
    from modelport_serving.call import Request, start

    try:
        caller = start(bento)
    except StartError as error:
        sys.stderr.write(f"cannot start: {error}\n")
        sys.exit(1)

    def answer(request: HttpRequest) -> HttpAnswer:
        headers = tuple(request.headers.items())
        query = request.query_string.decode("latin-1")
        asked = Request(request.method, request.path, query, headers, request.get_data())
        found = caller.call(asked)
        return found.body, found.status, list(found.headers)

    return answer
