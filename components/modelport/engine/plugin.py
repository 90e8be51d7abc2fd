"""Provider plugin: the shim by which the engine starts Modelport's own resources."""

import fcntl
import shlex
import sys
from pathlib import Path

from modelport import __version__
from modelport.engine.environment import pulumi_home
from modelport.errors import EngineError
from modelport.home import Home

_PROGRAM = "pulumi-resource-modelport"


def install_plugin(home: Home) -> Path:
    """Write the shim of the provider plugin where the engine looks; costs nothing when it is right.

    Returns:
        The shim.

    Raises:
        EngineError: the folder cannot be written.
    """
    folder = pulumi_home(home) / "plugins" / f"resource-modelport-v{__version__}"
    shim = folder / _PROGRAM
    text = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m modelport.provider "$@"\n'
    try:
        if not _is_right(shim, text):
            _write(shim, text)
    except OSError as error:
        message = f"the provider plugin could not be written: {error.strerror}: {error.filename}"
        raise EngineError(message) from error
    return shim


def _is_right(shim: Path, text: str) -> bool:
    partial = _beside(shim.parent, ".partial")
    return shim.exists() and not partial.exists() and shim.read_text() == text


def _write(shim: Path, text: str) -> None:
    folder = shim.parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    # As the engine installs plugins: a lock beside the folder, and a mark while it is incomplete.
    with _beside(folder, ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        partial = _beside(folder, ".partial")
        partial.touch()
        folder.mkdir(exist_ok=True)
        fresh = shim.with_name(f"{_PROGRAM}.new")
        fresh.write_text(text)
        fresh.chmod(0o755)
        fresh.replace(shim)  # a shim that runs right now keeps its old text
        partial.unlink()


def _beside(folder: Path, suffix: str) -> Path:
    return folder.with_name(folder.name + suffix)
