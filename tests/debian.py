"""Debian packages that tests bring themselves where they are missing."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path


def bring(programs: Mapping[str, str]) -> str | None:
    """Install the packages of programs that are not on PATH.

    Args:
        programs: Package of each program.

    Returns:
        Why they cannot be had; none when they are there.
    """
    return install(
        sorted({name for program, name in programs.items() if not shutil.which(program)})
    )


def install(packages: Iterable[str]) -> str | None:
    """Install packages; says why they cannot be had, or nothing when they are there."""
    wanted = list(packages)
    if not wanted:
        return None
    listed = ", ".join(wanted)
    if shutil.which("apt-get") is None:
        return f"{listed} are not here, and there is no apt-get"
    if os.geteuid() != 0:
        return f"{listed} are not here, and only root may install them"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    lock = Path(tempfile.gettempdir()) / "modelport-apt.lock"  # tests run side by side in processes
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for words in (["update"], ["install", "-y", "--no-install-recommends", *wanted]):
            done = subprocess.run(
                ["apt-get", "-qq", *words], capture_output=True, env=environment, check=False
            )
            if done.returncode:
                return f"apt-get {words[0]} failed: {done.stderr.decode()[-200:]}"
    return None
