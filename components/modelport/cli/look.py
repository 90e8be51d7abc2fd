"""Commands that look: status, logs, predict, history, observe."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from modelport.cli.console import dump, err, out, print_json, table
from modelport.cli.options import JsonOption, NameArgument, StackOption, only_deployment
from modelport.errors import ConfigError
from modelport.home import find_home


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(logs)
    app.command()(predict)
    app.command()(history)
    app.command()(observe)


def status(*, stack: StackOption = "dev", as_json: JsonOption = False) -> None:
    """Ask every live service for its golden answers; 1 when one does not give them."""
    from modelport.operations.inspect import status as run

    found = run(find_home(own=True), stack)
    if as_json:
        print_json(dump(found))
    elif not found:
        out.print("nothing deployed")
    else:
        rows = [
            (
                item.name,
                "healthy" if item.healthy else "not healthy",
                f"{item.bundle}@{item.version}",
                item.url,
                item.detail,
            )
            for item in found
        ]
        out.print(table(("deployment", "state", "bundle", "url", "proof"), rows))
    if not all(item.healthy for item in found):
        raise typer.Exit(1)


def logs(
    name: NameArgument = None,
    *,
    stack: StackOption = "dev",
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="Lines to show.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,
) -> None:
    """Show the end of a deployment's log."""
    from modelport.operations.inspect import log_lines, log_path

    home = find_home(own=True)
    chosen = only_deployment(home, stack, name)
    for line in log_lines(home, stack, chosen, lines):
        sys.stdout.write(line + "\n")
    if follow:
        _follow(log_path(home, stack, chosen))


def predict(
    name: NameArgument = None,
    *,
    stack: StackOption = "dev",
    data: Annotated[
        str | None,
        typer.Option("--data", "-d", help="JSON request, @FILE, or @- for standard input."),
    ] = None,
) -> None:
    """Ask a deployment for predictions; its own example when no data is given."""
    from modelport.operations.inspect import predict as run

    home = find_home(own=True)
    print_json(run(home, stack, only_deployment(home, stack, name), _body(data)))


def history(
    name: NameArgument = None, *, stack: StackOption = "dev", as_json: JsonOption = False
) -> None:
    """Show what was live when, by which update, with which scores."""
    from modelport.operations.history import history as run

    home = find_home(own=True)
    releases = run(home, stack, only_deployment(home, stack, name))
    if as_json:
        print_json(dump(releases))
        return
    rows = [
        (
            release.version,
            release.since,
            release.until or "live",
            "-" if release.update is None else str(release.update),
            "-" if release.score is None else f"{release.metric} {release.score:.4f}",
            "-" if release.baseline is None else f"{release.baseline:.4f}",
        )
        for release in releases
    ]
    out.print(table(("version", "since", "until", "update", "score", "baseline"), rows))


def observe(
    name: NameArgument = None,
    *,
    folder: Annotated[Path, typer.Option("--out", "-o", help="Folder for the files.")],
    stack: StackOption = "dev",
    as_json: JsonOption = False,
) -> None:
    """Write alert rules, a dashboard and what to scrape, for Prometheus and Grafana."""
    from modelport.operations.observe import observe as run

    home = find_home(own=True)
    made = run(home, stack, only_deployment(home, stack, name), folder)
    if as_json:
        print_json(dump(made))
        return
    for file in made.files:
        out.print(escape(file))
    if made.key_file and made.has_key:
        out.print(escape(f"Prometheus must be able to read the key in {made.key_file}"))
    elif made.key_file:
        out.print(escape(f"write the key of callers into {made.key_file}; it is not known here"))


def _body(data: str | None) -> str | None:
    if data is None or not data.startswith("@"):
        return data
    if data == "@-":
        return sys.stdin.read()
    try:
        return Path(data[1:]).read_text()
    except OSError as error:
        raise ConfigError([f"--data {data}: {error.strerror}"]) from None


def _follow(path: Path) -> None:
    """Write lines as they come, until interrupted; a log that starts anew is read anew."""
    err.print(escape(f"following {path.name}; Ctrl-C ends"), style="dim")
    position = path.stat().st_size
    while path.exists():
        size = path.stat().st_size
        position = 0 if size < position else position
        if size > position:
            with path.open(errors="replace") as log:
                log.seek(position)
                sys.stdout.write(log.read())
                sys.stdout.flush()
                position = log.tell()
        time.sleep(0.2)
