"""Set-up of a clone: virtual environment, pinned packages, Pulumi engine and provider plugin.

Runs on any Python >= 3.11 with nothing installed; a second run finds its stamp and costs
milliseconds. With MODELPORT_AIRGAP all comes from one file and no network is asked. Shows one
progress line on a terminal and plain lines elsewhere.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airgap_file import Supply

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "modelport-setup"
LOCK = ROOT / ".modelport" / "setup.lock"
INPUTS = ("pyproject.toml", "requirements.lock", "requirements-uv.lock", "scripts/bootstrap.py")
MINIMUM = (3, 11)
AGAIN = "then run `make setup` again"
AIRGAP = os.environ.get("MODELPORT_AIRGAP", "")
"""File of `make airgap`, or the folder it was unpacked to: no network is asked then."""

WARM = (
    "bentoml._internal.service.loader",
    "_bentoml_impl.server.app",
    "_bentoml_impl.server.serving",
    "_bentoml_impl.worker.service",
    "bentoml_cli.cli",
    "modelport.cli",
    "modelport.provider",
    "modelport_serving",
    "pulumi.automation",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "uvicorn.protocols.http.httptools_impl",
)
"""Imported once so that Python keeps their byte code: a server then starts in 2 s, not in 7."""


class SetupError(Exception):
    """Set-up cannot go on; the text is one sentence for the user."""


class Bar:
    """Progress of the whole set-up: a bar on a terminal, else lines for new steps and tenths."""

    width = 24

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._last = ("", 0.0)
        self._started = time.monotonic()

    def show(self, step: str, fraction: float) -> None:
        """Show the step and how far the whole is, from 0 to 1."""
        if self._terminal:
            done = round(self.width * fraction)
            line = f"[{'#' * done}{'.' * (self.width - done)}] {fraction:4.0%} {step}"
            columns = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r\x1b[K{line[:columns]}")
        else:
            name = step.partition(" (")[0]
            if name == self._last[0] and fraction < self._last[1] + 0.1:
                return
            self._last = (name, fraction)
            sys.stderr.write(f"setup {fraction:4.0%} {name}\n")
        sys.stderr.flush()

    def close(self, text: str = "") -> None:
        """Remove the bar; say at the end what came out."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
        if text:
            seconds = time.monotonic() - self._started
            sys.stderr.write(f"{text} in {seconds:.0f} s\n")
        sys.stderr.flush()


def main() -> int:
    """Set up the clone; the exit status."""
    bar = Bar()
    try:
        check_python()
        if stamped() and (not AIRGAP or engine_is_here()) and engine(bar, quiet=True):
            return 0
        LOCK.parent.mkdir(exist_ok=True)
        with LOCK.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            set_up_from_file(bar) if AIRGAP else set_up(bar)
    except SetupError as error:
        bar.close()
        sys.stderr.write(f"error: {error}\n")
        return 1
    except OSError as error:
        bar.close()
        sys.stderr.write(f"error: {(error.strerror or str(error)).lower()}: {error.filename}\n")
        return 1
    except KeyboardInterrupt:
        bar.close()
        sys.stderr.write("set-up stopped; `make setup` goes on from here\n")
        return 130
    return 0


def set_up_from_file(bar: Bar) -> None:
    """Set up from the file of `make airgap`; nothing is touched unless all of it is right."""
    # Only here, as an old Python must come as far as the sentence that says it is too old.
    from airgap_file import AirgapError, opened

    bar.show("checking the air-gap file", 0.0)
    try:
        with opened(Path(AIRGAP), ROOT / "build" / "airgap", ROOT) as supply:
            set_up(bar, supply)
    except AirgapError as error:
        raise SetupError(str(error)) from error


