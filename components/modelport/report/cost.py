"""Cost: what a stack cost before and after, by component and by resource.

A component's price is in its facts and holds everything inside it. Every other resource of a
cloud is priced from its inputs (`modelport.report.pricing`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from modelport.prices import UNDATED, Estimate, PriceBook, oldest
from modelport.report.changes import kind_of
from modelport.report.facts import has_facts
from modelport.report.pricing import Bill, Item, Later, bill_of
from modelport.report.recording import Model, Recording, Step
from modelport.report.values import UNKNOWN, Json, entries, is_mark, number
from modelport.report.words import type_words

PRICE = "monthly_usd"
"""The fact that holds a component's price, in USD for 730 hours."""
_IDLE, _MOST, _LOW, _HIGH = "idle_usd", "worst_case_usd", "low_usd", "high_usd"
_NAMED = 3
"""Parts that a refusal names, the dearest first."""
_NOT_OURS = {"read", "forget"}
"""Kinds of change after which the stack does not answer for a resource."""


class Price(Model):
    """What one component or resource costs, in USD a month."""

    name: str
    """Name in the program."""
    what: str = ""
    """Its type in words; empty for a component."""
    before: float | None
    """Price before; none when it is not there or not known."""
    after: float | None
    """Price after; none when it will not be there or is not known before the update."""
    known: bool
    """Whether both are known."""
    idle_before: float | None = None
    """Price before of a month without a request; none when it is not said."""
    idle_after: float | None = None
    """The same after the change."""
    most_after: float | None = None
    """Price after at maximum scale, all of it busy; none when it is not said."""
    low_after: float | None = None
    """Least price after at the configured rate; only components with a rate say it."""
    high_after: float | None = None
    """Largest price after at the configured rate."""
    changed: bool = True
    """Whether the price, or what it is for, changes here."""
    by_use: tuple[str, ...] = ()
    """What it costs besides, as much as it is used; in no sum."""
    unpriced: tuple[str, ...] = ()
    """What it costs besides that has no price; in no sum."""
    prices_as_of: str = ""
    """Date of the oldest price in it; empty when it is not said."""
    notes: tuple[str, ...] = ()
    """Prices that are not exactly those that were looked for."""


class Unpriced(Model):
    """A resource without a price."""

    name: str
    """Name in the program."""
    what: str
    """Its type in words."""
    why: tuple[str, ...]
    """Why it has none, and what it costs by use."""
    changed: bool
    """Whether it changes here."""


class Cost(Model):
    """The stack's price in USD a month: list prices, 730 hours, as far as they are known."""

    before: float
    """Sum before the change."""
    after: float
    """Sum after it, of what is known."""
    difference: float
    """After less before."""
    idle_before: float | None
    """Sum before of a month without a request; none when some part does not say it."""
    idle_after: float | None
    """The same after the change."""
    prices_as_of: str
    """Date of the oldest price; empty when there is none."""
    components: tuple[Price, ...]
    """Every component that says a price, by name."""
    resources: tuple[Price, ...]
    """Every other resource that has a price, by name."""
    unknown: tuple[str, ...]
    """What has a price that is known only after the update."""
    by_use: tuple[Unpriced, ...]
    """Resources that cost as much as they are used, and nothing by themselves."""
    without_price: tuple[Unpriced, ...]
    """Resources that may cost something, with the reason why the price is not known."""
    unpriced: int
    """How many those are."""
    unpriced_changed: int
    """Those of them that change."""
    free: int
    """Resources that cost nothing by themselves, or whose price is in that of another."""

    @property
    def idle_difference(self) -> float | None:
        """Idle price after less before; none when it is not said."""
        if self.idle_after is None or self.idle_before is None:
            return None
        return round(self.idle_after - self.idle_before, 2)

    @property
    def prices(self) -> tuple[Price, ...]:
        """Components and resources."""
        return (*self.components, *self.resources)


@dataclass(frozen=True, slots=True)
class _Sides:
    """A resource's bill before and after; none where it is not there."""

    step: Step
    before: Bill | None
    after: Bill | None
    later: bool

    @property
    def telling(self) -> Bill:
        return self.after or self.before or Bill()

    @property
    def priced(self) -> bool:
        """Whether it has a price on some side, or will have one."""
        return self.later or any(
            bill is not None and bill.priced for bill in (self.before, self.after)
        )

    @property
    def changed(self) -> bool:
        return kind_of(self.step) != "same" or self.before != self.after


def cost_of(recording: Recording, book: PriceBook | None = None) -> Cost:
    """What a recorded preview costs before and after, also what stays the same.

    Args:
        recording: The preview.
        book: Prices of what says none itself; those of the package when left out.
    """
    steps = {step.urn: step for step in recording.steps}
    outer = [
        step
        for step in recording.steps
        if kind_of(step) not in _NOT_OURS and not _inside_facts(step, steps)
    ]
    components = _sorted(_component(step) for step in outer if has_facts(step))
    book = book or PriceBook.default()
    found = [_sides(step, steps, book) for step in outer if step.custom and not has_facts(step)]
    priced = [one for one in found if one.priced]
    rest = [one for one in found if not one.priced]
    lacking = [one for one in rest if one.telling.parts.unpriced]
    used = [one for one in rest if one.telling.by_use and not one.telling.parts.unpriced]
    resources = _sorted(_resource(one) for one in priced)
    prices = (*components, *resources)
    before = sum(price.before or 0 for price in prices)
    after = sum(price.after or 0 for price in prices)
    return Cost(
        before=round(before, 2),
        after=round(after, 2),
        difference=round(after - before, 2),
        idle_before=_together((price.before, price.idle_before) for price in prices),
        idle_after=_together((price.after, price.idle_after) for price in prices),
        prices_as_of=_oldest(price.prices_as_of for price in prices),
        components=components,
        resources=resources,
        unknown=tuple(price.name for price in prices if not price.known),
        by_use=_named(used),
        without_price=_named(lacking),
        unpriced=len(lacking),
        unpriced_changed=sum(one.changed for one in lacking),
        free=len(rest) - len(lacking) - len(used),
    )


