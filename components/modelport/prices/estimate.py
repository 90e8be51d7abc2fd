"""Estimates: lines of cost for one workload, their sums, and the facts that a preview shows."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from modelport.prices.book import Price, PriceBook, oldest

HOURS = 730.0
"""Hours of a month, as providers count it."""
SECONDS = HOURS * 3600
"""Seconds of a month."""
GB = 1e9
"""Bytes of a GB; where a provider means 2^30, an estimate is 7 % too high."""
Spread = Literal["even", "bursts", "peak"]


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
    rate: float = 0
    """Requests a second at the busiest time; 0 when it is not known."""
    spread: Spread = "even"
    """How they come in a month: `even`; in `bursts` of `rate`, and none between them; or so that
    instances for the `peak` of `rate` are kept all the time."""

    def __post_init__(self) -> None:
        if self.milliseconds <= 0:
            raise ValueError(f"milliseconds is {self.milliseconds}, but must be above 0")
        if min(self.requests, self.request_bytes, self.response_bytes, self.rate) < 0:
            raise ValueError("requests, their sizes and their rate must not be below 0")

    @property
    def seconds(self) -> float:
        """How long one request takes, in seconds."""
        return self.milliseconds / 1000

    @property
    def at_once(self) -> float:
        """Requests that are under way at one moment, over a month's average."""
        return self.requests * self.seconds / SECONDS

    @property
    def at_once_at_peak(self) -> float:
        """Requests that are under way at the busiest time; never fewer than on average."""
        return max(self.rate * self.seconds, self.at_once)

    @property
    def busy_share(self) -> float:
        """Share of the month in which requests come, when they come as fast as `rate`."""
        return min(self.requests / (self.rate * SECONDS), 1) if self.rate else 1


@dataclass(frozen=True, slots=True)
class Scale:
    """How many instances there may be: machines, tasks, replicas, or copies of a function."""

    minimum: int
    """Instances that are always there."""
    maximum: int
    """Instances that there are at most."""
    at_once: int = 1
    """Requests that one of them serves at once."""
    usual: int = 0
    """Instances that were asked for, where neither bound is; at least the minimum."""

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
    def standing(self) -> float:
        """Instances that this load keeps running, on average over the month.

        Of an even load, as many as it keeps busy. Of `bursts`, as many as `rate` needs for as long
        as the requests last, and the minimum between them. Of a `peak`, as many as `rate` needs
        all the time; where the rate is not known, all that there may be.
        """
        workload, scale = self.workload, self.scale
        even = self._within(max(self.needed, scale.usual))
        if workload.spread == "even":
            return even
        peak = scale.maximum
        if workload.rate:
            peak = self._within(math.ceil(workload.at_once_at_peak / scale.at_once))
        if workload.spread == "peak":
            return max(peak, even)
        share = workload.busy_share
        return max(share * peak + (1 - share) * scale.minimum, even)

    def _within(self, count: int) -> int:
        return min(max(count, self.scale.minimum), self.scale.maximum)

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
            lacking = f"those of {asked} are not known" if asked else "the region is not known"
            sentences.append(f"prices of {other} count, {lacking}: {listed}")
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


def estimate_range(case: Case, price: Callable[[Case], Parts]) -> tuple[Estimate, float, float]:
    """What a deployment costs a month at its configured rate: expected, at least and at most.

    The same requests cost least when they come evenly, and most when the instances for the
    busiest time are kept all month. Where only the rate is known and not the requests of a month,
    it counts for all of it, and at least nothing comes.

    Args:
        case: With the workload's `rate`; its `spread` does not count.
        price: What the deployment is made of.
    """
    workload = case.workload
    requests = workload.requests or workload.rate * SECONDS

    def at(spread: Spread, requests: float) -> Estimate:
        changed = replace(workload, spread=spread, requests=requests)
        return Estimate.of(price(replace(case, workload=changed)))

    expected = at("bursts" if workload.rate else "even", requests)
    sums = (at("even", workload.requests).monthly_usd, at("peak", requests).monthly_usd)
    return expected, min(*sums, expected.monthly_usd), max(*sums, expected.monthly_usd)


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
        "prices_as_of": dates_said(estimate.lines),
    }
    if estimate.unpriced:
        found["unpriced"] = ", ".join(estimate.unpriced)
    if estimate.said:
        found["price_notes"] = "; ".join(estimate.said)
    return found


def dates_said(lines: Sequence[Line]) -> str:
    """The oldest date of some prices, and how many have none."""
    dates = [line.price.as_of for line in lines]
    first, without = oldest(dates), dates.count("undated")
    if not dates:
        return "no prices"
    return first if without in {0, len(dates)} else f"{first}, and {without} undated"
