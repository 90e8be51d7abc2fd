"""Report: writes `bench/results/README.md` from the results beside it.

.venv/bin/python -m bench.report
"""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
TITLES = {
    "modelport": "a worker of ours",
    "bentoml serve": "`bentoml serve` of the same Bento",
    "fastapi": "plain FastAPI with uvicorn",
    "up until curl is answered": "`modelport up`, then the curl line that it prints",
    "up without changes": "`modelport up` again, without changes",
}


def write_tables() -> None:
    """Write the tables anew."""
    (RESULTS / "README.md").write_text(tables())


def tables() -> str:
    """The tables of every result that is there."""
    parts = [
        "# Results\n",
        "Written by `python -m bench.report`; [how to read them](../README.md).\n",
    ]
    for name, table in (
        ("first_prediction", _first_prediction),
        ("throughput", _throughput),
        ("offline_preview", _offline_preview),
    ):
        file = RESULTS / f"{name}.json"
        if file.is_file():
            parts.append(table(json.loads(file.read_text())))
    return "\n".join(parts)


def _first_prediction(result: dict[str, Any]) -> str:
    ratios = result["ratio_of_seconds"]
    lines = [
        "## Time to the first prediction\n",
        _conditions(result),
        f"Seconds of {result['rounds']} turns each, after one to warm up.\n",
        "| | median | least | most | ours ÷ this |",
        "|---|---|---|---|---|",
    ]
    for name, seconds in result["seconds"].items():
        ratio = f"{ratios[name]:.2f}" if name in ratios else ""
        numbers = " | ".join(f"{seconds[key]:.2f}" for key in ("median", "min", "max"))
        lines.append(f"| {TITLES[name]} | {numbers} | {ratio} |")
    return "\n".join(lines) + "\n"


def _offline_preview(result: dict[str, Any]) -> str:
    ratios = result["ratio_to_floor"]
    lines = [
        f"## Offline preview of {result['resources']} resources\n",
        _conditions(result),
        f"Seconds of {result['rounds']} turns each, after one to warm up.",
        "The floor is as many component resources, which no provider sees.\n",
        "| | median | least | most | ÷ floor |",
        "|---|---|---|---|---|",
    ]
    for name, seconds in result["seconds"].items():
        ratio = f"{ratios[name]:.2f}" if name in ratios else ""
        numbers = " | ".join(f"{seconds[key]:.2f}" for key in ("median", "min", "max"))
        lines.append(f"| {name} | {numbers} | {ratio} |")
    return "\n".join(lines) + "\n"


def _throughput(result: dict[str, Any]) -> str:
    turns = f"{result['rounds']} turns of {result['seconds']} s each"
    titles = "model|rows|connections|ours rps|ms|FastAPI rps|ms|BentoML rps|ms|÷ FastAPI|÷ BentoML"
    lines = [
        "## Throughput and latency\n",
        _conditions(result),
        f"Medians of {turns}; FastAPI {result['fastapi']}. Latencies are p50 / p99 in ms.",
        "The ratios are ours ÷ theirs in requests per second: above 1 ours answers more.\n",
        f"| {titles.replace('|', ' | ')} |",
        "|---" * (titles.count("|") + 1) + "|",
    ]
    for cell in result["cells"]:
        numbers = [
            f"{server['rps']:.0f} | {server['p50_ms']:.1f} / {server['p99_ms']:.1f}"
            + (f" ({server['not_200']} failed)" if server["not_200"] else "")
            for server in cell["servers"].values()
        ]
        ratios = [f"**{ratio:.2f}**" for ratio in cell["ratio_of_rps"].values()]
        place = [cell["model"], str(cell["rows"]), str(cell["connections"])]
        lines.append("| " + " | ".join([*place, *numbers, *ratios]) + " |")
    return "\n".join(lines) + "\n"


def _conditions(result: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return (
        f"{result['date']}, {result['cores']} cores, load average {result['load'][0]} before the "
        f"run, Python {result['python']}, {versions}.\n"
    )


if __name__ == "__main__":
    write_tables()
