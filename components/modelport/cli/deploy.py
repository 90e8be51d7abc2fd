"""Commands that change what is live: up, preview, down."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from modelport.cli.console import dump, err, out, print_json, progress
from modelport.cli.options import JsonOption, NameArgument, StackOption, only_deployment
from modelport.home import find_home
from modelport_serving.record import Evaluation

if TYPE_CHECKING:
    from modelport.operations.up import UpResult

_METRIC_NAMES = {"f1": "F1", "r2": "R²", "roc_auc": "ROC AUC", "mae": "MAE", "rmse": "RMSE"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(preview)
    app.command()(down)
    app.command()(rollback)


def up(*, stack: StackOption = "dev", as_json: JsonOption = False) -> None:
    """Build what is missing, deploy it, and prove that it answers."""
    from modelport.operations.up import up as run

    with progress("up", quiet=as_json) as show:
        result = run(find_home(), stack, show)
    if as_json:
        print_json(dump(result))
    else:
        _show(result)


def preview(*, stack: StackOption = "dev", as_json: JsonOption = False) -> None:
    """Show what an update would change; never trains or builds."""
    from modelport.operations.preview import preview as run

    with progress("preview", quiet=as_json) as show:
        result = run(find_home(), stack, show)
    if as_json:
        print_json(dump(result))
        return
    out.print(escape(result.text))


def down(*, stack: StackOption = "dev", as_json: JsonOption = False) -> None:
    """Remove everything that the stack deployed."""
    from modelport.operations.down import down as run

    with progress("down", quiet=as_json) as show:
        result = run(find_home(), stack, show)
    if as_json:
        print_json(dump(result))
    elif result.removed:
        out.print(f"removed {result.removed} resources")
    else:
        out.print("nothing to remove")


def rollback(
    name: NameArgument = None,
    *,
    to: Annotated[str, typer.Option("--to", help="Version, or its first digits.")],
    stack: StackOption = "dev",
    as_json: JsonOption = False,
) -> None:
    """Make a version that was built before live again, and write it into the stack file."""
    from modelport.operations.rollback import rollback as run

    home = find_home()
    with progress("rollback", quiet=as_json) as show:
        result = run(home, stack, only_deployment(home, stack, name), to, show)
    if as_json:
        print_json({"edited": result.edited, **dump(result.up)})
        return
    out.print(escape(result.edited))
    _show(result.up)


def _show(result: "UpResult") -> None:
    for text in result.advice:
        err.print(f"[yellow]advice:[/] {escape(text)}")
    if not result.changes:
        out.print("no changes")
    for live in result.live:
        record = live.record
        out.print(f"[bold green]live[/] {escape(live.url)}")
        out.print(escape(f"{live.name} · {record.name}@{record.version}"))
        out.print(_scores(record.evaluation))
        out.print(escape(live.call))


def _scores(evaluation: Evaluation) -> str:
    """The score that decides, beside its baseline: `F1 0.97 (baseline 0.77)`."""
    metric = evaluation.primary
    name = _METRIC_NAMES.get(metric, metric)
    return f"{name} {evaluation.metrics[metric]:.2f} (baseline {evaluation.baseline[metric]:.2f})"
