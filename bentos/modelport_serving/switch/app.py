"""Application: each request goes to the live revision, or its share of a split to a candidate."""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Literal

from starlette.types import Receive, Scope, Send

from modelport_serving.body import DisconnectedError, discard, media_of, read_body
from modelport_serving.exchange import JSON, NO_STORE, SMALL_BODY, Exchange, Reply
from modelport_serving.forward import ForwardError
from modelport_serving.logs import log_failure, log_line
from modelport_serving.problems import MEDIA_TYPE, ProblemError, internal, unavailable
from modelport_serving.split import Report, Split
from modelport_serving.switch.pool import NobodyError, Passed, Pool
from modelport_serving.switch.routes import Routes
from modelport_serving.switch.upstream import Request, Response

BODY_SECONDS = 25.0
"""Longest time for a request's body to arrive, as of the server behind."""
BODIES_BYTES = 64 * 2**20
"""Bytes of bodies above `SMALL_BODY` that are under way at the same time; more are refused."""
_OF_ONE_CONNECTION = frozenset(
    (b"connection", b"content-length", b"expect", b"keep-alive", b"proxy-authenticate",
     b"proxy-authorization", b"te", b"trailer", b"transfer-encoding", b"upgrade")
)  # fmt: skip
_PREDICTS = re.compile(r"/predict|/score|/graphql|/v2/models/.+/infer|/v1/models/[^/]+:predict")
_IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE"))


@dataclass(frozen=True, slots=True)
class Order:
    """A split, as it was ordered."""

    id: int
    mode: Literal["canary", "shadow"]
    percent: float


class _Unshown:
    """The revisions count for themselves; what a split counts is asked for by orders."""

    @property
    def split_percent(self) -> "_Unshown":
        return self

    def set(self, value: float) -> None:
        del value

    def split_request(self, role: Literal["live", "candidate"], *, good: bool) -> None:
        del role, good


class Switch:
    """The ASGI application.

    Args:
        routes: Where requests go at the beginning.
    """

    def __init__(self, routes: Routes) -> None:
        self.routes = routes
        self.live = Pool(routes.revision, routes.addresses)
        self.split: Split | None = None
        self.report: Report | None = None
        """What the split last told of itself; none without one."""
        self.leaving: list[Pool] = []
        """Pools that take no requests any more and still have some under way."""
        self._bodies = 0

    def change(self, routes: Routes) -> None:
        """Send requests elsewhere, from the next one on; what is under way ends where it is."""
        before, self.live = self.live, Pool(routes.revision, routes.addresses)
        self.routes = routes
        self.leaving = [pool for pool in (*self.leaving, before) if pool.in_flight]
        before.close()

    def begin(self, order: Order, candidate: Pool) -> None:
        """Begin a split, or change the percent of the one that has the order's id."""
        if self.split is not None and self.split.order.id == order.id:
            self.split.change(order.percent)
            return
        self.end()
        self.split = Split(order, candidate, _Unshown(), self._hear)

    def end(self) -> None:
        """Send everything to the live revision."""
        ended, self.split = self.split, None
        if ended is not None:
            ended.end()
        self.report = None

    def leaving_count(self) -> int:
        """Requests under way with containers that get no more."""
        self.leaving = [pool for pool in self.leaving if pool.in_flight]
        return sum(pool.in_flight for pool in self.leaving)

    def _hear(self, report: Report) -> None:
        self.report = report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; WebSockets are refused, as behind."""
        if scope["type"] == "lifespan":
            while True:
                kind = str((await receive())["type"]).removeprefix("lifespan.")
                await send({"type": f"lifespan.{kind}.complete"})
                if kind == "shutdown":
                    return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        exchange = Exchange(scope, receive, scope["path"])
        try:
            await self._answer(exchange, scope, send)
        except DisconnectedError:
            return
        except NobodyError as error:
            log_line("unanswered", request_id=exchange.request_id, reason=str(error))
            await _refuse(
                unavailable("starting", "no container of the model is ready; try again"),
                exchange,
                send,
            )
        except ForwardError as error:
            log_line("unanswered", request_id=exchange.request_id, reason=str(error))
            detail = "the container that had this request gave no answer to it"
            await _refuse(ProblemError(502, "no-answer", detail), exchange, send)
        except ProblemError as problem:
            await _refuse(problem, exchange, send)
        except Exception as error:
            log_failure(exchange.request_id, error)
            await _refuse(internal(), exchange, send)

    async def _answer(self, exchange: Exchange, scope: Scope, send: Send) -> None:
        most = self.routes.max_body_bytes
        body, complete = b"", True
        length = exchange.headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > most:
            complete = False  # the server refuses it by its headers, in its own words
        else:
            body = await self._body(exchange, most)
        request = _request(exchange, scope, body, complete=complete)
        predicts = exchange.method == "POST" and _PREDICTS.fullmatch(exchange.route) is not None
        repeatable = complete and (predicts or exchange.method in _IDEMPOTENT)
        split = self.split
        if split is None or not predicts or not complete:
            async with self._asked(request, repeatable=repeatable) as response:
                await _pass_on(response, exchange, send)
            return
        native = exchange.route == "/predict" and media_of(exchange.headers).endswith("json")
        call = Passed(body, exchange.headers, exchange.request_id, request, native)

        async def own() -> Reply:
            async with self._asked(request, repeatable=repeatable) as response:
                return await _whole(response)

        await _send(await split.answer(call, own), exchange, send)

    @contextlib.asynccontextmanager
    async def _asked(self, request: Request, *, repeatable: bool) -> AsyncGenerator[Response]:
        """The live revision's answer; one that takes over meanwhile is asked instead."""
        while True:
            live = self.live
            live.in_flight += 1
            try:
                yield await live.ask(request, repeatable=repeatable)
            except NobodyError:
                if live is self.live:
                    raise
            else:
                return
            finally:
                live.in_flight -= 1

    async def _body(self, exchange: Exchange, most: int) -> bytes:
        length = exchange.headers.get(b"content-length", b"0")
        size = int(length) if length.isdigit() else most
        if b"transfer-encoding" in exchange.headers:
            size = most
        reserved = size if size > SMALL_BODY else 0
        if reserved and self._bodies and self._bodies + reserved > BODIES_BYTES:
            raise unavailable("overloaded", "too many large requests are under way; try again")
        self._bodies += reserved
        try:
            return await read_body(exchange.receive, max_bytes=most, seconds=BODY_SECONDS)
        finally:
            self._bodies -= reserved


