"""The price book: what one hour or one unit costs, where that is from, and of when it is."""

import csv
import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

from modelport.prices.overlay import Fetched, overlay_path, read_overlay

DATA = Path(__file__).with_name("data")
EVERYWHERE = "global"
"""Region of a price that holds in all of them."""
UNDATED = "undated"
"""Date of a price whose source has none."""


@dataclass(frozen=True, slots=True)
class Price:
    """A list price, before taxes and discounts."""

    usd: float
    """USD for one unit."""
    unit: str
    """What that buys: `hour`, `1M requests`, `GB-month gp3`."""
    region: str
    """Region, or group of regions, that the price is of."""
    source: str
    """Where it was read."""
    as_of: str
    """Day, month or year that it is of, as in ISO 8601; `undated` when the source has none."""
    exact: bool = True
    """Whether it is the price of exactly what was asked for."""
    said: str = ""
    """If it is not exact: what it is instead, in one sentence."""
    elsewhere: tuple[str, str, str] | None = None
    """If it is only of another region: what was looked for, where, and the region that counts."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One size of a service, as far as the book knows it."""

    sku: str
    """Name that the provider gives it."""
    vcpu: float | None
    """Virtual processors."""
    memory_gib: float | None
    """Memory in GiB."""
    accelerator: str
    """Kind of accelerator; empty without one."""
    accelerators: float | None
    """How many of them, which may be a share of one; none when it has none or it is not known."""


@dataclass(frozen=True, slots=True)
class _Derived:
    like: str
    factor: float
    source: str
    as_of: str


_Rows = dict[tuple[str, str, str], dict[str, Price]]
"""Prices of a provider's service and sku or unit, by region."""


