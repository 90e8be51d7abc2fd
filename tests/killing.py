"""Updates that are killed at random points, and what must hold after the next one.

As a program it is the long campaign: `python -m killing COUNT [SEED]`, `tests` on the path.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx
import psutil

from bundle_variants import SECOND, original, variant
from engine_project import ROOT, STACK, Project, free_port
from modelport.bundles import build
from modelport.config import Gate
from modelport.home import Home

MODELPORT = Path(sys.executable).with_name("modelport")
WINDOWS = {"up": 9.0, "swap": 7.0, "down": 4.0}
"""Seconds in which a kill may fall, from the start of the command; some fall after its end."""


def processes_of(folder: Path) -> list[psutil.Process]:
    """Living processes that were started with a path in `folder`."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        alive = process.info["status"] != psutil.STATUS_ZOMBIE
        if alive and any(str(folder) in word for word in words):
            found.append(process)
    return found


def with_checkpoints(project: Project) -> None:
    """Let the engine save its state after every step, as it does for users."""
    project.env = {key: value for key, value in project.env.items() if "CHECKPOINTS" not in key}


def begin(project: Project, *command: str | Path) -> subprocess.Popen[bytes]:
    """Start a command in a project."""
    return subprocess.Popen(
        command,
        cwd=project.folder,
        env=project.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(update: subprocess.Popen[bytes], victim: str) -> None:
    """Kill what a command runs: its `engine`, our `plugin`, or `all` as when the machine dies."""
    for pid in _victims(update.pid, victim):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def end_of(project: Project, update: subprocess.Popen[bytes]) -> None:
    """Wait until a command has ended, and the engine and plugin that it began."""
    update.wait(60)
    deadline = time.monotonic() + 30
    while engines(project.folder) and time.monotonic() < deadline:
        time.sleep(0.05)


def engines(folder: Path) -> list[psutil.Process]:
    """Engine and plugin processes of a project that still run.

    Not the engine's language host: the next `modelport up` ends one that is left.
    """
    found: list[psutil.Process] = []
    for process in psutil.process_iter(["cmdline", "cwd", "status"]):
        words = process.info["cmdline"] or []
        alive = process.info["status"] != psutil.STATUS_ZOMBIE
        ours = alive and str(folder) in str(process.info["cwd"])
        engine = bool(words) and Path(words[0]).name == "pulumi"
        if ours and (engine or "modelport.provider" in words):
            found.append(process)
    return found


def _victims(root: int, victim: str) -> list[int]:
    try:
        family = psutil.Process(root).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    names = {process.pid: " ".join(_command(process)) for process in family}
    if victim == "engine":
        return [pid for pid, name in names.items() if name.split(" ")[0].endswith("pulumi")]
    if victim == "plugin":
        return [pid for pid, name in names.items() if "modelport.provider" in name]
    # All of the update's; the servers are in sessions of their own.
    mine = [pid for pid, name in names.items() if "modelport.supervisor" not in name]
    return [root, *(pid for pid in mine if "modelport_serving" not in names[pid])]


class Campaign:
    """One project whose updates are killed again and again."""

    def __init__(self, folder: Path, bundles: Path, seed: int) -> None:
        self.project = Project(folder, bundles)
        with_checkpoints(self.project)
        self.port = free_port()
        self.random = random.Random(seed)
        self.kills: Counter[str] = Counter()
        self.first = original(bundles)

    def round(self) -> None:
        """Kill one update, then check that the next one converges to what the file says."""
        kind = self.random.choice(list(WINDOWS))
        wanted = self.random.choice([self.first, SECOND])
        self._write(wanted)
        victim = self.random.choice(["engine", "plugin", "all"])
        command = "down" if kind == "down" else "up"
        update = begin(self.project, MODELPORT, command, "--stack", STACK)
        time.sleep(self.random.uniform(0, WINDOWS[kind]))
        kill(update, victim)
        end_of(self.project, update)
        self.kills[f"{kind}:{victim}"] += 1
        done = self.project.modelport("up", "--stack", STACK)
        assert done.returncode == 0, f"{kind} {victim}\n{done.stdout}\n{done.stderr}"
        self._check(wanted)
        if self.kills.total() % 5 == 0:
            again = self.project.modelport("up", "--stack", STACK)
            assert again.stdout.startswith("no changes"), again.stdout + again.stderr

    def finish(self) -> None:
        """Remove everything and check that nothing is left."""
        down = self.project.modelport("down", "--stack", STACK)
        assert down.returncode == 0, down.stderr
        left = processes_of(self.project.folder)
        assert left == [], left
        assert not (self.project.home.root / STACK).exists()

    def _write(self, version: str) -> None:
        target = {"kind": "local", "port": self.port, "workers": 1}
        deployment = {
            "bundle": f"breast_cancer@{version}", "owner": "diagnostics", "target": target,
        }  # fmt: skip
        self.project.config({"cancer": deployment})

    def _check(self, wanted: str) -> None:
        name, _, value = (self.project.work("cancer") / "auth-header").read_text().partition(": ")
        body = (self.project.work("cancer") / "request.json").read_bytes()
        headers = {name: value.strip(), "content-type": "application/json"}
        url = f"http://127.0.0.1:{self.port}/predict"
        answer = httpx.post(url, content=body, headers=headers, trust_env=False, timeout=20)
        assert answer.json()["model"] == f"breast_cancer@{wanted}"
        status = self.project.status("cancer")
        assert [item["version"] for item in status["generations"]] == [wanted]
        ours = {status["pid"], *(item["pid"] for item in status["generations"][0]["workers"])}
        left = {process.pid for process in processes_of(self.project.folder)}
        assert left == ours, f"orphans: {left - ours}"


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def main(count: int, seed: int) -> None:
    """Play the campaign and say how it went."""
    with tempfile.TemporaryDirectory() as name:
        home = Home(Path(name) / "built" / ".modelport")
        build(ROOT, home, "breast_cancer", Gate())
        variant(home.bentoml, SECOND)
        campaign = Campaign(Path(name) / "a project", home.bentoml, seed)
        try:
            for number in range(1, count + 1):
                campaign.round()
                print(f"{number} of {count}", flush=True)  # noqa: T201 - a program's output
            campaign.finish()
        finally:
            campaign.project.end()
        print(f"converged {count} of {count}; kills {dict(campaign.kills)}")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
