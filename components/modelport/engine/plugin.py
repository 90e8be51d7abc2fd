"""Provider plugins: shims by which the engine starts providers that are written in Python."""

import fcntl
import shlex
import sys
from pathlib import Path

from modelport import __version__
from modelport.engine.environment import pulumi_home
from modelport.errors import EngineError
from modelport.files import write_whole
from modelport.home import Home
from modelport.sdk import PACKAGES, installed, version


def install_plugin(home: Home) -> Path:
    """Write the shims where the engine looks; costs nothing when they are right.

    Offline, the packages of the installed SDKs get theirs too.

    Returns:
        The shim of Modelport's own resources.

    Raises:
        EngineError: a folder cannot be written.
    """
    if home.offline:
        for package in PACKAGES:
            if installed(package):
                install_shim(home, package, version(package), f"modelport.offline {package}")
    return install_shim(home, "modelport", __version__, "modelport.provider")


def install_shim(home: Home, package: str, plugin_version: str, program: str) -> Path:
    """Write the shim of one provider.

    Args:
        home: The project's home.
        package: Package of the provider, e.g. `aws`.
        plugin_version: Version that programs ask for.
        program: Module that serves it, with its arguments.

    Raises:
        EngineError: the folder cannot be written.
    """
    folder = pulumi_home(home) / "plugins" / f"resource-{package}-v{plugin_version}"
    shim = folder / f"pulumi-resource-{package}"
    text = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m {program} "$@"\n'
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
        # A shim that runs right now keeps its old text.
        write_whole(shim, text.encode(), mode=0o755)
        partial.unlink()


def _beside(folder: Path, suffix: str) -> Path:
    return folder.with_name(folder.name + suffix)
