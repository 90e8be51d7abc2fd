"""What a killed update leaves in the state, and what the next command makes of it."""

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bundle_variants import SECOND
from engine_project import STACK, Project, free_port
from killing import processes_of

pytestmark = pytest.mark.engine


@pytest.fixture
def live(project: Project) -> Project:
    """A project with one live deployment."""
    project.config(
        {
            "cancer": {
                "bundle": f"breast_cancer@{SECOND}",
                "owner": "diagnostics",
                "target": {"kind": "local", "port": free_port(), "workers": 1},
            }
        }
    )
    made = project.run("up")
    assert made.ok, made.errors
    return project


def state(project: Project) -> Path:
    return project.home.state / ".pulumi" / "stacks" / "engine" / f"{STACK}.json"


def lock(project: Project, pid: int) -> Path:
    """A lock as the engine writes it."""
    folder = project.home.state / ".pulumi" / "locks" / "organization" / "engine" / STACK
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "c71feb66-75d7-4fec-a2a9-0e4f1a699fa2.json"
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    content = {"pid": pid, "username": "u", "hostname": socket.gethostname(), "timestamp": now}
    path.write_text(json.dumps(content))
    return path


def dead_pid() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


@pytest.mark.parametrize("torn", ["", '{"version": 3, "checkp'])
def test_a_torn_state_is_mended(live: Project, torn: str) -> None:
    state(live).write_text(torn)
    ran = live.modelport("up", "--stack", STACK)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("no changes")


def test_a_state_lost_in_an_update_is_found_again(live: Project) -> None:
    state(live).rename(state(live).with_name(f"{STACK}.json.bak"))
    lock(live, dead_pid())
    down = live.modelport("down", "--stack", STACK)
    assert down.returncode == 0, down.stderr
    assert down.stdout == "removed 4 resources\n"
    assert processes_of(live.folder) == []
    assert not live.work("cancer").exists()


def test_a_torn_state_without_a_whole_one_is_said_so(live: Project) -> None:
    backend = live.home.state / ".pulumi"
    for path in backend.rglob(f"{STACK}*"):
        if path.is_file() and path != state(live):
            path.unlink()
    state(live).write_text("")
    ran = live.modelport("status", "--stack", STACK)
    assert ran.returncode == 1
    assert "error: the state of stack test is torn, and no whole one is left: " in ran.stderr


def test_a_dead_lock_is_cleared(live: Project) -> None:
    path = lock(live, dead_pid())
    assert "locked" in live.pulumi("up", "-s", STACK, "--yes", "--skip-preview").stderr
    ran = live.modelport("up", "--stack", STACK)
    assert ran.returncode == 0, ran.stderr
    assert not path.exists()


def test_a_living_lock_is_respected(live: Project, tmp_path: Path) -> None:
    # The engine's process is called pulumi; so is this one.
    (tmp_path / "pulumi").symlink_to("/bin/sleep")
    holder = subprocess.Popen([tmp_path / "pulumi", "60"])
    try:
        path = lock(live, holder.pid)
        ran = live.modelport("up", "--stack", STACK)
        assert ran.returncode == 1
        assert f"another update of stack test runs now (process {holder.pid})" in ran.stderr
        assert path.exists()
    finally:
        holder.kill()
        holder.wait()


def test_a_lock_of_this_number_but_another_process_is_dead(live: Project) -> None:
    lock(live, os.getpid())  # alive, but no engine
    assert live.modelport("up", "--stack", STACK).returncode == 0
