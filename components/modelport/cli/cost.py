"""The command that compares what one workload costs on many kinds of target: cost."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from modelport.cli.console import dump, err, out, print_json, table
from modelport.cli.options import JsonOption, StackOption
from modelport.errors import ConfigError
from modelport.home import find_home

if TYPE_CHECKING:
    from modelport.operations.cost import Comparison

_WIDTH = 40
"""Characters of the longest bar."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(cost)


def cost(
    kinds: Annotated[
        list[str] | None,
        typer.Argument(
            help="Kinds of target, each with settings when wanted: aws.ec2,instance=m5.large; "
            "all when left out."
        ),
    ] = None,
    *,
    stack: StackOption = "dev",
    deployment: Annotated[
        str | None, typer.Option("--deployment", "-d", help="Deployment whose workload counts.")
    ] = None,
    bundle: Annotated[
        str | None,
        typer.Option("--bundle", "-b", help="Bundle instead of a deployment, also name@version."),
    ] = None,
    rate: Annotated[
        float | None, typer.Option("--rate", help="Requests a second at the busiest minute.")
    ] = None,
    requests: Annotated[
        int | None, typer.Option("--requests", help="Requests in a month of 730 hours.")
    ] = None,
    duration: Annotated[
        str | None, typer.Option("--duration", help="Time that a prediction needs, e.g. 80ms.")
    ] = None,
    payload: Annotated[
        str | None, typer.Option("--payload", help="Largest request, e.g. 20MB.")
    ] = None,
    answer: Annotated[
        str | None, typer.Option("--answer", help="Largest answer, e.g. 2MB.")
    ] = None,
    model_size: Annotated[
        str | None, typer.Option("--model-size", help="Size of the model's files, e.g. 1.5GB.")
    ] = None,
    gpu_memory: Annotated[
        str | None, typer.Option("--gpu-memory", help="GPU memory that a copy needs, e.g. 16GB.")
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option("--region", metavar="CLOUD=REGION", help="Region of a cloud, repeatable."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write a chart: FILE.svg or FILE.html.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare what one workload costs on many kinds of target, by the plans of a preview."""
    from modelport.operations.cost import Asked, compare
    from modelport.operations.cost_page import write_page

    if bundle and deployment:
        raise ConfigError(["--bundle and --deployment exclude each other; give one of them"])
    given = {
        "rate": rate, "requests_per_month": requests, "p99": duration, "payload": payload,
        "answer": answer, "model_size": model_size, "gpu_memory": gpu_memory,
    }  # fmt: skip
    workload = {name: value for name, value in given.items() if value is not None}
    asked = Asked(deployment, bundle, workload, region or ())
    found = compare(find_home(own=True), stack, kinds or (), asked)
    if output is not None:
        write_page(found, output)
    if as_json:
        print_json(dump(found))
    else:
        _show(found)
    if output is not None:
        err.print(f"wrote {output}", markup=False)


def _show(found: "Comparison") -> None:
    from modelport.operations.cost_page import COLUMNS, amounts, remarks

    known = ", ".join(f"{name} {value}" for name, value in found.workload.items())
    out.print(escape(f"{found.bundle} · {known or 'nothing known of its requests'}"))
    if found.offers:
        rows = [
            (offer.target, f"{offer.size} x {offer.replicas}", *amounts(offer), offer.prices_as_of)
            for offer in found.offers
        ]
        out.print(table(("target", "instances", *COLUMNS, "prices of"), rows))
        out.print("")
        for line in _bars(found):
            out.print(escape(line))
        out.print("")
    for text in remarks(found):
        out.print(escape(text))
    for offer in found.offers:
        said = [f"without {offer.unpriced}"] if offer.unpriced else []
        said += [offer.price_notes] if offer.price_notes else []
        if said:
            out.print(escape(f"{offer.target}: {'; '.join(said)}"))
    for one in found.refused:
        for reason in one.reasons:
            out.print(escape(f"{one.target} cannot serve it: {reason}"))


def _bars(found: "Comparison") -> list[str]:
    """Bars in USD a month: full blocks for what is idle, shaded ones for the rest."""
    most = max(offer.monthly_usd for offer in found.offers) or 1
    wide = max(len(offer.target) for offer in found.offers)
    lines = [f"{'':<{wide}}  █ when nobody calls  ░ added by the workload"]
    for offer in found.offers:
        full = round(_WIDTH * offer.monthly_usd / most)
        idle = min(round(_WIDTH * offer.idle_usd / most), full)
        bar = "█" * idle + "░" * (full - idle)
        lines.append(f"{offer.target:<{wide}}  {bar} {offer.monthly_usd:,.2f}")
    return lines
