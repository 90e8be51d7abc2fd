"""Statuses: what an error of ours is called in gRPC, and what it says beside its sentence.

https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
"""

import base64
import json
from typing import Any

from google.protobuf.message import Message

from modelport_serving.grpc.protos import status_pb2 as pb

OK = 0
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
UNAUTHENTICATED = 16
CODES = {
    400: INVALID_ARGUMENT,
    401: UNAUTHENTICATED,
    403: PERMISSION_DENIED,
    404: NOT_FOUND,
    405: UNIMPLEMENTED,
    406: UNIMPLEMENTED,
    408: DEADLINE_EXCEEDED,
    413: RESOURCE_EXHAUSTED,
    415: UNIMPLEMENTED,
    422: INVALID_ARGUMENT,
    429: RESOURCE_EXHAUSTED,
    431: RESOURCE_EXHAUSTED,
    500: INTERNAL,
    502: UNAVAILABLE,
    503: UNAVAILABLE,
    504: DEADLINE_EXCEEDED,
}
"""gRPC's status for each of HTTP's."""
MESSAGE_BYTES = 1200
"""Most bytes of an error's sentence: clients take 8 KiB of trailers in all."""
DETAILS_BYTES = 2000
"""Most bytes of its details; single faults beyond are left out."""
_TYPES = "type.googleapis.com/google.rpc."

Headers = list[tuple[bytes, bytes]]


def trailers(status: int, problem: bytes, retry: bytes | None, *, known: bool) -> Headers:
    """The trailers that say what a problem document says.

    Args:
        status: HTTP's.
        problem: The document.
        retry: Seconds after which a new try makes sense.
        known: Whether the called method exists.
    """
    document: dict[str, Any] = json.loads(problem)
    kind = str(document["type"]).rpartition(":")[2]
    code = CODES.get(status, INTERNAL)
    if kind == "overloaded":
        code = RESOURCE_EXHAUSTED
    elif not known and status in (404, 405, 415):
        code = UNIMPLEMENTED
    said = str(document["detail"])
    faults = [(each["path"], each["detail"]) for each in document.get("errors", ())]
    listed = "; ".join(f"{path} {detail}" for path, detail in faults)
    if listed and listed not in said:
        said = f"{said}: {listed}"
    said = _cut(said)
    found = [(b"grpc-status", b"%d" % code), (b"grpc-message", _percent(said))]
    if retry is not None:
        # gRPC's own way of saying when; clients with a retry policy wait so long.
        found.append((b"grpc-retry-pushback-ms", b"%d" % (int(retry) * 1000)))
    details = _details(faults, retry)
    if details:
        content = pb.Status(code=code, message=said, details=details).SerializeToString()
        found.append((b"grpc-status-details-bin", base64.b64encode(content).rstrip(b"=")))
    return found


def _details(faults: list[tuple[str, str]], retry: bytes | None) -> list[pb.Any]:
    found: list[pb.Any] = []
    if retry is not None:
        found.append(_any("RetryInfo", pb.RetryInfo(retry_delay=pb.Duration(seconds=int(retry)))))
    request = pb.BadRequest()
    for path, detail in faults:
        violation = pb.BadRequest.FieldViolation(field=path, description=detail)
        if request.ByteSize() + violation.ByteSize() > DETAILS_BYTES:
            break
        request.field_violations.append(violation)
    if request.field_violations:
        found.append(_any("BadRequest", request))
    return found


def _any(name: str, message: Message) -> pb.Any:
    return pb.Any(type_url=f"{_TYPES}{name}", value=message.SerializeToString())


def _cut(text: str) -> str:
    """As much of a text as fits into `MESSAGE_BYTES` when it is escaped."""
    room = MESSAGE_BYTES - 3
    for index, character in enumerate(text):
        room -= len(_percent(character))
        if room < 0:
            return f"{text[:index]}..."
    return text


def _percent(text: str) -> bytes:
    """A text as the header `grpc-message` holds it: UTF-8, all but printable ASCII escaped."""
    return b"".join(
        b"%c" % byte if 0x20 <= byte <= 0x7E and byte != 0x25 else b"%%%02X" % byte
        for byte in text.encode("utf-8", "replace")
    )


def framed(message: Message) -> bytes:
    """One message as it lies in a body: not compressed, its length before it."""
    content = message.SerializeToString()
    return b"\0" + len(content).to_bytes(4, "big") + content
