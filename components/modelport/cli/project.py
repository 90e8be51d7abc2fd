"""Commands about the project: validate, schema, setup, doctor."""

from typing import Annotated

import typer
from rich.markup import escape

from modelport.cli.console import dump, out, print_json, progress
from modelport.cli.options import JsonOption, StackOption
from modelport.errors import ConfigError
from modelport.home import find_home


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(validate)
    app.command()(schema)
    app.command()(setup)
    app.command()(doctor)


def validate(
    *,
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", help="Stack; all of them when left out.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check the stack files; touches nothing."""
    from modelport.config import read_stack_file

    project = find_home(own=True).project
    names = (
        [f"Pulumi.{stack}.yaml"]
        if stack
        else sorted(path.name for path in project.glob("Pulumi.*.yaml"))
    )
    problems: list[str] = []
    for name in names:
        try:
            read_stack_file(project / name)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    if as_json:
        print_json({"valid": names})
    else:
        out.print(escape(f"valid: {', '.join(names)}"))


def schema(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Fail when the file is not current.")
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="Write the file.")] = False,
) -> None:
    """Print, write or check the JSON Schema of stack files."""
    from modelport.config.schema import SCHEMA_FILE, schema_text

    text = schema_text()
    path = find_home(own=True).project / SCHEMA_FILE
    if write:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    elif not check:
        typer.echo(text, nl=False)
    elif not path.is_file() or path.read_text() != text:
        raise ConfigError([f"{SCHEMA_FILE} is not current; run 'modelport schema --write'"])


def setup(
    *,
    kubernetes: Annotated[
        bool,
        typer.Option(
            "--kubernetes", help="Also serve Kubernetes, unless its official plugin is installed."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Get the Pulumi engine and install the provider plugin; quick when both are there."""
    from modelport.cluster.plugin import install_stand_in
    from modelport.engine import install_engine, install_plugin

    home = find_home(own=True)
    with progress("setup", quiet=as_json) as show:
        engine = install_engine(home, show)
        install_plugin(home)
        if kubernetes:
            install_stand_in(home)
    if as_json:
        print_json({"engine": engine.version, "origin": engine.origin})
    else:
        out.print(escape(f"Pulumi {engine.version} ({engine.origin})"))


def doctor(*, stack: StackOption = "dev", as_json: JsonOption = False) -> None:
    """Look at everything that an update needs; 1 when something is missing."""
    from modelport.operations.doctor import examine

    checks = examine(find_home(own=True), stack)
    if as_json:
        print_json(dump(checks))
    else:
        for check in checks:
            mark = "[green]ok[/]  " if check.ok else "[bold red]no[/]  "
            out.print(f"{mark}{escape(check.what)}: {escape(check.found)}")
    if not all(check.ok for check in checks):
        raise typer.Exit(1)
