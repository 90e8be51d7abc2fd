"""The files of one local server: settings, key, example request and log."""

import contextlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelport.files import write_whole
from modelport.supervisor.upkeep import LOG
from modelport_serving.record import Golden

AUTH_HEADER = "auth-header"
REQUEST = "request.json"
SETTINGS = "settings.json"
_LOG_LINES = 12
"""Lines of the log that an error shows."""


def write_settings(folder: Path, settings: Mapping[str, Any]) -> Path:
    """The workers' settings file."""
    path = folder / SETTINGS
    write_private(path, json.dumps(settings))
    return path


def write_caller_files(folder: Path, api_key: str | None, golden: Golden) -> None:
    """What a caller uses: the header with the key, and an example request."""
    if api_key is None:
        (folder / AUTH_HEADER).unlink(missing_ok=True)
    else:
        write_private(folder / AUTH_HEADER, f"Authorization: Bearer {api_key}\n")
    example = {"instances": [list(golden.instances[0])]}
    (folder / REQUEST).write_text(json.dumps(example) + "\n")


def has_caller_files(folder: Path, api_key: str | None) -> bool:
    """Whether the files of `write_caller_files` are there."""
    header = (folder / AUTH_HEADER).is_file()
    return (folder / REQUEST).is_file() and header == (api_key is not None)


def log_tail(folder: Path, project: Path) -> str:
    """The log's last lines, as part of an error; empty when there are none."""
    path = folder / LOG
    try:
        lines = path.read_text(errors="replace").splitlines()[-_LOG_LINES:]
    except OSError:
        return ""
    if not lines:
        return ""
    listed = "\n".join(f"    {line}" for line in lines)
    return f"\n  last lines of {path.relative_to(project)}:\n{listed}"


def remove_files(folder: Path, *, keep_log: bool = False) -> None:
    """Remove the deployment's folder, and the stack's when it is empty."""
    if keep_log and (folder / LOG).is_file():
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != LOG:
                path.unlink()
        return
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # other deployments are in it
        folder.parent.rmdir()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    write_whole(path, text.encode(), mode=0o600)
