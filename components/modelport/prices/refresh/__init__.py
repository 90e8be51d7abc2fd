"""Refresh: list prices from the vendors' public price files.

    fetching.py   HTTP: streams, pages, what goes wrong
    aws.py        the Price List bulk files, one CSV for each service and region; no key
    azure.py      the Retail Prices API, in pages; no key
    gcp.py        the Cloud Billing Catalog, in pages; a key of the user's

Nothing is written before everything was read. What a vendor's file says twice with two prices is
left out and named.
"""

from modelport.prices.refresh.fetching import Found, Source
from modelport.prices.refresh.vendors import VENDORS, Refreshed, refresh

__all__ = ["VENDORS", "Found", "Refreshed", "Source", "refresh"]
