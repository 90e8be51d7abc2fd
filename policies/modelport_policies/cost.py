"""Rules about money: what components cost a month, by their own facts.

A component's price includes those of the components inside it.
"""

from collections.abc import Iterator, Mapping, Sequence

from modelport_policies.components import CATALOGUE, COMPONENTS
from modelport_policies.rule import (
    STRICT_IN_PROD,
    Parameter,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import MISSING, number

_FINOPS = "FinOps Framework, capability 'Budgeting'"


def _priced(resource: Resource, _: Settings) -> Iterator[str]:
    price = number(resource.properties, "monthly_usd")
    if price is MISSING:
        yield "does not say in monthly_usd what it costs"
    elif isinstance(price, float) and price < 0:
        yield "has a monthly_usd below 0"


def _within(resource: Resource, settings: Settings) -> Iterator[str]:
    price, limit = number(resource.properties, "monthly_usd"), float(settings["monthly_usd"])
    if isinstance(price, float) and price > limit:
        yield f"costs {price:.2f} USD a month, over the limit of {limit:.2f}"


def _together(resources: Sequence[Resource], settings: Settings) -> Iterator[str]:
    limit = float(settings["monthly_usd"])
    prices = _outermost(resources)
    total = sum(prices.values())
    if total > limit:
        dearest = max(prices, key=lambda name: prices[name])
        yield (
            f"costs {total:.2f} USD a month, over the limit of {limit:.2f}; "
            f"the dearest part is {dearest} at {prices[dearest]:.2f}"
        )


def _outermost(resources: Sequence[Resource]) -> Mapping[str, float]:
    """Prices by name, without parts whose price is in that of the whole already."""
    by_urn = {
        resource.urn: (resource, price)
        for resource in resources
        if isinstance(price := number(resource.properties, "monthly_usd"), float)
    }
    prices: dict[str, float] = {}
    for resource, price in by_urn.values():
        if resource.parent not in by_urn:
            # A price below 0 must not make room for others.
            prices[resource.name] = prices.get(resource.name, 0) + max(price, 0)
    return prices


PRICE_KNOWN = Rule(
    id="price-known",
    title="A component says what it costs a month.",
    severity="low",
    types=COMPONENTS,
    rationale="a price that nobody sees is asked about when the bill is there",
    fix="publish the fact monthly_usd, in USD for 730 hours",
    sources=(CATALOGUE, _FINOPS),
    levels=STRICT_IN_PROD,
    passes=Sample("modelport:index:LocalService", {"monthly_usd": 0}),
    fails=Sample("modelport:index:LocalService", {"monthly_usd": "cheap"}),
    check=_priced,
)

DEPLOYMENT_WITHIN_LIMIT = Rule(
    id="monthly-limit",
    title="No deployment costs more a month than the limit.",
    severity="high",
    types=COMPONENTS,
    rationale="an idle GPU costs more than most people expect, every hour of the day",
    fix="a smaller size or fewer replicas, or a higher limit that somebody agreed to",
    sources=(CATALOGUE, _FINOPS),
    parameters={"monthly_usd": Parameter(1000, "largest price of one deployment in USD a month")},
    passes=Sample("modelport:index:ManagedEndpoint", {"monthly_usd": 83.95}),
    fails=Sample("modelport:index:ManagedEndpoint", {"monthly_usd": 1027.84}),
    check=_within,
)

STACK_WITHIN_LIMIT = Rule(
    id="stack-monthly-limit",
    title="A stack costs no more a month than its limit.",
    severity="high",
    types=COMPONENTS,
    rationale="many small things add up",
    fix="remove what is not needed, or a higher limit that somebody agreed to",
    sources=(CATALOGUE, _FINOPS),
    parameters={"monthly_usd": Parameter(5000, "largest price of the stack in USD a month")},
    passes=Sample("modelport:index:ManagedEndpoint", {"monthly_usd": 4999.99}),
    fails=Sample("modelport:index:ManagedEndpoint", {"monthly_usd": 5000.01}),
    stack_check=_together,
)

COST = (DEPLOYMENT_WITHIN_LIMIT, PRICE_KNOWN, STACK_WITHIN_LIMIT)
