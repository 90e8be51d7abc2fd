"""Azure: the Retail Prices API, in pages of JSON.

https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices
"""

from typing import Any

from modelport.errors import ServiceError
from modelport.prices.refresh.fetching import Found, Json, Source, pages_of, today

BASE = "https://prices.azure.com"
_PATH = "/api/retail/prices"
_SERVICES = ("Virtual Machines", "Azure App Service")
_LINUX_PLAN = "Plan - Linux"
_NOT_THESE = ("Windows", "Dedicated Host", "CloudServices", "Cloud Services")


def read_azure(source: Source, region: str) -> Found:
    """Prices by the hour of machines, with and without eviction, and of App Service's plans.

    Raises:
        ServiceError: a page cannot be had, or is not of the form that is documented.
    """
    found = Found("azure")
    for service in _SERVICES:
        count = len(found.prices)
        parameters = {
            "$filter": f"serviceName eq '{service}' and armRegionName eq '{region}' "
            "and priceType eq 'Consumption'"
        }
        for page in pages_of(source, _PATH, parameters, _next):
            items = page.get("Items")
            if not isinstance(items, list):
                raise ServiceError(f"{source.base}{_PATH}: has no Items; its form has changed")
            for item in items:
                _take(found, item, region, source)
        if len(found.prices) == count:
            raise ServiceError(f"{source.base}{_PATH}: has no price of {service} in {region}")
    return found


def _next(page: Json) -> str | None:
    following = page.get("NextPageLink")
    return following if isinstance(following, str) else None


def _take(found: Found, item: Any, region: str, source: Source) -> None:
    if not isinstance(item, dict):
        return
    row: Json = item
    product, sku = str(row.get("productName", "")), str(row.get("skuName", ""))
    if (
        row.get("type") != "Consumption"
        or row.get("unitOfMeasure") != "1 Hour"
        or row.get("currencyCode") != "USD"
        or row.get("tierMinimumUnits", 0)
        or row.get("armRegionName") != region
        or not row.get("isPrimaryMeterRegion", True)
    ):
        return
    usd = row.get("retailPrice")
    if isinstance(usd, bool) or not isinstance(usd, int | float):
        raise ServiceError(f"{source.base}{_PATH}: retailPrice {usd!r} is no number")
    url = source.base.rstrip("/") + _PATH
    if product.endswith(_LINUX_PLAN):
        name = sku.replace(" ", "")
        found.add("machine", "app-service-plan-linux", name, region, usd, today(), url)
    elif row.get("serviceName") == "Virtual Machines":
        name = str(row.get("armSkuName", ""))
        if not name.startswith("Standard_") or any(word in product for word in _NOT_THESE):
            return
        if "Low Priority" not in sku:
            kind = "spot" if "Spot" in sku else "machine"
            found.add(kind, "vm", name, region, usd, today(), url)
