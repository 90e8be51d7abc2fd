"""The fourth story: one line changes the platform, and every preview says what that means."""

from pathlib import Path

import pytest

from modelport.config.targets import TARGETS as KINDS
from stories.transcript import Story, check_page, clone

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

TEXT = """\
A clone after `make up` and `. ./activate`, without an account anywhere. One line of
`Pulumi.dev.yaml` changes; each preview runs the real engine, the policies and the checks of every
input, and ends with what a reviewer asks: what is made, what it costs, and which limit of the
platform comes first. The test `tests/stories/test_every_cloud.py` plays this page again."""

GOOGLE = "region: europe-west4, project: diagnostics-dev"
TARGETS = {
    "aws.sagemaker": "region: eu-west-1",
    "gcp.vertex": GOOGLE,
    "azure.ml": "region: westeurope",
    "aws.lambda": "region: eu-west-1",
    "gcp.cloud_run": GOOGLE,
    "gcp.functions": GOOGLE,
    "azure.functions": "region: westeurope",
    "azure.container_apps": "region: westeurope",
    "aws.ec2": "region: eu-west-1",
    "gcp.compute": GOOGLE,
    "azure.vm": "region: westeurope",
    "aws.beanstalk": "region: eu-west-1",
    "aws.ecs": "region: eu-west-1",
    "gcp.app_engine": "region: europe-west1, project: diagnostics-dev",
    "azure.web_app": "region: westeurope",
    "heroku": "",
}
SUMMARY = "modelport preview --offline | sed -n '/^cancer ·/,$p'"


def test_every_cloud(tmp_path: Path) -> None:
    folder = clone(tmp_path / "a clone")
    Story(folder).play("make setup && .venv/bin/modelport build breast_cancer")
    story = Story(folder)

    def play(command: str, status: int = 0) -> list[str]:
        """Play a command in an activated shell; returns what was added to the page."""
        before = len(story.lines)
        story.play(f". ./activate && set -o pipefail && {command}", status=status, shown=command)
        return story.lines[before + 1 :]

    def move(target: str) -> None:
        play(f"sed -i 's/target: {{.*}}/target: {{{target}}}/' Pulumi.dev.yaml")

    assert set(TARGETS) <= set(KINDS)
    for kind, fields in TARGETS.items():
        move(", ".join(filter(None, (f"kind: {kind}", fields))))
        if kind == "heroku":
            (refused,) = play("modelport preview --offline", status=1)
            assert refused.startswith("error: cancer: exposure: private is not on heroku's")
            play("sed -i 's/owner: diagnostics/&\\n      exposure: public/' Pulumi.dev.yaml")
        said = play(SUMMARY)
        assert said[0].startswith(f"cancer · {kind} · "), said
        assert any(line.startswith("  create ") for line in said), said
        assert any("USD a month" in line and "per 1,000 predictions" in line for line in said), said
        assert any(line.startswith("  limit: ") for line in said), said

    story.play("git checkout -q Pulumi.dev.yaml")
    move("kind: aws.lambda, region: eu-west-1")
    play("sed -i 's/owner: diagnostics/&\\n      workload: {payload: 20MB}/' Pulumi.dev.yaml")
    (refused,) = play("modelport preview --offline", status=1)
    assert "payload 20 MB is over the limit of aws.lambda, 6 MB" in refused
    assert "the nearest target that holds it is aws.sagemaker" in refused
    story.play("git checkout -q Pulumi.dev.yaml")

    said = play("modelport preview --offline -s prod | sed -n '/^cancer ·/,$p'")
    assert said[0].startswith("cancer · aws.sagemaker · ")
    (refused,) = play("modelport up -s prod", status=2)
    assert "a prod stack needs a secrets provider of your own" in refused
    (refused,) = play("PULUMI_CONFIG_PASSPHRASE='only mine' modelport up -s prod", status=1)
    assert "no credentials of AWS are here" in refused
    assert not list((folder / ".modelport" / "state").rglob("*prod*")), "something was created"

    story.play("cat stacks/platform-team/__main__.py")
    said = story.play(f"cd stacks/platform-team && ../../.venv/bin/{SUMMARY}").splitlines()
    assert said[0].startswith("cancer · aws.sagemaker · ")
    check_page("every-cloud.md", story.page("The same model on every cloud", TEXT))
