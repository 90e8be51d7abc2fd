"""Exchange: one request as the service sees it, and the reply to it."""

import math
import random
import re
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.types import Message, Receive, Scope

if TYPE_CHECKING:
    from modelport_serving.tracing import Trace

NO_STORE = (b"cache-control", b"no-store")
JSON = b"application/json"
SMALL_BODY = 64 * 1024
ARRIVED = "modelport.body_arrived"
"""Key of an ASGI scope whose request has arrived with its whole body; without it, one waits."""
GONE = "the caller went away"
"""Message with which the task of a request is cancelled that nobody waits for."""
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, complete."""

    body: bytes
    status: int = 200
    media: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = (NO_STORE,)
    """Besides type and length of the body."""
    parts: AsyncGenerator[bytes] | None = None
    """What is sent before the body, piece by piece; over HTTP/2 alone."""


class Exchange:
    """One request, and what becomes of it.

    Args:
        scope: The request's ASGI scope.
        receive: Its ASGI channel.
        route: Its path, or a word for all that are no path of the service.
    """

    __slots__ = (
        "_receive", "arrived", "body_read", "caller", "client", "deadline", "fallback",
        "fallback_version", "headers", "marks", "method", "note", "request_id", "route", "rows",
        "started", "status", "trace", "version",
    )  # fmt: skip

    def __init__(self, scope: Scope, receive: Receive, route: str) -> None:
        self.started = time.perf_counter()
        self.method: str = scope["method"]
        self.route = route
        self.headers: Mapping[bytes, bytes] = dict(scope["headers"])
        given = self.headers.get(b"x-request-id")
        # Not a secret, only unlike the others: the system's random numbers take ten times as long.
        self.request_id = (
            given.decode()
            if given is not None and REQUEST_ID.fullmatch(given)
            else f"{random.getrandbits(128):032x}"
        )
        self.status = 0
        """Status of the answer that was sent; 0 before."""
        self.arrived = ARRIVED in scope
        """Whether the body was there when the request began to be answered."""
        self.body_read = False
        """Whether all of the body has arrived."""
        self.deadline = math.inf
        """When the caller waits no more, by `time.perf_counter()`."""
        self.note: Any = None
        """What the protocol has read of the request and needs for the reply."""
        self.fallback = ""
        """Why the answer is not the model's: `late` or `failed`; empty: it is."""
        self.fallback_version = ""
        """The previous version, where it answered in the model's place; else empty."""
        self.client: tuple[str, int] | None = scope.get("client")
        """Who is connected: the caller, or whatever stands before the service."""
        self.caller = ""
        """Pseudonym of the caller; empty where it is not told."""
        self.marks: tuple[tuple[bytes, bytes], ...] = ()
        """Headers of the answer, whatever it is."""
        self.rows = 0
        """Rows that were asked for; 0 before they are known."""
        self.version = ""
        """Version that answered in the place of this one; empty: this one did."""
        self.trace: Trace | None = None
        """Its part of a distributed trace; none without telemetry."""
        self._receive = receive

    def left(self, seconds: float) -> float:
        """So many seconds, or what is left until the caller waits no more."""
        if self.deadline == math.inf:
            return seconds
        return max(0.0, min(seconds, round(self.deadline - time.perf_counter(), 3)))

    @property
    def address(self) -> str:
        """The IP address of who is connected; empty where there is no connection."""
        return self.client[0] if self.client else ""

    async def receive(self) -> Message:
        """Receive the next part of the request."""
        message = await self._receive()
        self.body_read = not message.get("more_body", False)
        return message

    def body_is_long(self) -> bool:
        """Whether so much of the body may be unread that the connection cannot be used again."""
        if self.body_read:
            return False
        length = self.headers.get(b"content-length", b"0")
        chunked = b"transfer-encoding" in self.headers
        return chunked or not length.isdigit() or int(length) > SMALL_BODY


def fallback_of(exchange: Exchange) -> dict[str, str]:
    """What logs and bodies tell of a fallback that answered; empty when the model did."""
    told = {"fallback": exchange.fallback, "fallback_version": exchange.fallback_version}
    return {name: value for name, value in told.items() if value}


def traced(exchange: Exchange) -> dict[str, str]:
    """The id of a request's trace, as a field of its lines in the log; none without telemetry."""
    return {} if exchange.trace is None else {"trace_id": exchange.trace.trace_id}
