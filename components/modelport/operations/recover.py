"""Recover: go on after an update that was killed."""

import contextlib
import json
import socket
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import psutil
from pulumi import automation as auto

from modelport.errors import EngineError
from modelport.home import Home


def recover(home: Home, engine: auto.Stack) -> bool:
    """Clear the lock of an update whose process is dead, and what it left half done.

    Plain `pulumi` needs `pulumi cancel` for the same. Locks of other machines, and backends other
    than the home's own, are left alone.

    Returns:
        Whether something was cleared.

    Raises:
        EngineError: another update of this stack runs now.
    """
    _end_orphans(home)
    locks = _locks(home, engine)
    if not locks:
        return False
    for lock in locks:
        holder = _holder(lock)
        if holder:
            message = f"another update of stack {engine.name} runs now ({holder}); wait for it"
            raise EngineError(message)
    engine.cancel()
    if _pending(engine):
        # What a killed create left is found again by its name; the state must only forget it.
        engine.refresh(clear_pending_creates=True, color="never")
    return True


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


def _locks(home: Home, engine: auto.Stack) -> list[Path]:
    if engine.workspace.env_vars.get("PULUMI_BACKEND_URL") != f"file://{home.state}":
        return []
    project = engine.workspace.project_settings().name
    folder = home.state / ".pulumi" / "locks" / "organization" / project / engine.name
    return sorted(folder.glob("*.json"))


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
