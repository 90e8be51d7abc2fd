"""Upstream: requests to one container over kept connections; answers come as they are sent."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import cast

import httptools

from modelport_serving.forward import (
    ANSWER_BYTES,
    IDLE_CONNECTIONS,
    IDLE_SECONDS,
    Answer,
    ForwardError,
)

CONNECT_SECONDS = 2.0
"""Longest time for a connection within the machine."""
HEAD_SECONDS = 120.0
"""Longest time until an answer begins; the server behind it has shorter ones of its own."""
HELD_BYTES = 256 * 1024
"""Bytes of an answer that wait for its caller before reading pauses."""
Header = tuple[bytes, bytes]


class UnreachedError(ForwardError):
    """Nothing was asked: there was no connection."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it is passed on."""

    method: bytes
    target: bytes
    """Path and query as the caller sent them."""
    headers: tuple[Header, ...] = field(repr=False)
    """Without those that are of one connection alone."""
    body: bytes = field(repr=False)
    complete: bool = True
    """Whether `body` is all of it; an answer to half a request is a refusal."""


@dataclass(slots=True)
class Response:
    """An answer whose head has come."""

    status: int
    headers: list[Header]
    parts: AsyncIterator[bytes]
    """The body as it comes; raises `ForwardError`."""
    abort: Callable[[], None]
    """Ends it: nobody wants the rest."""

    async def read(self) -> Answer:
        """Wait for all of it; raises `ForwardError`."""
        body = bytearray()
        async for part in self.parts:
            body += part
            if len(body) > ANSWER_BYTES:
                self.abort()
                raise ForwardError(f"the answer is larger than {ANSWER_BYTES} bytes")
        return Answer(self.status, dict(self.headers), bytes(body))


class Upstream:
    """One container's address, and the connections to it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._idle: list[_Connection] = []
        self._closed = False

    async def ask(self, request: Request, seconds: float = HEAD_SECONDS) -> Response:
        """Send a request and wait for the head of its answer.

        Raises:
            UnreachedError: there was no connection, so nothing was asked.
            ForwardError: it gave no answer.
        """
        connection = await self._connect()
        try:
            async with asyncio.timeout(seconds):
                return await connection.ask(request, self._keep)
        except TimeoutError:
            connection.abort()
            raise ForwardError(f"no answer within {seconds:g} s") from None
        except BaseException:
            connection.abort()
            raise

    def close(self) -> None:
        """Close what is idle; what is under way ends by itself."""
        self._closed = True
        while self._idle:
            self._idle.pop().abort()

    def _keep(self, connection: "_Connection") -> None:
        if connection.usable and not self._closed and len(self._idle) < IDLE_CONNECTIONS:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            connection.abort()

    async def _connect(self) -> "_Connection":
        loop = asyncio.get_running_loop()
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and loop.time() - connection.idle_since < IDLE_SECONDS:
                return connection
            connection.abort()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, connection = await loop.create_connection(_Connection, self._host, self._port)
        except TimeoutError:
            raise UnreachedError(f"no connection within {CONNECT_SECONDS:g} s") from None
        except OSError as error:
            raise UnreachedError(f"no connection: {error.strerror}") from None
        return connection


class _Connection(asyncio.Protocol):
    """One connection; it carries one request at a time."""

    def __init__(self) -> None:
        self.usable = True
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._head: asyncio.Future[Response] | None = None
        self._keep: Callable[[_Connection], None] | None = None
        self._headers: list[Header] = []
        self._parts: deque[bytes] = deque()
        self._held = 0
        self._more = asyncio.Event()
        self._bodiless = False
        self._ended = True
        self._reason = ""
        self._parser = httptools.HttpResponseParser(self)

    async def ask(self, request: Request, keep: "Callable[[_Connection], None]") -> Response:
        """Send one request and wait for the head of its answer; raises `ForwardError`."""
        if self._transport is None or not self.usable:
            raise UnreachedError("the connection was closed before the request was sent")
        self._keep = keep
        self._headers, self._ended, self._held = [], False, 0
        self._parts.clear()
        self._more.clear()
        self._bodiless = request.method == b"HEAD"
        self.usable = self.usable and request.complete
        self._head = asyncio.get_running_loop().create_future()
        self._transport.write(_head(request) + request.body)
        return await self._head

    def abort(self) -> None:
        """Close at once."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    async def _read(self) -> AsyncIterator[bytes]:
        try:
            while True:
                while self._parts:
                    part = self._parts.popleft()
                    self._held -= len(part)
                    if self._held <= HELD_BYTES and self._transport is not None:
                        self._transport.resume_reading()
                    yield part
                if self._reason:
                    raise ForwardError(self._reason)
                if self._ended:
                    return
                self._more.clear()
                await self._more.wait()
        finally:
            if self._ended and not self._parts and self._keep is not None:
                self._keep(self)
            else:
                self.abort()

    # -- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to send."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits that nothing more will come."""
        del exc
        self._fail("the connection was closed before the answer was complete")

    def data_received(self, data: bytes) -> None:
        """Read a part of an answer."""
        if self._ended:
            self.abort()  # nobody has asked
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            # An answer that was complete before stays as it is.
            self._fail("the answer is not HTTP/1.1")

    # -- what the parser calls

    def on_message_begin(self) -> None:
        """Begin an answer; a second one to the same request ends the connection."""
        if self._ended:
            raise ForwardError("more than one answer came")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Hand the head over."""
        status = self._parser.get_status_code()
        if status < 200:
            self._headers = []
            return
        if self._head is not None and not self._head.done():
            self._head.set_result(Response(status, self._headers, self._read(), self.abort))
        if self._bodiless:
            # The parser does not know that no body follows; it must not wait on the next answer.
            self.usable = False
            self._end()

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body, and read no more while the caller is slow."""
        self._parts.append(body)
        self._held += len(body)
        if self._held > HELD_BYTES and self._transport is not None:
            self._transport.pause_reading()
        self._more.set()

    def on_message_complete(self) -> None:
        """End the answer."""
        if self._parser.get_status_code() >= 200 and not self._ended:
            self.usable = self.usable and self._parser.should_keep_alive()
            self._end()

    def _end(self) -> None:
        self._ended = True
        self._more.set()

    def _fail(self, reason: str) -> None:
        self.usable = False
        if self._ended:
            return
        self._reason = reason
        self._more.set()
        if self._head is not None and not self._head.done():
            self._head.set_exception(ForwardError(reason))


def _head(request: Request) -> bytes:
    lines = [b"%s %s HTTP/1.1\r\n" % (request.method, request.target)]
    lines += [b"%s: %s\r\n" % header for header in request.headers]
    return b"".join([*lines, b"\r\n"])
