"""Throughput: requests per second and latency of our worker beside FastAPI and BentoML.

    .venv/bin/python -m bench.throughput

All servers run at once and take turns under load (A B C, B C A, …), so that whatever else the
machine does meets them alike; ratios are taken within a round. The result goes to
`bench/results/throughput.json`, and the tables of `bench/results/README.md` are written anew.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench.report import RESULTS, write_tables
from bench.servers import ROOT, Bundle, Kind, Server, built, need_extra, need_wrk, running
from bench.versions import conditions

KINDS: tuple[Kind, ...] = ("modelport", "fastapi", "bentoml stock")
MODELS = ("breast_cancer", "random_forest")
ROWS = (1, 32)
CONNECTIONS = (1, 16, 64)
SCRIPT = Path(__file__).with_name("post.lua")

Sample = dict[str, float]


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(prog="python -m bench.throughput")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each server and load")
    parser.add_argument("--seconds", type=int, default=2, help="seconds of each turn")
    arguments = parser.parse_args()
    need_extra()
    wrk = need_wrk()
    cells: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        before = conditions()
        for name in MODELS:
            bundle = built(folder, name)
            print(f"{name}: {bundle.record.version}")
            with contextlib.ExitStack() as stack:
                servers = [stack.enter_context(running(kind, bundle, folder)) for kind in KINDS]
                cells += _measure(wrk, servers, bundle, folder, arguments)
    result = {
        **before,
        "fastapi": _fastapi_version(),
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "cells": cells,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "throughput.json").write_text(json.dumps(result, indent=1) + "\n")
    write_tables()


def _measure(
    wrk: str, servers: list[Server], bundle: Bundle, folder: Path, arguments: argparse.Namespace
) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = []
    for rows in ROWS:
        body = folder / f"{rows}.json"
        body.write_text(json.dumps({"instances": bundle.rows(rows)}))
        for server in servers:
            _load(wrk, server, body, connections=4, seconds=1)  # warm
        for connections in CONNECTIONS:
            samples: dict[str, list[Sample]] = {server.kind: [] for server in servers}
            for turn in range(arguments.rounds):
                first = turn % len(servers)
                for server in servers[first:] + servers[:first]:
                    sample = _load(wrk, server, body, connections, arguments.seconds)
                    samples[server.kind].append(sample)
            cells.append(_cell(bundle.record.name, rows, connections, samples))
            print(json.dumps(cells[-1]))
    return cells


def _load(wrk: str, server: Server, body: Path, connections: int, seconds: int) -> Sample:
    headers = [f"--header={name}: {value}" for name, value in server.headers.items()]
    done = subprocess.run(
        [
            wrk, "--threads=1", f"--connections={connections}", f"--duration={seconds}s",
            "--timeout=10s", f"--script={SCRIPT}", *headers, f"{server.url}/predict",
        ],
        env={**os.environ, "BENCH_BODY": str(body)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 60,
    )  # fmt: skip
    sample: Sample = json.loads(done.stdout.strip().splitlines()[-1])
    return sample


def _cell(
    model: str, rows: int, connections: int, samples: dict[str, list[Sample]]
) -> dict[str, Any]:
    """Medians of each server over the rounds, and the median of our ratio to each other one."""
    rates = {
        kind: [sample["requests"] / sample["seconds"] for sample in taken]
        for kind, taken in samples.items()
    }
    servers = {
        kind: {
            "rps": round(statistics.median(rates[kind]), 1),
            "p50_ms": round(statistics.median(sample["p50_ms"] for sample in taken), 2),
            "p99_ms": round(statistics.median(sample["p99_ms"] for sample in taken), 2),
            "not_200": int(sum(sample["refused"] + sample["broken"] for sample in taken)),
        }
        for kind, taken in samples.items()
    }
    ours = KINDS[0]
    ratios = {
        other: round(
            statistics.median(a / b for a, b in zip(rates[ours], rates[other], strict=True)), 2
        )
        for other in KINDS[1:]
    }
    return {
        "model": model,
        "rows": rows,
        "connections": connections,
        "servers": servers,
        "ratio_of_rps": ratios,
    }


def _fastapi_version() -> str:
    folder = next((ROOT / ".modelport" / "bench").glob("fastapi-*.dist-info"))
    return folder.name.removeprefix("fastapi-").removesuffix(".dist-info")


if __name__ == "__main__":
    main()
