"""Reflection: tells tools such as grpcurl what can be called; it needs the key.

https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
"""

import asyncio
from collections.abc import AsyncGenerator

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError

from modelport_serving.body import check_headers
from modelport_serving.exchange import Exchange, Reply
from modelport_serving.gate import Route
from modelport_serving.grpc.front import MEDIA
from modelport_serving.grpc.methods import SHORT_BYTES, route
from modelport_serving.grpc.names import HEALTH, INFERENCE, OLD_REFLECTION, REFLECTION
from modelport_serving.grpc.protos import health_pb2, open_inference_pb2
from modelport_serving.grpc.protos import reflection_pb2 as pb
from modelport_serving.grpc.statuses import NOT_FOUND, framed

FILES: tuple[FileDescriptor, ...] = (
    open_inference_pb2.DESCRIPTOR,
    health_pb2.DESCRIPTOR,
    pb.DESCRIPTOR,
)
QUIET_SECONDS = 60.0
"""Longest time between two questions."""
_FRAME = 5


def reflection_routes() -> dict[str, Route]:
    """The service's methods by path."""
    return {f"/{name}/ServerReflectionInfo": route(_info) for name in (REFLECTION, OLD_REFLECTION)}


async def _info(exchange: Exchange) -> Reply:
    check_headers(exchange.headers, SHORT_BYTES, MEDIA)
    return Reply(b"", media=MEDIA[0].encode(), headers=(), parts=_answers(exchange))


async def _answers(exchange: Exchange) -> AsyncGenerator[bytes]:
    """Answer questions one by one, until there are no more or one is none."""
    unread = bytearray()
    while True:
        size = _FRAME + int.from_bytes(unread[1:_FRAME], "big")
        if len(unread) >= max(size, _FRAME):
            try:
                asked = pb.ServerReflectionRequest.FromString(bytes(unread[_FRAME:size]))
            except DecodeError:
                return
            del unread[:size]
            yield framed(_answer(asked))
            continue
        if size > SHORT_BYTES or exchange.body_read:
            return
        try:
            async with asyncio.timeout(QUIET_SECONDS):
                message = await exchange.receive()
        except TimeoutError:
            return
        unread += message.get("body", b"")


def _answer(asked: pb.ServerReflectionRequest) -> pb.ServerReflectionResponse:
    answer = pb.ServerReflectionResponse(valid_host=asked.host, original_request=asked)
    kind = asked.WhichOneof("message_request")
    found: FileDescriptor | None = None
    if kind == "list_services":
        for name in (INFERENCE, HEALTH, REFLECTION):
            answer.list_services_response.service.add(name=name)
        return answer
    if kind == "file_by_filename":
        name = asked.file_by_filename
        found = next((file for file in FILES if file.name == name), None)
    elif kind == "file_containing_symbol":
        found = _file_of(asked.file_containing_symbol)
    if found is None:
        answer.error_response.error_code = NOT_FOUND
        answer.error_response.error_message = "there is no such file or symbol"
    else:
        answer.file_descriptor_response.file_descriptor_proto.append(found.serialized_pb)
    return answer


def _file_of(symbol: str) -> FileDescriptor | None:
    for file in FILES:
        pool: DescriptorPool = file.pool
        try:
            return pool.FindFileContainingSymbol(symbol)
        except KeyError:
            continue
    return None
