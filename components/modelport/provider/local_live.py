"""What runs in a local deployment's folder now, and its end."""

from pathlib import Path

import psutil

from modelport.errors import ServiceError
from modelport.supervisor.control import Control, ControlError, Message

_STOP_WAIT = 40.0
"""Seconds in which a stopped supervisor must have drained and ended."""


def described(folder: Path) -> Message | None:
    """The running supervisor's status; none when none answers."""
    try:
        with Control(folder, timeout=5) as control:
            return control.ask("status", timeout=5)
    except (ControlError, OSError):
        return None


def reachable_url(host: str, port: int) -> str:
    """The address to call: an unspecified listening address is reached by loopback."""
    called = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not bound
    return f"http://[{called}]:{port}" if ":" in called else f"http://{called}:{port}"


def stop_supervisor(folder: Path) -> None:
    """End the supervisor and its workers, when there is one."""
    try:
        with Control(folder, timeout=5) as control:
            pid = int(control.ask("stop")["pid"])
    except (ControlError, OSError):
        return
    _wait_gone(pid)


def _wait_gone(pid: int) -> None:
    try:
        psutil.Process(pid).wait(_STOP_WAIT)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        message = f"the supervisor (pid {pid}) did not end within {_STOP_WAIT:g} s"
        raise ServiceError(message) from None
