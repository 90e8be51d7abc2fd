"""Bill: what the pricer of a type finds in one resource."""

from dataclasses import dataclass, field

from modelport.prices import Case, Parts, unpriced
from modelport.prices.machines import disk


@dataclass(frozen=True, slots=True)
class Bill:
    """What one resource costs, as far as its inputs say it."""

    parts: Parts = field(default_factory=Parts)
    """Lines with a price, and names of what has none."""
    by_use: tuple[str, ...] = ()
    """What costs as much as it is used, with the price of one unit; it is in no sum."""
    free: str = ""
    """Why it costs nothing by itself; empty when it does cost something."""

    def __add__(self, other: "Bill") -> "Bill":
        return Bill(self.parts + other.parts, self.by_use + other.by_use, self.free or other.free)

    @property
    def priced(self) -> bool:
        """Whether some of it has a price."""
        return bool(self.parts.lines)


def without_price(*reasons: str) -> Bill:
    """What costs something that the price book does not know, with the reason."""
    return Bill(unpriced(*reasons))


def nothing(why: str) -> Bill:
    """What costs nothing by itself."""
    return Bill(free=why)


def boot_disk(case: Case, gib: float, kind: str) -> Parts:
    """The disk that a machine starts from; one without a size is as large as its image says."""
    return disk(case, gib, kind) if gib else unpriced("a disk whose size the image decides")
