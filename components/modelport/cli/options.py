"""Options that commands share."""

from typing import Annotated

import typer

StackOption = Annotated[
    str, typer.Option("--stack", "-s", help="Stack: the word between 'Pulumi.' and '.yaml'.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
NameArgument = Annotated[str | None, typer.Argument(help="Deployment; the only one when left out.")]
