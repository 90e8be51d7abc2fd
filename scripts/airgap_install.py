"""Installer of an air-gap file for a machine that has no clone.

In the file it is `install.py`: `python3 install.py FOLDER` makes an environment with modelport in
FOLDER from the wheels beside it and puts the engine where modelport looks for one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

MINIMUM = (3, 11)


def main(arguments: list[str]) -> int:
    """Check what lies beside this script and install it; the exit status."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("usage: python3 install.py FOLDER (of the environment to make)\n")
        return 2
    if sys.version_info < MINIMUM:
        sys.stderr.write("error: this Python is too old; run it with Python 3.11 or newer\n")
        return 1
    sys.dont_write_bytecode = True  # what lies here must stay what is listed
    from airgap_file import AirgapError, opened

    packed = Path(__file__).resolve().parent
    target = Path(arguments[0]).absolute()
    if target.exists():
        sys.stderr.write(f"error: {target} is there already; name a folder that is not\n")
        return 1
    try:
        with opened(packed, packed) as supply:
            wanted = f"modelport=={supply.manifest.version}"
            try:
                install(target, wanted, supply.wheels, supply.engine)
            except BaseException:
                shutil.rmtree(target, ignore_errors=True)
                raise
    except AirgapError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except subprocess.CalledProcessError as error:
        told = (error.stderr or error.stdout).strip().splitlines() or ["no reason given"]
        sys.stderr.write(f"error: {' '.join(error.cmd[1:4])} did not work: {told[-1]}\n")
        return 1
    sys.stderr.write(f"installed {wanted} in {target}\n")
    return 0


def install(target: Path, wanted: str, wheels: Path, engine: Path) -> None:
    """Make the environment, install the packages, and place the engine in the cache."""
    python = str(target / "bin" / "python")
    leading = {"PYTHONPATH", "PYTHONHOME"}
    env = {key: value for key, value in os.environ.items() if key not in leading}
    # There is one version of each package; some locked ones are pre-releases.
    from_wheels = ["--quiet", "--no-index", "--pre", "--find-links", str(wheels)]
    for command in (
        [sys.executable, "-m", "venv", str(target)],
        [python, "-m", "pip", "--isolated", "install", *from_wheels, wanted],
        [python, "-m", "modelport.engine", "place", str(engine)],
    ):
        subprocess.run(command, capture_output=True, check=True, env=env, text=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
