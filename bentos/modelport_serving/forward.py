"""Forwarding: one prediction request sent to another worker on this machine.

An HTTP/1.1 client with kept connections and only what that takes: a general client costs more
than the prediction of a small model.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import httptools

ANSWER_BYTES = 64 * 1024 * 1024
"""Most bytes of one answer, head and body."""
IDLE_SECONDS = 2.0
"""Longest idle time of a connection that is used again; workers close theirs after 5 s."""
IDLE_CONNECTIONS = 32
"""Most idle connections to one address."""
PASSED_ON = (b"authorization", b"content-type", b"traceparent", b"tracestate")
"""Headers of the caller that the other worker gets."""
VERSION_HEADER = b"x-modelport-version"
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")


class ForwardError(Exception):
    """The other worker gave no answer that is one; the message says what happened."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request for predictions, as its caller sent it."""

    body: bytes
    headers: Mapping[bytes, bytes] = field(repr=False)
    request_id: str


@dataclass(slots=True)
class Answer:
    """What came back."""

    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    body: bytes = b""


class Forwarder:
    """Asks some workers in turn.

    Args:
        addresses: Their `host:port`.
        timeout: Seconds for one request, connecting included.
    """

    def __init__(self, addresses: tuple[str, ...], timeout: float) -> None:
        self._peers = [_Peer(address) for address in addresses]
        self._timeout = timeout
        self._turn = 0

    async def send(self, call: Call) -> Answer:
        """Send a request to the next worker and wait for its answer; raises `ForwardError`."""
        peer = self._peers[self._turn]
        self._turn = (self._turn + 1) % len(self._peers)
        try:
            async with asyncio.timeout(self._timeout):
                return await peer.send(call)
        except TimeoutError:
            raise ForwardError(f"no answer within {self._timeout:g} s") from None
        except OSError as error:
            raise ForwardError(f"no connection: {error.strerror}") from None

    def close(self) -> None:
        """Close what is idle; what is under way ends by itself."""
        for peer in self._peers:
            peer.close()


class _Peer:
    """One worker and the connections to it."""

    def __init__(self, address: str) -> None:
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._start = f"POST /predict HTTP/1.1\r\nhost: {address}\r\n".encode()
        self._idle: list[_Connection] = []
        self._closed = False

    async def send(self, call: Call) -> Answer:
        connection = await self._connect()
        try:
            answer = await connection.ask(self._request(call))
        except BaseException:
            # Whatever is still to come on it would be taken for the next request's answer.
            connection.abort()
            raise
        if connection.usable and not self._closed and len(self._idle) < IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.abort()
        return answer

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().abort()

    async def _connect(self) -> "_Connection":
        loop = asyncio.get_running_loop()
        while self._idle:
            # The last one used: those that a small load leaves over grow old and are closed.
            connection = self._idle.pop()
            if connection.usable and loop.time() - connection.idle_since < IDLE_SECONDS:
                return connection
            connection.abort()
        _, connection = await loop.create_connection(_Connection, self._host, self._port)
        return connection

    def _request(self, call: Call) -> bytes:
        head = bytearray(self._start)
        for name in PASSED_ON:
            value = call.headers.get(name)
            if value is not None and _VALUE.fullmatch(value):
                head += name + b": " + value + b"\r\n"
        head += f"x-request-id: {call.request_id}\r\n".encode()
        head += f"content-length: {len(call.body)}\r\n\r\n".encode()
        return bytes(head) + call.body


class _Connection(asyncio.Protocol):
    """One connection; it carries one request at a time."""

    def __init__(self) -> None:
        self.usable = True
        """Whether another request may be sent."""
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Answer] | None = None
        self._answer = Answer()
        self._body: list[bytes] = []
        self._received = 0
        self._parser = httptools.HttpResponseParser(self)

    async def ask(self, request: bytes) -> Answer:
        """Send one request; raises `ForwardError`."""
        if self._transport is None or not self.usable:
            raise ForwardError("the connection was closed before the request was sent")
        self._waiter = asyncio.get_running_loop().create_future()
        self._received = 0
        self._transport.write(request)
        return await self._waiter

    def abort(self) -> None:
        """Close at once."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

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
        if self._waiter is None or self._waiter.done():
            self.abort()  # nobody has asked
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail("the answer is not HTTP/1.1")
        if self._received > ANSWER_BYTES:
            self._fail(f"the answer is larger than {ANSWER_BYTES} bytes")

    # -- what the parser calls

    def on_message_begin(self) -> None:
        """Begin an answer; one that was handed over stays as it is."""
        self._answer, self._body = Answer(), []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self._answer.headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Hand the answer over."""
        if self._waiter is None or self._waiter.done():
            self._fail("more than one answer came")
            return
        self._answer.status = self._parser.get_status_code()
        self._answer.body = b"".join(self._body)
        self.usable = self.usable and self._parser.should_keep_alive()
        self.idle_since = asyncio.get_running_loop().time()
        self._waiter.set_result(self._answer)

    def _fail(self, reason: str) -> None:
        self.usable = False
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ForwardError(reason))
