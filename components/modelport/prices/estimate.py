"""Estimates: lines of cost for one workload, their sums, and the facts that a preview shows."""

import math
from dataclasses import dataclass

from modelport.prices.book import Price, PriceBook, oldest

HOURS = 730.0
"""Hours of a month, as providers count it."""
SECONDS = HOURS * 3600
"""Seconds of a month."""
GB = 1e9
"""Bytes of a GB; where a provider means 2^30, an estimate is 7 % too high."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What is asked of a deployment."""

    requests: float
    """Requests a month."""
    milliseconds: float
    """How long one of them keeps the model busy."""
    request_bytes: float = 0
    """Size of a request."""
    response_bytes: float = 0
    """Size of an answer."""

    def __post_init__(self) -> None:
        if self.milliseconds <= 0:
            raise ValueError(f"milliseconds is {self.milliseconds}, but must be above 0")
        if min(self.requests, self.request_bytes, self.response_bytes) < 0:
            raise ValueError("requests and their sizes must not be below 0")

    @property
    def seconds(self) -> float:
        """How long one request takes, in seconds."""
        return self.milliseconds / 1000

    @property
    def at_once(self) -> float:
        """Requests that are under way at one moment, over a month's average."""
        return self.requests * self.seconds / SECONDS


@dataclass(frozen=True, slots=True)
class Scale:
    """How many instances there may be: machines, tasks, replicas, or copies of a function."""

    minimum: int
    """Instances that are always there."""
    maximum: int
    """Instances that there are at most."""
    at_once: int = 1
    """Requests that one of them serves at once."""

    def __post_init__(self) -> None:
        if not 0 <= self.minimum <= self.maximum or self.at_once < 1:
            raise ValueError(f"{self} must hold 0 <= minimum <= maximum and at_once >= 1")


@dataclass(frozen=True, slots=True)
class Case:
    """What all parts of one estimate share."""

    book: PriceBook
    """Where the prices are from."""
    provider: str
    """`aws`, `gcp`, `azure` or `heroku`."""
    region: str
    """Region, in the provider's words."""
    workload: Workload
    """What is asked of it."""
    scale: Scale
    """How many instances it may have."""

    @property
    def needed(self) -> int:
        """Instances that an even load would keep busy, whatever the scale allows."""
        return math.ceil(self.workload.at_once / self.scale.at_once)

    @property
    def standing(self) -> int:
        """Instances that this load keeps running; peaks within the month are not known."""
        return min(max(self.needed, self.scale.minimum), self.scale.maximum)

    @property
    def requests_at_most(self) -> float:
        """Requests of a month in which all instances are busy all the time."""
        served = self.scale.maximum * self.scale.at_once * SECONDS / self.workload.seconds
        return max(served, self.workload.requests)


@dataclass(frozen=True, slots=True)
class Line:
    """One part of a bill."""

    what: str
    """What is paid for."""
    quantity: float
    """How much of it a month, at the workload."""
    idle_quantity: float
    """How much of it in a month without any request."""
    most_quantity: float
    """How much of it in a month at maximum scale."""
    quantity_per_request: float
    """How much of it for one request; 0 for what stands there anyway."""
    price: Price
    """What one of it costs."""

    @property
    def usd_per_month(self) -> float:
        """USD a month, at the workload."""
        return self.quantity * self.price.usd


