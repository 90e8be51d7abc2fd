"""Launch: start a supervisor in a session of its own and wait until it listens."""

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import cast

import psutil

from modelport.errors import ServiceError
from modelport.supervisor.upkeep import LOG

_WAIT = 20.0
"""Seconds in which a supervisor must say that it listens."""


def launch(folder: Path, host: str, port: int) -> None:
    """Start the supervisor of the deployment in `folder`; its log begins anew.

    Raises:
        ServiceError: the port is taken (by whom is named where the system tells), may not be
            bound, or the supervisor did not start.
    """
    command = [sys.executable, "-m", "modelport.supervisor", str(folder), host, str(port)]
    log = folder / LOG
    log.write_bytes(b"")
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # survives the engine, and signals to its terminal
        )
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    with process.stdout as lines:
        line = lines.readline()
    if not line:
        message = f"the supervisor ended at once with status {process.wait(_WAIT)}; see {log}"
        raise ServiceError(message)
    answer = cast("dict[str, object]", json.loads(line))
    if "error" in answer:
        process.wait(_WAIT)
        raise ServiceError(_refusal(host, port, answer))


def _refusal(host: str, port: int, answer: dict[str, object]) -> str:
    if answer.get("errno") == errno.EADDRINUSE:
        holder = _holder(port)
        by = f" by {holder}" if holder else ""
        return (
            f"port {port} on {host} is taken{by}; "
            f"stop that process or give target.port another number"
        )
    return f"cannot listen on {host}:{port}: {answer['error']}"


def _holder(port: int) -> str | None:
    """The process that listens on `port`, as `name (pid 123)`, where the system tells."""
    try:
        for connection in psutil.net_connections("tcp"):
            listening = connection.status == psutil.CONN_LISTEN
            if listening and connection.pid and connection.laddr[1:] == (port,):
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except (psutil.Error, OSError):
        return None
    return None
