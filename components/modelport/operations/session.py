"""Session: one stack of this project, ready for the engine."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi import automation as auto

from modelport.cloud.credentials import require_credentials
from modelport.cluster.plugin import install_stand_in
from modelport.config import StackConfig, read_stack_file
from modelport.config.stackfile import read_settings
from modelport.engine import Progress, engine_environment, install_engine, install_plugin
from modelport.engine.guard import refuse_mixture
from modelport.engine.texts import is_summary, readable_error
from modelport.errors import ConfigError, EngineError
from modelport.home import RESERVED, Home
from modelport.operations.recover import prepare_state
from modelport.operations.workspace import (
    PLACEHOLDER,
    secret_keys,
    stack_file,
    workspace,
)

_CLUSTER = "kubernetes"
"""Kind whose provider is stood in for where its official plugin is not installed."""


@dataclass(frozen=True, slots=True)
class Session:
    """A stack with its checked config; the engine's environment is set."""

    home: Home
    stack: str
    config: StackConfig
    engine: auto.Stack

    def endpoints(self) -> dict[str, dict[str, Any]]:
        """What the stack says of its deployments; empty when nothing is deployed.

        Outputs that a program exports besides are left out.
        """
        found = {name: output.value for name, output in self.engine.outputs().items()}
        return {name: value for name, value in found.items() if _is_endpoint(value)}


def check_config(home: Home, stack: str, *, own: bool = False) -> StackConfig:
    """Read the stack's file and check it, before anything else happens.

    Args:
        home: The project's home.
        stack: Stack name.
        own: Whether it may be the file of a program of the user's own, which has no deployments of
            ours; offline it always may.

    Raises:
        ConfigError: with every mistake.
    """
    if stack in RESERVED:
        raise ConfigError([f"a stack may not be called '{stack}': .modelport/{stack} is taken"])
    file = stack_file(home, stack)
    missing = not file.is_file() and any(file.parent.glob("Pulumi.*.yaml"))
    ordinary = not missing if home.offline else own and file.is_file()
    # An ordinary program that does call our `deploy` says itself what it misses.
    return read_settings(file) if ordinary else read_stack_file(file)


def open_session(
    home: Home,
    stack: str,
    progress: Progress | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    deploys: bool = False,
) -> Session:
    """Check the config, make sure of the engine and select the stack.

    Args:
        home: The project's home.
        stack: Stack name.
        progress: Told each step and the fraction that is done.
        environment: More variables for the engine and the program.
        deploys: Whether the stack is to be previewed, updated or removed: then credentials must be
            there, unless offline, and a program of the user's own is as good as one of ours.

    Raises:
        ConfigError: the stack's file is not valid, or a prod stack has no secrets provider.
        ModelportError: there are no credentials of a cloud that is to be asked.
        EngineError: the engine cannot be had or does not open the stack.
    """
    config = check_config(home, stack, own=deploys)
    install_engine(home, progress)
    install_plugin(home)
    if not home.offline and any(item.kind == _CLUSTER for item in config.deployments.values()):
        install_stand_in(home)
    _enter(engine_environment(home))
    refuse_mixture(home)
    if not home.offline:
        _check_secrets(home, stack, config)
        if deploys:
            require_credentials(item.kind for item in config.deployments.values())
    home.state.mkdir(parents=True, exist_ok=True)
    prepare_state(home, stack)
    try:
        engine = auto.create_or_select_stack(
            stack_name=stack,
            work_dir=str(workspace(home, stack)),
            opts=auto.LocalWorkspaceOptions(env_vars={**os.environ, **(environment or {})}),
        )
        if home.offline:
            _set_placeholders(home, stack, engine)
    except auto.CommandError as error:
        raise EngineError(last_error(error)) from None
    return Session(home, stack, config, engine)


def last_error(error: auto.CommandError) -> str:
    """What the engine said, without its own framing."""
    # Standard error first; when an event was lost on its way, the display holds the error.
    shown, _, stderr = str(error).partition("stderr:")
    for part in (stderr, shown):
        lines = (line.strip() for line in part.splitlines())
        errors = (readable_error(line) for line in lines if line.startswith("error: "))
        said = list(dict.fromkeys(text for text in errors if not is_summary(text)))
        if said:
            return "; ".join(said)
    rest = stderr if stderr.strip() else shown
    return " ".join(line.strip() for line in rest.splitlines() if line.strip())


def _is_endpoint(value: object) -> bool:
    return isinstance(value, dict) and {"bundle", "version", "url"} <= value.keys()


def _enter(environment: dict[str, str]) -> None:
    """Make the engine's environment this process's own."""
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)


def _set_placeholders(home: Home, stack: str, engine: auto.Stack) -> None:
    """Secrets of the config stay secrets offline, but nobody can read them here."""
    keys = secret_keys(home, stack)
    if keys:
        values = {key: auto.ConfigValue(PLACEHOLDER, secret=True) for key in keys}
        engine.set_all_config(values, path=True)


def _check_secrets(home: Home, stack: str, config: StackConfig) -> None:
    """The published development passphrase must never guard production's secrets."""
    if config.environment != "prod":
        return
    file = home.project / f"Pulumi.{stack}.yaml"
    if any(line.startswith("secretsprovider:") for line in file.read_text().splitlines()):
        return
    if "PULUMI_CONFIG_PASSPHRASE" in os.environ:  # the engine takes it before a file
        return
    if os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE") == str(home.passphrase):
        problem = (
            f"{file.name}: a prod stack needs a secrets provider of your own; write e.g. "
            "'secretsprovider: awskms://alias/NAME?region=REGION' at the top of the file, or set "
            "PULUMI_CONFIG_PASSPHRASE to a passphrase of yours"
        )
        raise ConfigError([problem])
