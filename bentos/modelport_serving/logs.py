"""Logs: JSON lines on standard error, one per request or failure; no payload, no key."""

import asyncio
import logging
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
    # It may repeat what a caller sent, which may be no Unicode.
    text = text.encode(errors="backslashreplace").decode()
    log_line("failure", request_id=request_id, traceback=text)


class ApplicationHandler(logging.Handler):
    """Writes what a mounted application and its libraries log, one line for each record."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, unless it is of the server, which has lines of its own."""
        if record.name.partition(".")[0] in _SERVERS:
            return
        fields: dict[str, object] = {"level": record.levelname.lower(), "logger": record.name}
        try:
            fields["message"] = record.getMessage()
            if record.exc_info:
                fields["traceback"] = "".join(traceback.format_exception(*record.exc_info))
            # Not by log_line: this may be a thread, and what is held back is the event loop's.
            sys.stderr.write(_line("application", fields).decode())
            sys.stderr.flush()
        except Exception:  # as logging's own handlers do: a log must not end a request
            self.handleError(record)


_SERVERS = frozenset({"asyncio", "bentoml", "uvicorn"})


def hear_application() -> None:
    """Write what is logged by a mounted application; the server's own lines stay as they are."""
    logging.disable(logging.NOTSET)
    root = logging.getLogger()
    for handler in tuple(root.handlers):
        # One of BentoML's libraries calls logging.basicConfig() when it is imported.
        if type(handler) is logging.StreamHandler and _is_basic(handler.formatter):
            root.removeHandler(handler)
    if not any(isinstance(handler, ApplicationHandler) for handler in root.handlers):
        root.addHandler(ApplicationHandler())


def _is_basic(formatter: logging.Formatter | None) -> bool:
    return formatter is not None and formatter._fmt == logging.BASIC_FORMAT  # noqa: SLF001


def flush() -> None:
    """Write what is held back."""
    if _held:
        sys.stderr.write(b"".join(_held).decode())
        sys.stderr.flush()
        _held.clear()


def _line(event: str, fields: dict[str, object]) -> bytes:
    line = {"time": round(time.time(), 3), "event": event, **fields}
    return msgspec.json.encode(line, enc_hook=str) + b"\n"
