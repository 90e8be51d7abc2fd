"""Policies: seconds that all rules add to an offline preview of 500 resources.

    .venv/bin/python -m bench.policy_preview

Each round previews the same program with no pack, with each pack, and with all of them. What is
shown is the median of the rounds, and the median of the rounds' differences and ratios to none.
The result goes to `bench/results/policy_preview.json`, and the tables are written anew.
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from bench import offline_preview
from bench.report import RESULTS, write_tables
from bench.versions import conditions

from modelport_policies import RULES

ROOT = Path(__file__).parents[1]
COUNT = 500
NONE, ALL = "no pack", "all three packs"
_PACKS = ("cost", "reliability", "security")
PROGRAM = """
import json

import pulumi_aws as aws

trust = json.dumps({"Version": "2012-10-17", "Statement": []})
for number in range(COUNT // 10):
    bucket = aws.s3.Bucket(f"bucket{number}", bucket=f"bench-{number}")
    aws.s3.BucketPublicAccessBlock(f"block{number}", bucket=bucket.id, block_public_acls=True,
        block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True)
    role = aws.iam.Role(f"role{number}", assume_role_policy=trust)
    aws.iam.RolePolicy(f"policy{number}", role=role.id, policy=trust)
    aws.ec2.SecurityGroup(f"group{number}", description="bench", ingress=[
        {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["10.0.0.0/8"]}])
    key = aws.kms.Key(f"key{number}", enable_key_rotation=True)
    aws.cloudwatch.LogGroup(f"log{number}", retention_in_days=30, kms_key_id=key.arn)
    repository = aws.ecr.Repository(f"images{number}", image_tag_mutability="IMMUTABLE",
        image_scanning_configuration={"scan_on_push": True})
    aws.ecr.LifecyclePolicy(f"lifecycle{number}", repository=repository.name, policy="{}")
    aws.sqs.Queue(f"queue{number}")
"""


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(prog="python -m bench.policy_preview")
    parser.add_argument("--rounds", type=int, default=5, help="previews with each choice of packs")
    rounds = parser.parse_args().rounds
    choices = {NONE: (), **{f"pack {name}": (name,) for name in _PACKS}, ALL: _PACKS}
    taken: dict[str, list[float]] = {name: [] for name in choices}
    with tempfile.TemporaryDirectory() as made:
        before = conditions()
        home, environment = offline_preview.prepared(Path(made))
        for number in range(rounds + 1):
            for name, packs in choices.items():
                chosen = ",".join(str(ROOT / "policies" / pack) for pack in packs)
                asked = environment | {"PULUMI_OPTION_POLICY_PACK": chosen}
                seconds = offline_preview.previewed(home, asked, PROGRAM, COUNT)
                if number:  # the first round fills the caches
                    taken[name].append(seconds)
    pairs = {name: list(zip(each, taken[NONE], strict=True)) for name, each in taken.items()}
    result: dict[str, Any] = {
        **before,
        "rounds": rounds,
        "resources": COUNT,
        "rules": len(RULES),
        "seconds": {
            name: {"median": statistics.median(each), "min": min(each), "max": max(each)}
            for name, each in taken.items()
        },
        "added_seconds": {
            name: round(statistics.median(a - b for a, b in each), 2)
            for name, each in pairs.items()
        },
        "ratio_to_none": {
            name: round(statistics.median(a / b for a, b in each), 2)
            for name, each in pairs.items()
            if name != NONE
        },
    }
    print(json.dumps({key: result[key] for key in ("seconds", "added_seconds")}, indent=1))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "policy_preview.json").write_text(json.dumps(result, indent=1) + "\n")
    write_tables()


if __name__ == "__main__":
    main()
