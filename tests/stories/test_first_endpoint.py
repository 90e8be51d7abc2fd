"""The first story: from a clone to a live, checked endpoint in two commands."""

import os
import pty
import re
import select
import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from stories.transcript import Story, check_page, clone, plain_environment

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

TEXT = """\
A new user with a laptop and no cloud account clones Modelport and types `make up`. Progress goes to
standard error; this is what is left to read. The test `tests/stories/test_first_endpoint.py` plays
this page again; digests differ from clone to clone only when sources differ."""


def of_clone(folder: Path) -> list[psutil.Process]:
    """Processes that were started from the clone."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter(["cmdline"]):
        if any(str(folder) in word for word in process.info["cmdline"] or []):
            found.append(process)
    return found


def test_first_endpoint(tmp_path: Path) -> None:
    folder = clone(tmp_path / "a clone")
    story = Story(folder)

    first = story.play("make up")
    live, name, score, call = first.splitlines()
    assert live == "live http://127.0.0.1:3000"
    assert re.fullmatch(r"cancer · breast_cancer@[0-9a-f]{16}", name)
    assert re.fullmatch(r"F1 0\.9[5-9] \(baseline 0\.77\)", score)
    assert story.play(call).startswith('{"model":"breast_cancer@')

    assert story.play("make up").splitlines() == ["no changes", *first.splitlines()]

    story.play("sed -i 's/target:/taget:/' Pulumi.dev.yaml")
    story.play("make up", status=2)
    assert story.lines[-2] == (
        "error: Pulumi.dev.yaml:7: modelport:deployments.cancer.taget: "
        "unknown key; write 'target' instead"
    )
    story.play("git checkout -q Pulumi.dev.yaml")
    story.play("make down")

    assert of_clone(folder) == []
    socket.create_server(("127.0.0.1", 3000)).close()
    assert not (folder / ".modelport" / "dev").exists()
    assert story.play("git status --short", shown="") == ""

    plain_pulumi(story)
    progress_bar(story)
    assert story.play("git status --short", shown="") == ""
    check_page("first-endpoint.md", story.page("From a trained model to a live endpoint", TEXT))


def plain_pulumi(story: Story) -> None:
    """After `activate`, plain pulumi does what the targets do."""

    def run(command: str) -> str:
        return story.play(f". ./activate && {command}", shown="")

    assert "+ 4 to create" in run("pulumi preview -s dev")
    assert "+ 4 created" in run("pulumi up -s dev --yes --skip-preview")
    assert story.play("make up", shown="").startswith("no changes\nlive ")
    assert "- 4 deleted" in run("pulumi destroy -s dev --yes")
    assert of_clone(story.folder) == []


def progress_bar(story: Story) -> None:
    """On a terminal there is a bar, and nothing of it is left beside the four lines."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["make", "up"],
        cwd=story.folder,
        env={**plain_environment(), "TERM": "xterm-256color", "COLUMNS": "120"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    printed = ""
    while True:
        readable, _, _ = select.select([ours], [], [], 120)
        assert readable, printed
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        printed += part.decode(errors="replace")
    assert process.wait() == 0, printed
    assert "━" in printed
    assert "%" in printed
    story.play("make down", shown="")
