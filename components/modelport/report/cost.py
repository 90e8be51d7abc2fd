"""Cost: what the components that say a price cost before and after, and who says none."""

from collections.abc import Mapping

from modelport.report.changes import kind_of
from modelport.report.facts import has_facts
from modelport.report.recording import Model, Recording, Step
from modelport.report.values import UNKNOWN, Json, entries, is_mark, number

PRICE = "monthly_usd"
"""The fact that holds a component's price, in USD for 730 hours."""
_FREE = ("pulumi:", "modelport:")
"""Packages whose resources cost nothing by themselves."""


class Price(Model):
    """One component's price, in USD a month."""

    name: str
    """Name of the component."""
    before: float | None
    """Price before; none when it is not there or not known."""
    after: float | None
    """Price after; none when it will not be there or is not known before the update."""
    known: bool
    """Whether both are known."""


class Cost(Model):
    """The stack's price in USD a month, as far as its components say one."""

    before: float
    """Sum before the change."""
    after: float
    """Sum after it, of what is known."""
    difference: float
    """After less before."""
    components: tuple[Price, ...]
    """Every component that says a price, by name."""
    unknown: tuple[str, ...]
    """Components whose price is known only after the update."""
    unpriced: int
    """Resources of clouds that will be there, but belong to no component that says a price."""
    unpriced_changed: int
    """Those of them that change."""


def cost_of(recording: Recording) -> Cost:
    """Sum the facts of all components, also of those that stay the same."""
    steps = {step.urn: step for step in recording.steps}
    prices = sorted(
        (_price(step) for step in recording.steps if has_facts(step)), key=lambda item: item.name
    )
    unpriced = [step for step in recording.steps if _is_unpriced(step, steps)]
    before = sum(price.before or 0 for price in prices)
    after = sum(price.after or 0 for price in prices)
    return Cost(
        before=round(before, 2),
        after=round(after, 2),
        difference=round(after - before, 2),
        components=tuple(prices),
        unknown=tuple(price.name for price in prices if not price.known),
        unpriced=len(unpriced),
        unpriced_changed=sum(kind_of(step) != "same" for step in unpriced),
    )


def _price(step: Step) -> Price:
    old, new = entries(step.old).get(PRICE), entries(step.new).get(PRICE)
    return Price(
        name=step.name,
        before=_amount(old),
        after=_amount(new),
        known=not (is_mark(old, UNKNOWN) or is_mark(new, UNKNOWN)),
    )


def _amount(value: Json) -> float | None:
    found = number(value)
    return None if found is None else round(found, 2)


def _is_unpriced(step: Step, steps: Mapping[str, Step]) -> bool:
    if not step.custom or step.type.startswith(_FREE) or kind_of(step) in {"delete", "forget"}:
        return False
    parent = step
    while parent.parent in steps:
        parent = steps[parent.parent]
        if has_facts(parent):
            return False
    return True
