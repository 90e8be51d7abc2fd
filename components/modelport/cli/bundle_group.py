"""Commands about bundle folders: bundle import."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from modelport.cli.console import dump, err, out, print_json
from modelport.cli.options import JsonOption
from modelport.home import find_home

_group = typer.Typer(
    name="bundle", help="Bundle folders below bentos/.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(_group)


@_group.callback()
def _bundle() -> None:  # pyright: ignore[reportUnusedFunction] - a group of one command needs it
    """Bundle folders below bentos/."""


@_group.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="Trained model: .pkl, .pickle, .joblib, .skops, .onnx.")
    ],
    name: Annotated[
        str | None, typer.Argument(help="Bundle name; from the file's name when left out.")
    ] = None,
    *,
    data: Annotated[
        Path, typer.Option("--data", help="CSV to measure it on: rows that it did not learn from.")
    ],
    target: Annotated[str, typer.Option("--target", help="Column of what is predicted.")],
    task: Annotated[
        str | None,
        typer.Option("--task", help="classification or regression; as the model says by default."),
    ] = None,
    positive: Annotated[
        str | None, typer.Option("--positive", help="Label that the scores are about.")
    ] = None,
    sha256: Annotated[
        str | None, typer.Option("--sha256", help="Hash that the file must have to be opened.")
    ] = None,
    trust: Annotated[
        list[str] | None,
        typer.Option("--trust", help="Global that a pickle may name, as module.name; repeatable."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Pack a model that was trained elsewhere as a bundle; `modelport build` then measures it."""
    from modelport.bundles import ImportRequest
    from modelport.operations.bundles import import_bundle

    request = ImportRequest(
        file=file,
        data=data,
        target=target,
        name=name,
        task=task,
        positive=positive,
        sha256=sha256,
        trust=tuple(trust or ()),
    )
    made = import_bundle(find_home(own=True), request)
    if as_json:
        print_json(dump(made))
        return
    for warning in made.warnings:
        err.print(escape(f"note: {warning}"))
    state = "" if made.changed else " (as before)"
    out.print(
        escape(
            f"bentos/{made.name}: {made.model} for {made.task}, {made.features} features, "
            f"{made.rows} rows to measure it on{state}"
        )
    )
    out.print(escape(f"sha256 {made.sha256}"))
    out.print(escape(f"next: modelport build {made.name}"))
