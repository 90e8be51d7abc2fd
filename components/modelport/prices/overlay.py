"""Overlay: prices that were fetched from the vendors, which go before those of the package.

One CSV file, `$MODELPORT_PRICES` or `modelport/prices.csv` in the user's data folder. The variable
may name a file that a team keeps with its stacks; set to nothing, there is none.
"""

import csv
import io
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Literal, get_args

from modelport.errors import ConfigError
from modelport.files import write_whole
from modelport.home import user_folder

VARIABLE = "MODELPORT_PRICES"
"""Environment variable that names the file."""
Kind = Literal["machine", "spot", "unit"]
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DEAREST = 10_000
"""USD: no machine costs more an hour, so a larger number is a mistake of the file."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One price as a vendor published it."""

    kind: Kind
    """`machine` by the hour, `spot` the same while it may be taken away, `unit` anything else."""
    provider: str
    """`aws`, `gcp` or `azure`."""
    service: str
    """Service of the price book."""
    name: str
    """Size of a machine, or what a unit is."""
    region: str
    """Region in the provider's words."""
    usd: float
    """USD for an hour or a unit."""
    as_of: str
    """Day that it is of, as in ISO 8601."""
    source: str
    """Address that it was read from."""

    @property
    def key(self) -> tuple[str, ...]:
        """What it is the price of."""
        return (self.kind, self.provider, self.service, self.name, self.region)


_COLUMNS = [field.name for field in fields(Fetched)]


def overlay_path() -> Path | None:
    """The file of fetched prices, there or not; none where it is switched off."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(named) if named else None
    return user_folder("XDG_DATA_HOME", ".local", "share") / "modelport" / "prices.csv"


def read_overlay(path: Path | None) -> list[Fetched]:
    """The fetched prices; none when there is no file.

    Raises:
        ConfigError: it is damaged, with every line that is.
    """
    if path is None or not path.is_file():
        return []
    problems: list[str] = []
    found: list[Fetched] = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if list(reader.fieldnames or ()) != _COLUMNS:
                raise ConfigError([_told(path, "is no file of fetched prices")])
            for row in reader:
                price, fault = _price(row)
                if price is None:
                    problems.append(_told(path, f"line {reader.line_num}: {fault}"))
                else:
                    found.append(price)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError([_told(path, f"cannot be read: {error}")]) from None
    if problems:
        raise ConfigError(problems)
    return found


def write_overlay(path: Path, prices: Iterable[Fetched]) -> None:
    """Put prices into the file, in the place of those of the same things; all of them or none.

    Raises:
        ConfigError: a price is none that can be read back, or the file cannot be written.
    """
    there = {price.key: price for price in read_overlay(path)}
    for price in prices:
        row = {name: str(value) for name, value in zip(_COLUMNS, astuple(price), strict=True)}
        _, fault = _price(row)
        if fault:
            raise ConfigError([f"{price.service} {price.name} in {price.region}: {fault}"])
        there[price.key] = price
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(astuple(there[key]) for key in sorted(there))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, table.getvalue().encode(), mode=0o644, sync=True)
    except OSError as error:
        raise ConfigError([_told(path, f"cannot be written: {error.strerror}")]) from None


def _price(row: Mapping[str, object]) -> tuple[Fetched | None, str]:
    texts = {name: text for name, text in row.items() if isinstance(text, str)}
    if texts.keys() != set(_COLUMNS) or len(row) != len(_COLUMNS):
        return None, "has too many or too few fields"
    kind = next((word for word in get_args(Kind) if word == texts["kind"]), None)
    if kind is None:
        return None, f"kind {texts['kind']!r} should be one of {', '.join(get_args(Kind))}"
    try:
        usd = float(texts["usd"])
    except ValueError:
        usd = math.nan
    if not 0 <= usd <= _DEAREST:
        return None, f"usd {texts['usd']!r} should be a number from 0 to {_DEAREST}"
    if not _DATE.fullmatch(texts["as_of"]):
        return None, f"as_of {texts['as_of']!r} should be a day, e.g. 2026-11-27"
    empty = [name for name in _COLUMNS if not texts[name]]
    if empty:
        return None, f"{empty[0]} is empty"
    return (
        Fetched(
            kind,
            texts["provider"],
            texts["service"],
            texts["name"],
            texts["region"],
            usd,
            texts["as_of"],
            texts["source"],
        ),
        "",
    )


def _told(path: Path, what: str) -> str:
    return f"{path.name}: {what}; run 'modelport prices refresh' again, or delete {path}"
