"""Body of a request: read within bounds, parsed as strict JSON."""

import asyncio
import json
from collections.abc import Collection, Mapping
from typing import NoReturn, cast

from starlette.types import Receive

from modelport_serving.instances import Fault
from modelport_serving.problems import ProblemError, too_large

INLINE_BYTES = 64 * 1024
"""Bodies above this are parsed in a thread, so that other requests are not held up."""
JSON_TYPE = "application/json"
DISCARD_BYTES = 8 * 1024 * 1024
DISCARD_SECONDS = 1.0


class DisconnectedError(Exception):
    """The caller went away before its request was complete."""


def media_of(headers: Mapping[bytes, bytes], name: bytes = b"content-type") -> str:
    """A media type of the headers, in lower case and without parameters."""
    return headers.get(name, b"").decode("latin-1").partition(";")[0].strip().lower()


def check_headers(
    headers: Mapping[bytes, bytes], max_bytes: int, media: Collection[str] = (JSON_TYPE,)
) -> None:
    """Refuse a body by its headers: 415 for another type or encoding, 413 for its length."""
    if media_of(headers) not in media:
        detail = f"send the body with the header Content-Type: {' or '.join(filter(None, media))}"
        raise ProblemError(415, "unsupported-media-type", detail)
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding not in (b"identity", b""):
        detail = "send the body without a Content-Encoding"
        raise ProblemError(415, "unsupported-encoding", detail)
    check_length(headers, max_bytes)


def check_length(headers: Mapping[bytes, bytes], max_bytes: int) -> None:
    """Refuse a body that its headers say is too long: 413."""
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > max_bytes:
        raise too_large(max_bytes)


async def read_body(
    receive: Receive, *, max_bytes: int, seconds: float, arrived: bool = False
) -> bytes:
    """Read a request's body.

    Args:
        receive: The request's ASGI channel.
        max_bytes: Most bytes; counted while they arrive.
        seconds: Longest time until the body is complete.
        arrived: Whether it is complete already, so that no time need be kept.

    Raises:
        ProblemError: 413 for too many bytes, 408 for too much time.
        DisconnectedError: the caller went away.
    """
    if arrived:
        return await _whole(receive, max_bytes)
    try:
        async with asyncio.timeout(seconds):
            return await _whole(receive, max_bytes)
    except TimeoutError:
        detail = f"the body was not complete after {seconds:g} s"
        raise ProblemError(408, "body-timeout", detail) from None


async def _whole(receive: Receive, max_bytes: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        body += message.get("body", b"")
        if len(body) > max_bytes:
            raise too_large(max_bytes)
        if not message.get("more_body", False):
            return bytes(body)


async def discard(receive: Receive) -> None:
    """Read what the caller still sends, within bounds, until it has read the answer."""
    count = 0
    try:
        async with asyncio.timeout(DISCARD_SECONDS):
            while count < DISCARD_BYTES:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                count += len(cast("bytes", message.get("body", b"")))
    except TimeoutError:
        return


def read_instances(body: bytes, *, parameters: bool = False) -> object:
    """Return the value of `instances` in a JSON body; its content is not checked here.

    Args:
        body: The whole body.
        parameters: Whether `parameters` may stand beside `instances`, null or empty.

    Raises:
        ProblemError: 400 for what is not JSON, 422 for JSON of another shape.
    """
    document = parse_json(body)
    if not isinstance(document, dict):
        raise _shape("", 'is not an object; send {"instances": [...]}')
    fields = cast("dict[str, object]", document)
    if "instances" not in fields:
        raise _shape("instances", 'is missing; send {"instances": [...]}')
    if parameters and not fields.get("parameters"):
        fields.pop("parameters", None)
    if len(fields) > 1:
        raise _shape("", 'has more fields than "instances"; send {"instances": [...]}')
    return fields["instances"]


def parse_json(body: bytes) -> object:
    """Parse strict JSON; raises `ProblemError` (400) for anything else."""
    try:
        return json.loads(body.decode(), parse_constant=_constant)
    except json.JSONDecodeError as error:
        detail = f"the body is not JSON: see line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError:
        detail = "the body is not UTF-8"
    except RecursionError:
        detail = "the body is nested too deeply"
    except ValueError:
        detail = "the body holds a number with too many digits"
    raise ProblemError(400, "not-json", detail)


def _constant(name: str) -> NoReturn:
    detail = f"the body holds {name}, which JSON does not have; send a finite number"
    raise ProblemError(400, "not-json", detail)


def _shape(path: str, detail: str) -> ProblemError:
    fault = Fault(path or "body", detail)
    return ProblemError(422, "invalid-body", f"{fault.path} {detail}", errors=[fault])
