"""The story of an ordinary program that policies stop with five messages, and then let pass."""

import shutil
from pathlib import Path

import pytest

from stories.transcript import ROOT, Story, check_page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

TEXT = """\
`examples/bucket-and-function` is a program of `pulumi_aws` alone: no component of Modelport is in
it. Its team copies the three packs beside it; `modelport preview --offline` stands for the check of
a pull request, without an account. Plain `pulumi preview --policy-pack policies/security …` says
the same where the provider's plugin is. The test `tests/stories/test_five_sins.py` plays this page
again."""

RULES = (
    "ec2-sg-no-open-admin-ports",
    "environment-no-plain-secrets",
    "iam-no-managed-fullaccess",
    "lambda-url-auth",
    "s3-no-public-acl",
)
CORRECTIONS = (
    's/, acl="public-read"//',
    's/"NONE"/"AWS_IAM"/',
    "s#0.0.0.0/0#10.0.0.0/8#",
    "s#policy/AmazonS3FullAccess#policy/service-role/AWSLambdaBasicExecutionRole#",
    's#PASSWORD": "not-so-secret"#PASSWORD_ARN": "arn:aws:secretsmanager:eu-west-1:1:secret:db"#',
)
PREVIEW = "modelport preview --offline --stack prod 2>&1 | grep -v ^preview:"
PASSING = "modelport preview --offline --stack prod 2>&1 | grep -A 1 ^Resources"


def test_five_sins(tmp_path: Path) -> None:
    folder = tmp_path / "bucket-and-function"
    shutil.copytree(ROOT / "examples" / folder.name, folder)
    (tmp_path / "modelport").symlink_to(ROOT)
    story = Story(folder)
    shell = f"set -o pipefail; PATH={ROOT}/.venv/bin:$PATH;"

    story.play("mkdir policies && cp -r ../modelport/policies/{cost,reliability,security} policies")
    story.play("grep -c modelport __main__.py || echo no component of Modelport")
    before = len(story.lines) + 1
    refused = story.play(f"{shell} {PREVIEW}", status=1, shown=PREVIEW)
    story.lines[before:] = _sorted(story.lines[before:])
    assert sorted(
        line.split(":")[1].strip() for line in refused.splitlines() if _is_rule(line)
    ) == [*RULES]
    for word in ("why", "fix", "source"):
        assert refused.count(f"\n  {word}: ") == len(RULES)
    for correction in CORRECTIONS:
        story.play(f"sed -i '{correction}' __main__.py")
    passed = story.play(f"{shell} {PASSING}", shown=PASSING)
    assert "8 to create" in passed
    check_page("five-sins.md", story.page("Five mistakes in an ordinary program", TEXT))


def _is_rule(line: str) -> bool:
    return line.startswith("error: ") and line.split(":")[1].strip() in RULES


def _sorted(lines: list[str]) -> list[str]:
    """The findings in the order of their rules: the engine asks about several at a time."""
    findings: list[list[str]] = []
    for line in lines:
        if _is_rule(line):
            findings.append([])
        findings[-1].append(line)
    return [line for finding in sorted(findings) for line in finding]
