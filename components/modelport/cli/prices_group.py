"""Commands about the price book: prices refresh."""

import os
from typing import Annotated

import typer
from rich.markup import escape

from modelport.cli.console import dump, err, out, print_json, progress
from modelport.cli.options import JsonOption
from modelport.errors import ConfigError

_group = typer.Typer(
    name="prices", help="The price book.", no_args_is_help=True, rich_markup_mode=None
)
_REGIONS = {"aws": ["us-east-1"], "azure": ["eastus"], "gcp": ["us-central1"]}
_KEY = "GOOGLE_API_KEY"


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(_group)


@_group.callback()
def _prices() -> None:  # pyright: ignore[reportUnusedFunction] - a group of one command needs it
    """The price book."""


@_group.command()
def refresh(
    vendors: Annotated[
        list[str] | None, typer.Argument(help="aws, azure, gcp; the first two when left out.")
    ] = None,
    *,
    region: Annotated[
        list[str] | None,
        typer.Option("--region", metavar="VENDOR=REGION", help="Region to fetch, repeatable."),
    ] = None,
    mirror: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="VENDOR=URL", help="Mirror of the vendor's price files."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch list prices from the vendors' public price files; Google's needs GOOGLE_API_KEY."""
    from modelport.config.problems import named_values
    from modelport.prices.overlay import overlay_path
    from modelport.prices.refresh import VENDORS, Source
    from modelport.prices.refresh import refresh as run

    chosen = vendors or ["aws", "azure"]
    unknown = [name for name in chosen if name not in VENDORS]
    if unknown:
        raise ConfigError(
            [f"{name}: no vendor; there are: {', '.join(VENDORS)}" for name in unknown]
        )
    form = "VENDOR=VALUE, with one of"
    asked = named_values("--region", region or (), chosen, form)
    regions = {name: [text for one, text in asked if one == name] for name in chosen}
    bases = dict(named_values("--from", mirror or (), chosen, form))
    sources = {
        name: Source(
            bases.get(name, VENDORS[name].base),
            os.environ.get(_KEY, "") if VENDORS[name].keyed else "",
        )
        for name in chosen
    }
    with progress("prices", quiet=as_json) as show:
        found = run(
            overlay_path(),
            {name: regions[name] or _REGIONS[name] for name in chosen},
            sources,
            show,
        )
    if as_json:
        print_json(dump(found) | {"path": str(found.path)})
        return
    for name, count in found.counts.items():
        out.print(escape(f"{name}: {count} prices"))
    for name in found.doubtful:
        err.print(escape(f"left as it was, for its file has two prices of it: {name}"))
    out.print(escape(f"wrote {found.path}"))
