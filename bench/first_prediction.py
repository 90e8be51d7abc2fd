"""First prediction: seconds until a deployment, and until a fresh process, answers.

    .venv/bin/python -m bench.first_prediction

The project lies in a temporary folder, with the engine that set-up found or built, and its
bundle is built before the clock starts. The result goes to `bench/results/first_prediction.json`,
and the tables of `bench/results/README.md` are written anew.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.report import RESULTS, write_tables
from bench.servers import (
    OURS,
    PEERS,
    ROOT,
    SERVED,
    built,
    free_port,
    need_peer,
    running_bento,
    running_ours,
    running_peer,
)
from bench.versions import conditions

from modelport.engine import engine_environment, install_engine, install_plugin
from modelport.home import Home

FASTAPI = PEERS[0]
PROCESSES = (OURS, SERVED, FASTAPI.name)


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(prog="python -m bench.first_prediction")
    parser.add_argument("--rounds", type=int, default=7, help="starts of each kind")
    rounds = parser.parse_args().rounds
    need_peer(FASTAPI)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        before = conditions()
        deployments = _deployments(folder / "project", rounds)
        processes = _processes(folder, rounds)
    result: dict[str, Any] = {
        **before,
        "rounds": rounds,
        "seconds": {name: _spread(taken) for name, taken in (deployments | processes).items()},
        "ratio_of_seconds": {
            other: round(
                statistics.median(
                    a / b for a, b in zip(processes[OURS], processes[other], strict=True)
                ),
                2,
            )
            for other in PROCESSES[1:]
        },
    }
    print(json.dumps(result["seconds"], indent=1))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "first_prediction.json").write_text(json.dumps(result, indent=1) + "\n")
    write_tables()


def _deployments(folder: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds of `modelport up` until its curl line is answered, and of an `up` that is idle."""
    home = _project(folder)
    environment = engine_environment(home)
    _modelport(folder, environment, "build")
    taken: dict[str, list[float]] = {"up until curl is answered": [], "up without changes": []}
    for turn in range(rounds + 1):
        begun = time.perf_counter()
        lines = _modelport(folder, environment, "up").splitlines()
        answer = json.loads(_run(["bash", "-c", f"{lines[-1]} --silent"], folder, environment))
        first = time.perf_counter() - begun
        assert answer["predictions"], answer  # noqa: S101 - a measurement of nothing is none
        begun = time.perf_counter()
        _modelport(folder, environment, "up")
        second = time.perf_counter() - begun
        _modelport(folder, environment, "down")
        if turn:  # the first one warms the disk and the bytecode
            taken["up until curl is answered"].append(first)
            taken["up without changes"].append(second)
            print(f"up {first:.2f} s, without changes {second:.2f} s")
    return taken


def _processes(folder: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds from the start of a server's process to its first answer with 200."""
    bundle = built(folder, "breast_cancer")
    starts = {
        OURS: lambda: running_ours(bundle, folder),
        SERVED: lambda: running_bento(bundle, folder),
        FASTAPI.name: lambda: running_peer(FASTAPI, bundle, folder, slow=False),
    }
    taken: dict[str, list[float]] = {kind: [] for kind in PROCESSES}
    for turn in range(rounds + 1):
        first = turn % len(PROCESSES)
        for kind in PROCESSES[first:] + PROCESSES[:first]:
            with starts[kind]() as server:
                if turn:
                    taken[kind].append(server.seconds)
                    print(f"{kind} {server.seconds:.2f} s")
    return taken


def _project(folder: Path) -> Home:
    """A project as in the repository: the same program and bundle, a port of its own."""
    for name in ("bentos/breast_cancer", "stacks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\nmain: stacks\n")
    target = {"kind": "local", "port": free_port()}
    deployment = {"bundle": "breast_cancer", "owner": "bench", "target": target}
    config = {"config": {"modelport:deployments": {"cancer": deployment}}}
    (folder / "Pulumi.dev.yaml").write_text(json.dumps(config) + "\n")
    home = Home(folder / ".modelport")
    install_engine(home)
    install_plugin(home)
    return home


def _modelport(folder: Path, environment: dict[str, str], command: str) -> str:
    program = str(Path(sys.executable).with_name("modelport"))
    return _run([program, command], folder, environment)


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    # As a user has it: without what this machine may set for Python.
    own = {key: value for key, value in environment.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**own, "COLUMNS": "400"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}{done.stdout}")
    return done.stdout


def _spread(taken: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(taken), 2),
        "min": round(min(taken), 2),
        "max": round(max(taken), 2),
    }


if __name__ == "__main__":
    main()
