"""Recover: go on after an update that was killed."""

import contextlib
import json
import os
import socket
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import psutil
from pulumi import automation as auto

from modelport.errors import EngineError
from modelport.home import Home
from modelport.operations.mend import lock_files, mend_state


def prepare_state(home: Home, stack: str) -> None:
    """Before a stack is opened: end what a killed engine left, and mend its state.

    While another update of the stack runs, and with backends other than the home's own, nothing is
    touched.

    Raises:
        EngineError: the state is torn, and no whole one is left.
    """
    _end_orphans(home)
    if _own_backend(home) and not _runs(home, stack):
        mend_state(home, stack)


def recover(home: Home, engine: auto.Stack) -> bool:
    """Clear the lock of an update whose process is dead, and what it left half done.

    Plain `pulumi` needs `pulumi cancel` for the same. Locks of other machines, and backends other
    than the home's own, are left alone.

    Returns:
        Whether something was cleared.

    Raises:
        EngineError: another update of this stack runs now.
    """
    if not _own_backend(home) or not lock_files(home, engine.name):
        return False
    holder = _runs(home, engine.name)
    if holder:
        message = f"another update of stack {engine.name} runs now ({holder}); wait for it"
        raise EngineError(message)
    engine.cancel()
    if _pending(engine):
        # What a killed create left is found again by its name; the state must only forget it.
        engine.refresh(clear_pending_creates=True, color="never")
    return True


def _own_backend(home: Home) -> bool:
    return os.environ.get("PULUMI_BACKEND_URL") == f"file://{home.state}"


def _runs(home: Home, stack: str) -> str:
    """The living process that updates the stack now; empty when there is none."""
    return next(filter(None, map(_holder, lock_files(home, stack))), "")


def _end_orphans(home: Home) -> None:
    """End what a killed engine left running: its language host does not notice that it is gone."""
    for process in psutil.process_iter(["name", "cmdline"]):
        words = process.info["cmdline"] or []
        ours = any(str(home.project) in word for word in words)
        if ours and str(process.info["name"]).startswith("pulumi-language") and _left(process):
            with contextlib.suppress(psutil.Error):
                process.kill()


def _left(process: psutil.Process) -> bool:
    """Whether no engine started this process, or the one that did is gone."""
    try:
        parent = process.parent()
        return parent is None or not parent.name().startswith("pulumi")
    except psutil.Error:
        return False


def _holder(lock: Path) -> str:
    """The living process that holds a lock, in words; empty when it is dead."""
    try:
        content = cast("dict[str, Any]", json.loads(lock.read_text()))
        pid, host = int(content["pid"]), str(content["hostname"])
        made = datetime.fromisoformat(content["timestamp"][:19] + "+00:00").timestamp()
    except (OSError, ValueError, KeyError):
        return ""  # a torn file: its writer was killed while writing it
    if host != socket.gethostname():
        return f"process {pid} on {host}"
    try:
        process = psutil.Process(pid)
        # A number that was given to another process since then holds no lock.
        other = process.create_time() > made + 1 or "pulumi" not in process.name()
        if other or process.status() == psutil.STATUS_ZOMBIE:
            return ""
    except psutil.Error:
        return ""
    return f"process {pid}"


def _pending(engine: auto.Stack) -> bool:
    deployment = cast("dict[str, Any] | None", engine.export_stack().deployment)
    return bool(deployment and deployment.get("pending_operations"))