def set_up(bar: Bar, supply: Supply | None = None) -> None:
    """Do what is missing, in order; each step leaves alone what is right already."""
    if not stamped():
        make_venv(bar)
        install_uv(bar, supply)
        install_packages(bar, supply)
        install_project(bar)
    with subprocess.Popen(
        [str(PYTHON), "-c", _WARM_SCRIPT, *WARM],
        cwd=ROOT,
        env=environment(PYTHONDONTWRITEBYTECODE=""),
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as warming:
        if supply and not engine(bar, "place", str(supply.engine), quiet=True):
            raise SetupError(f"the engine of {supply.path} could not be placed")
        if not engine(bar, quiet=False):
            raise SetupError(f"{PYTHON} does not run; remove .venv, {AGAIN}")
        bar.show("compiling Python modules", 0.99)
        warming.wait()
    STAMP.write_text(fingerprint())
    bar.close("set up")


_WARM_SCRIPT = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception:
        pass  # only speed is lost
"""


def check_python() -> None:
    """Refuse a Python that is too old or cannot make virtual environments."""
    if sys.version_info < MINIMUM:
        have = ".".join(str(number) for number in sys.version_info[:2])
        raise SetupError(
            f"Python {have} is too old; install Python 3.11 or newer and run "
            "`make setup PYTHON=python3.11`"
        )
    if PYTHON.exists():
        return
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise SetupError(
            "this Python cannot make virtual environments; run "
            f"`apt-get install python3-venv`, {AGAIN}"
        )


def fingerprint() -> str:
    """Changes with everything that the virtual environment is made from, and with its place."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest() + "\n"


def stamped() -> bool:
    """Whether an earlier set-up of this very clone came to its end."""
    try:
        return STAMP.read_text() == fingerprint() and PYTHON.exists()
    except OSError:
        return False


def environment(**changes: str) -> dict[str, str]:
    """The user's variables without those that would lead Python away from the environment."""
    python = ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__")
    leading = (*python, "PIP_USER", "PIP_TARGET", "PIP_PREFIX")
    return {**{key: value for key, value in os.environ.items() if key not in leading}, **changes}


def make_venv(bar: Bar) -> None:
    """Make the virtual environment anew, unless a working one of this place is there."""
    bar.show("making the virtual environment", 0.0)
    if venv_works():
        return
    # Of a Python inside another environment take the one below: `.venv` may be on PATH.
    base = getattr(sys, "_base_executable", "") or sys.executable
    done = run([base, "-m", "venv", "--clear", str(VENV)])
    if done.returncode != 0:
        check_disk(done)
        raise SetupError(
            f"the virtual environment could not be made ({reason(done)}); on Debian run "
            f"`apt-get install python3-venv`, {AGAIN}"
        )


def venv_works() -> bool:
    """Whether the environment was made for this place and its Python still runs."""
    try:
        settings = (VENV / "pyvenv.cfg").read_text().splitlines()
    except OSError:
        return False
    made = [line for line in settings if line.startswith("command = ") and line.endswith(str(VENV))]
    if not made:
        return False  # a clone that was moved: its scripts start Python at the old place
    try:
        return run([str(PYTHON), "-m", "pip", "--version"]).returncode == 0
    except OSError:
        return False


def install_uv(bar: Bar, supply: Supply | None) -> None:
    """Install the pinned uv with pip: pip's own resolver takes minutes on these packages."""
    bar.show("installing uv", 0.02)
    pinned = (ROOT / "requirements-uv.lock").read_text().partition("uv==")[2].split()[0]
    uv = VENV / "bin" / "uv"
    if uv.exists() and run([str(uv), "--version"]).stdout.split()[1:2] == [pinned]:
        return
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--retries", "1"]
    pinned_file = ["--timeout", "15", "--require-hashes", "-r", "requirements-uv.lock"]
    pip = [str(PYTHON), "-m", "pip"]
    if supply:
        pip.append("--isolated")  # an index that is set for pip is not asked
        options += ["--no-index", "--find-links", str(supply.wheels)]
    done = run([*pip, "install", *options, *pinned_file])
    if done.returncode != 0:
        fail_packages(done, supply)


def install_packages(bar: Bar, supply: Supply | None) -> None:
    """Make the packages exactly those of the lock, each checked by its hash."""
    step = "installing Python packages"
    bar.show(step, 0.04)
    lock = ROOT / "requirements.lock"
    command = ["pip", "sync", "--require-hashes", "--python", str(PYTHON)]
    if supply:
        from airgap_file import lock_for

        lock = lock_for(supply, lock, VENV / "airgap.lock")
        command += ["--offline", "--no-config", "--no-index"]
        command += ["--find-links", str(supply.wheels)]
    command.append(str(lock))
    announced = downloaded = 0
    lines: list[str] = []
    with subprocess.Popen(
        [str(VENV / "bin" / "uv"), *command],
        cwd=ROOT,
        env=environment() if supply else uv_environment(),
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        for line in process.stderr or ():
            lines.append(line)
            announced += line.startswith("Downloading ")
            downloaded += line.startswith(" Downloaded ")
            if announced:
                told = f"{step} ({downloaded} of {announced} large ones)"
                bar.show(told, 0.04 + 0.06 * downloaded / announced)
    if process.returncode != 0:
        failed = subprocess.CompletedProcess(command, process.returncode, "", "".join(lines))
        fail_packages(failed, supply)


def install_project(bar: Bar) -> None:
    """Install the clone itself, editable."""
    bar.show("installing modelport", 0.11)
    options = ["--no-deps", "--no-build-isolation", "--python", str(PYTHON), "--editable", "."]
    done = run([str(VENV / "bin" / "uv"), "pip", "install", *options], env=uv_environment())
    if done.returncode != 0:
        check_disk(done)
        raise SetupError(f"modelport could not be installed: {reason(done)}")


def uv_environment() -> dict[str, str]:
    """Variables for uv, which does not read pip's settings: an index set for pip holds for both."""
    changes: dict[str, str] = {}
    pairs = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "cert": "SSL_CERT_FILE",
    }
    told = {*os.environ, *({"UV_DEFAULT_INDEX"} if "UV_INDEX_URL" in os.environ else ())}
    wanted = {key: name for key, name in pairs.items() if name not in told}
    listed = run([str(PYTHON), "-m", "pip", "config", "list"]).stdout
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        name = wanted.get(key.rpartition(".")[2])
        if name:
            changes[name] = " ".join(value.strip("'\"").replace("\\n", " ").split())
    return environment(**changes)


def engine_is_here() -> bool:
    """Whether an engine is on PATH or in the cache already."""
    return run([str(PYTHON), "-m", "modelport.engine", "where"]).returncode == 0


def engine(bar: Bar, *command: str, quiet: bool) -> bool:
    """Have the engine and the plugin installed; false where the environment does not run."""
    lines: list[str] = []
    try:
        with subprocess.Popen(
            [str(PYTHON), "-m", "modelport.engine", *(command or ("install",))],
            cwd=ROOT,
            env=environment(),
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            for line in process.stdout or ():
                fraction, _, step = line.rstrip("\n").partition(" ")
                if not quiet or 0.0 < float(fraction) < 1.0:
                    bar.show(step, 0.12 + 0.87 * float(fraction))
            lines = list(process.stderr or ())
    except OSError:
        return False
    told = [line for line in lines if line.startswith("error: ")]
    if quiet:
        bar.close()
    if told:
        raise SetupError(told[0].removeprefix("error: ").rstrip())
    return process.returncode == 0


def run(command: list[str], env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command quietly in the clone."""
    return subprocess.run(
        command,
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=env or environment(),
        stdin=subprocess.DEVNULL,
        text=True,
    )


def reason(done: subprocess.CompletedProcess[str]) -> str:
    """The most telling line of what a failed command wrote."""
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith(("ERROR:", "Caused by:", "error:"))]
    picked = (causes or lines or ["no reason given"])[-1]
    return picked.partition(": ")[2] if picked in causes else picked


def check_disk(done: subprocess.CompletedProcess[str]) -> None:
    """Name a full disk, whichever program met it."""
    if "No space left" in done.stdout + done.stderr:
        raise SetupError(f"the disk is full; free 6 GB, {AGAIN}")


def fail_packages(done: subprocess.CompletedProcess[str], supply: Supply | None) -> None:
    """Say that packages could not be had, and why."""
    check_disk(done)
    told = reason(done)
    if supply:
        raise SetupError(f"the Python packages of {supply.path} could not be installed ({told})")
    if told.startswith("No matching distribution"):  # pip says so too where nothing answers
        told = "the package index does not have them or does not answer"
    raise SetupError(
        f"Python packages could not be downloaded ({told}); connect to a network, set pip's index "
        f"(PIP_INDEX_URL) to a mirror or name a file of `make airgap` (AIRGAP=FILE), {AGAIN}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
