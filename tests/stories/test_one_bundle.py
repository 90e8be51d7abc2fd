"""The story of one image: every platform's rules are read before it is paid for."""

import shutil
from pathlib import Path

import pytest

from images.docker_host import BASE, docker_host, missing
from stories.transcript import Story, check_page, clone

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

TEXT = """\
A clone after `make up` and `. ./activate`. One image is built from the bundle, and held against the
rules of the platforms on which it is to run this week, by Docker and without an account. The second
image has a server that somebody wrote by hand and that listens on a port of its own choosing. The
test `tests/stories/test_one_bundle.py` plays this page again."""

ODD = Path(__file__).parents[1] / "conformance" / "odd_server.py"
BY_HAND = f"""\
FROM {BASE}
COPY server.py answers.json /
USER 1001
ENTRYPOINT ["python3", "/server.py", "/answers.json", "ignores-port"]
CMD ["run"]
"""
WEEK = ("aws.sagemaker", "gcp.vertex", "heroku")


def test_one_bundle(tmp_path: Path) -> None:
    reason = missing()
    # Docker is installed where it may be; a machine that forbids it plays everything else.
    if reason is not None:
        pytest.skip(reason)
    with docker_host() as host:
        host.need_bridge()
        folder = clone(tmp_path / "a clone")
        story = Story(folder, environment=host.environment)
        story.play("make up", shown="")
        story.play("make down", shown="")
        story.play(
            f"{activated('modelport image breast_cancer --tag cancer:1 --base-image')} {BASE}",
            shown="modelport image breast_cancer --tag cancer:1",
        )
        for kind in (*WEEK, "aws.lambda"):
            command = f"modelport check {kind} --bundle breast_cancer --image cancer:1"
            story.play(activated(command), shown=command)
        shutil.copyfile(ODD, folder / "server.py")
        (folder / "answers.json").write_text('{"predictions": []}')
        (folder / "Dockerfile").write_text(BY_HAND)
        story.play("docker build --quiet --tag by-hand:1 .", shown="")
        command = "modelport check heroku --bundle breast_cancer --image by-hand:1"
        story.play(activated(command), shown=command, status=1)
    said = "\n".join(story.lines)
    assert said.count("  fail ") == 1
    assert "; read the port from PORT" in said
    check_page("one-bundle.md", story.page("One image for every platform", TEXT))


def activated(command: str) -> str:
    return f". ./activate && {command}"
