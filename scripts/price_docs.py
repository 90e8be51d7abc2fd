"""Write docs/prices.md from the price book; with --check only say whether it is stale."""

import sys
from collections.abc import Iterator

from generated_page import ROOT, write_or_check

from modelport.prices import PriceBook
from modelport.prices.sizes import SIZED, Sized

PAGE = ROOT / "docs" / "prices.md"
BOOK = PriceBook.default()
REGIONS = {"aws": "us-east-1", "gcp": "us-central1", "azure": "eastus", "heroku": "us"}

INTRODUCTION = """\
<!-- Written by scripts/price_docs.py from the price book; do not edit. -->

# Prices

List prices of the package's price book, in USD an hour, for every size that a component accepts
and the book knows. Any other size that a component accepts is planned as well: its plan, the
preview and the report name it as unpriced, with the nearest size that has a price.
[costs.md](costs.md) says what is counted and how the book is refreshed.

A price in italics is worked out from that of another service, as its source says.
"""


def page() -> str:
    """The whole page."""
    return "\n".join((INTRODUCTION, *_tables(), "## Units\n", *_units())) + "\n"


def _tables() -> Iterator[str]:
    for service in dict.fromkeys((sized.provider, sized.service) for sized in SIZED):
        users = [item for item in SIZED if (item.provider, item.service) == service]
        yield f"## {service[0]} {service[1]}\n"
        named = ", ".join(f"`{item.kind}` (`{item.key}`)" for item in users)
        yield f"For {named}, in `{REGIONS[service[0]]}` where nothing else is said.\n"
        yield "| size | vCPU | GiB | accelerators | USD an hour | region | as of |"
        yield "|---|---:|---:|---|---:|---|---|"
        yield from _sizes(users[0])
        yield ""


def _sizes(sized: Sized) -> Iterator[str]:
    for machine in BOOK.machines(sized.provider, sized.service):
        region = REGIONS[sized.provider]
        price = BOOK.hourly(sized.provider, sized.service, machine.sku, region)
        if price is None:
            continue
        usd = f"{price.usd:.4f}"
        worked_out = not price.exact and price.elsewhere is None
        count = "" if machine.accelerators is None else f"{machine.accelerators:g} x "
        yield (
            f"| `{machine.sku}` | {_number(machine.vcpu)} | {_number(machine.memory_gib)} "
            f"| {count}{machine.accelerator} | {f'*{usd}*' if worked_out else usd} "
            f"| {price.region} | {price.as_of} |"
        )


def _units() -> Iterator[str]:
    yield "What is billed by what it does or holds, by region.\n"
    yield "| provider | service | unit | region | USD | as of | source |"
    yield "|---|---|---|---|---:|---|---|"
    for provider, service, unit, price in BOOK.units():
        usd = f"{price.usd:.10f}".rstrip("0").rstrip(".")
        source = price.source.replace("|", "/")
        yield (
            f"| {provider} | {service} | {unit} | {price.region} | {usd} | {price.as_of} "
            f"| {source} |"
        )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, page(), "price_docs.py", sys.argv[1:]))
