"""Options that commands share."""

import os
from typing import Annotated

import typer

from modelport.errors import ConfigError
from modelport.home import OFFLINE_ENV, Home, find_home

StackOption = Annotated[
    str, typer.Option("--stack", "-s", help="Stack: the word between 'Pulumi.' and '.yaml'.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
OfflineOption = Annotated[
    bool,
    typer.Option(
        "--offline",
        help="Ask no platform and make nothing real: types, wiring, policies and cost only.",
    ),
]
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


def home_here(*, offline: bool) -> Home:
    """The home of the project here; its offline side when asked for."""
    if offline and find_home(own=True).offline is None:
        os.environ[OFFLINE_ENV] = "1"
    return find_home(own=True)
