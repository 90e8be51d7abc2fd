"""Report: writes `bench/results/README.md` from the results beside it.

.venv/bin/python -m bench.report
"""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
TITLES = {
    "Modelport": "a worker of ours",
    "bentoml serve": "`bentoml serve` of the same Bento",
    "FastAPI": "FastAPI with uvicorn and the pickle",
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
        ("kubernetes_preview", _kubernetes_preview),
        ("image_rebuild", _image_rebuild),
        ("policy_preview", _policy_preview),
        ("policy_mutations", _policy_mutations),
    ):
        file = RESULTS / f"{name}.json"
        if file.is_file():
            parts.append(table(json.loads(file.read_text())))
    return "\n".join(parts)


def _first_prediction(result: dict[str, Any]) -> str:
    lines = [
        "## Time to the first prediction\n",
        _conditions(result),
        f"Seconds of {result['rounds']} turns each, after one to warm up.\n",
    ]
    return _seconds(lines, result["seconds"], "ours ÷ this", result["ratio_of_seconds"])


def _offline_preview(result: dict[str, Any]) -> str:
    lines = [
        f"## Offline preview of {result['resources']} resources\n",
        _conditions(result),
        f"Seconds of {result['rounds']} turns each, after one to warm up.",
        "The floor is as many component resources, which no provider sees.\n",
    ]
    return _seconds(lines, result["seconds"], "÷ floor", result["ratio_to_floor"])


def _kubernetes_preview(result: dict[str, Any]) -> str:
    more = ", ".join(f"{count} `{name}`" for name, count in result["more_of_ours"].items())
    used = [
        f"{name} {seconds:.1f} s"
        + (f" ({ratios[name]:.2f} times by hand)" if name in ratios else "")
        for ratios in [result["processor_ratio_to_hand"]]
        for name, seconds in result["processor_seconds"].items()
    ]
    lines = [
        f"## Preview of {result['deployments']} deployments on Kubernetes\n",
        _conditions(result),
        f"Seconds of {result['rounds']} turns each, after one to warm up. By hand there are",
        f"{result['objects']} resources; ours has the same, and {more}.",
        f"Processor time of all processes: {', '.join(used)}.\n",
    ]
    return _seconds(lines, result["seconds"], "÷ by hand", result["ratio_to_hand"])


def _image_rebuild(result: dict[str, Any]) -> str:
    lines = [
        f"## Image of {result['megabytes']} MB, built again\n",
        _conditions(result),
        f"Seconds of one first build, and of {result['rounds']} with another model each.\n",
    ]
    return _seconds(lines, result["seconds"], "÷ first", result["ratio_to_first"])


def _policy_preview(result: dict[str, Any]) -> str:
    added = result["added_seconds"]["all three packs"]
    lines = [
        f"## Policies: preview of {result['resources']} resources with {result['rules']} rules\n",
        _conditions(result),
        f"Seconds of {result['rounds']} turns each, after one to warm up.",
        f"All packs add {added:.2f} s (median of the turns' differences).\n",
    ]
    return _seconds(lines, result["seconds"], "÷ none", result["ratio_to_none"])


def _policy_mutations(result: dict[str, Any]) -> str:
    by = result["by"]
    lines = [
        "## Mutation testing of the policy rules\n",
        f"{result['score_percent']} % of {result['mutants']} mutants are noticed by a test.",
        "`make mutations` says it again; those that survived are in policy_mutations.json. Where",
        "one in six was tried, all rules share the module and each mutant asks every rule.\n",
        *_head("module", "mutants", "one in", "noticed", "%"),
    ]
    for name, item in by.items():
        noticed = item["mutants"] - len(item["survived"])
        share = f"{100 * noticed / item['mutants']:.0f}"
        count, every = str(item["mutants"]), str(item["every"])
        lines.append(_row(f"`{name}`", count, every, str(noticed), share))
    return "\n".join(lines) + "\n"


def _seconds(
    lines: list[str], rows: dict[str, dict[str, float]], title: str, ratios: dict[str, float]
) -> str:
    lines += _head("", "median", "least", "most", title)
    for name, seconds in rows.items():
        numbers = (f"{seconds[key]:.2f}" for key in ("median", "min", "max"))
        lines.append(_row(TITLES.get(name, name), *numbers, _ratio(ratios.get(name))))
    return "\n".join(lines) + "\n"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _throughput(result: dict[str, Any]) -> str:
    turns = f"{result['rounds']} turns of {result['seconds']} s each"
    others = list(result["peers"])
    lines = ["## Throughput and latency\n", _conditions(result), f"Medians of {turns}.\n"]
    lines += [f"- {name}: {said}" for name, said in result["peers"].items()]
    lines += [
        "\nRequests per second, and ours ÷ theirs: above 1 ours answers more.\n",
        *_head("model", "rows", "connections", "ours", *others, *(f"÷ {name}" for name in others)),
    ]
    for cell in result["cells"]:
        rates = [
            f"{server['rps']:.0f}" + (f" ({server['not_200']} failed)" if server["not_200"] else "")
            for server in cell["servers"].values()
        ]
        ratios = [f"**{ratio:.2f}**" for ratio in cell["ratio_of_rps"].values()]
        lines.append(_row(*_place(cell), *rates, *ratios))
    lines += [
        "\nMilliseconds, p50 / p99; ours ÷ theirs of the p99: below 1 ours answers sooner.\n",
        *_head("model", "rows", "connections", "ours", *others, *(f"÷ {name}" for name in others)),
    ]
    for cell in result["cells"]:
        times = [
            f"{server['p50_ms']:.1f} / {server['p99_ms']:.1f}"
            for server in cell["servers"].values()
        ]
        ratios = [f"**{ratio:.2f}**" for ratio in cell["ratio_of_p99"].values()]
        lines.append(_row(*_place(cell), *times, *ratios))
    return "\n".join(lines) + "\n"


def _place(cell: dict[str, Any]) -> tuple[str, str, str]:
    return cell["model"], str(cell["rows"]), str(cell["connections"])


def _head(*titles: str) -> list[str]:
    return [_row(*titles), "|---" * len(titles) + "|"]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _conditions(result: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return (
        f"{result['date']}, {result['cores']} cores, load average {result['load'][0]} before the "
        f"run, Python {result['python']}, {versions}.\n"
    )


if __name__ == "__main__":
    write_tables()
