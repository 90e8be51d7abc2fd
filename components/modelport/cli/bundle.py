"""Commands about bundles: train, build, pin, image, sbom."""

from typing import Annotated

import typer
from rich.markup import escape

from modelport.cli.console import dump, out, print_json, progress, table
from modelport.cli.options import JsonOption, NameArgument, StackOption
from modelport.home import find_home

BundleArgument = Annotated[
    str | None,
    typer.Argument(help="Bundle folder below bentos/; those of the stack when left out."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(train)
    app.command()(build)
    app.command()(pin)
    app.command()(image)
    app.command()(sbom)


def train(
    bundle: BundleArgument = None, *, stack: StackOption = "dev", as_json: JsonOption = False
) -> None:
    """Train and evaluate; shows the scores beside the baseline and the live version."""
    from modelport.operations.bundles import train_bundles

    with progress("train", quiet=as_json) as show:
        trained = train_bundles(find_home(own=True), stack, bundle, show)
    if as_json:
        print_json([item.summary() for item in trained])
        return
    for item in trained:
        _show(item.title, item.rows)


def build(
    bundle: BundleArgument = None, *, stack: StackOption = "dev", as_json: JsonOption = False
) -> None:
    """Train what is new, gate it, and build the bundles that pass."""
    from modelport.operations.bundles import build_bundles

    with progress("build", quiet=as_json) as show:
        built = build_bundles(find_home(own=True), stack, bundle, show)
    if as_json:
        print_json([item.summary() for item in built])
        return
    for item in built:
        _show(item.title, item.rows)


def pin(
    name: NameArgument = None, *, stack: StackOption = "prod", as_json: JsonOption = False
) -> None:
    """Build the bundles of a stack and write their digests into its file."""
    from modelport.operations.pin import pin as run

    with progress("pin", quiet=as_json) as show:
        pinned = run(find_home(own=True), stack, name, show)
    if as_json:
        print_json(dump(pinned))
        return
    for item in pinned:
        state = "" if item.changed else " (as before)"
        out.print(escape(f"Pulumi.{stack}.yaml:{item.line}: bundle: {item.bundle}{state}"))


def image(
    bundle: Annotated[
        str | None, typer.Argument(help="Bundle, also name@version; the only one when left out.")
    ] = None,
    *,
    tag: Annotated[
        str | None, typer.Option("--tag", "-t", help="Name and tag; name:version by default.")
    ] = None,
    base_image: Annotated[
        str | None, typer.Option("--base-image", help="Instead of the slim Python that trained it.")
    ] = None,
    arm: Annotated[bool, typer.Option("--arm64", help="For arm64 instead of amd64.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Build a bundle's image with Docker or buildah; `up` does it where a target needs one."""
    from modelport.operations.image import image as run

    with progress("image", quiet=as_json) as show:
        made = run(
            find_home(own=True),
            bundle,
            tag=tag,
            base_image=base_image,
            architecture="arm64" if arm else "amd64",
            show=show,
        )
    if as_json:
        print_json(dump(made))
        return
    out.print(escape(f"{made.image}: {made.bundle}, {made.megabytes} MB"))


def sbom(
    bundle: Annotated[
        str | None, typer.Argument(help="Bundle, also name@version; the only one when left out.")
    ] = None,
    *,
    base_image: Annotated[
        str | None, typer.Option("--base-image", help="What its image is built on, to name it too.")
    ] = None,
) -> None:
    """Print what a built bundle is made of, as CycloneDX 1.6 JSON."""
    from modelport.operations.sbom import sbom as run

    print_json(run(find_home(own=True), bundle, base_image=base_image))


def _show(title: str, rows: list[tuple[str, ...]]) -> None:
    out.print(escape(title), style="bold")
    out.print(table(("metric", "value", "baseline", "live", "gate"), rows))
