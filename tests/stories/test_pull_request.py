"""The third story: a pull request from a fork, without a network, an account or a secret."""

from pathlib import Path

import pytest

from setup.island import Island
from stories.transcript import Story, check_page, clone, plain_environment

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

TEXT = """\
`examples/four-clouds` is an ordinary Pulumi program: a little of AWS, Google Cloud, Azure and
Kubernetes, and a secret that is encrypted for somebody else. The commands below run in that folder,
in a network namespace that reaches nothing but itself, and no credentials are set. The report that
they make is [pull-request-report.md](pull-request-report.md). The test
`tests/stories/test_pull_request.py` plays this page again."""

CHANGE = (
    'sed -i \'s/memory_size=512/memory_size=1024/; s/location="EU"/location="US"/\' __main__.py'
)
MISSPELL = 'sed -i \'s/"image": registry/"imagee": registry/\' __main__.py'


def modelport(story: Story, words: str, status: int = 0) -> str:
    """Play a command of ours, as in a shell that has it on its PATH."""
    return story.play(
        f"../../.venv/bin/modelport {words}", status=status, shown=f"modelport {words}"
    )


def test_pull_request(tmp_path: Path) -> None:
    folder = clone(tmp_path / "a fork")
    Story(folder).play("make setup")
    with Island(plain_environment()) as island:
        story = Story(folder / "examples" / "four-clouds", island=island)
        story.play("ip -brief address | cut -d' ' -f1")
        story.play(CHANGE)
        modelport(story, "preview --offline --base HEAD | tail -n 5")
        modelport(story, "report --output report.md")
        report = (story.folder / "report.md").read_text()
        again = modelport(story, "report | cmp - report.md && echo the same bytes")
        assert again == "the same bytes\n"

        story.play(MISSPELL)
        modelport(story, "preview --offline --base HEAD", status=1)
        assert (
            "error: kubernetes:apps/v1:Deployment 'page': "
            "spec.template.spec.containers[0].imagee: no such property; did you mean 'image'?"
        ) in story.lines
        story.play("git checkout -q __main__.py")

        modelport(story, "up --offline")
        modelport(story, "up --offline")
        assert story.lines[-1] == "no changes"
        modelport(story, "down --offline")
        story.play("rm report.md; git status --short")
        assert story.lines[-1].startswith("$")
    check_page("pull-request-report.md", report)
    check_page(
        "pull-request.md", story.page("Review a change of every cloud without an account", TEXT)
    )
