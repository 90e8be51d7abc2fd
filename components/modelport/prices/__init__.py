"""Prices: a dated price book that needs no network, and what a plan costs by it.

    book.py         looks prices up; says when one is of another region, or worked out
    estimate.py     lines of cost, their sums, the facts of a preview
    machines.py     what is billed by the hour: instances, tasks, dynos, disks
    serverless.py   what is billed by the request and its duration
    overlay.py      prices that were fetched from the vendors, which go before those
    refresh/        fetches them
    sizes.py        which key of a target names a size that has a price
    around.py       what stands around both: logs, registry, keys, load balancers, traffic
    data/           the prices, each with its source and its date

List prices in USD: no discounts, no free grants, no taxes; where a price falls with the amount, its
first step counts for all.
"""

from modelport.prices.book import UNDATED, Machine, Price, PriceBook, oldest
from modelport.prices.estimate import (
    Case,
    Estimate,
    Line,
    Parts,
    Scale,
    Workload,
    dates_said,
    estimate_range,
    facts,
    unpriced,
)

__all__ = [
    "UNDATED",
    "Case",
    "Estimate",
    "Line",
    "Machine",
    "Parts",
    "Price",
    "PriceBook",
    "Scale",
    "Workload",
    "dates_said",
    "estimate_range",
    "facts",
    "oldest",
    "unpriced",
]
