"""Vendors: which can be asked, and all of them asked before anything is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from modelport.errors import ConfigError
from modelport.prices.book import PriceBook
from modelport.prices.overlay import write_overlay
from modelport.prices.refresh import aws, azure, gcp
from modelport.prices.refresh.fetching import Found, Source


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor with a public price file."""

    base: str
    """Where it is."""
    read: Callable[[Source, str], Found]
    """Reads the prices of one region."""
    keyed: bool = False
    """Whether it asks for a key."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What was written."""

    path: Path
    """The file."""
    counts: dict[str, int]
    """Prices by vendor and region, e.g. `{"aws us-east-1": 812}`."""
    doubtful: tuple[str, ...]
    """What a file gave two prices for; it was left as it was."""


def _gcp(source: Source, region: str) -> Found:
    return gcp.read_gcp(source, region, PriceBook.default())


VENDORS: Mapping[str, Vendor] = {
    "aws": Vendor(aws.BASE, aws.read_aws),
    "azure": Vendor(azure.BASE, azure.read_azure),
    "gcp": Vendor(gcp.BASE, _gcp, keyed=True),
}
"""Vendors by their name in the price book."""


def refresh(
    path: Path | None,
    regions: Mapping[str, list[str]],
    sources: Mapping[str, Source],
    show: Callable[[str, float], None],
) -> Refreshed:
    """Read the prices of regions and write them; when one cannot be read, nothing is.

    Args:
        path: File to write.
        regions: Regions by vendor.
        sources: Where each vendor's prices are.
        show: Told each step and the fraction that is done.

    Raises:
        ConfigError: there is no file to write to, or it cannot be written.
        ServiceError: a price file cannot be had, or has another form.
    """
    if path is None:
        raise ConfigError(["MODELPORT_PRICES is set to nothing: name a file, or unset it"])
    wanted = [(vendor, region) for vendor, names in regions.items() for region in names]
    found: dict[str, Found] = {}
    for index, (vendor, region) in enumerate(wanted):
        show(f"{vendor} {region}", index / len(wanted))
        found[f"{vendor} {region}"] = VENDORS[vendor].read(sources[vendor], region)
    write_overlay(path, [price for item in found.values() for price in item.sure])
    return Refreshed(
        path=path,
        counts={name: len(item.sure) for name, item in found.items()},
        doubtful=tuple(
            " ".join(key[2:]) for item in found.values() for key in sorted(item.doubtful)
        ),
    )
