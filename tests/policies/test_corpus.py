"""Ordinary programs, each as a careful engineer writes it: no rule of any pack says a word.

The programs of `corpus/` know nothing of Modelport. The engine previews them as a stack of prod,
with the offline providers in place of an account.
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from pulumi.automation import CommandError, events

from offline_project import OfflineProject
from platform_life import PACKS

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PROGRAMS = sorted((Path(__file__).parent / "corpus").glob("*.py"))
CONFIG = {
    "aws:region": "eu-west-1",
    "gcp:project": "diagnostics-prod",
    "gcp:region": "europe-west4",
}


@pytest.fixture
def project(tmp_path: Path) -> Generator[OfflineProject]:
    before = dict(os.environ)
    made = OfflineProject(tmp_path / "a project")
    made.env["PULUMI_OPTION_POLICY_PACK"] = PACKS
    yield made
    os.environ.clear()
    os.environ.update(before)


def test_there_are_programs_of_every_cloud() -> None:
    texts = "".join(path.read_text() for path in PROGRAMS)
    assert len(PROGRAMS) >= 10
    assert "modelport" not in texts
    for package in ("aws", "gcp", "azure_native", "kubernetes"):
        assert f"import pulumi_{package}" in texts


def findings(project: OfflineProject, program: str) -> set[tuple[str, str, str]]:
    """What the packs say of a program: rule, resource and sentence."""
    project.program(program)
    project.settings(**{name.replace(":", "__"): value for name, value in CONFIG.items()})
    for name in ("answers", "faults"):
        (project.folder / f"{name}.json").write_text("{}")
    found: set[tuple[str, str, str]] = set()

    def listen(event: events.EngineEvent) -> None:
        if said := event.policy_event:
            name = (said.resource_urn or "").rsplit("::", 1)[-1]
            found.add((said.policy_name, name, said.message.splitlines()[0]))

    try:
        project.stack().preview(on_event=listen, color="never")
    except CommandError:
        if not found:
            raise  # it stopped for another reason
    return found


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_good_program_breaks_no_rule(project: OfflineProject, program: Path) -> None:
    assert findings(project, program.read_text()) == set()


def test_one_word_changed_is_found(project: OfflineProject) -> None:
    text = (PROGRAMS[0].parent / "bucket_and_function.py").read_text()
    changed = text.replace('"AWS_IAM"', '"NONE"').replace(
        '{"mode": "Active"}', '{"mode": "PassThrough"}'
    )
    assert {rule for rule, _, _ in findings(project, changed)} == {
        "lambda-url-auth",
        "lambda-tracing",
    }
