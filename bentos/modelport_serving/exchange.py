"""Exchange: one request as the service sees it, and the reply to it."""

import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Message, Receive, Scope

NO_STORE = (b"cache-control", b"no-store")
JSON = b"application/json"
SMALL_BODY = 64 * 1024
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, complete."""

    body: bytes
    status: int = 200
    media: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = (NO_STORE,)
    """Besides type and length of the body."""


class Exchange:
    """One request, and what becomes of it.

    Args:
        scope: The request's ASGI scope.
        receive: Its ASGI channel.
        route: Its path, or a word for all that are no path of the service.
    """

    __slots__ = (
        "_receive", "body_read", "fallback", "headers", "method", "note", "request_id", "route",
        "started", "status",
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
        self.body_read = False
        """Whether all of the body has arrived."""
        self.note: Any = None
        """What the protocol has read of the request and needs for the reply."""
        self.fallback = ""
        """Why the answer is not the model's: `late` or `failed`; empty: it is."""
        self._receive = receive

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
