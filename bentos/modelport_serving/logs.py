"""Logs: JSON lines on standard error, one per request or failure; no payload, no key."""

import json
import sys
import time
import traceback


def log_line(event: str, **fields: object) -> None:
    """Write one line with the time in seconds since 1970, the event's name and its fields."""
    line = {"time": round(time.time(), 3), "event": event, **fields}
    sys.stderr.write(json.dumps(line, default=str) + "\n")
    sys.stderr.flush()


def log_failure(request_id: str, error: BaseException) -> None:
    """Write a failure with its traceback, which callers never see."""
    text = "".join(traceback.format_exception(error))
    log_line("failure", request_id=request_id, traceback=text)
