"""Commands that change what is live: up, preview, down."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from modelport.cli.console import dump, err, out, print_json, progress
from modelport.cli.options import (
    JsonOption,
    NameArgument,
    OfflineOption,
    StackOption,
    home_here,
    only_deployment,
)
from modelport.errors import ConfigError
from modelport.home import find_home
from modelport_serving.record import Evaluation

if TYPE_CHECKING:
    from modelport.operations.up import UpResult

_OFFLINE = (
    "[yellow]offline:[/] shape, wiring, policies and cost were checked; not quotas, permissions or "
    "what the platforms do"
)
_METRIC_NAMES = {"f1": "F1", "r2": "R²", "roc_auc": "ROC AUC", "mae": "MAE", "rmse": "RMSE"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(preview)
    app.command()(down)
    app.command()(rollback)


def up(
    *, stack: StackOption = "dev", offline: OfflineOption = False, as_json: JsonOption = False
) -> None:
    """Build what is missing, deploy it, and prove that it answers."""
    from modelport.operations.up import up as run

    with progress("up", quiet=as_json) as show:
        result = run(home_here(offline=offline), stack, show)
    if as_json:
        print_json(dump(result))
    else:
        _show(result)


def preview(
    *,
    stack: StackOption = "dev",
    offline: OfflineOption = False,
    base: Annotated[
        str | None,
        typer.Option(
            "--base", metavar="REF", help="Compare with a commit, deployed offline first."
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state", metavar="FILE", help="Compare with the output of 'pulumi stack export'."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what an update would change; never trains or builds what would be deployed."""
    from modelport.operations.preview import Against
    from modelport.operations.preview import preview as run
    from modelport.report.cost_section import headline

    home = home_here(offline=offline)
    if (base or state) and not home.offline:
        raise ConfigError(["--base and --state compare offline; add --offline"])
    if base and state:
        raise ConfigError(["--base and --state: give one of them"])
    with progress("preview", quiet=as_json) as show:
        result = run(home, stack, show, Against(base, state))
    if as_json:
        print_json(dump(result))
        return
    out.print(escape(result.text))
    for outlook in result.outlooks:
        out.print("")
        out.print(escape("\n".join(outlook.lines())))
    if result.cost.resources:
        out.print("")
        out.print(f"cost: {headline(result.cost)}")
    if result.offline:
        err.print(_OFFLINE)


def down(
    *, stack: StackOption = "dev", offline: OfflineOption = False, as_json: JsonOption = False
) -> None:
    """Remove everything that the stack deployed."""
    from modelport.operations.down import down as run

    with progress("down", quiet=as_json) as show:
        result = run(home_here(offline=offline), stack, show)
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

    home = find_home(own=True)
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
    if result.offline and result.changes:
        out.print(", ".join(f"{word} {count}" for word, count in sorted(result.changes.items())))
    for live in result.live:
        record = live.record
        state = "[yellow]offline[/]" if result.offline else "[bold green]live[/]"
        out.print(f"{state} {escape(live.url)}")
        out.print(escape(f"{live.name} · {record.name}@{record.version}"))
        out.print(_scores(record.evaluation))
        out.print(escape(live.call))
    if result.offline:
        err.print(_OFFLINE)


def _scores(evaluation: Evaluation) -> str:
    """The score that decides, beside its baseline: `F1 0.97 (baseline 0.77)`."""
    metric = evaluation.primary
    name = _METRIC_NAMES.get(metric, metric)
    return f"{name} {evaluation.metrics[metric]:.2f} (baseline {evaluation.baseline[metric]:.2f})"