def over_limit(cost: Cost, limit: float | None) -> str:
    """Why a stack is refused that costs more a month than its limit; empty when it does not.

    What is known only after the update, costs by use or has no price is in no sum.
    """
    if limit is None or cost.after <= limit:
        return ""
    dearest = sorted(cost.prices, key=lambda price: (-(price.after or 0), price.name))[:_NAMED]
    named = ", ".join(f"{price.name} {price.after:.2f}" for price in dearest if price.after)
    return (
        f"the stack would cost {cost.after:.2f} USD a month, over modelport:limits.monthly_usd "
        f"({limit:.2f}): {named}"
    )


def _component(step: Step) -> Price:
    old, new = entries(step.old), entries(step.new)
    latest = new or old
    return Price(
        name=step.name,
        before=_amount(old.get(PRICE)),
        after=_amount(new.get(PRICE)),
        known=not (is_mark(old.get(PRICE), UNKNOWN) or is_mark(new.get(PRICE), UNKNOWN)),
        idle_before=_amount(old.get(_IDLE)),
        idle_after=_amount(new.get(_IDLE)),
        most_after=_amount(new.get(_MOST)),
        low_after=_amount(new.get(_LOW)),
        high_after=_amount(new.get(_HIGH)),
        changed=kind_of(step) != "same",
        unpriced=_texts(latest.get("unpriced"), ", "),
        prices_as_of=_date(latest.get("prices_as_of")),
        notes=_texts(latest.get("price_notes"), "; "),
    )


def _sides(step: Step, steps: Mapping[str, Step], book: PriceBook) -> _Sides:
    kind = kind_of(step)
    before: Bill | None = None
    after: Bill | None = None
    later = False
    if step.old is not None or kind == "same":
        before, _ = _bill(Item(step, "old", steps, book))
    if kind != "delete":
        after, later = _bill(Item(step, "old" if step.new is None else "new", steps, book))
    return _Sides(step, before, after, later)


def _bill(item: Item) -> tuple[Bill | None, bool]:
    """The bill, and whether it is known only after the update."""
    try:
        return bill_of(item), False
    except Later:
        return None, True


def _resource(one: _Sides) -> Price:
    before, after = _estimate(one.before), _estimate(one.after)
    latest = after or before or Estimate((), ())
    return Price(
        name=one.step.name,
        what=type_words(one.step.type),
        before=_usd(before and before.monthly_usd),
        after=_usd(after and after.monthly_usd),
        known=not one.later,
        idle_before=_usd(before and before.idle_usd),
        idle_after=_usd(after and after.idle_usd),
        most_after=_usd(after and after.worst_case_usd),
        changed=one.changed,
        by_use=one.telling.by_use,
        unpriced=latest.unpriced,
        prices_as_of=latest.oldest if latest.lines else "",
        notes=latest.said,
    )


def _estimate(bill: Bill | None) -> Estimate | None:
    return None if bill is None else Estimate.of(bill.parts)


def _named(found: list[_Sides]) -> tuple[Unpriced, ...]:
    named = [
        Unpriced(
            name=one.step.name,
            what=type_words(one.step.type),
            why=(*one.telling.parts.unpriced, *one.telling.by_use),
            changed=one.changed,
        )
        for one in found
    ]
    return tuple(sorted(named, key=lambda item: (not item.changed, item.name, item.what)))


def _sorted(prices: Iterable[Price]) -> tuple[Price, ...]:
    return tuple(sorted(prices, key=lambda price: (not price.changed, price.name, price.what)))


def _together(pairs: Iterable[tuple[float | None, float | None]]) -> float | None:
    """Sum of the idle prices of what is there; none when a part says only its price."""
    found = [(price, idle) for price, idle in pairs if price is not None]
    if any(idle is None and price for price, idle in found):
        return None
    return round(sum(idle or 0 for _, idle in found), 2)


def _oldest(dates: Iterable[str]) -> str:
    known = [date for date in dates if date]
    return oldest(known) if known else ""


def _date(value: Json) -> str:
    """The date at the beginning of a component's fact `2024-07-01, and 3 undated`."""
    found = re.match(rf"\d{{4}}(-\d\d){{0,2}}|{UNDATED}", value) if isinstance(value, str) else None
    return found.group() if found else ""


def _texts(value: Json, between: str) -> tuple[str, ...]:
    return tuple(value.split(between)) if isinstance(value, str) and value else ()


def _usd(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _amount(value: Json) -> float | None:
    return _usd(number(value))


def _inside_facts(step: Step, steps: Mapping[str, Step]) -> bool:
    """Whether a component around it says a price, which holds this one's."""
    parent = step
    while parent.parent in steps:
        parent = steps[parent.parent]
        if has_facts(parent):
            return True
    return False
