"""Mend: a state file that a killed engine left torn.

The engine's file backend moves the state to `<stack>.json.bak` and writes it anew; killed between
the two it leaves no file or half of one. Taking such a stack for a new one would forget what it
has deployed.
"""

import json
import os
from pathlib import Path
from typing import Any, cast

import yaml

from modelport.errors import EngineError
from modelport.files import write_whole
from modelport.home import Home


def lock_files(home: Home, stack: str) -> list[Path]:
    """Locks of a stack in the home's own backend, also those of dead processes."""
    return sorted(
        (_backend(home) / "locks" / "organization" / _project(home) / stack).glob("*.json")
    )


def mend_state(home: Home, stack: str) -> bool:
    """Bring back the last whole state of a stack, when its file is torn or was lost in an update.

    Call it only while no update of the stack runs.

    Returns:
        Whether something was mended.

    Raises:
        EngineError: the state is torn, and no whole one is left.
    """
    file = _backend(home) / "stacks" / _project(home) / f"{stack}.json"
    lost = not file.exists() and bool(lock_files(home, stack))
    torn = file.exists() and not _time(file)
    if not (lost or torn):
        return False
    newest = max(_candidates(home, stack, file), key=_time, default=None)
    if newest is not None and _time(newest):
        write_whole(file, newest.read_bytes())
        return True
    if lost:
        return False  # killed before there was any state
    message = (
        f"the state of stack {stack} is torn, and no whole one is left: "
        f"{os.path.relpath(file, home.project)}; what is deployed must be removed by hand"
    )
    raise EngineError(message)


def _candidates(home: Home, stack: str, file: Path) -> list[Path]:
    """Earlier states: the one before the last save, and one of each finished update."""
    history = _backend(home) / "history" / _project(home) / stack
    return [file.with_name(f"{file.name}.bak"), *history.glob("*.checkpoint.json")]


def _time(file: Path) -> str:
    """When a state was saved, sortable; empty when it is not whole."""
    try:
        content = cast("dict[str, Any]", json.loads(file.read_text()))
        latest = content["checkpoint"].get("latest") or {}
        return str(latest.get("manifest", {}).get("time", "")) or "0"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""


def _backend(home: Home) -> Path:
    return home.state / ".pulumi"


def _project(home: Home) -> str:
    content = cast("dict[str, str]", yaml.safe_load((home.project / "Pulumi.yaml").read_text()))
    return content["name"]
