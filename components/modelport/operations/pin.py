"""Pin: write the digest of a bundle into a stack's file, so that nothing else is deployed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modelport.bundles import build
from modelport.config.stackfile import scalar_at
from modelport.errors import ConfigError
from modelport.home import Home
from modelport.operations.session import check_config
from modelport.operations.workspace import stack_file


@dataclass(frozen=True, slots=True)
class Pinned:
    """A deployment whose bundle is named by digest."""

    name: str
    """Deployment name."""
    bundle: str
    """What the stack's file says now: `name@digest`."""
    line: int
    """Line of the file that says so."""
    changed: bool
    """Whether it said something else before."""


def pin(
    home: Home, stack: str, name: str | None, show: Callable[[str, float], None]
) -> list[Pinned]:
    """Build what the sources here give, and name it in the stack's file.

    Args:
        home: The project's home.
        stack: Stack name.
        name: Deployment name; all of them when none.
        show: Told each step and the fraction that is done.

    Raises:
        ConfigError: the stack's file is not valid or has no such deployment.
        GateRefused: a model does not pass its gate; the file is as before.
        BundleError: a bundle cannot be trained or built; the file is as before.
    """
    config = check_config(home, stack)
    if name is not None and name not in config.deployments:
        known = ", ".join(config.deployments)
        raise ConfigError([f"'{name}' is no deployment of stack {stack}; there are: {known}"])
    chosen = [name] if name is not None else list(config.deployments)
    built = {
        item: build(
            home.sources,
            home,
            config.deployments[item].bundle_name,
            config.deployments[item].gate,
            progress=show,
        )
        for item in chosen
    }
    pinned: list[Pinned] = []
    for item, record in built.items():
        bundle = f"{record.name}@{record.version}"
        line = write_pin(stack_file(home, stack), item, bundle)
        pinned.append(Pinned(item, bundle, line, bundle != config.deployments[item].bundle))
    return pinned


def write_pin(file: Path, name: str, bundle: str) -> int:
    """Write a deployment's bundle into the file and nothing else; returns its line.

    Raises:
        ConfigError: there is no plain value to replace.
    """
    text = file.read_text()
    begin, end, line = scalar_at(text, ("deployments", name, "bundle"))
    if text[begin:end] != bundle:
        file.write_text(text[:begin] + bundle + text[end:])
    return line
