"""The command that reports what a preview would change: report."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from modelport.cli.console import err
from modelport.errors import ConfigError
from modelport.home import find_home


class Format(StrEnum):
    """How the report is written."""

    MARKDOWN = "markdown"
    JSON = "json"


class FailOn(StrEnum):
    """What makes the command end with status 1."""

    RISK = "risk"
    POLICY = "policy"
    NONE = "none"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    *,
    form: Annotated[
        Format, typer.Option("--format", help="Markdown for people, JSON for programs.")
    ] = Format.MARKDOWN,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; else standard output.")
    ] = None,
    recording: Annotated[
        Path | None, typer.Option("--recording", help="Recorded preview; else the last one.")
    ] = None,
    fail_on: Annotated[
        FailOn,
        typer.Option(
            "--fail-on",
            help="End with 1 when a policy refused or the preview failed (policy), also when a "
            "person should look (risk), or never (none).",
        ),
    ] = FailOn.POLICY,
) -> None:
    """Report what the last preview would change, and what to look at."""
    from modelport.operations.report import report as run
    from modelport.report import render_markdown

    found = run(recording or find_home(own=True).preview)
    text = found.to_json() if form is Format.JSON else render_markdown(found)
    if output is None:
        sys.stdout.write(text)
    else:
        _write(output, text)
        err.print(f"{found.verdict.kind}: {found.verdict.text}", markup=False)
    stops = {
        FailOn.NONE: set[str](),
        FailOn.POLICY: {"refused", "failed"},
        FailOn.RISK: {"refused", "failed", "look"},
    }
    if found.verdict.kind in stops[fail_on]:
        raise typer.Exit(1)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise ConfigError([f"--output {path}: {error.strerror}"]) from None
