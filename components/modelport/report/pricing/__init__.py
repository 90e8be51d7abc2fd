"""Pricing: what an ordinary resource of a provider costs, read from its inputs.

    item.py           one resource as a pricer reads it: inputs, region, what it refers to
    amounts.py        memory as clouds write it
    bill.py           what a pricer finds: parts with a price, costs by use, nothing to pay
    aws.py            AWS: machines, endpoints, functions, services
    gcp.py            Google Cloud
    azure.py          Azure
    elsewhere.py      clusters' objects, and resource types of our own
    simple.py         types with one price a month, by use alone, or without one
    types.py          all of them by type

The prices are those of the package's price book. What cannot be read from the inputs is said to
be unpriced, with the reason; nothing is guessed.
"""

from modelport.report.pricing.bill import Bill
from modelport.report.pricing.item import Item, Later
from modelport.report.pricing.types import bill_of, is_read

__all__ = ["Bill", "Item", "Later", "bill_of", "is_read"]
