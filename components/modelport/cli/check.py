"""The command that holds a bundle against the rules of platforms: check."""

from typing import Annotated

import typer
from rich.markup import escape

from modelport.cli.console import dump, out, print_json
from modelport.cli.options import JsonOption
from modelport.home import find_home


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    kinds: Annotated[list[str], typer.Argument(help="Kinds of target, e.g. gcp.vertex heroku.")],
    *,
    bundle: Annotated[
        str | None, typer.Option("--bundle", "-b", help="Bundle, also name@version.")
    ] = None,
    command: Annotated[
        str, typer.Option("--command", help="Start this server instead of the bundle's own.")
    ] = "",
    image: Annotated[
        str, typer.Option("--image", help="Run this image by Docker instead of a process.")
    ] = "",
    memory: Annotated[
        int, typer.Option("--memory", min=64, help="Megabytes that the image may use.")
    ] = 512,
    as_json: JsonOption = False,
) -> None:
    """Run a bundle as each platform would and hold it against its rules; 1 when one is broken."""
    from modelport.operations.check import check as run

    pages = run(find_home(own=True), kinds, bundle, command=command, image=image, memory=memory)
    if as_json:
        print_json([dump(page) for page in pages])
    else:
        for page in pages:
            out.print(escape(f"{page.kind} · {page.subject}"))
            for line in page.lines:
                out.print(escape(f"  {line.outcome:<10}  {line.rule}: {line.said}"))
                out.print(escape(f"              {line.demand} ({line.source}, {line.grade})"))
    if not all(page.passed for page in pages):
        raise typer.Exit(1)
