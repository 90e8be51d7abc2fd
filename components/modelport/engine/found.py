"""Engine found: a usable engine that is on this machine already, on PATH or in the cache."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from modelport.engine.cache import cached, entry_of

MINIMUM = (3, 220)
"""Oldest engine that is used; the newest is the last before 4."""

_SECONDS = 5.0
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Engine:
    """A Pulumi engine with its Python language host."""

    bin: Path
    """Folder with `pulumi`."""
    version: str
    """Version without the leading v."""
    origin: str
    """Where it comes from: `PATH`, `official installer` or `Go build`."""


def find_engine() -> Engine | None:
    """The engine that is here already: the one on PATH, else the one in the cache, else none."""
    found = engine_on_path()
    return found if isinstance(found, Engine) else cached_engine()


def cached_engine() -> Engine | None:
    """The engine that an earlier set-up left in the cache, or none."""
    entry = cached()
    return Engine(entry.bin, entry.version, entry.origin) if entry else None


def engine_on_path() -> Engine | str:
    """The engine on PATH, or a text that says why there is none."""
    program = shutil.which("pulumi")
    if program is None:
        return "there is none"
    folder = Path(program).absolute().parent
    entry = entry_of(folder)
    if entry:  # our own, put on PATH by `. ./activate`: known without starting it
        return Engine(entry.bin, entry.version, entry.origin)
    version = _version_of(program)
    if version is None:
        return f"{program} does not tell its version"
    if version[:2] < MINIMUM or version[0] > MINIMUM[0]:
        return f"{program} is {_text(version)}, and {MINIMUM[0]}.{MINIMUM[1]} up to 3.x is needed"
    if not _has_host(folder):
        return f"{program} has no pulumi-language-python beside it or on PATH"
    return Engine(folder, _text(version), "PATH")


def _version_of(program: str) -> tuple[int, int, int] | None:
    quiet = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"}
    try:
        answer = subprocess.run(
            [program, "version"],
            capture_output=True,
            check=False,
            env=quiet,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    match = _VERSION.match(answer.stdout.strip())
    if answer.returncode != 0 or match is None:
        return None
    return int(match[1]), int(match[2]), int(match[3])


def _has_host(folder: Path) -> bool:
    # A linked `pulumi` (Homebrew and the like) keeps its host beside the real file.
    beside = (folder, (folder / "pulumi").resolve().parent)
    if any(os.access(place / "pulumi-language-python", os.X_OK) for place in beside):
        return True
    return shutil.which("pulumi-language-python") is not None


def _text(version: tuple[int, int, int]) -> str:
    return ".".join(str(number) for number in version)
