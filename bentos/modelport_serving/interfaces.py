"""Interfaces: tells ASGI and WSGI applications apart, and calls both as ASGI."""

import functools
import inspect
import string
import sys
from collections.abc import Callable, Iterable
from typing import Any, Literal, cast
from urllib.parse import quote_from_bytes

from a2wsgi import WSGIMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from modelport_serving.errors import StartError

Application = Callable[..., Any]
"""An application of Flask, Django, FastAPI or any other framework that speaks ASGI or WSGI."""
Interface = Literal["asgi", "wsgi"]

THREADS = 10
"""Calls of a WSGI application at the same time."""
_ARGUMENTS: dict[Interface, int] = {"asgi": 3, "wsgi": 2}
_FIRST: dict[str, Interface] = {"scope": "asgi", "environ": "wsgi", "env": "wsgi"}
_HOW = "give an application, e.g. app = Flask(__name__), or get_asgi_application() of Django"


def as_asgi(application: Application) -> ASGIApp:
    """An application as ASGI 3; one of WSGI runs in threads.

    Raises:
        StartError: it is neither.
    """
    if interface_of(application) == "asgi":
        return cast("ASGIApp", application)
    bridge = cast("ASGIApp", WSGIMiddleware(_to_stderr(application), workers=THREADS))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        # WSGI's query is ASCII, which a caller may break.
        query = cast("bytes", scope["query_string"])
        if not query.isascii():
            scope = {**scope, "query_string": quote_from_bytes(query, _ASCII).encode()}
        await bridge(scope, receive, send)

    return answer


def interface_of(application: object) -> Interface:
    """Which of the two an application speaks, by the arguments that it takes.

    ASGI is called as `app(scope, receive, send)`, WSGI as `app(environ, start_response)`.

    Raises:
        StartError: it takes neither, or both.
    """
    said = f"the mounted application {_name(application)}"
    if inspect.isclass(application):
        raise StartError(f"{said} is a class; {_HOW}")
    if not callable(application):
        raise StartError(f"{said} is no application: it cannot be called; {_HOW}")
    try:
        signature = inspect.signature(application)
    except (TypeError, ValueError):
        raise StartError(f"{said} does not say which arguments it takes; {_HOW}") from None
    fitting: list[Interface] = [
        name for name, count in _ARGUMENTS.items() if _takes(signature, count)
    ]
    if not fitting:
        message = (
            f"{said} takes {signature}; ASGI takes (scope, receive, send), WSGI takes "
            f"(environ, start_response); {_HOW}"
        )
        raise StartError(message)
    found: Interface | None = fitting[0] if len(fitting) == 1 else _hint(application, signature)
    if found is None:
        message = (
            f"{said} takes {signature}, which may be ASGI or WSGI; wrap it in a function of "
            "(scope, receive, send) or of (environ, start_response)"
        )
        raise StartError(message)
    return found


_ASCII = string.printable


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def _hint(application: Callable[..., Any], signature: inspect.Signature) -> Interface | None:
    """What an application that takes both numbers of arguments says otherwise."""
    function = inspect.unwrap(application)
    while isinstance(function, functools.partial):
        function = function.func
    call = getattr(function, "__call__", None)  # noqa: B004 - the method of an object
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call):
        return "asgi"
    return _FIRST.get(next(iter(signature.parameters), ""))


def _to_stderr(application: Application) -> Application:
    """Where the log is: the bridge names standard output as the place for errors."""

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["wsgi.errors"] = sys.stderr
        return application(environ, start_response)

    return call


def _name(application: object) -> str:
    name = getattr(application, "__name__", None)
    return str(name) if name else f"of {type(application).__name__}"
