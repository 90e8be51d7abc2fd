"""The command `modelport report`: where it writes, and how it ends."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modelport.cli import app
from modelport.errors import ConfigError, ModelportError
from modelport.report.recording import Finding, Recording
from report import made
from report.golden import CLOUDS, GOLDEN


def run(*arguments: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["report", *arguments])
    if isinstance(ran.exception, ModelportError):
        raise ran.exception
    return ran.exit_code, ran.stdout


def written(folder: Path, recording: Recording) -> str:
    recording.save(folder / "preview.json")
    return str(folder / "preview.json")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_both_formats(cloud: str, tmp_path: Path) -> None:
    recording = str(GOLDEN / f"{cloud}.recording.json")
    for form, ending in (("markdown", "md"), ("json", "json")):
        expected = (GOLDEN / f"{cloud}.{ending}").read_text()
        status, printed = run("--format", form, "--recording", recording, "--fail-on", "none")
        assert (status, printed) == (0, expected)
        file = tmp_path / f"report.{ending}"
        arguments = ("--format", form, "--recording", recording, "--fail-on", "none")
        assert run(*arguments, "--output", str(file)) == (0, "")
        assert file.read_text() == expected


REFUSAL = Finding(pack="p", policy="r", level="mandatory", message="no")
ADVICE = Finding(pack="p", policy="r", level="advisory", message="better not")
CLEAR = made.recording(made.step("aws:sqs/queue:Queue", new={}))


@pytest.mark.parametrize(
    ("recording", "kind", "statuses"),
    [
        (CLEAR, "clear", (0, 0, 0)),
        (made.recording(made.step("kubernetes:core/v1:Namespace", op="delete")), "look", (1, 0, 0)),
        (CLEAR.model_copy(update={"findings": (ADVICE,)}), "look", (1, 0, 0)),
        (CLEAR.model_copy(update={"findings": (ADVICE, REFUSAL)}), "refused", (1, 1, 0)),
        (CLEAR.model_copy(update={"complete": False}), "failed", (1, 1, 0)),
    ],
)
def test_how_it_ends(
    recording: Recording, kind: str, statuses: tuple[int, int, int], tmp_path: Path
) -> None:
    file = written(tmp_path, recording)
    for fail_on, expected in zip(("risk", "policy", "none"), statuses, strict=True):
        status, printed = run("--format", "json", "--recording", file, "--fail-on", fail_on)
        assert status == expected
        assert json.loads(printed)["verdict"]["kind"] == kind
    assert run("--recording", file)[0] == statuses[1]  # policy is the default


def test_it_looks_for_the_last_preview_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODELPORT_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    with pytest.raises(ModelportError, match="no recording of a preview; run 'modelport preview'"):
        run()
    written(tmp_path / ".modelport", CLEAR)
    assert run()[0] == 0


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--output .*: Is a directory"):
        run("--recording", written(tmp_path, CLEAR), "--output", str(tmp_path))
