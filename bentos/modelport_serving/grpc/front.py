"""Front: sends the application's answers as gRPC wants them, with a status behind the body."""

import json
import uuid
from collections.abc import Collection
from typing import cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelport_serving.body import media_of
from modelport_serving.grpc.statuses import trailers
from modelport_serving.problems import MEDIA_TYPE, headers_too_large
from modelport_serving.server import HEADER_BYTES

MEDIA = ("application/grpc", "application/grpc+proto")
"""Content types of calls whose messages are Protocol Buffers."""
ENCODING = (b"grpc-accept-encoding", b"identity")
_GOOD = {"type": "http.response.trailers", "headers": [(b"grpc-status", b"0")]}


class GrpcFront:
    """Passes requests on; what is a gRPC call is answered as one.

    The application answers a call with status 200 and a framed message, or with a problem.

    Args:
        app: What answers.
        methods: Paths of the methods that exist.
    """

    def __init__(self, app: ASGIApp, methods: Collection[str]) -> None:
        self._app = app
        self._methods = frozenset(methods)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > HEADER_BYTES:
            await self._call(_refuse_headers, scope, receive, send)
        else:
            await self._call(self._app, scope, receive, send)

    async def _call(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        media = media_of(dict(scope["headers"]))
        if media != MEDIA[0] and not media.startswith(f"{MEDIA[0]}+"):
            await app(scope, receive, send)
            return
        known = scope["path"] in self._methods
        start: Message = {}
        body = bytearray()

        async def send_call(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                if _is_good(start):
                    await send({**start, "headers": _head(start), "trailers": True})
            elif _is_good(start):
                await send(message)
                if not message.get("more_body", False):
                    await send(_GOOD)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await _refuse(start, bytes(body), send, known=known)

        await app(scope, receive, send_call)


async def _refuse_headers(_: Scope, __: Receive, send: Send) -> None:
    problem = headers_too_large(HEADER_BYTES)
    head = [(b"content-type", MEDIA_TYPE)]
    await send({"type": "http.response.start", "status": problem.status, "headers": head})
    await send({"type": "http.response.body", "body": problem.body(uuid.uuid4().hex)})


def _is_good(start: Message) -> bool:
    media = dict(cast("list[tuple[bytes, bytes]]", start["headers"])).get(b"content-type")
    return start["status"] == 200 and media == MEDIA[0].encode()


def _head(start: Message) -> list[tuple[bytes, bytes]]:
    given = cast("list[tuple[bytes, bytes]]", start["headers"])
    kept = [field for field in given if field[0] not in (b"content-type", b"content-length")]
    return [(b"content-type", MEDIA[0].encode()), ENCODING, *kept]


async def _refuse(start: Message, body: bytes, send: Send, *, known: bool) -> None:
    fields = dict(cast("list[tuple[bytes, bytes]]", start["headers"]))
    if fields.get(b"content-type") != MEDIA_TYPE:  # of a mounted application
        body = json.dumps({"type": "", "detail": "no such method"}).encode()
    status = cast("int", start["status"])
    said = trailers(status, body, fields.get(b"retry-after"), known=known)
    head = [*_head(start), *said]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": b""})