def _request(exchange: Exchange, scope: Scope, body: bytes, *, complete: bool) -> Request:
    kept = [
        (name, value)
        for name, value in scope["headers"]
        if name not in _OF_ONE_CONNECTION and name != b"x-request-id"
    ]
    length = exchange.headers.get(b"content-length")
    if not complete and length is not None:
        kept.append((b"content-length", length))
    elif body or length is not None or b"transfer-encoding" in exchange.headers:
        kept.append((b"content-length", b"%d" % len(body)))
    kept.append((b"x-request-id", exchange.request_id.encode()))
    query = scope["query_string"]
    target = scope["raw_path"] + (b"?" + query if query else b"")
    return Request(exchange.method.encode(), target, tuple(kept), body, complete)


async def _pass_on(response: Response, exchange: Exchange, send: Send) -> None:
    """Give the caller the answer while it comes; stop it when the caller goes away."""
    exchange.status = response.status
    headers = [pair for pair in response.headers if _is_kept(pair[0])]
    if exchange.body_is_long():
        await _send(await _whole(response), exchange, send)
        return
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    gone = asyncio.create_task(_gone(exchange, response.abort)) if exchange.body_read else None
    try:
        async for part in response.parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        if gone is not None:
            gone.cancel()


async def _gone(exchange: Exchange, abort: Callable[[], None]) -> None:
    while (await exchange.receive())["type"] != "http.disconnect":
        continue
    abort()


def _is_kept(name: bytes) -> bool:
    return name not in _OF_ONE_CONNECTION or name == b"content-length"


async def _whole(response: Response) -> Reply:
    answer = await response.read()
    headers = tuple(
        pair
        for pair in response.headers
        if pair[0] not in _OF_ONE_CONNECTION and pair[0] not in (b"content-type", b"date")
    )
    return Reply(answer.body, answer.status, answer.headers.get(b"content-type", JSON), headers)


async def _send(reply: Reply, exchange: Exchange, send: Send) -> None:
    headers = [
        (b"content-type", reply.media),
        (b"content-length", b"%d" % len(reply.body)),
        *reply.headers,
    ]
    if all(name != b"x-request-id" for name, _ in reply.headers):
        headers.append((b"x-request-id", exchange.request_id.encode()))
    exchange.status = reply.status
    long = exchange.body_is_long()
    if long:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body, "more_body": long})
    if long:
        # A connection closed on unread data is reset, and a reset can eat the answer.
        if b"expect" not in exchange.headers:
            await discard(exchange.receive)
        await send({"type": "http.response.body", "body": b""})


async def _refuse(problem: ProblemError, exchange: Exchange, send: Send) -> None:
    """Answer in the one shape of all errors, where nothing was answered yet."""
    if exchange.status:
        return
    headers = (NO_STORE, *problem.raw_headers)
    body = problem.body(exchange.request_id)
    await _send(Reply(body, problem.status, MEDIA_TYPE, headers), exchange, send)
