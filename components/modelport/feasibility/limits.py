"""Limits: what a platform takes at most, one row of `tables/limits.csv` each."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import cast

from modelport.errors import PlanError
from modelport.feasibility.kinds import known_kind
from modelport.feasibility.sources import Grade, Source, read_table, sources

UNITS = {
    "s": 1.0,
    "KB": 1e3, "MB": 1e6, "GB": 1e9, "MB/s": 1e6,
    "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30,
    "/s": 1.0, "requests": 1.0, "vCPU": 1.0, "characters": 1.0,
}  # fmt: skip
"""What one of a unit is in seconds, bytes or pieces; a vendor's MB is read as 10^6 bytes."""

EVERY_KIND = "*"
"""Kind of the limits that our own server brings to every target."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of one kind of target."""

    kind: str
    name: str
    """What is limited, e.g. `payload`, `request_time`."""
    option: str
    """The way of using the platform that has this limit instead; empty for the usual one."""
    value: str
    """As the source writes it; `none` where the platform sets no limit."""
    unit: str
    firm: bool
    """Whether no setting, plan or quota raises it."""
    bounds: str
    """What exactly is bounded."""
    source: Source
    grade: Grade

    @property
    def amount(self) -> float | None:
        """The value in seconds, bytes or pieces; None where there is no limit or no number."""
        if self.value == "none" or self.unit == "pattern":
            return None
        return float(self.value) * UNITS[self.unit]

    @property
    def refuses(self) -> bool:
        """Whether breaking it is a refusal; otherwise it is a warning."""
        return self.firm and self.grade != "C"

    @property
    def text(self) -> str:
        """The value with its unit, e.g. `6 MB`."""
        return "no limit" if self.value == "none" else f"{self.value} {self.unit}"


@cache
def limits() -> tuple[Limit, ...]:
    """Every limit, in the order of the table."""
    return tuple(
        Limit(
            kind=row["kind"],
            name=row["limit"],
            option=row["option"],
            value=row["value"],
            unit=row["unit"],
            firm=row["firm"] == "yes",
            bounds=row["bounds"],
            source=sources()[row["source"]],
            grade=cast("Grade", row["grade"]),
        )
        for row in read_table("limits.csv")
    )


def limits_of(kind: str, options: Collection[str] = ()) -> list[Limit]:
    """The limits that hold for a kind used with these options, and those of every kind.

    Args:
        kind: Kind of target.
        options: Ways of using it that change limits, e.g. `serverless`, `http_api`, `shared`.

    Raises:
        PlanError: the kind is not known, or it has no such option.
    """
    known_kind(kind)
    known = {limit.option for limit in limits() if limit.kind == kind and limit.option}
    for option in options:
        if option not in known:
            message = f"{option}: no option of {kind}; known: {', '.join(sorted(known)) or 'none'}"
            raise PlanError(message)
    chosen: dict[str, Limit] = {}
    for limit in limits():
        if limit.kind != kind or (limit.option and limit.option not in options):
            continue
        if limit.option or limit.name not in chosen:
            chosen[limit.name] = limit
    return [*chosen.values(), *(limit for limit in limits() if limit.kind == EVERY_KIND)]
