"""What runs in a local deployment's folder now, and its end."""

from pathlib import Path
from typing import Any

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


def live_address(folder: Path) -> tuple[Any, Any] | None:
    """Host and port on which the supervisor listens; none when none runs."""
    status = described(folder)
    return (status["host"], status["port"]) if status else None


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
