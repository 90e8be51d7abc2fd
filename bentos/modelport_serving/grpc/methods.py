"""Methods: endpoints of the application that take and give messages."""

from collections.abc import Callable

from google.protobuf.message import Message

from modelport_serving.body import check_headers, read_body
from modelport_serving.exchange import Exchange, Reply
from modelport_serving.gate import Endpoint, Route
from modelport_serving.grpc.front import MEDIA
from modelport_serving.grpc.infer import Asked, read_message
from modelport_serving.grpc.statuses import framed
from modelport_serving.runtime import Runtime

SHORT_BYTES = 16 * 1024
"""Most bytes of a request that holds no tensors."""
SHORT_SECONDS = 5.0
"""Longest time until it is complete."""


def route(endpoint: Endpoint, *, is_open: bool = False, is_watching: bool = True) -> Route:
    """The path of a method, which only looks at the service unless it is said."""
    return Route(("POST",), endpoint, is_open=is_open, is_watching=is_watching, protocol="grpc")


def short(kind: type[Asked], answer: Callable[[Asked], Message]) -> Endpoint:
    """The endpoint of a method that takes and gives one small message."""

    async def endpoint(exchange: Exchange) -> Reply:
        content = framed(answer(await read_short(exchange, kind)))
        return Reply(content, media=MEDIA[0].encode(), headers=())

    return endpoint


async def read_short(exchange: Exchange, kind: type[Asked]) -> Asked:
    """The one small message of a request.

    Raises:
        ProblemError: there is none, or it is too long, too late or of another kind.
    """
    check_headers(exchange.headers, SHORT_BYTES, MEDIA)
    body = await read_body(exchange.receive, max_bytes=SHORT_BYTES, seconds=SHORT_SECONDS)
    return read_message(body, exchange, kind)


def is_ready(runtime: Runtime) -> bool:
    """Whether the model is loaded and the process is not about to end."""
    return runtime.live is not None and not runtime.draining
