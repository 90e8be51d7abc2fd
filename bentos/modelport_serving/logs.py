"""Logs: JSON lines on standard error, one per request or failure; no payload, no key."""

import asyncio
import sys
import time
import traceback

import msgspec

_held: list[bytes] = []
"""Lines of requests that were answered in this turn of the event loop."""


def log_line(event: str, **fields: object) -> None:
    """Write one line with the time in seconds since 1970, the event's name and its fields."""
    flush()
    sys.stderr.write(_line(event, fields).decode())
    sys.stderr.flush()


def log_request(**fields: object) -> None:
    """Write the line of one request, together with those that are answered at the same time."""
    if not _held:
        asyncio.get_running_loop().call_soon(flush)
    _held.append(_line("request", fields))


def log_failure(request_id: str, error: BaseException) -> None:
    """Write a failure with its traceback, which callers never see."""
    text = "".join(traceback.format_exception(error))
    log_line("failure", request_id=request_id, traceback=text)


def flush() -> None:
    """Write what is held back."""
    if _held:
        sys.stderr.write(b"".join(_held).decode())
        sys.stderr.flush()
        _held.clear()


def _line(event: str, fields: dict[str, object]) -> bytes:
    line = {"time": round(time.time(), 3), "event": event, **fields}
    return msgspec.json.encode(line, enc_hook=str) + b"\n"
