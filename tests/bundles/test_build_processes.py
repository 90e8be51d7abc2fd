"""Builds in processes of their own: at the same time, killed, without a network, and light."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bundles.conftest import ROOT, record_of
from modelport.bundles import build, list_bundles
from modelport.config import Gate
from modelport.home import Home

BUILD = """
import sys
from pathlib import Path
from modelport.bundles import build
from modelport.config import Gate
from modelport.home import Home
print(build(Path(sys.argv[1]), Home(Path(sys.argv[2])), "diabetes", Gate()).tag)
"""


def test_concurrent_builds_agree(project: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / ".modelport")
    command = [sys.executable, "-c", BUILD, str(project), str(home.root)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    ended = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0], ended
    assert len({output for output, _ in ended}) == 1
    assert len(list_bundles(home, "diabetes")) == 1


def test_a_killed_build_is_no_hindrance(project: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / ".modelport")
    command = [sys.executable, "-c", BUILD, str(project), str(home.root)]
    with subprocess.Popen(command) as process:
        shelf = home.evaluations / "diabetes"
        deadline = time.monotonic() + 60
        while not list(shelf.glob(".work-*")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
    assert list(shelf.glob(".work-*"))
    assert list_bundles(home, "diabetes") == []
    tag = build(project, home, "diabetes", Gate()).tag
    assert record_of(home, "diabetes").tag == tag


def test_a_build_needs_no_network(project: Path, tmp_path: Path) -> None:
    """Without any route, not even loopback, in a network namespace of its own."""
    apart = ["unshare", "--user", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*apart, "true"], check=False).returncode:
        pytest.skip("network namespaces are not allowed here")
    home = Home(tmp_path / ".modelport")
    done = subprocess.run(
        [*apart, sys.executable, "-c", BUILD, str(project), str(home.root)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == record_of(home, "diabetes").tag


def test_what_is_known_needs_neither_scikit_learn_nor_bentoml(own: Home) -> None:
    code = BUILD + (
        "heavy = {'sklearn', 'bentoml', 'numpy', 'pulumi'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code, str(ROOT), str(own.root)], check=True)
