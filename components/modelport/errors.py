"""Errors that a person reads: one sentence each, never a traceback.

    ModelportError
    ├── ConfigError      what was written is not valid; holds every problem with its path
    ├── PlanError        what was written cannot be done, with the reason
    ├── BundleError      a bundle is missing, broken or could not be trained or built
    │   └── GateRefused  the model did not pass its gate; holds the table of scores
    ├── EngineError      the Pulumi engine could not be had or did not finish
    ├── ServiceError     a live service did not start, answer or verify
    └── ComponentError   any of these from a component in a Pulumi program (endpoint_component.py)

Messages start lower case, carry no final period, and name the wrong value, what is allowed and the
next step.
"""


class ModelportError(Exception):
    """Base of all errors that are meant for the user."""

    exit_code = 1
    """Exit status of the command that ends with this error."""


class ConfigError(ModelportError):
    """The configuration is not valid; `problems` holds one line for each mistake."""

    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class PlanError(ModelportError):
    """The configuration is valid, but cannot be done."""


class BundleError(ModelportError):
    """A bundle is missing or broken, or could not be trained or built."""


class GateRefused(BundleError):  # noqa: N818 - a refusal, not an accident
    """A model did not pass its gate."""


class EngineError(ModelportError):
    """The Pulumi engine could not be had, or did not finish."""


class ServiceError(ModelportError):
    """A live service did not start, answer or verify."""
