"""Item: one resource before or after a change, as a pricer reads it."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from modelport.prices import Case, Price, PriceBook, Scale, Workload
from modelport.report.recording import Step
from modelport.report.values import MISSING, SECRET, UNKNOWN, Json, at, each, number
from modelport.report.words import base_type

Side = Literal["old", "new"]
_PROVIDERS = {"aws": "aws", "gcp": "gcp", "azure-native": "azure", "modelport": "gcp"}
"""Names of the price book for packages of the engine."""
_NOBODY = Workload(requests=0, milliseconds=100)
"""Inputs say nothing of requests: what these add is named, not summed."""
_GROUP = "azure-native:resources:ResourceGroup"


class Later(Exception):  # noqa: N818 - no error: a value that is not there yet
    """What a price depends on is known only after the update."""


class Item:
    """One resource, on one side of a change."""

    def __init__(self, step: Step, side: Side, steps: Mapping[str, Step], book: PriceBook) -> None:
        self._step = step
        self._side: Side = side
        self._steps = steps
        self._inputs: Json = step.old if side == "old" else step.new
        self.book = book
        """Where prices are from."""
        self.type = base_type(step.type)
        """Type token without a version of its interface."""
        self.provider = _PROVIDERS.get(self.type.partition(":")[0], "")
        """Name of the provider in the price book; empty when it has none."""

    @property
    def there(self) -> bool:
        """Whether the resource exists on this side."""
        return self._inputs is not None

    def text(self, path: str, default: str = "") -> str:
        """A text of the inputs.

        Raises:
            Later: it is known only after the update.
        """
        found = self._read(path)
        return found if isinstance(found, str) else default

    def amount(self, path: str, default: float = 0) -> float:
        """A number of the inputs, also when it is written as text.

        Raises:
            Later: it is known only after the update.
        """
        found = number(self._read(path))
        return default if found is None else found

    def flag(self, path: str, *, default: bool = False) -> bool:
        """A yes or no of the inputs.

        Raises:
            Later: it is known only after the update.
        """
        found = self._read(path)
        return found if isinstance(found, bool) else default

    def has(self, path: str) -> bool:
        """Whether something stands there, known or not."""
        return at(self._inputs, _keys(path)) is not MISSING

    def length(self, path: str) -> int:
        """Elements of a list.

        Raises:
            Later: it is known only after the update.
        """
        found = self._read(path)
        return len(found) if isinstance(found, list) else 0

    def every(self, path: str) -> Iterator[Json]:
        """Every value at a path in which `*` stands for all elements of a list."""
        return each(self._inputs, path)

    def referred(self, name: str, *types: str) -> "Item | None":
        """The first resource of one of these types that an input refers to."""
        for urn in self._step.references.get(name, ()):
            step = self._steps.get(urn)
            if step is not None and base_type(step.type) in types:
                return Item(step, self._side, self._steps, self.book)
        return None

    def pointing(self, name: str, *types: str) -> "list[Item]":
        """Resources of these types whose input of this name refers to this one."""
        found = [
            Item(step, self._side, self._steps, self.book)
            for step in self._steps.values()
            if base_type(step.type) in types and self._step.urn in step.references.get(name, ())
        ]
        return [item for item in found if item.there]

    @property
    def region(self) -> str:
        """Region in the provider's words; empty when it is not known."""
        for path in ("region", "location", "zone"):
            found = at(self._inputs, (path,))
            if isinstance(found, str) and found:
                return _plain_region(found, path)
        group = self.referred("resourceGroupName", _GROUP)
        if group is not None:
            return group.region
        return _plain_region(self._step.region, "location")

    def case(self, minimum: float = 1, maximum: float | None = None, usual: float = 0) -> Case:
        """A case without requests.

        Args:
            minimum: Instances that are always there.
            maximum: Instances that there are at most; as many as usual when left out.
            usual: Instances that were asked for; the minimum when left out.
        """
        least = max(int(minimum), 0)
        usually = max(int(usual), least)
        most = usually if maximum is None else max(int(maximum), usually)
        return Case(
            self.book, self.provider, self.region, _NOBODY, Scale(least, most, usual=usually)
        )

    def unit(self, service: str, unit: str) -> Price | None:
        """What one unit of a service costs where the resource is."""
        return self.book.unit(self.provider, service, unit, self.region)

    def rate(self, service: str, unit: str) -> str:
        """That price in words, for what costs by use."""
        price = self.unit(service, unit)
        if price is None:
            return f"{service} {unit}: no price known"
        usd = f"{price.usd:.10f}".rstrip("0").rstrip(".")
        return f"{service}: {usd} USD for one {unit}".replace("one 1M", "1M")

    def _read(self, path: str) -> Json:
        found = at(self._inputs, _keys(path))
        if found is UNKNOWN or found is SECRET:
            raise Later(path)
        return None if found is MISSING else found


def _keys(path: str) -> list[str | int]:
    return [int(key) if key.isdecimal() else key for key in path.split(".")]


def _plain_region(text: str, path: str) -> str:
    plain = re.sub(r"[^a-z0-9-]", "", text.lower())
    zone = path == "zone" or re.fullmatch(r"[a-z]+-[a-z]+\d+-[a-z]", plain)
    return plain.rpartition("-")[0] if zone else plain
