"""Set-up of a clone: what it refuses and how, and that it costs nothing the second time."""

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
INPUTS = ("pyproject.toml", "requirements.lock", "requirements-uv.lock", "scripts/bootstrap.py")


def load(root: Path) -> ModuleType:
    """The set-up script of the clone at `root`, without running it."""
    spec = importlib.util.spec_from_file_location("bootstrap", root / "scripts" / "bootstrap.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(root: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "scripts" / "bootstrap.py")]
    env = {**os.environ, **changes}
    return subprocess.run(command, capture_output=True, check=False, env=env, text=True)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """What set-up reads of a clone, in a folder with a space in its name."""
    root = tmp_path / "a clone"
    for name in INPUTS:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    return root


@pytest.fixture
def set_up() -> Path:
    """This clone, where `make setup` made its environment."""
    if not load(ROOT).stamped():
        pytest.skip("this clone was not set up by `make setup`")
    return ROOT


def test_an_old_python_is_told_what_is_needed(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert load(bare).main() == 1
    assert capsys.readouterr().err == (
        "error: Python 3.9 is too old; install Python 3.11 or newer and run "
        "`make setup PYTHON=python3.11`\n"
    )


def test_a_python_without_venv_is_told_the_package(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = load(bare)

    def absent(_name: str) -> None:
        return None

    monkeypatch.setattr(importlib.util, "find_spec", absent)
    assert script.main() == 1
    assert capsys.readouterr().err == (
        "error: this Python cannot make virtual environments; run "
        "`apt-get install python3-venv`, then run `make setup` again\n"
    )


def test_it_reads_on_any_python_that_may_start_it(bare: Path) -> None:
    """Old ones must come as far as the sentence that says they are too old."""
    source = (bare / "scripts" / "bootstrap.py").read_text()
    compile(source, "bootstrap.py", "exec", dont_inherit=True)
    assert "from __future__ import annotations" in source
    assert "match " not in [line.strip()[:6] for line in source.splitlines()]


@pytest.mark.usefixtures("no_network")
def test_offline_it_ends_with_one_sentence(bare: Path) -> None:
    done = run(bare, PIP_CONFIG_FILE=os.devnull, PIP_FIND_LINKS="", PIP_CACHE_DIR=str(bare / "no"))
    assert done.returncode == 1
    *steps, error = done.stderr.splitlines()
    assert [step.partition("% ")[2] for step in steps] == [
        "making the virtual environment",
        "installing uv",
    ]
    assert error == (
        "error: Python packages could not be downloaded (the package index does not have them or "
        "does not answer); connect to a network, set pip's index (PIP_INDEX_URL) to a mirror or "
        "name a file of `make airgap` (AIRGAP=FILE), then run `make setup` again"
    )


@pytest.mark.engine
def test_the_second_run_is_silent_and_fast(set_up: Path) -> None:
    stamp = set_up / ".venv" / "modelport-setup"
    before = stamp.stat().st_mtime_ns
    began = time.monotonic()
    done = run(set_up)
    seconds = time.monotonic() - began
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert stamp.stat().st_mtime_ns == before
    assert seconds < 1.0  # 0.2 s on a quiet machine; tests run side by side


@pytest.mark.engine
@pytest.mark.parametrize("shell", ["dash", "bash", "zsh"])
def test_activate_sets_what_pulumi_needs_and_takes_it_back(shell: str, set_up: Path) -> None:
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    script = """
        before=$(env | grep -v '^_=' | sort)
        . ./activate; . ./activate
        command -v pulumi; echo "$PULUMI_BACKEND_URL"
        modelport_deactivate
        [ "$before" = "$(env | grep -v '^_=' | sort)" ] && echo restored
    """
    own = ("MODELPORT_", "PULUMI_", "BENTOML_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    done = subprocess.run(
        [shell, "-c", script], capture_output=True, check=False, cwd=set_up, env=env, text=True
    )
    home = set_up / ".modelport"
    told = [f"{home}/engine/pulumi", f"file://{home}/state", "restored"]
    assert done.stdout.splitlines() == told, done.stderr


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_activate_says_when_the_clone_is_not_set_up(shell: str, bare: Path) -> None:
    shutil.copy(ROOT / "activate", bare / "activate")
    (bare / "Pulumi.yaml").touch()
    command = [shell, "-c", ". ./activate"]
    done = subprocess.run(command, capture_output=True, check=False, cwd=bare, text=True)
    assert done.stderr == "error: this clone is not set up; run make setup, then . ./activate\n"


@pytest.mark.e2e
def test_a_fresh_clone_sets_up_and_a_moved_one_heals(tmp_path: Path) -> None:
    fresh, moved = tmp_path / "a fresh clone", tmp_path / "a moved clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(fresh)], check=True)
    subprocess.run(["make", "--silent", "setup"], check=True, cwd=fresh)
    assert run(fresh).stderr == ""
    fresh.rename(moved)
    subprocess.run(["make", "--silent", "setup"], check=True, cwd=moved)
    told = subprocess.run(
        [moved / ".venv" / "bin" / "modelport", "--help"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert "Usage" in told.stdout
    shim = next((moved / ".modelport" / "pulumi" / "plugins").glob("*/pulumi-resource-modelport"))
    assert f"exec '{moved}/.venv/bin/python'" in shim.read_text()
    status = ["git", "status", "--porcelain"]
    seen = subprocess.run(status, capture_output=True, check=True, cwd=moved, text=True)
    assert seen.stdout == ""
