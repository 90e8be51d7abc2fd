"""The examples for GitHub and GitLab: valid, without secrets, and safe for forks."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from docs.texts import ROOT
from modelport.cli import app
from modelport.report.markdown import MARKER

CI = ROOT / "examples" / "ci"
FILES = sorted(CI.glob("*.yml"))
COMMAND: Any = typer.main.get_command(app)


def read(name: str) -> dict[Any, Any]:
    return yaml.safe_load((CI / name).read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_examples_hold_no_secret(path: Path) -> None:
    assert yaml.safe_load(path.read_text())
    text = path.read_text().lower()
    assert "secrets." not in text
    assert "password" not in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_actions_are_of_github_and_pinned_to_a_major_version(path: Path) -> None:
    for action in re.findall(r"uses: (\S+)", path.read_text()):
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", action)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_commands_and_options_are_there(path: Path) -> None:
    lines = re.findall(r"(?:^|\s)(?:\.venv/bin/)?modelport ([a-z]+ --.*)$", path.read_text(), re.M)
    assert lines
    for line in lines:
        words = re.split(r"\s+(?:\|\||$)", line)[0].split()
        known = {option for item in COMMAND.commands[words[0]].params for option in item.opts}
        assert {word for word in words if word.startswith("-")} <= known


def test_the_preview_of_a_fork_can_only_read() -> None:
    workflow = read("github-preview.yml")
    assert list(workflow[True]) == ["pull_request"]  # YAML reads the key `on` as a truth value
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    assert "permissions" not in job
    checkout = next(s for s in job["steps"] if "checkout" in s.get("uses", ""))
    assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}
    for step in job["steps"]:
        assert "${{" not in step.get("run", "")  # a branch's name would become a command


def test_the_job_that_may_write_runs_no_code_of_the_pull_request() -> None:
    workflow = read("github-comment.yml")
    assert workflow[True] == {"workflow_run": {"workflows": ["preview"], "types": ["completed"]}}
    assert workflow["permissions"] == {"actions": "read", "pull-requests": "write"}
    assert read("github-preview.yml")["name"] == "preview"
    (job,) = workflow["jobs"].values()
    assert not any("checkout" in step.get("uses", "") for step in job["steps"])
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert all(command.startswith(("python -m pip install ", "modelport ")) for command in commands)
    script = next(s["with"]["script"] for s in job["steps"] if "script" in s.get("with", {}))
    assert "${{" not in script
    assert MARKER.startswith("<!--")
    assert "body.split('\\n')[0]" in script  # the marker is the report's first line
