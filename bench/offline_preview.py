"""Offline preview: seconds that 300 resources take, beside the engine's floor.

    .venv/bin/python -m bench.offline_preview

The floor is as many component resources, which no provider sees; a second floor also imports what
the aws program imports, for the SDK takes longer to import than its resources take. Each round
previews all of them with the same engine; a ratio is the median of the rounds' ratios.
The result goes to `bench/results/offline_preview.json`, and the tables of
`bench/results/README.md` are written anew.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.report import RESULTS, write_tables
from bench.versions import conditions

from modelport.engine import engine_environment, install_engine, install_plugin
from modelport.home import Home

COUNT = 300
PROGRAMS = {
    "floor": """
class Part(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("bench:index:Part", name, {"memory_size": 512, "role": "caller"})
        self.register_outputs({})


for number in range(COUNT):
    Part(f"part{number}")
""",
    "aws, one service": """
import pulumi_aws as aws

for number in range(COUNT):
    aws.sqs.Queue(f"queue{number}")
""",
    "aws, six services": """
import pulumi_aws as aws

for number in range(COUNT // 6):
    aws.cloudwatch.LogGroup(f"log{number}", retention_in_days=30)
    aws.ec2.SecurityGroup(f"group{number}", description="bench")
    aws.iam.Role(f"role{number}", assume_role_policy="{}")
    aws.s3.Bucket(f"bucket{number}")
    aws.sqs.Queue(f"queue{number}")
    aws.ssm.Parameter(f"parameter{number}", type="String", value="bench")
""",
    "floor that imports the six services": """
import pulumi_aws as aws

aws.cloudwatch, aws.ec2, aws.iam, aws.s3, aws.sqs, aws.ssm
aws.cloudwatch.LogGroup, aws.ec2.SecurityGroup, aws.iam.Role, aws.s3.Bucket, aws.sqs.Queue


class Part(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("bench:index:Part", name, {"memory_size": 512, "role": "caller"})
        self.register_outputs({})


for number in range(COUNT):
    Part(f"part{number}")
""",
    "kubernetes": """
import pulumi_kubernetes as k8s

for number in range(COUNT // 2):
    k8s.core.v1.ConfigMap(f"map{number}", data={"number": str(number)})
    k8s.core.v1.Service(f"service{number}", spec={"ports": [{"port": 80}]})
""",
    "four clouds": """
import pulumi_aws as aws
import pulumi_azure_native as azure
import pulumi_gcp as gcp
import pulumi_kubernetes as k8s

for number in range(COUNT // 4):
    aws.cloudwatch.LogGroup(f"log{number}", retention_in_days=30)
    gcp.storage.Bucket(f"bucket{number}", location="EU")
    azure.resources.ResourceGroup(f"group{number}", location="westeurope")
    k8s.core.v1.ConfigMap(f"map{number}", data={"number": str(number)})
""",
}


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(prog="python -m bench.offline_preview")
    parser.add_argument("--rounds", type=int, default=7, help="previews of each program")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as made:
        before = conditions()
        home, environment = prepared(Path(made))
        taken: dict[str, list[float]] = {name: [] for name in PROGRAMS}
        for number in range(rounds + 1):
            for name, text in PROGRAMS.items():
                seconds = previewed(home, environment, text)
                if number:  # the first round fills the caches
                    taken[name].append(seconds)
    result: dict[str, Any] = {
        **before,
        "rounds": rounds,
        "resources": COUNT,
        "seconds": {
            name: {"median": statistics.median(each), "min": min(each), "max": max(each)}
            for name, each in taken.items()
        },
        "ratio_to_floor": {
            name: round(
                statistics.median(a / b for a, b in zip(each, taken["floor"], strict=True)), 2
            )
            for name, each in taken.items()
            if name != "floor"
        },
    }
    print(json.dumps({key: result[key] for key in ("seconds", "ratio_to_floor")}, indent=1))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "offline_preview.json").write_text(json.dumps(result, indent=1) + "\n")
    write_tables()


def prepared(folder: Path) -> tuple[Home, dict[str, str]]:
    """An empty project with its offline side, and a stack in it."""
    home = Home(folder / ".modelport", folder / ".modelport" / "offline")
    (folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
    install_engine(home)
    install_plugin(home)
    environment = engine_environment(home) | {"PULUMI_OPTION_POLICY_PACK": ""}
    _run(home, environment, "stack", "init", "bench")
    region = ("config", "set", "aws:region", "eu-west-1", "--stack", "bench")
    _run(home, environment, *region)
    return home, environment


def previewed(home: Home, environment: dict[str, str], text: str, count: int = COUNT) -> float:
    """Seconds of one preview of a program that makes so many resources."""
    program = home.project / "__main__.py"
    program.write_text(f"import pulumi\n\nCOUNT = {count}\n{text}")
    started = time.perf_counter()
    said = _run(home, environment, "preview", "--stack", "bench", "--json", "--diff")
    seconds = time.perf_counter() - started
    made = json.loads(said)["changeSummary"]["create"]
    if made != count + 1:  # and the stack
        message = f"{made} resources would be made instead of {count}"
        raise RuntimeError(message)
    return seconds


def _run(home: Home, environment: dict[str, str], *words: str) -> str:
    ran = subprocess.run(
        ["pulumi", "--non-interactive", *words],
        cwd=home.project,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return ran.stdout


if __name__ == "__main__":
    main()
