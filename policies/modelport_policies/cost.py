"""Rules about money: what components cost a month, by their own facts."""

from collections.abc import Iterator

from modelport_policies.components import CATALOGUE, COMPONENTS
from modelport_policies.rule import STRICT_IN_PROD, Parameter, Resource, Rule, Settings
from modelport_policies.values import UNKNOWN, number


def _priced(resource: Resource, settings: Settings) -> Iterator[str]:
    del settings
    price = number(resource.properties, "monthly_usd")
    if price is not UNKNOWN and not (isinstance(price, int | float) and price >= 0):
        yield "it does not say what it costs"


def _within(resource: Resource, settings: Settings) -> Iterator[str]:
    price, limit = number(resource.properties, "monthly_usd"), float(settings["monthly_usd"])
    if isinstance(price, int | float) and price > limit:
        yield f"it costs {price:.2f} USD a month, over the limit of {limit:.2f}"


def _together(resources: list[Resource], settings: Settings) -> Iterator[str]:
    limit = float(settings["monthly_usd"])
    prices = {
        resource.name: price
        for resource in resources
        if isinstance(price := number(resource.properties, "monthly_usd"), int | float)
    }
    total = sum(prices.values())
    if total > limit:
        dearest = max(prices, key=lambda name: prices[name])
        yield (
            f"the stack costs {total:.2f} USD a month, over the limit of {limit:.2f}; "
            f"the dearest part is {dearest} at {prices[dearest]:.2f}"
        )


PRICE_KNOWN = Rule(
    id="price-known",
    title="A component says what it costs a month.",
    severity="low",
    types=COMPONENTS,
    rationale="a price that nobody sees is asked about when the bill is there",
    fix="publish the fact monthly_usd, in USD for 730 hours",
    sources=(CATALOGUE,),
    levels=STRICT_IN_PROD,
    check=_priced,
)

DEPLOYMENT_WITHIN_LIMIT = Rule(
    id="monthly-limit",
    title="No deployment costs more a month than the limit.",
    severity="high",
    types=COMPONENTS,
    rationale="an idle GPU costs more than most people expect, every hour of the day",
    fix="a smaller size or fewer replicas, or a higher limit that somebody agreed to",
    sources=(CATALOGUE,),
    parameters={"monthly_usd": Parameter(1000, "largest price of one deployment in USD a month")},
    check=_within,
)

STACK_WITHIN_LIMIT = Rule(
    id="stack-monthly-limit",
    title="A stack costs no more a month than its limit.",
    severity="high",
    types=COMPONENTS,
    rationale="many small things add up",
    fix="remove what is not needed, or a higher limit that somebody agreed to",
    sources=(CATALOGUE,),
    parameters={"monthly_usd": Parameter(5000, "largest price of the stack in USD a month")},
    stack_check=_together,
)

COST = (DEPLOYMENT_WITHIN_LIMIT, PRICE_KNOWN, STACK_WITHIN_LIMIT)
