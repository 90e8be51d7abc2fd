"""Health: the standard service that probes and balancers ask; it needs no key.

https://github.com/grpc/grpc/blob/master/doc/health-checking.md
"""

from collections.abc import AsyncGenerator

from google.protobuf.message import Message

from modelport_serving.exchange import Exchange, Reply
from modelport_serving.gate import Route
from modelport_serving.grpc.front import MEDIA
from modelport_serving.grpc.methods import is_ready, read_short, route, short
from modelport_serving.grpc.names import HEALTH, INFERENCE
from modelport_serving.grpc.protos import health_pb2 as pb
from modelport_serving.grpc.statuses import framed
from modelport_serving.problems import ProblemError
from modelport_serving.runtime import Runtime

SERVICES = ("", INFERENCE, HEALTH)
"""What can be asked for; the empty name is the whole server."""


def health_routes(runtime: Runtime) -> dict[str, Route]:
    """The service's methods by path."""
    states = pb.HealthCheckResponse

    def state() -> Message:
        return states(status=states.SERVING if is_ready(runtime) else states.NOT_SERVING)

    def check(asked: pb.HealthCheckRequest) -> Message:
        if asked.service not in SERVICES:
            detail = f"there is no service {asked.service[:100]!r}; there is {INFERENCE}"
            raise ProblemError(404, "not-found", detail)
        return state()

    async def watched(service: str) -> AsyncGenerator[bytes]:
        known = service in SERVICES
        yield framed(state() if known else states(status=states.SERVICE_UNKNOWN))
        if is_ready(runtime) or not known:
            await runtime.drained()
        if known:
            yield framed(state())

    async def watch(exchange: Exchange) -> Reply:
        asked = await read_short(exchange, pb.HealthCheckRequest)
        parts = watched(asked.service)
        return Reply(b"", media=MEDIA[0].encode(), headers=(), parts=parts)

    return {
        f"/{HEALTH}/Check": route(short(pb.HealthCheckRequest, check), is_open=True),
        f"/{HEALTH}/Watch": route(watch, is_open=True),
    }
