"""Gate: the outermost layer of the service; and Front, which puts it before BentoML's routes."""

import asyncio
import hashlib
import hmac
import re
import time
import uuid
from collections.abc import Mapping
from typing import cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelport_serving.body import DisconnectedError
from modelport_serving.forward import VERSION_HEADER
from modelport_serving.logs import log_failure, log_line
from modelport_serving.metrics import NO_ROUTE
from modelport_serving.platform_routes import PlatformRoute
from modelport_serving.problems import (
    MEDIA_TYPE,
    ProblemError,
    internal,
    method_not_allowed,
    not_found,
    unauthorized,
)
from modelport_serving.runtime import Live, Runtime, draining, starting
from modelport_serving.settings import ApiKey

READ = ("GET", "HEAD")
ROUTES: Mapping[str, tuple[str, ...]] = {
    "/predict": ("POST",),
    "/model": READ,
    "/openapi.json": READ,
    "/metrics": READ,
    "/livez": READ,
    "/readyz": READ,
}
"""Every path that exists on every platform, with its methods."""
OPEN_ROUTES = ("/livez", "/readyz")
"""Paths that need no key: probes cannot carry one."""

CLIENT_CLOSED = 499
"""Status in log and metrics of a request whose caller went away; it is never sent."""
DISCARD_BYTES = 8 * 1024 * 1024
DISCARD_SECONDS = 1.0
SMALL_BODY = 64 * 1024
REQUEST_ID_KEY = "modelport.request_id"
"""Where the application finds the request's id in the scope."""
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")


class Front:
    """Sends every request to `answer`; the process's start and end still reach `app`."""

    def __init__(self, app: ASGIApp, answer: ASGIApp) -> None:
        self.app = app
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one ASGI scope on."""
        target = self.app if scope["type"] == "lifespan" else self.answer
        await target(scope, receive, send)


class _Exchange:
    """One request and its answer, as seen from outside."""

    def __init__(self, scope: Scope, runtime: Runtime, routes: Mapping[str, object]) -> None:
        self.started = time.perf_counter()
        self.method: str = scope["method"]
        self.route = scope["path"] if scope["path"] in routes else NO_ROUTE
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        given = self.headers.get(b"x-request-id", b"")
        usable = REQUEST_ID.fullmatch(given) is not None
        self.request_id = given.decode() if usable else uuid.uuid4().hex
        self.status = 0
        self.body_read = False
        self._runtime = runtime

    def extend(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Add the headers that every answer carries."""
        added = [*headers, (b"x-request-id", self.request_id.encode())]
        # A candidate's answer names the candidate.
        if all(name != VERSION_HEADER for name, _ in headers):
            added.append((VERSION_HEADER, self._runtime.record.version.encode()))
        if self._runtime.draining:
            added.append((b"connection", b"close"))
        return added

    def body_is_long(self) -> bool:
        """Whether so much of the body may be unread that the connection cannot be used again."""
        if self.body_read:
            return False
        length = self.headers.get(b"content-length", b"0")
        chunked = b"transfer-encoding" in self.headers
        return chunked or not length.isdigit() or int(length) > SMALL_BODY


class Gate:
    """Lets known paths and callers with a key in, and gives every error the one shape.

    It also sets the request's id, counts the request and logs it.

    Args:
        app: What answers whoever is let in.
        runtime: What is served.
        extra: Paths that exist besides `ROUTES`, because the platform calls them.
    """

    def __init__(
        self, app: ASGIApp, runtime: Runtime, extra: Mapping[str, PlatformRoute] | None = None
    ) -> None:
        self.app = app
        self.runtime = runtime
        own = {path: route.stands_for for path, route in (extra or {}).items()}
        self._routes = {**ROUTES, **{path: ROUTES[route] for path, route in own.items()}}
        self._open = {*OPEN_ROUTES, *(path for path, route in own.items() if route in OPEN_ROUTES)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; WebSockets are refused."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._exchange(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        live = self.runtime.live
        exchange = _Exchange(scope, self.runtime, self._routes)
        if live:
            live.metrics.in_flight.inc()
        try:
            await self._answer(exchange, scope, receive, send)
        finally:
            if live:
                live.metrics.in_flight.dec()
                self._record(live, exchange)

    async def _answer(
        self, exchange: _Exchange, scope: Scope, receive: Receive, send: Send
    ) -> None:
        async def receive_noting() -> Message:
            message = await receive()
            exchange.body_read = not message.get("more_body", False)
            return message

        async def send_adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                message["headers"] = exchange.extend(list(message.get("headers", [])))
            await send(message)

        try:
            self._admit(exchange)
            scope[REQUEST_ID_KEY] = exchange.request_id
            await self.app(scope, receive_noting, send_adding)
        except DisconnectedError:
            exchange.status = CLIENT_CLOSED
        except ProblemError as problem:
            await self._refuse(problem, exchange, receive, send_adding)
        except asyncio.CancelledError:
            # The process ends before the answer is there.
            if not exchange.status:
                await self._refuse(draining(), exchange, receive, send_adding)
            raise
        except Exception as error:  # the caller gets the one shape, the log the reason
            log_failure(exchange.request_id, error)
            if exchange.status:
                raise
            await self._refuse(internal(), exchange, receive, send_adding)

    def _admit(self, exchange: _Exchange) -> None:
        if exchange.route not in self._open:
            if self.runtime.live is None:
                raise starting()
            auth = self.runtime.live.settings.auth
            if isinstance(auth, ApiKey) and not _knows_key(exchange.headers, auth):
                raise unauthorized()
        if exchange.route == NO_ROUTE:
            raise not_found(tuple(self._routes))
        methods = self._routes[exchange.route]
        if exchange.method not in methods:
            raise method_not_allowed(exchange.route, methods)

    async def _refuse(
        self, problem: ProblemError, exchange: _Exchange, receive: Receive, send: Send
    ) -> None:
        body = problem.body(exchange.request_id)
        headers = [
            (b"content-type", MEDIA_TYPE),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            *((name.encode(), value.encode()) for name, value in problem.headers),
        ]
        long = exchange.body_is_long()
        if long:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": problem.status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": long})
        if long:
            # A connection closed on unread data is reset, and a reset can eat the answer. A
            # caller that waits for "100 Continue" sends nothing, so there is nothing to discard.
            if b"expect" not in exchange.headers:
                await _discard(receive)
            await send({"type": "http.response.body", "body": b""})

    def _record(self, live: Live, exchange: _Exchange) -> None:
        seconds = time.perf_counter() - exchange.started
        live.metrics.answered(exchange.route, exchange.status, seconds)
        if live.settings.access_log:
            log_line(
                "request",
                method=exchange.method,
                route=exchange.route,
                status=exchange.status,
                ms=round(seconds * 1000, 3),
                request_id=exchange.request_id,
            )


def _knows_key(headers: Mapping[bytes, bytes], auth: ApiKey) -> bool:
    scheme, _, key = headers.get(b"authorization", b"").partition(b" ")
    digest = hashlib.sha256(key.strip()).hexdigest()
    # Compared in any case, so that a wrong scheme takes as long as a wrong key.
    same = hmac.compare_digest(digest, auth.sha256)
    return same and scheme.lower() == b"bearer"


async def _discard(receive: Receive) -> None:
    """Read what the caller still sends, within bounds, until it has read the answer."""
    count = 0
    try:
        async with asyncio.timeout(DISCARD_SECONDS):
            while count < DISCARD_BYTES:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                count += len(cast("bytes", message.get("body", b"")))
    except TimeoutError:
        return
