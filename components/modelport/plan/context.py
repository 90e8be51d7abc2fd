"""What a plan knows about where it belongs."""

from dataclasses import dataclass

from modelport.config.deployment import Environment


@dataclass(frozen=True, slots=True)
class PlanContext:
    """The stack that is planned."""

    stack: str
    """Pulumi stack name, e.g. `dev`."""
    environment: Environment
    """Which rules hold."""
