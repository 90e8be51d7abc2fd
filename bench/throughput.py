"""Throughput: requests per second and latency of our worker beside what one would use instead.

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
from bench.servers import (
    OURS,
    PEERS,
    ROOT,
    Bundle,
    Server,
    built,
    need_peer,
    need_wrk,
    running_ours,
    running_peer,
    version_of,
)
from bench.versions import conditions

MODELS = {"breast_cancer": False, "random_forest": True}
"""Bundles, and whether their model is so slow that peers batch."""
ROWS = (1, 32)
CONNECTIONS = (1, 16, 64)
SCRIPT = Path(__file__).with_name("post.lua")

Sample = dict[str, float]


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(prog="python -m bench.throughput")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each server and load")
    parser.add_argument("--seconds", type=int, default=2, help="seconds of each turn")
    parser.add_argument("--peers", default="", help="names with commas; all when left out")
    parser.add_argument("--dry", action="store_true", help="print, but keep no result")
    arguments = parser.parse_args()
    wanted = arguments.peers.split(",") if arguments.peers else [peer.name for peer in PEERS]
    peers = [peer for peer in PEERS if peer.name in wanted]
    for peer in peers:
        need_peer(peer)
    wrk = need_wrk()
    cells: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        before = conditions()
        for name, slow in MODELS.items():
            bundle = built(folder, name)
            print(f"{name}: {bundle.record.version}")
            with contextlib.ExitStack() as stack:
                servers = [stack.enter_context(running_ours(bundle, folder))]
                servers += [
                    stack.enter_context(running_peer(peer, bundle, folder, slow=slow))
                    for peer in peers
                ]
                cells += _measure(wrk, servers, bundle, folder, arguments)
    if arguments.dry:
        return
    result = {
        **before,
        "peers": {peer.name: f"{version_of(peer)}: {peer.setting}" for peer in peers},
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
        asked: dict[str, Path] = {}
        for server in servers:
            asked[server.name] = folder / f"{server.name}-{rows}.json"
            asked[server.name].write_text(json.dumps(server.body(bundle.rows(rows))))
            _load(wrk, server, asked[server.name], connections=4, seconds=1)  # warm
        for connections in CONNECTIONS:
            samples: dict[str, list[Sample]] = {server.name: [] for server in servers}
            for turn in range(arguments.rounds):
                first = turn % len(servers)
                for server in servers[first:] + servers[:first]:
                    body = asked[server.name]
                    sample = _load(wrk, server, body, connections, arguments.seconds)
                    samples[server.name].append(sample)
            cells.append(_cell(bundle.record.name, rows, connections, samples))
            print(json.dumps(cells[-1]))
    return cells


def _load(wrk: str, server: Server, body: Path, connections: int, seconds: int) -> Sample:
    headers = [f"--header={name}: {value}" for name, value in server.headers.items()]
    done = subprocess.run(
        [
            wrk, "--threads=1", f"--connections={connections}", f"--duration={seconds}s",
            "--timeout=10s", f"--script={SCRIPT}", *headers, server.url,
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
    ratios = {
        other: round(statistics.median(a / b for a, b in zip(rates[OURS], taken, strict=True)), 2)
        for other, taken in rates.items()
        if other != OURS
    }
    tails = {kind: [sample["p99_ms"] for sample in taken] for kind, taken in samples.items()}
    ratios_p99 = {
        other: round(statistics.median(a / b for a, b in zip(tails[OURS], taken, strict=True)), 2)
        for other, taken in tails.items()
        if other != OURS
    }
    return {
        "model": model,
        "rows": rows,
        "connections": connections,
        "servers": servers,
        "ratio_of_rps": ratios,
        "ratio_of_p99": ratios_p99,
    }


if __name__ == "__main__":
    main()
