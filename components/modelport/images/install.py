"""Install: puts a bundle's packages into an image, the same bytes on every machine and every day.

A script that the build runs in the image, with pip's arguments; it imports nothing of `modelport`.
`SOURCE_DATE_EPOCH` is the time that every file gets. What would differ otherwise:

    times      every file and folder that the build has touched gets the one time
    byte code  pip's holds the time of its source; ours holds a hash, and is never checked again
    noise      pip's caches, and its look for a newer pip, are off
"""

import os
import py_compile
import subprocess
import sys
import sysconfig
import tempfile
from importlib.util import cache_from_source
from pathlib import Path

_UNUSED = frozenset({"ensurepip", "idlelib", "lib2to3", "test", "tests", "tkinter", "turtledemo"})
"""Folders that need no byte code: no server imports what is in them."""
_PIP = ("--no-cache-dir", "--no-compile", "--disable-pip-version-check", "--prefer-binary")
_ALLOWED = {"PIP_BREAK_SYSTEM_PACKAGES": "1", "PIP_ROOT_USER_ACTION": "ignore"}
"""As variables: an older pip knows no such options."""


def main(arguments: list[str], time: int) -> None:
    """Install, compile, and give everything that has changed the same time.

    Args:
        arguments: Of `pip install`.
        time: Seconds since 1970.
    """
    with tempfile.TemporaryFile() as mark:
        begun = os.fstat(mark.fileno()).st_ctime_ns
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *_PIP, *arguments],
        env=os.environ | _ALLOWED,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.returncode)
    for folder in sorted({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}):
        compile_missing(Path(folder))
    settle(Path("/"), begun, time)


def compile_missing(folder: Path) -> None:
    """Compile the modules below `folder` that have no byte code, always in the same order.

    One process does it: how a module's constants are shared with others is part of its byte code.
    """
    for name, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - _UNUSED)
        for source in (Path(name, file) for file in sorted(files) if file.endswith(".py")):
            if not Path(cache_from_source(str(source))).exists():
                # Templates, and tests for other versions of Python, do not compile: let them be.
                py_compile.compile(
                    str(source),
                    quiet=2,
                    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
                )


def settle(root: Path, since: int, time: int) -> None:
    """Give everything below `root` that has changed since then one time.

    Args:
        root: Other file systems below it are left alone.
        since: Nanoseconds since 1970.
        time: Seconds since 1970.
    """
    device = root.stat().st_dev
    for name, folders, files in os.walk(root):
        place = Path(name)
        folders[:] = [folder for folder in folders if _is_below(place / folder, device)]
        for path in (place, *(place / other for other in (*files, *folders))):
            if path.lstat().st_ctime_ns >= since:
                os.utime(path, (time, time), follow_symlinks=False)


def _is_below(folder: Path, device: int) -> bool:
    """Whether a folder is on that device; a link to one is always."""
    return folder.is_symlink() or folder.lstat().st_dev == device


if __name__ == "__main__":
    main(sys.argv[1:], int(os.environ["SOURCE_DATE_EPOCH"]))
