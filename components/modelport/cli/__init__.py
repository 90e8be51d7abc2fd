"""The command line: `modelport up`, `preview`, `down`, …; thin over `modelport.operations`.

console.py   progress, tables, JSON, errors
options.py   options that commands share
deploy.py    up, preview, down
bundle.py    train, build, pin, image
bundle_group.py    bundle import
look.py      status, logs, predict, history, observe
report.py    report
cost.py      cost
prices_group.py    prices refresh
project.py   validate, schema, setup, doctor
"""

import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Annotated

import typer

from modelport import __version__
from modelport.cli import (
    bundle,
    bundle_group,
    check,
    cost,
    deploy,
    look,
    prices_group,
    project,
    report,
)
from modelport.cli.console import err, fail
from modelport.errors import ModelportError

app = typer.Typer(
    name="modelport",
    help="Models that go live from one typed config.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _module in (deploy, report, cost, prices_group, bundle, bundle_group, check, look, project):
    _module.register(app)


def _version(value: bool) -> None:  # noqa: FBT001 - typer's signature
    if value:
        typer.echo(f"modelport {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Models that go live from one typed config."""


def _unexpected(error: Exception) -> str:
    """An error that nobody foresaw, in one sentence; its traceback goes to a file."""
    file = Path(tempfile.gettempdir()) / f"modelport-error-{os.getpid()}.log"
    file.write_text(traceback.format_exc())
    return (
        f"internal error: {type(error).__name__}: {error}; "
        f"please report it with the details in {file}"
    )


def main() -> None:
    """Run one command; an error is one sentence a line on standard error, never a traceback."""
    try:
        app()
    except ModelportError as error:
        fail(str(error), as_json="--json" in sys.argv)
        sys.exit(error.exit_code)
    except Exception as error:
        fail(_unexpected(error), as_json="--json" in sys.argv)
        sys.exit(1)
    except KeyboardInterrupt:
        err.print("interrupted; run the same command again, it goes on from what is there")
        sys.exit(130)
