"""Rollback: a version that was built before goes live again, through the engine.

The stack's file says what is live, so the version is written there: the next `up` keeps it, and a
reviewer sees the line.
"""

from collections.abc import Callable
from dataclasses import dataclass

from modelport.bundles import find
from modelport.errors import ConfigError, ModelportError
from modelport.home import Home
from modelport.operations.pin import write_pin
from modelport.operations.session import check_config
from modelport.operations.up import UpResult, up


@dataclass(frozen=True, slots=True)
class RollbackResult:
    """What a rollback did."""

    edited: str
    """The line that now names the version: `file:line: bundle: name@version`."""
    up: UpResult
    """The update."""


def rollback(
    home: Home, stack: str, name: str, version: str, show: Callable[[str, float], None]
) -> RollbackResult:
    """Make `version` of a deployment's bundle live.

    Args:
        home: The project's home.
        stack: Stack name.
        name: Deployment name.
        version: The version, or the first digits of it.
        show: Told each step and the fraction that is done.

    Raises:
        ConfigError: the stack's file is not valid or has no such deployment.
        BundleError: no such version is built here.
        EngineError: the update failed; the stack's file is as before.
    """
    config = check_config(home, stack)
    if name not in config.deployments:
        known = ", ".join(config.deployments)
        raise ConfigError([f"'{name}' is no deployment of stack {stack}; there are: {known}"])
    record = find(home, config.deployments[name].bundle_name, version)
    file = home.project / f"Pulumi.{stack}.yaml"
    before = file.read_text()
    line = write_pin(file, name, f"{record.name}@{record.version}")
    try:
        result = up(home, stack, show)
    except ModelportError:
        file.write_text(before)
        raise
    return RollbackResult(f"{file.name}:{line}: bundle: {record.name}@{record.version}", result)
