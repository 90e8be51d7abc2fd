"""Reports of real changes: what the real engine says, offline, for one change of each cloud.

`GOLDEN=write pytest tests/report/test_engine_reports.py` writes the golden files anew.
"""

import json
import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from engine_project import ROOT, STACK, Project
from modelport.report import Header, Recording, load
from report.golden import CLOUDS, GOLDEN, texts_of

pytestmark = pytest.mark.engine

HERE = Path(__file__).parent
CONFIG = {
    "aws": "aws:region: eu-west-1",
    "azure": "azure-native:location: westeurope",
    "gcp": "gcp:project: diagnostics",
    "kubernetes": "kubernetes:namespace: diagnostics",
}
PACKS = ("cost", "reliability", "security")
RULES = {
    "all": "disabled",
    "bundle-pinned-in-prod": "mandatory",
    "environment-no-plain-secrets": "mandatory",
}
"""The programs are short, so most rules would refuse them; these say what the reports are about."""


@pytest.fixture
def project(tmp_path: Path) -> Generator[Project]:
    made = Project(tmp_path / "project")
    for pack in PACKS:
        folder = made.folder / "policies" / pack
        shutil.copytree(ROOT / "policies" / pack, folder)
        for environment in ("dev", "prod"):  # settings of ours make a stack one of dev
            (folder / f"{environment}.json").write_text(json.dumps(RULES))
    yield made
    made.end()


def record(project: Project, cloud: str) -> Recording:
    """Deploy the base offline, preview the head, and read the recording."""
    shutil.copy(HERE / "programs" / f"{cloud}.py", project.folder / "program" / "__main__.py")
    stack_file = project.folder / f"Pulumi.{STACK}.yaml"
    for head in ("false", "true"):
        stack_file.write_text(f"config:\n  {CONFIG[cloud]}\n  engine:head: {head}\n")
        command = "up" if head == "false" else "preview"
        ran = project.modelport(command, "--offline", "-s", STACK)
        assert ran.returncode == 0 or command == "preview", ran.stderr
    return load(project.home.preview)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_report_of_a_real_change_is_as_reviewed(project: Project, cloud: str) -> None:
    project.program("")
    recording = record(project, cloud)
    named = recording.header.model_copy(update={"base": "commit 1a2b3c4 (origin/main)"})
    assert named == Header(project="engine", stack=STACK, offline=True, base=named.base)
    recording = recording.model_copy(update={"header": named})
    texts = texts_of(cloud, recording)
    for name, text in texts.items():
        if os.environ.get("GOLDEN") == "write":
            (GOLDEN / name).write_text(text)
        assert (GOLDEN / name).read_text() == text
    assert not any(secret in text for text in texts.values() for secret in SECRETS)
    if cloud == "azure":
        refused_above_its_limit(project)


def refused_above_its_limit(project: Project) -> None:
    """An update of plain resources that would cost too much is refused, and nothing is touched."""
    stack_file = project.folder / f"Pulumi.{STACK}.yaml"
    free = stack_file.read_text()
    stack_file.write_text(f"{free}  modelport:limits: {{monthly_usd: 113.14}}\n")
    ran = project.modelport("up", "--offline", "-s", STACK)
    assert ran.returncode == 1
    assert ran.stderr.strip().endswith(
        "error: the stack would cost 113.15 USD a month, over modelport:limits.monthly_usd "
        "(113.14): pages 113.15"
    )
    before = load(project.home.preview)
    stack_file.write_text(f"{free}  modelport:limits: {{monthly_usd: 113.15}}\n")
    ran = project.modelport("preview", "--offline", "-s", STACK)
    assert "cost: +100.74 USD a month, of which 100.74 USD idle" in ran.stdout + ran.stderr
    assert load(project.home.preview).steps == before.steps


SECRETS = ("sk-in-plain", "sk-hidden", "mp_first", "mp_second", "written-in-plain")
