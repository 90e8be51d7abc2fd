"""Google Cloud: the Cloud Billing Catalog, in pages of JSON; machines are summed from their parts.

https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from modelport.errors import ServiceError
from modelport.prices.book import Machine, PriceBook
from modelport.prices.refresh.fetching import Found, Json, Source, pages_of, today

BASE = "https://cloudbilling.googleapis.com"
_COMPUTE = "6F81-5844-456A"
"""Service of Compute Engine."""
_PATH = f"/v1/services/{_COMPUTE}/skus"
_PART = re.compile(
    r"(?P<family>[A-Z]\d[A-Z]?) (?:Predefined |AMD |Arm )?Instance (?P<part>Core|Ram) running in .+"
)
_GPU = re.compile(r"Nvidia (?P<name>.+) GPU running in .+")
_GPUS = {
    "L4": "nvidia-l4",
    "Tesla T4": "nvidia-tesla-t4",
    "Tesla V100": "nvidia-tesla-v100",
    "Tesla A100": "nvidia-tesla-a100",
    "Tesla A100 80GB": "nvidia-a100-80gb",
    "H100 80GB": "nvidia-h100-80gb",
}
"""Names of accelerators in the catalogue and in Compute Engine."""
_WITH_GPU = {
    "g2": "nvidia-l4",
    "a2-highgpu": "nvidia-tesla-a100",
    "a2-ultragpu": "nvidia-a100-80gb",
    "a3-highgpu": "nvidia-h100-80gb",
}
"""Machines whose accelerators are part of them."""
_SHARED = re.compile(r"(e2|f1|g1)-(micro|small|medium)")
"""Machines that have a share of a processor, which is not in their name."""


def read_gcp(source: Source, region: str, book: PriceBook) -> Found:
    """On-demand prices of machines that the book knows, and of accelerators.

    Args:
        source: With a key of the user's.
        region: Region in Google's words.
        book: Knows the processors and the memory of machines.

    Raises:
        ServiceError: there is no key, a page cannot be had, or is not of the documented form.
    """
    if not source.key:
        raise ServiceError("gcp: the catalogue needs a key; set GOOGLE_API_KEY, or leave gcp out")
    parts: dict[tuple[str, str], float] = {}
    found = Found("gcp")
    url = source.base.rstrip("/") + _PATH
    for (name, part), usd in _skus(source, region, url):
        if part == "Gpu":
            found.add("machine", "compute-engine-gpu", name, region, usd, today(), url)
        elif parts.setdefault((name, part), usd) != usd:
            found.doubtful.add(("machine", "gcp", "compute-engine", name, part, region))
    for machine in book.machines("gcp", "compute-engine"):
        usd = _sum(machine, parts, found, region)
        if usd is not None:
            found.add("machine", "compute-engine", machine.sku, region, usd, today(), url)
    if not found.prices:
        raise ServiceError(f"{url}: has no price of a machine in {region}")
    return found


def _skus(source: Source, region: str, url: str) -> Iterator[tuple[tuple[str, str], float]]:
    for page in pages_of(source, _PATH, {"currencyCode": "USD", "pageSize": "5000"}, _next):
        skus = page.get("skus")
        if not isinstance(skus, list):
            raise ServiceError(f"{url}: has no skus; its form has changed")
        for sku in cast("list[Any]", skus):
            read = _read(sku, region, url)
            if read is not None:
                yield read


def _next(page: Json) -> dict[str, str] | None:
    token = page.get("nextPageToken")
    return {"pageToken": token} if isinstance(token, str) and token else None


def _read(sku: Any, region: str, url: str) -> tuple[tuple[str, str], float] | None:
    """Family and part, or accelerator, with the price of an hour of one of it."""
    if not isinstance(sku, dict) or region not in sku.get("serviceRegions", ()):
        return None
    if sku.get("category", {}).get("usageType") != "OnDemand":
        return None
    said = str(sku.get("description", ""))
    part, gpu = _PART.fullmatch(said), _GPU.fullmatch(said)
    if part:
        what = (part["family"].lower(), part["part"])
    elif gpu and gpu["name"] in _GPUS:
        what = (_GPUS[gpu["name"]], "Gpu")
    else:
        return None
    try:
        expression = sku["pricingInfo"][-1]["pricingExpression"]
        price = expression["tieredRates"][0]["unitPrice"]
        usd = int(price.get("units", 0)) + price.get("nanos", 0) / 1e9
    except (KeyError, IndexError, TypeError, ValueError):
        raise ServiceError(f"{url}: {said}: has no price; its form has changed") from None
    return (what, usd) if expression.get("usageUnit") in {"h", "GiBy.h"} else None


def _sum(
    machine: Machine, parts: dict[tuple[str, str], float], found: Found, region: str
) -> float | None:
    family = machine.sku.partition("-")[0]
    core, ram = parts.get((family, "Core")), parts.get((family, "Ram"))
    doubtful = {("machine", "gcp", "compute-engine", family, part, region) for part in _PARTS}
    if _SHARED.fullmatch(machine.sku) or doubtful & found.doubtful:
        return None
    if core is None or ram is None or machine.vcpu is None or machine.memory_gib is None:
        return None
    usd = core * machine.vcpu + ram * machine.memory_gib
    inside = next((gpu for name, gpu in _WITH_GPU.items() if machine.sku.startswith(name)), None)
    if inside is None:
        return usd
    key = ("machine", "gcp", "compute-engine-gpu", inside, region)
    if key not in found.prices or key in found.doubtful or not machine.accelerators:
        return None
    return usd + found.prices[key].usd * machine.accelerators


_PARTS = ("Core", "Ram")
