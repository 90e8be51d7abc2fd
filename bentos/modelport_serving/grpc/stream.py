"""Stream: one request on an HTTP/2 connection, as an ASGI application sees it."""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from starlette.types import Message, Scope

_CONNECTION_HEADERS = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}
)
"""Headers that HTTP/2 does not have: RFC 9113, 8.2.2."""


class Connection(Protocol):
    """What a stream needs of its connection."""

    def acknowledge(self, number: int, size: int) -> None:
        """Let the peer send so many bytes more."""
        ...

    def send_headers(
        self, stream: "Stream", headers: Iterable[tuple[bytes, bytes]], *, last: bool
    ) -> None:
        """Send headers or trailers."""
        ...

    async def send_body(self, stream: "Stream", body: bytes, *, last: bool) -> None:
        """Send a part of a body, as fast as the peer takes it."""
        ...

    def send_end(self, stream: "Stream") -> None:
        """Send the end of a body."""
        ...


class Stream:
    """One request on a connection.

    Args:
        connection: The connection.
        number: The stream's number on it.
        scope: The request's ASGI scope.
    """

    def __init__(self, connection: Connection, number: int, scope: Scope) -> None:
        self.number = number
        self.scope = scope
        self.ended = False
        """Whether all of the request has arrived."""
        self.gone = False
        """Whether nobody waits for the answer any more."""
        self.answered = False
        """Whether the answer is complete."""
        self.task: asyncio.Task[None] | None = None
        self._connection = connection
        self._body = bytearray()
        self._unread = 0
        self._told = False
        self._news = asyncio.Event()
        self._head: Message | None = None
        self._trailers = False

    def feed(self, data: bytes, size: int) -> None:
        """Take a part of the body; its size counts with its padding."""
        self._body += data
        self._unread += size
        self._news.set()

    def wake(self) -> None:
        """Let the application see that the request has ended or is gone."""
        self._news.set()

    async def receive(self) -> Message:
        """ASGI's channel from the caller."""
        while not self.gone and (self._told or not (self._body or self.ended)):
            self._news.clear()
            await self._news.wait()
        if self.gone:
            return {"type": "http.disconnect"}
        body = bytes(self._body)
        self._body.clear()
        self._told = self.ended
        self.release()
        return {"type": "http.request", "body": body, "more_body": not self.ended}

    def release(self) -> None:
        """Let the peer send as much again as was read."""
        if self._unread:
            self._connection.acknowledge(self.number, self._unread)
            self._unread = 0

    async def send(self, message: Message) -> None:
        """ASGI's channel to the caller."""
        if self.gone or self.answered:
            return
        kind = message["type"]
        if kind == "http.response.start":
            self._head = message
            self._trailers = bool(message.get("trailers"))
        elif kind == "http.response.body":
            body: bytes = b"" if self.scope["method"] == "HEAD" else message.get("body", b"")
            last = not message.get("more_body", False) and not self._trailers
            self._begin(last=last and not body)
            if body:
                await self._connection.send_body(self, body, last=last)
            elif last and not self.answered:
                self._connection.send_end(self)
            self.answered = self.answered or last
        elif kind == "http.response.trailers":
            self._begin(last=False)
            self._connection.send_headers(self, message["headers"], last=True)
            self.answered = True

    def _begin(self, *, last: bool) -> None:
        head, self._head = self._head, None
        if head is None:
            return
        status = (b":status", b"%d" % head["status"])
        fields = ((name.lower(), value) for name, value in head.get("headers", ()))
        kept = [field for field in fields if field[0] not in _CONNECTION_HEADERS]
        self._connection.send_headers(self, [status, *kept], last=last)
        self.answered = last