@dataclass(frozen=True, slots=True)
class Parts:
    """Some lines of an estimate, and what belongs to them, but has no price."""

    lines: tuple[Line, ...] = ()
    """What has a price."""
    unpriced: tuple[str, ...] = ()
    """Names of what has none; they hold no comma."""

    def __add__(self, other: "Parts") -> "Parts":
        return Parts(self.lines + other.lines, self.unpriced + other.unpriced)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one deployment costs in USD: list prices, 730 hours a month, no free grants."""

    lines: tuple[Line, ...]
    """What has a price."""
    unpriced: tuple[str, ...]
    """Names of what has none and is not in the sums, which are too low by it."""

    @classmethod
    def of(cls, *parts: Parts) -> "Estimate":
        """The estimate of a deployment with these parts."""
        return cls(
            lines=tuple(line for part in parts for line in part.lines),
            unpriced=tuple(dict.fromkeys(name for part in parts for name in part.unpriced)),
        )

    @property
    def monthly_usd(self) -> float:
        """A month at the workload: what is fixed, and its requests."""
        return sum(line.usd_per_month for line in self.lines)

    @property
    def monthly_fixed_usd(self) -> float:
        """That part of a month at the workload that no single request causes."""
        return sum(line.usd_per_month for line in self.lines if not line.quantity_per_request)

    @property
    def per_1000_usd(self) -> float:
        """What 1,000 predictions add to what is fixed."""
        return sum(1000 * line.quantity_per_request * line.price.usd for line in self.lines)

    @property
    def idle_usd(self) -> float:
        """A month without any request."""
        return sum(line.idle_quantity * line.price.usd for line in self.lines)

    @property
    def worst_case_usd(self) -> float:
        """A month with all instances that there may be, all busy."""
        return sum(line.most_quantity * line.price.usd for line in self.lines)

    @property
    def oldest(self) -> str:
        """Date of the oldest price; `undated` when none of them has one."""
        return oldest([line.price.as_of for line in self.lines])

    @property
    def said(self) -> tuple[str, ...]:
        """What stands for prices that are not exactly those that were looked for."""
        moved: dict[tuple[str, str], list[str]] = {}
        sentences: list[str] = []
        for price in (line.price for line in self.lines if not line.price.exact):
            if price.elsewhere is None:
                sentences.append(price.said)
                continue
            what, asked, other = price.elsewhere
            moved.setdefault((asked, other), []).append(what)
        for (asked, other), names in moved.items():
            listed = ", ".join(dict.fromkeys(names))
            sentences.append(f"prices of {other} count, those of {asked} are not known: {listed}")
        return tuple(dict.fromkeys(sentences))


def stands(
    what: str,
    price: Price | None,
    quantity: float,
    *,
    idle: float | None = None,
    most: float | None = None,
) -> Parts:
    """A line that is there without requests; by default as much when idle and at most."""
    if price is None:
        return unpriced(what)
    idle_quantity = quantity if idle is None else idle
    most_quantity = quantity if most is None else most
    return Parts((Line(what, quantity, idle_quantity, most_quantity, 0, price),))


def requested(
    case: Case, what: str, price: Price | None, each: float, *, most: float | None = None
) -> Parts:
    """A line that every request adds `each` to; by default up to `requests_at_most` times."""
    if price is None:
        return unpriced(what)
    quantity = each * case.workload.requests
    most_quantity = each * case.requests_at_most if most is None else max(most, quantity)
    return Parts((Line(what, quantity, 0, most_quantity, each, price),))


def unpriced(*names: str) -> Parts:
    """What is known to cost something, but has no price in the book."""
    return Parts(unpriced=tuple(name.replace(",", ";") for name in names))


def facts(estimate: Estimate) -> dict[str, float | str]:
    """Flat facts for the difference that a preview shows.

    `monthly_usd`, `idle_usd` and `worst_case_usd` in USD a month, rounded to cents; `per_1000_usd`
    for 1,000 predictions, rounded to a hundredth of a cent; `prices_as_of`, the oldest date, and
    how many prices have none. `unpriced` and `price_notes` are there when there is one to name.
    """
    found: dict[str, float | str] = {
        "monthly_usd": round(estimate.monthly_usd, 2),
        "monthly_fixed_usd": round(estimate.monthly_fixed_usd, 2),
        "per_1000_usd": round(estimate.per_1000_usd, 4),
        "idle_usd": round(estimate.idle_usd, 2),
        "worst_case_usd": round(estimate.worst_case_usd, 2),
        "prices_as_of": _dates(estimate),
    }
    if estimate.unpriced:
        found["unpriced"] = ", ".join(estimate.unpriced)
    if estimate.said:
        found["price_notes"] = "; ".join(estimate.said)
    return found


def _dates(estimate: Estimate) -> str:
    dates = [line.price.as_of for line in estimate.lines]
    first, without = oldest(dates), dates.count("undated")
    if not dates:
        return "no prices"
    return first if without in {0, len(dates)} else f"{first}, and {without} undated"
