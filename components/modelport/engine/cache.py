"""Engine cache: one folder for each kind of engine, complete or not there at all."""

import fcntl
import hashlib
import json
import os
import platform
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

VERSION = "3.220.0"
"""The engine that is installed: the last line that runs Python policy packs with the old host."""
HOST_VERSION = "3.79.0"
"""The last Python language host that can be had as a Go module; it serves the newer engine."""
MODULES = Path(__file__).parent / "modules"
"""Pinned Go modules of the engine and its Python host, and the pinned Go toolchain."""
PROGRAMS = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")
"""What an engine folder needs at least to run Python programs."""

_RECIPE = "1"  # raise it when the build changes in a way that versions and modules do not show
_RECORD = "engine.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """A complete engine in the cache."""

    bin: Path
    version: str
    origin: str


def cache_root() -> Path:
    """Folder for engines: `$XDG_CACHE_HOME/modelport/engine`, `~/.cache/...` by default."""
    # Set-up reads this file before the package is installed, so it needs the standard library only.
    from modelport.home import user_folder

    return user_folder("XDG_CACHE_HOME", ".cache") / "modelport" / "engine"


def cache_key() -> str:
    """Name of this engine's folder: from versions, pinned modules and platform."""
    digest = hashlib.sha256(f"{_RECIPE} {VERSION} {HOST_VERSION}".encode())
    for path in sorted(MODULES.rglob("go.*")):
        digest.update(path.relative_to(MODULES).as_posix().encode())
        digest.update(path.read_bytes())
    system = f"{platform.system()}-{platform.machine()}".lower()
    return f"{VERSION}-{system}-{digest.hexdigest()[:12]}"


def cached() -> Entry | None:
    """The engine in the cache, or none."""
    return entry_in(cache_root() / cache_key())


def entry_of(folder: Path) -> Entry | None:
    """The cache entry that `folder` belongs to, seen through links; none for other folders."""
    real = folder.resolve()
    if real.name != "bin" or real.parent.parent != cache_root().resolve():
        return None
    return entry_in(real.parent)


@contextmanager
def locked(on_wait: Callable[[], None]) -> Generator[None]:
    """Hold the lock of the engine cache, so that two set-ups do not build at once."""
    root = cache_root()
    root.mkdir(parents=True, exist_ok=True)
    with (root / f"{cache_key()}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def partial() -> Generator[Path]:
    """A work folder inside the cache, removed at the end; call it with the lock held.

    What an earlier, killed set-up left is removed first: the name is always the same.
    """
    folder = cache_root() / f"{cache_key()}.partial"
    remove(folder)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        remove(folder)


def publish(folder: Path, *, version: str, origin: str) -> Entry:
    """Make the engine in `folder`/bin the cached one, in a single step."""
    for name in PROGRAMS:
        if not os.access(folder / "bin" / name, os.X_OK):
            raise FileNotFoundError(2, "the engine misses a program", name)
    record = {"version": version, "origin": origin}
    (folder / _RECORD).write_text(json.dumps(record) + "\n")
    target = cache_root() / cache_key()
    remove(target)  # only a broken one can be here: `cached` was asked with the lock held
    folder.rename(target)
    return Entry(target / "bin", version, origin)


def remove(folder: Path) -> None:
    """Remove `folder` also where Go made it read-only."""

    def unlock(function: object, path: str, _error: object) -> None:
        parent = Path(path).parent
        parent.chmod(0o700)
        Path(path).chmod(0o700)
        if Path(path).is_dir():
            shutil.rmtree(path, onerror=unlock)
        else:
            Path(path).unlink(missing_ok=True)

    if folder.exists():
        shutil.rmtree(folder, onerror=unlock)


def entry_in(folder: Path) -> Entry | None:
    """The complete engine that stands in `folder` as it would in the cache, or none."""
    try:
        record = json.loads((folder / _RECORD).read_text())
        version, origin = str(record["version"]), str(record["origin"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not all(os.access(folder / "bin" / name, os.X_OK) for name in PROGRAMS):
        return None
    return Entry(folder / "bin", version, origin)
