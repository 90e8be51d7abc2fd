"""Risk: one thing that a person should look at before saying yes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from modelport.report.recording import Model, Step

Severity = Literal["high", "medium", "low"]
Subject = Literal[
    "endpoint", "data", "exposure", "identity", "secret", "scale", "safeguard", "model"
]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")


class Risk(Model):
    """A point to look at."""

    severity: Severity
    """How bad it would be, if it is what it looks like."""
    subject: Subject
    """What it is about."""
    urn: str
    """The resource."""
    name: str
    """Its name in the program."""
    what: str
    """What happens, as the rest of a sentence that begins with the name."""
    why: str
    """Why that matters."""
    check: str
    """What to find out, or to do, before saying yes."""
    judged: bool = True
    """Whether it is known; else it could not be judged before the update."""

    @property
    def urgent(self) -> bool:
        """Whether a person should look: it is more than small, or nobody can say."""
        return self.severity != "low" or not self.judged


Steps = Mapping[str, Step]
Judge = Callable[[Step, Steps], Iterator[Risk]]
"""Finds what is to be said about one step, given all of them by URN."""


def risk(
    step: Step,
    severity: Severity,
    subject: Subject,
    what: str,
    *,
    why: str,
    check: str,
    judged: bool = True,
) -> Risk:
    """A risk of this step."""
    return Risk(
        severity=severity, subject=subject, urn=step.urn, name=step.name,
        what=what, why=why, check=check, judged=judged,
    )  # fmt: skip
