"""The second story: a live model changes without losing a request, and failures are told."""

import re
from pathlib import Path

import pytest

from load import Callers
from stories.test_first_endpoint import of_clone
from stories.transcript import Story, check_page, clone

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

TEXT = """\
From the first `make up` to the end, four callers ask 100 times a second; the last line counts what
they saw. The test `tests/stories/test_live_change.py` plays this page again."""

RETRAIN = "sed -i 's/seed=7/seed=8/' bentos/breast_cancer/training.py"
BREAK = (
    "sed -i 's/bundle.start(self.model)/raise OSError(\"no GPU\")/' bentos/breast_cancer/service.py"
)
OPEN = "sed -i 's/port: 3000}/port: 3000, host: 0.0.0.0}\\n      auth: none/' Pulumi.dev.yaml"
PULL = "setsid make up & sleep 5; kill -9 -- -$!; wait"


def version(printed: str) -> str:
    found = re.search(r"breast_cancer@([0-9a-f]{16})", printed)
    assert found, printed
    return found[1]


def test_live_change(tmp_path: Path) -> None:
    folder = clone(tmp_path / "a clone")
    story = Story(folder)
    first = version(story.play("make up"))
    with Callers(folder / ".modelport" / "dev" / "cancer", 3000) as callers:
        story.play(RETRAIN)
        second = version(story.play("make up"))
        assert second != first

        story.play(BREAK)
        story.play("make up", status=2)
        said = "\n".join(story.lines)
        assert "did not start: OSError: no GPU" in said
        assert f"breast_cancer@{second} goes on serving" in said
        story.play("git checkout -q bentos/breast_cancer/service.py")

        story.play("git checkout -q bentos/breast_cancer/training.py")
        story.play(PULL + " 2>/dev/null", shown=PULL)
        assert version(story.play("make up")) == first
        story.play(".venv/bin/modelport history | cut -c1-16", shown="")

        story.play(OPEN)
        story.play("make preview", status=2)
        assert "rule endpoint-public-needs-auth" in story.lines[-2]
        story.play("git checkout -q Pulumi.dev.yaml")
    seen = callers.seen
    assert seen.failed == 0, seen
    assert set(seen.versions) == {first, second}
    story.lines.append("# failed requests: 0")
    story.play("make down")
    assert of_clone(folder) == []
    check_page("live-change.md", story.page("Change a live model without losing a request", TEXT))
