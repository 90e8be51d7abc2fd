"""Rules: what a platform demands of a server, one row of `tables/rules.csv` each."""

from dataclasses import dataclass
from functools import cache
from typing import cast

from modelport.errors import PlanError
from modelport.feasibility.sources import Grade, Source, read_table, sources

_PACKAGE = "modelport.conformance"


@dataclass(frozen=True, slots=True)
class Rule:
    """One demand of one kind of target."""

    kind: str
    name: str
    """What is demanded, e.g. `listen`, `health`; a function of `checks.py` tests it."""
    seconds: float | None
    """Time that the platform gives; None where it names none."""
    sentence: str
    """The platform's rule."""
    source: Source
    grade: Grade


@cache
def _rules() -> tuple[Rule, ...]:
    known = sources() | sources(_PACKAGE)
    return tuple(
        Rule(
            kind=row["kind"],
            name=row["rule"],
            seconds=float(row["value"]) if row["value"] else None,
            sentence=row["sentence"],
            source=known[row["source"]],
            grade=cast("Grade", row["grade"]),
        )
        for row in read_table("rules.csv", _PACKAGE)
    )


def rules_of(kind: str) -> list[Rule]:
    """The rules of one kind, in the order in which they are checked.

    Raises:
        PlanError: the kind is not known.
    """
    found = [rule for rule in _rules() if rule.kind == kind]
    if not found:
        known = ", ".join(dict.fromkeys(rule.kind for rule in _rules()))
        raise PlanError(f"{kind}: not in the tables of platforms; known: {known}")
    return found
