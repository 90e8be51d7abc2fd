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

    @classmethod
    def here(cls, stack: str) -> "PlanContext":
        """A stack in the environment that is called like it, else in `dev`."""
        for environment in _ENVIRONMENTS:
            if environment == stack:
                return cls(stack=stack, environment=environment)
        return cls(stack=stack, environment="dev")


_ENVIRONMENTS: tuple[Environment, ...] = ("dev", "staging", "prod")
