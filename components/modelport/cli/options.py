"""Options that commands share."""

from typing import Annotated

import typer

from modelport.errors import ConfigError
from modelport.home import Home

StackOption = Annotated[
    str, typer.Option("--stack", "-s", help="Stack: the word between 'Pulumi.' and '.yaml'.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
NameArgument = Annotated[str | None, typer.Argument(help="Deployment; the only one when left out.")]


def only_deployment(home: Home, stack: str, name: str | None) -> str:
    """The named deployment, or the only one of the stack."""
    from modelport.operations.session import check_config

    known = list(check_config(home, stack).deployments)
    if name is None and len(known) == 1:
        return known[0]
    if name is None:
        raise ConfigError([f"which deployment? give one of: {', '.join(known)}"])
    if name not in known and not home.deployment(stack, name).is_dir():
        raise ConfigError(
            [f"'{name}' is no deployment of stack {stack}; there are: {', '.join(known)}"]
        )
    return name
