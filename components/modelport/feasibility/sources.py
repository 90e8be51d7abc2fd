"""Sources: where a fact was read, and when; and the tables' files."""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

Grade = Literal["A", "B", "C"]
"""A: the vendor or its SDK says so. B: somebody quotes the vendor. C: known, but not verified."""


@dataclass(frozen=True, slots=True)
class Source:
    """A page that states a fact."""

    id: str
    title: str
    address: str
    """Web address, or a path of this repository."""
    as_of: date
    """Day on which the fact was entered; its grade says how sure it is."""

    def __str__(self) -> str:
        return f"{self.title}, {self.address}, {self.as_of}"


def read_table(name: str, package: str = "modelport.feasibility") -> list[dict[str, str]]:
    """The rows of a file in a package's `tables/` by column."""
    text = files(package).joinpath("tables", name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def sources(package: str = "modelport.feasibility") -> dict[str, Source]:
    """Every source of a package's tables by its id."""
    return {
        row["id"]: Source(row["id"], row["title"], row["address"], date.fromisoformat(row["as_of"]))
        for row in read_table("sources.csv", package)
    }
