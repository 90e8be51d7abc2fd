"""Limits: how much of each part of the report is shown, and what is said of the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelport.report.words import counted

JSON = "the JSON report has all of them"
"""Where what is left out can be found."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of each part is shown."""

    risks: int = 200
    """Points to look at."""
    entries: int = 300
    """Resources that change."""
    properties: int = 40
    """Properties of one resource."""
    findings: int = 200
    """What policies said."""
    lines: int = 50
    """Outputs, errors and prices."""
    diagram: bool = True
    """Whether the diagram is there."""


def left_out(there: int, shown_number: int, one: str) -> Sequence[str]:
    """A line about what is left out of a list; none when nothing is."""
    left = there - shown_number
    return (
        (f"\n… and {counted(left, f'more {one}')}, left out to keep this short; {JSON}.",)
        if left > 0
        else ()
    )
