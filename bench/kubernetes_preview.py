"""Preview of 100 deployments on Kubernetes: our stack beside the same objects written by hand.

    .venv/bin/python -m bench.kubernetes_preview

`bench/peers/kubernetes_by_hand.py` declares with plain `pulumi_kubernetes` what our components
declare; before the clock starts both are previewed, and every object must be the same, up to what
only an update knows. Then they take turns, without policy packs, in one project with one engine and
the stand-in of the Kubernetes provider; a ratio is the median of the rounds' ratios, of seconds and
of the processor time of all processes, which says more where others use the machine. Ours has more
resources: a component, a key, the traffic and the proof of each deployment. What all packs add to
ours is measured in the same rounds.
The result goes to `bench/results/kubernetes_preview.json`, and the tables are written anew.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from bench import offline_preview
from bench.report import RESULTS, write_tables
from bench.servers import ROOT
from bench.versions import conditions

from modelport.home import Home

COUNT = 100
OURS, PACKS, HAND = "100 deployments of ours", "with all three packs", "written by hand"
IMAGE = f"registry.example.com/models/cancer@sha256:{'a' * 64}"
KEY_HASH = "0" * 64
_PROGRAM = "from modelport.stack import deploy\n\ndeploy()\n"
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine writes for a text that only an update knows."""
_PROVIDER = "pulumi:providers:kubernetes"
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Declared:
    """What a program declares."""

    types: Counter[str]
    """How many resources there are of each type; the stack is none."""
    objects: dict[str, Values]
    """Inputs of every object, by its type and place."""


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(prog="python -m bench.kubernetes_preview")
    parser.add_argument("--rounds", type=int, default=7, help="previews of each program")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as made:
        before = conditions("pulumi", "pulumi-kubernetes")
        home, environment = prepared(Path(made))
        ours = declared(home, environment, _PROGRAM)
        by_hand = hand_written(ours)
        theirs = declared(home, environment, by_hand)
        compare(ours, theirs)
        packs = ",".join(str(ROOT / "policies" / n) for n in ("cost", "reliability", "security"))
        turns = {
            OURS: (_PROGRAM, ours.types.total(), ""),
            HAND: (by_hand, theirs.types.total(), ""),
            PACKS: (_PROGRAM, ours.types.total(), packs),
        }
        taken: dict[str, list[float]] = {name: [] for name in turns}
        used: dict[str, list[float]] = {name: [] for name in turns}
        for number in range(rounds):
            order = list(turns)
            first = number % len(order)
            for name in order[first:] + order[:first]:
                program, count, chosen = turns[name]
                asked = environment | {"PULUMI_OPTION_POLICY_PACK": chosen}
                before_it = _processor_seconds()
                taken[name].append(offline_preview.previewed(home, asked, program, count))
                used[name].append(_processor_seconds() - before_it)
    extra = ours.types - theirs.types
    result: Values = {
        **before,
        "rounds": rounds,
        "deployments": COUNT,
        "objects": theirs.types.total(),
        "more_of_ours": dict(sorted(extra.items())),
        "seconds": {
            name: {"median": statistics.median(each), "min": min(each), "max": max(each)}
            for name, each in taken.items()
        },
        "processor_seconds": {
            name: round(statistics.median(each), 2) for name, each in used.items()
        },
        "ratio_to_hand": _ratios(taken),
        "processor_ratio_to_hand": _ratios(used),
    }
    said = ("seconds", "processor_seconds", "ratio_to_hand", "processor_ratio_to_hand")
    print(json.dumps({key: result[key] for key in said}, indent=1))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "kubernetes_preview.json").write_text(json.dumps(result, indent=1) + "\n")
    write_tables()


def prepared(folder: Path, count: int = COUNT) -> tuple[Home, dict[str, str]]:
    """A project with a built bundle and so many deployments of it, and a stack in it."""
    home, environment = offline_preview.prepared(folder)
    bundle = "bentos/breast_cancer"
    shutil.copytree(ROOT / bundle, folder / bundle, ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / "Pulumi.bench.yaml"
    stack = cast("Values", yaml.safe_load(file.read_text()))
    deployment = {
        "bundle": "breast_cancer",
        "owner": "bench",
        "target": {"kind": "kubernetes", "image": IMAGE},
    }
    stack["config"]["modelport:deployments"] = {
        f"model{number:02}": deployment for number in range(count)
    }
    file.write_text(json.dumps(stack))
    modelport = str(Path(sys.executable).with_name("modelport"))
    build = [modelport, "build", "--stack", "bench", "breast_cancer"]
    subprocess.run(build, cwd=folder, env=environment, check=True, capture_output=True)
    return home, environment


def declared(home: Home, environment: dict[str, str], program: str) -> Declared:
    """What a preview of a program declares."""
    (home.project / "__main__.py").write_text(program)
    said = subprocess.run(
        ["pulumi", "--non-interactive", "preview", "--stack", "bench", "--json"],
        cwd=home.project,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    states = [cast("Values", step["newState"]) for step in json.loads(said)["steps"]]
    found = [state for state in states if state["type"] != "pulumi:pulumi:Stack"]
    objects: dict[str, Values] = {}
    for state in found:
        if state["type"].startswith("kubernetes:"):
            metadata = state["inputs"]["metadata"]
            place = f"{state['type']} {metadata.get('namespace', '')}/{metadata['name']}"
            objects[place] = state["inputs"]
    return Declared(Counter(state["type"] for state in found), objects)


def hand_written(ours: Declared) -> str:
    """The program by hand, with the version of the bundle that was built, and its revision."""
    labels = next(
        inputs["metadata"]["labels"]
        for place, inputs in ours.objects.items()
        if place.startswith("kubernetes:apps/v1:Deployment ")
    )
    program = (ROOT / "bench" / "peers" / "kubernetes_by_hand.py").read_text()
    filled = {
        "{version}": labels["app.kubernetes.io/version"],
        "{revision}": labels["modelport/revision"],
        "{image}": IMAGE,
        "{key_hash}": KEY_HASH,
    }
    for name, value in filled.items():
        program = program.replace(f'"{name}"', json.dumps(value))
    return program


def compare(ours: Declared, theirs: Declared) -> None:
    """Both declare the same objects; ours has more resources of its own plugin alone."""
    less = theirs.types - ours.types
    more = [name for name in ours.types - theirs.types if not name.startswith("modelport:")]
    if less or more:
        message = f"resources differ: by hand more {dict(less)}, ours more {more}"
        raise RuntimeError(message)
    for place, inputs in theirs.objects.items():
        mine = _plain(ours.objects.get(place))
        if mine != _plain(inputs):
            message = f"{place} differs: by hand {inputs}, ours {ours.objects.get(place)}"
            raise RuntimeError(message)


def _plain(value: object) -> object:
    """A value with one word for what only an update knows, secret or not."""
    text = json.dumps(value, sort_keys=True)
    return text.replace(_UNKNOWN, KEY_HASH)


def _processor_seconds() -> float:
    """What the processes that this one started, and theirs, used until now."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _ratios(taken: dict[str, list[float]]) -> dict[str, float]:
    """Medians of the rounds' ratios to the program by hand."""
    return {
        name: round(statistics.median(a / b for a, b in zip(each, taken[HAND], strict=True)), 2)
        for name, each in taken.items()
        if name != HAND
    }


if __name__ == "__main__":
    main()
