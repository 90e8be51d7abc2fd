"""The command `bundle import`: what it prints, where, and how it ends."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from bundles.imports import Evil, cancer_request, classifier, dumped
from engine_project import Project
from modelport.bundles import ImportRequest


@pytest.fixture
def project(tmp_path: Path) -> Generator[Project]:
    made = Project(tmp_path / "project")
    (made.folder / "bentos").mkdir()
    made.config({})
    yield made
    made.end()


def arguments(request: ImportRequest, *more: str) -> list[str]:
    data = ("--data", str(request.data), "--target", request.target)
    return ["bundle", "import", str(request.file), *data, *more]


def test_what_is_written_and_what_comes_next_is_said(project: Project, tmp_path: Path) -> None:
    request = cancer_request(tmp_path, dumped(classifier()))
    ran = project.modelport(*arguments(request, "--positive", "benign"))
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert lines[0] == (
        "bentos/cancer_model: Pipeline for classification, 5 features, 169 rows to measure it on"
    )
    assert lines[1].startswith("sha256 ")
    assert lines[2] == "next: modelport build cancer_model"
    again = json.loads(
        project.modelport(*arguments(request, "--positive", "benign", "--json")).stdout
    )
    assert again["changed"] is False
    assert again["sha256"] == lines[1].removeprefix("sha256 ")
    other = project.modelport(*arguments(request))
    assert other.returncode == 1
    assert "differs in training.py; give another NAME" in other.stderr


def test_a_strange_pickle_is_one_sentence_and_runs_nothing(
    project: Project, tmp_path: Path
) -> None:
    evil = tmp_path / "ran"
    request = cancer_request(tmp_path, dumped(Evil(evil)))
    ran = project.modelport(*arguments(request, "named"))
    assert (ran.returncode, ran.stdout) == (1, "")
    (line,) = ran.stderr.splitlines()
    assert line.startswith("error: Cancer model.joblib names posix.system, which no known model")
    assert line.endswith("--trust posix.system")
    assert not evil.exists()
    assert not list((project.folder / "bentos").iterdir())
    as_json = project.modelport(*arguments(request, "--json"))
    assert len(json.loads(as_json.stdout)["error"]) == 1


def test_data_to_measure_it_on_is_asked_for(project: Project, tmp_path: Path) -> None:
    ran = project.modelport("bundle", "import", str(tmp_path / "m.joblib"))
    assert ran.returncode == 2
    assert "--data" in ran.stderr
    assert "import" in project.modelport("bundle", "--help").stdout
