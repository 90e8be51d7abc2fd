"""Mount: a web application of the user's own, answered where the bundle has no route itself.

It gets every request below its path that no route of the bundle takes, once the caller has shown
the key, or without one below the prefixes that are public. Its requests are counted under one
label, and their bodies are read within the limits of the settings before it is called.
"""

import asyncio
import re
from collections.abc import Collection, Iterable
from typing import cast

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.lifespan.on import LifespanOn

from modelport_serving.body import check_length, read_body
from modelport_serving.errors import StartError
from modelport_serving.exchange import Exchange
from modelport_serving.interfaces import Application, as_asgi
from modelport_serving.logs import hear_application, log_line
from modelport_serving.platform_routes import HANDLER_PORT, PLATFORM_VARIABLE, platform_routes
from modelport_serving.predictions import Predictions, request_id
from modelport_serving.problems import unavailable
from modelport_serving.settings import Settings

ROUTE = "mount"
"""Label of all requests of the application, in metrics and log."""
EVERYTHING = "*"
"""Public prefix that opens the whole application."""
MOST_REQUESTS = 256
"""Requests that the application may answer at the same time; more are `overloaded` at once."""
# No empty segment, dot segment, backslash or second encoding: what an application could read as
# another path is never public.
_PLAIN = re.compile(r"/|(?:/(?!\.{1,2}(?:/|$))[^/\\%\x00-\x1f]+)+/?")
_PATH = re.compile(r"/|(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+")


class Mount:
    """One application, the path that it lies at, and what of it needs no key.

    Args:
        application: Of ASGI or WSGI.
        path: Where it lies: `/` or a path such as `/clinic`.
        public: Prefixes, as the application sees them, that need no key: `/static` opens that
            path and all below it, `/` the start page alone, `*` everything.
        predictions: Told which event loop serves.

    Raises:
        StartError: one of them is none.
    """

    def __init__(
        self,
        application: Application,
        *,
        path: str,
        public: Collection[str],
        predictions: Predictions,
    ) -> None:
        self.application = application
        self.path = _checked_path(path)
        self._prefix = self.path.rstrip("/")
        self._public = _checked_public(public)
        self._app = as_asgi(application)
        self._predictions = predictions
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started: asyncio.Task[LifespanOn] | None = None
        self._failures: list[str] = []
        self._count = 0

    def check(self, routes: Iterable[str]) -> None:
        """Refuse a path that is, or lies below, one of the bundle's own.

        Raises:
            StartError: it does.
        """
        everywhere = platform_routes({PLATFORM_VARIABLE: "sagemaker", HANDLER_PORT: "1"})
        for route in (*routes, *everywhere):
            if self._prefix == route or self._prefix.startswith(f"{route}/"):
                message = (
                    f"the application cannot be mounted at {self.path}: {route} is a path of the "
                    'bundle itself; choose another one, e.g. path="/app"'
                )
                raise StartError(message)

    def holds(self, path: str) -> bool:
        """Whether a path belongs to the application, unless a route of the bundle takes it."""
        return path.startswith(f"{self._prefix}/") or path == self.path

    def is_public(self, path: str) -> bool:
        """Whether a path that it holds needs no key."""
        if EVERYTHING in self._public:
            return True
        inner = path.removeprefix(self._prefix) or "/"
        if not self._public or not _PLAIN.fullmatch(inner):
            return False
        return inner in self._public or any(
            prefix != "/" and inner.startswith(f"{prefix}/") for prefix in self._public
        )

    async def answer(
        self, exchange: Exchange, scope: Scope, send: Send, settings: Settings
    ) -> None:
        """Let the application answer one request.

        Raises:
            ProblemError: the body is too large or too slow, or too many requests are answered.
            DisconnectedError: the caller went away before its body was complete.
        """
        if self._count >= MOST_REQUESTS:
            raise unavailable("overloaded", "too many requests wait for the application; try again")
        self._count += 1
        try:
            check_length(exchange.headers, settings.max_body_bytes)
            body = await read_body(
                exchange.receive,
                max_bytes=settings.max_body_bytes,
                seconds=settings.timeout_seconds,
            )
            lifespan = await self.start()
            given: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

            async def receive() -> Message:
                return given.pop() if given else await exchange.receive()

            headers = [pair for pair in scope["headers"] if pair[0] != b"x-request-id"]
            headers.append((b"x-request-id", exchange.request_id.encode()))
            inner = {
                **scope,
                "headers": headers,
                "root_path": scope.get("root_path", "") + self._prefix,
                "state": lifespan.state.copy(),
            }
            token = request_id.set(exchange.request_id)
            try:
                await self._app(inner, receive, send)
            finally:
                request_id.reset(token)
        finally:
            self._count -= 1

    async def start(self) -> LifespanOn:
        """Start the application, unless it has been started in this event loop.

        Raises:
            StartError: it refuses to start.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop or self._started is None:
            self._loop = loop
            self._predictions.attach()
            self._started = loop.create_task(self._start())
        # A caller that goes away must not end the start for the others.
        return await asyncio.shield(self._started)

    async def stop(self) -> None:
        """Tell the application that it ends."""
        if self._started is not None and not self._started.cancelled():
            lifespan = await self._started
            await lifespan.shutdown()
            if lifespan.shutdown_failed:
                said = "".join(self._failures).strip()
                log_line("application", level="error", logger="lifespan", message=said)

    async def _start(self) -> LifespanOn:
        hear_application()

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_watching(message: Message) -> None:
                if message["type"] in ("lifespan.startup.failed", "lifespan.shutdown.failed"):
                    self._failures.append(str(message.get("message", "")))
                await send(message)

            await self._app(scope, receive, send_watching)

        config = uvicorn.Config(
            watched,
            interface="asgi3",
            ws="none",
            lifespan="auto",
            log_config=None,
            proxy_headers=False,
        )
        lifespan = LifespanOn(config)
        await lifespan.startup()
        if lifespan.should_exit:
            lines = "".join(self._failures).strip().splitlines() or ["it gives no reason"]
            raise StartError(f"the mounted application does not start: {lines[-1].strip()}")
        return lifespan


class Lifespan:
    """Middleware that starts the application once the model answers, and ends it before."""

    def __init__(self, app: ASGIApp, mount: Mount) -> None:
        self.app = app
        self.mount = mount

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one ASGI scope on."""
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return

        async def send_after(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                await self.mount.start()
            await send(message)

        async def receive_after() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.mount.stop()
            return message

        await self.app(scope, receive_after, send_after)


def _checked_path(path: object) -> str:
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        message = (
            f"the application cannot be mounted at {path!r}; write / or a path such as /clinic, "
            "of letters, digits, - . _ and ~, without a slash at its end"
        )
        raise StartError(message)
    return path


def _checked_public(public: object) -> frozenset[str]:
    if isinstance(public, str) or not isinstance(public, Collection):
        raise StartError(f'public is {public!r}; write a list of prefixes, e.g. ["/static"]')
    for prefix in cast("Collection[object]", public):
        if prefix != EVERYTHING and not (isinstance(prefix, str) and _PATH.fullmatch(prefix)):
            message = (
                f"the public prefix {prefix!r} is none; write a path such as /static without a "
                "slash at its end, / for the start page alone, or * for everything"
            )
            raise StartError(message)
    return frozenset(cast("Collection[str]", public))
