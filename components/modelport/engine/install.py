"""Engine set-up: take the engine that is there, download it or build it, and link it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from modelport.engine.build import BuildError, build_engine
from modelport.engine.cache import VERSION, entry_in, locked, partial, publish, remove
from modelport.engine.environment import prepare_home
from modelport.engine.found import Engine, cached_engine, engine_on_path
from modelport.engine.official import ADDRESS, install_official
from modelport.engine.probe import Probe
from modelport.engine.progress import Progress, part, silent
from modelport.engine.toolchain import Go, go_on_path, private_folder, private_go
from modelport.errors import EngineError
from modelport.home import Home


def install_engine(home: Home, progress: Progress | None = None) -> Engine:
    """Make sure that an engine is there, and link it as `home.engine`.

    Takes the first of: the one on PATH, the one in the cache, the official installer, a Go build.
    Where one is there already this costs milliseconds.

    Args:
        home: Home of the project that uses the engine.
        progress: Told each step.

    Raises:
        EngineError: there is no way to an engine; names everything that was tried.
    """
    report = progress or silent
    try:
        engine = _engine(report)
        prepare_home(home)
        _link(home.engine, engine.bin)
    except OSError as error:
        message = f"the Pulumi engine could not be set up: {_told(error)}"
        raise EngineError(message) from error
    report(f"Pulumi engine {engine.version} ({engine.origin})", 1.0)
    return engine


def place_engine(folder: Path, progress: Progress | None = None) -> Engine:
    """Put an engine that was brought here into the cache, unless one is there; asks no network.

    Args:
        folder: An engine as it stands in a cache: `engine.json` and `bin`.
        progress: Told each step.

    Raises:
        EngineError: the folder holds no complete engine, or the cache cannot be written.
    """
    report = progress or silent
    brought = entry_in(folder)
    if brought is None:
        raise EngineError(f"{folder} holds no complete engine; name one that `make airgap` packed")
    try:
        with locked(lambda: report("waiting for another set-up of the engine", 0.0)):
            engine = cached_engine()
            if engine:
                return engine
            report("placing the Pulumi engine", 0.0)
            with partial() as place:
                shutil.copytree(brought.bin, place / "bin")
                entry = publish(place, version=brought.version, origin=brought.origin)
    except OSError as error:
        message = f"the Pulumi engine could not be placed: {_told(error)}"
        raise EngineError(message) from error
    return Engine(entry.bin, entry.version, entry.origin)


def _engine(report: Progress) -> Engine:
    report("looking for the Pulumi engine", 0.0)
    on_path = engine_on_path()
    if isinstance(on_path, Engine):
        return on_path
    engine = cached_engine()
    if engine:
        return engine
    with locked(lambda: report("waiting for another set-up of the engine", 0.0)):
        engine = cached_engine()  # the one that held the lock before us may have made it
        return engine or _make(on_path, report)


def _make(on_path: str, report: Progress) -> Engine:
    tried = [f"pulumi on PATH ({on_path})"]
    ways: list[tuple[str, str, Callable[[Path, Progress], str | None]]] = [
        ("the official installer", "official installer", _official),
        ("a Go build", "Go build", _build),
    ]
    for text, origin, way in ways:
        with partial() as folder:
            problem = way(folder, report)
            if problem is None:
                entry = publish(folder, version=VERSION, origin=origin)
                remove(private_folder())
                return Engine(entry.bin, entry.version, entry.origin)
        tried.append(f"{text} ({problem})")
    message = (
        f"the Pulumi engine could not be had; tried {', '.join(tried)}; connect this machine to a "
        "network or set GOPROXY and pip's index to mirrors that answer, or put pulumi >= 3.220 "
        "with pulumi-language-python on PATH, then run `make setup` again"
    )
    raise EngineError(message)


def _official(folder: Path, report: Progress) -> str | None:
    report("looking for the official installer", 0.01)
    problem = Probe(ADDRESS).problem()
    if problem:
        return f"it does not answer: {problem}"
    report("downloading the Pulumi engine", 0.02)
    return install_official(folder)


def _build(folder: Path, report: Progress) -> str | None:
    go = go_on_path()
    start = 0.02
    if not isinstance(go, Go):
        without = go
        go = private_go(part(report, start, 0.08))
        start = 0.08
        if not isinstance(go, Go):
            return f"{without}; {go}"
    try:
        build_engine(go, folder, part(report, start, 0.99))
    except BuildError as error:
        return str(error)
    return None


def _link(link: Path, target: Path) -> None:
    """Point `link` at `target` in one step, also where another set-up does the same."""
    if link.is_symlink() and link.readlink() == target:
        return
    fresh = link.with_name(f"{link.name}.{os.getpid()}")
    fresh.symlink_to(target)
    fresh.replace(link)


def _told(error: OSError) -> str:
    text = (error.strerror or str(error)).lower()
    return f"{text}: {error.filename}" if error.filename else text
