"""Upkeep: a log that does not fill the disk, workers that do not take the machine."""

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

LOG = "server.log"
"""The log of the supervisor and its workers, in the deployment's folder."""
METRICS = "metrics"
"""Folder of the workers' metrics files, one folder for each generation."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


def note(text: str) -> None:
    """Write one line to the log, as the workers do."""
    line = {"time": round(time.time(), 3), "event": "supervisor", "detail": text}
    sys.stderr.write(json.dumps(line) + "\n")
    sys.stderr.flush()


def bound_log(log: Path, limit: int) -> None:
    """Move a log above `limit` bytes to `server.log.1` and begin anew.

    The workers keep the file open for appending, so it is copied and emptied; what they write
    between the two is lost.
    """
    try:
        if log.stat().st_size > limit:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)
    except OSError as error:
        note(f"the log could not be cut: {error.strerror}")


def cannot_start(log: Path, begun: int) -> str:
    """The reason that a worker gave since the log had `begun` bytes; empty when it gave none."""
    try:
        with log.open("rb") as file:
            file.seek(begun)
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    mark = "cannot start: "
    said = [line.removeprefix(mark) for line in lines if line.startswith(mark)]
    return said[-1] if said else ""


def bound_memory(pids: Iterable[int], limit: int) -> list[int]:
    """Kill the processes that hold more than `limit` bytes of memory; returns them."""
    killed: list[int] = []
    for pid in pids:
        if _resident(pid) > limit:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
    return killed


def _resident(pid: int) -> int:
    """Resident memory of a process in bytes; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0
