"""Kinds of target: their cloud and the family of components that they belong to."""

from collections.abc import Iterator
from dataclasses import dataclass

from modelport.errors import PlanError
from modelport.feasibility.sources import read_table


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of target."""

    name: str
    """As it is written in `target.kind`."""
    cloud: str
    """`aws`, `gcp`, `azure`, `heroku` or `local`."""
    component: str
    """The component that makes it; its family."""


KINDS = {
    row["kind"]: Kind(row["kind"], row["kind"].partition(".")[0], row["component"])
    for row in read_table("kinds.csv")
}
"""Every kind that the tables cover, by name."""


def known_kind(kind: str) -> Kind:
    """The kind of this name.

    Raises:
        PlanError: there is none in the tables.
    """
    if kind not in KINDS:
        message = f"{kind}: not in the tables of platforms; known: {', '.join(KINDS)}"
        raise PlanError(message)
    return KINDS[kind]


def nearest_first(kind: str) -> Iterator[Kind]:
    """The other kinds, nearest first: same cloud and family, same cloud, same family, the rest."""
    own = known_kind(kind)

    def distance(other: Kind) -> tuple[bool, bool]:
        return other.cloud != own.cloud, other.component != own.component

    yield from sorted((other for other in KINDS.values() if other != own), key=distance)
