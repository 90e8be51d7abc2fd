"""Gate: lets requests in, gives each its endpoint, and writes the replies; and Front before it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelport_serving.body import DisconnectedError, discard
from modelport_serving.exchange import GONE, NO_STORE, Exchange, Reply, fallback_of, traced
from modelport_serving.forward import VERSION_HEADER
from modelport_serving.logs import log_failure, log_request
from modelport_serving.metrics import NO_ROUTE
from modelport_serving.mount import ROUTE, Mount
from modelport_serving.problems import (
    MEDIA_TYPE,
    ProblemError,
    internal,
    method_not_allowed,
    not_found,
)
from modelport_serving.runtime import Live, Runtime, draining

CLIENT_CLOSED = 499
"""Status in log and metrics of a request whose caller went away; it is never sent."""

Endpoint = Callable[[Exchange], Awaitable[Reply]]
"""Answers one request; a refusal is a `ProblemError`."""


@dataclass(frozen=True, slots=True)
class Route:
    """One path of the service."""

    methods: tuple[str, ...]
    """HTTP methods that it takes."""
    endpoint: Endpoint
    """What answers it."""
    is_open: bool = False
    """Whether it needs no key: probes cannot carry one."""
    is_watching: bool = False
    """Whether it only looks at the service: such requests are not limited and get no span."""
    protocol: str | None = None
    """Protocol of the settings that must be on for it to exist; None: it always does."""
    refusal: Callable[[ProblemError, Exchange], Reply] | None = None
    """Writes its errors; None: as problem details."""


class Front:
    """Sends every request to `answer`; the process's start and end still reach `app`."""

    def __init__(self, app: ASGIApp, answer: ASGIApp) -> None:
        self.app = app
        self.answer = answer

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass one ASGI scope on."""
        target = self.app if scope["type"] == "lifespan" else self.answer
        return target(scope, receive, send)


class Gate:
    """Lets known paths and callers with a key in, and gives every error the one shape.

    It also sets the request's id, counts the request and logs it.

    Args:
        runtime: What is served.
        routes: Every path that exists.
        mount: The user's own application, for paths that are none of them.
    """

    def __init__(
        self, runtime: Runtime, routes: Mapping[str, Route], mount: Mount | None = None
    ) -> None:
        self.runtime = runtime
        self.routes = routes
        self.mount = mount
        self._version = (VERSION_HEADER, runtime.record.version.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; WebSockets are refused."""
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        live = self.runtime.live
        path = scope["path"]
        route = self.routes.get(path)
        if live and route is not None and not self._exists(path, live):
            route = None
        mount = self._mount_of(path) if route is None else None
        label = path if route is not None else NO_ROUTE if mount is None else ROUTE
        exchange = Exchange(scope, receive, label)
        if live:
            live.metrics.in_flight.inc()
            if live.tracing is not None and not (route and route.is_watching):
                exchange.trace = live.tracing.begin(exchange, scope)
        try:
            if mount is None:
                await self._answer(exchange, route, scope, send)
            else:
                await self._pass_on(mount, exchange, scope, send)
        finally:
            if live:
                live.metrics.in_flight.dec()
                _record(live, exchange, self.runtime.record.version)
                if exchange.trace is not None:
                    exchange.trace.end()

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await send({"type": "websocket.close", "code": 1008})
            return
        while True:
            kind = str((await receive())["type"]).removeprefix("lifespan.")
            if kind == "shutdown":
                self.runtime.stop()
            await send({"type": f"lifespan.{kind}.complete"})
            if kind == "shutdown":
                return

    async def _answer(
        self, exchange: Exchange, route: Route | None, scope: Scope, send: Send
    ) -> None:
        try:
            reply = await self._admit(exchange, route, scope).endpoint(exchange)
            if reply.parts is not None:
                await self._begin(reply, exchange, send)
                async for part in reply.parts:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        except (Exception, asyncio.CancelledError) as error:
            await self._fail(error, exchange, send, route)
        else:
            if reply.parts is None:
                await self._begin(reply, exchange, send)
            await send({"type": "http.response.body", "body": reply.body})

    async def _pass_on(self, mount: Mount, exchange: Exchange, scope: Scope, send: Send) -> None:
        """Let the mounted application answer; what it says carries our headers too."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                marks = self._marks(exchange)
                ours = {name for name, _ in marks}
                theirs = [
                    pair for pair in message.get("headers", ()) if pair[0].lower() not in ours
                ]
                message = {**message, "headers": [*theirs, *marks]}
            await send(message)

        try:
            live = self.runtime.ready()
            if not mount.is_public(scope["path"]):
                live.callers.check(exchange)
            self._count(exchange, live, scope)
            with nullcontext() if exchange.trace is None else exchange.trace.current():
                await mount.answer(exchange, scope, marked, live.settings)
        except (Exception, asyncio.CancelledError) as error:
            await self._fail(error, exchange, send)

    async def _fail(
        self,
        error: BaseException,
        exchange: Exchange,
        send: Send,
        route: Route | None = None,
    ) -> None:
        """Answer what went wrong, where nothing has been answered: in the one shape."""
        begun = exchange.status != 0
        if isinstance(error, DisconnectedError):
            exchange.status = CLIENT_CLOSED
        elif isinstance(error, asyncio.CancelledError) and error.args == (GONE,):
            exchange.status = exchange.status or CLIENT_CLOSED
            raise error
        elif isinstance(error, asyncio.CancelledError):
            # The process ends before the answer is there.
            if not begun:
                await self._refuse(draining(), exchange, send)
            raise error
        elif isinstance(error, ProblemError) and not begun:
            await self._refuse(error, exchange, send, route)
        else:  # the caller gets no reason, the log does
            log_failure(exchange.request_id, error)
            if not begun:
                await self._refuse(internal(), exchange, send, route)

    def _mount_of(self, path: str) -> Mount | None:
        return self.mount if self.mount is not None and self.mount.holds(path) else None

    def _admit(self, exchange: Exchange, route: Route | None, scope: Scope) -> Route:
        if route is None or not route.is_open:
            live = self.runtime.ready()
            live.callers.check(exchange)
            if route is None or not route.is_watching:
                self._count(exchange, live, scope)
            if route is None:
                raise not_found([path for path in self.routes if self._exists(path, live)])
        if exchange.method not in route.methods:
            raise method_not_allowed(exchange.route, route.methods)
        return route

    def _count(self, exchange: Exchange, live: Live, scope: Scope) -> None:
        """Refuse a caller that asks too often; what a sibling passes on was counted by it."""
        private = self.runtime.private
        if private is None or scope.get("server") != private:
            live.callers.count(exchange)

    def _exists(self, path: str, live: Live) -> bool:
        protocol = self.routes[path].protocol
        return protocol is None or protocol in live.settings.parts

    def _marks(self, exchange: Exchange) -> list[tuple[bytes, bytes]]:
        """Headers of every answer of the mounted application."""
        marks = [
            (b"x-request-id", exchange.request_id.encode()),
            self._version,
            *exchange.marks,
        ]
        return [*marks, (b"connection", b"close")] if self.runtime.draining else marks

    async def _begin(
        self,
        reply: Reply,
        exchange: Exchange,
        send: Send,
        more: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        """Send status and headers, with those that every answer carries."""
        exchange.status = reply.status
        headers = [
            (b"content-type", reply.media),
            (b"content-length", b"%d" % len(reply.body)),
            *reply.headers,
            (b"x-request-id", exchange.request_id.encode()),
            *exchange.marks,
            *more,
        ]
        # A candidate's answer names the candidate.
        other = next((value for name, value in reply.headers if name == VERSION_HEADER), None)
        if other is None:
            headers.append(self._version)
        else:
            exchange.version = other.decode("latin-1")
        if self.runtime.draining:
            headers.append((b"connection", b"close"))
        start = {"type": "http.response.start", "status": reply.status, "headers": headers}
        await send(start)

    async def _refuse(
        self,
        problem: ProblemError,
        exchange: Exchange,
        send: Send,
        route: Route | None = None,
    ) -> None:
        write = (route and route.refusal) or _problem_details
        reply = write(problem, exchange)
        long = exchange.body_is_long()
        await self._begin(reply, exchange, send, ((b"connection", b"close"),) if long else ())
        await send({"type": "http.response.body", "body": reply.body, "more_body": long})
        if long:
            # A connection closed on unread data is reset, and a reset can eat the answer. A
            # caller that waits for "100 Continue" sends nothing, so there is nothing to discard.
            if b"expect" not in exchange.headers:
                await discard(exchange.receive)
            await send({"type": "http.response.body", "body": b""})


def _problem_details(problem: ProblemError, exchange: Exchange) -> Reply:
    body = problem.body(exchange.request_id)
    return Reply(body, problem.status, MEDIA_TYPE, (NO_STORE, *problem.raw_headers))


def _record(live: Live, exchange: Exchange, version: str) -> None:
    seconds = time.perf_counter() - exchange.started
    live.metrics.answered(exchange.route, exchange.status, seconds)
    if live.settings.access_log:
        told = {"rows": exchange.rows, "caller": exchange.caller}
        if exchange.fallback:
            told |= fallback_of(exchange)
        log_request(
            method=exchange.method,
            route=exchange.route,
            status=exchange.status,
            ms=round(seconds * 1000, 3),
            request_id=exchange.request_id,
            version=exchange.version or version,
            **{name: value for name, value in told.items() if value},
            **traced(exchange),
        )