class PriceBook:
    """Prices of machines and of units, read once from the package's data."""

    def __init__(self, folder: Path = DATA, fetched: Iterable[Fetched] = ()) -> None:
        """Read all prices of `folder`, which takes some milliseconds.

        Args:
            folder: The prices of the package.
            fetched: Prices that go before them, by region.
        """
        self._sources = {row["key"]: row["source"] for row in _read(folder / "sources.csv")}
        self._hourly: _Rows = defaultdict(dict)
        self._spot: _Rows = defaultdict(dict)
        self._units: _Rows = defaultdict(dict)
        self._machines: dict[tuple[str, str], dict[str, Machine]] = defaultdict(dict)
        for row in _read(folder / "machines.csv"):
            self._add_machine(row)
        for row in _read(folder / "units.csv"):
            key = (row["provider"], row["service"], row["unit"])
            self._units[key][row["region"]] = self._price(row, row["usd"], row["unit"])
        self._groups = {
            (row["provider"], row["service"], row["region"]): row["priced_as"]
            for row in _read(folder / "regions.csv")
        }
        self._derived = {
            (row["provider"], row["service"]): _Derived(
                row["like"], float(row["factor"]), self._source(row), row["as_of"]
            )
            for row in _read(folder / "derived.csv")
        }

        for price in fetched:
            self._add_fetched(price)

    @staticmethod
    @cache
    def default() -> "PriceBook":
        """The book that comes with the package, under what `modelport prices refresh` fetched.

        Raises:
            ConfigError: the file of fetched prices is damaged.
        """
        return PriceBook(fetched=read_overlay(overlay_path()))

    def hourly(self, provider: str, service: str, sku: str, region: str) -> Price | None:
        """What a machine costs an hour; none when the book has it in no region.

        Of a service whose prices are not in the book, but follow those of another one, the price is
        worked out from that, and is not exact.
        """
        found = self._pick(self._hourly, (provider, service, sku), region)
        derived = self._derived.get((provider, service))
        if found is not None or derived is None:
            return found
        like = self.hourly(provider, derived.like, sku, region)
        return None if like is None else _worked_out(like, derived, service, sku)

    def spot(self, provider: str, service: str, sku: str, region: str) -> Price | None:
        """What a machine cost an hour on the day the book is of, when it may be taken away."""
        return self._pick(self._spot, (provider, service, sku), region)

    def unit(self, provider: str, service: str, unit: str, region: str) -> Price | None:
        """What one unit of a service costs; none when the book has it in no region."""
        return self._pick(self._units, (provider, service, unit), region)

    def units(self) -> Iterator[tuple[str, str, str, Price]]:
        """Every price of a unit: provider, service, unit, price."""
        for (provider, service, unit), by_region in sorted(self._units.items()):
            for region in sorted(by_region):
                yield provider, service, unit, by_region[region]

    def machines(self, provider: str, service: str) -> tuple[Machine, ...]:
        """All sizes of a service that have a price, by name."""
        known = dict(self._machines.get((provider, service), {}))
        derived = self._derived.get((provider, service))
        if derived is not None:
            known = self._machines.get((provider, derived.like), {}) | known
        return tuple(known[sku] for sku in sorted(known))

    def nearest(self, provider: str, service: str, sku: str) -> str | None:
        """The known size whose name is most like an unknown one; none when none is alike."""
        known = {machine.sku.lower(): machine.sku for machine in self.machines(provider, service)}
        found = difflib.get_close_matches(sku.lower(), sorted(known), n=1)
        return known[found[0]] if found else None

    def _pick(self, rows: _Rows, key: tuple[str, str, str], region: str) -> Price | None:
        by_region = rows.get(key)
        if by_region is None:
            return None
        group = self._groups.get((key[0], key[1], region), region)
        for name in (region, group, EVERYWHERE):
            if name in by_region:
                return by_region[name]
        # The dearest one, so that an estimate for a region without prices is rather too high.
        other = max(by_region.values(), key=lambda price: (price.usd, price.region))
        said = f"no price of {key[1]} {key[2]} is known in {region}: that of {other.region} counts"
        elsewhere = (f"{key[1]} {key[2]}", region, other.region)
        return replace(other, exact=False, said=said, elsewhere=elsewhere)

    def _add_machine(self, row: Mapping[str, str]) -> None:
        key = (row["provider"], row["service"], row["sku"])
        self._hourly[key][row["region"]] = self._price(row, row["usd"], "hour")
        if row["usd_spot"]:
            self._spot[key][row["region"]] = self._price(row, row["usd_spot"], "hour")
        self._machines[row["provider"], row["service"]][row["sku"]] = Machine(
            sku=row["sku"],
            vcpu=_number(row["vcpu"]),
            memory_gib=_number(row["memory_gib"]),
            accelerator=row["accelerator"],
            accelerators=_number(row["accelerator_count"]),
        )

    def _add_fetched(self, fetched: Fetched) -> None:
        """Take one price over; a size that the package does not know has no other facts."""
        rows = {"machine": self._hourly, "spot": self._spot, "unit": self._units}[fetched.kind]
        unit = fetched.name if fetched.kind == "unit" else "hour"
        key = (fetched.provider, fetched.service, fetched.name)
        rows[key][fetched.region] = Price(
            fetched.usd, unit, fetched.region, fetched.source, fetched.as_of
        )
        if fetched.kind == "machine":
            sizes = self._machines[fetched.provider, fetched.service]
            sizes.setdefault(fetched.name, Machine(fetched.name, None, None, "", None))

    def _price(self, row: Mapping[str, str], usd: str, unit: str) -> Price:
        return Price(float(usd), unit, row["region"], self._source(row), row["as_of"])

    def _source(self, row: Mapping[str, str]) -> str:
        source, note = self._sources[row["source"]], row["note"]
        return f"{source}; {note}" if note else source


def _worked_out(like: Price, derived: _Derived, service: str, sku: str) -> Price:
    times = "" if derived.factor == 1 else f"{derived.factor:g} times "
    said = (
        f"no price of {service} {sku} is known: "
        f"{times}that of {derived.like} in {like.region} counts"
    )
    return replace(
        like,
        usd=like.usd * derived.factor,
        source=f"{like.source}; factor: {derived.source}",
        as_of=oldest((like.as_of, derived.as_of)),
        exact=False,
        said=said,
        elsewhere=None,
    )


def oldest(dates: Sequence[str]) -> str:
    """The first of some dates of prices; `undated` when none has one."""
    return min((date for date in dates if date != UNDATED), default=UNDATED)


def _number(text: str) -> float | None:
    return float(Fraction(text)) if text else None


def _read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
