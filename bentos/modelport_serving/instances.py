"""Instances: reads and checks the rows of a request against a signature."""

import difflib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from modelport_serving.record import Feature, Signature

MAX_FAULTS = 20
"""Faults that are reported at once; a request can hold thousands."""
MAX_ECHO = 60
"""Characters of a caller's own text that a message repeats."""
EXACT_INTEGER = 2**53
"""Rows are float64 matrices, which hold integers exactly up to here."""

Rows = NDArray[np.float64]
"""Matrix of shape (rows, features) in the signature's column order; a missing value is NaN."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a request."""

    path: str
    """Where, e.g. `instances[3]."mean radius"`."""
    detail: str
    """What, and what would be right."""


class InvalidInstancesError(ValueError):
    """Instances that do not fit the signature, with up to `MAX_FAULTS` faults."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{faults[0].path}: {faults[0].detail}")
        self.faults = tuple(faults[:MAX_FAULTS])
        self.more = len(faults) > MAX_FAULTS
        """Whether there are faults beyond those listed."""


class InstanceReader:
    """Turns instances into a matrix, or says everything that is wrong with them."""

    def __init__(self, signature: Signature) -> None:
        self.features = signature.features
        self.names = [feature.name for feature in signature.features]
        self._known = set(self.names)
        self._plain = all(feature.dtype == "float64" for feature in self.features)

    def read(self, instances: object, max_rows: int) -> Rows:
        """Read a list of rows (in column order) or of objects (by feature name).

        Raises `InvalidInstancesError` for anything that the signature does not allow.
        """
        if not isinstance(instances, list):
            detail = f"is {_kind(instances)}; send a list of rows or of objects"
            raise InvalidInstancesError([Fault("instances", detail)])
        rows = cast("list[object]", instances)
        if not rows:
            raise InvalidInstancesError([Fault("instances", "is empty; send at least one row")])
        if len(rows) > max_rows:
            detail = f"has {len(rows)} rows; send at most {max_rows} at once"
            raise InvalidInstancesError([Fault("instances", detail)])
        fast = self._read_numbers(rows)
        return self._read_checked(rows) if fast is None else fast

    def _read_numbers(self, rows: list[object]) -> Rows | None:
        """Read rows that hold nothing but finite numbers; `None` when they need a closer look."""
        if not self._plain:
            return None
        width = len(self.features)
        for row in rows:
            if not isinstance(row, list):
                return None
            cells = cast("list[object]", row)
            # type() and not isinstance(): a bool is an int, and must not pass.
            if len(cells) != width or not {type(cell) for cell in cells} <= {float, int}:
                return None
        try:
            matrix = np.array(rows, dtype=np.float64)
        except OverflowError:
            return None
        return matrix if np.isfinite(matrix).all() else None

    def _read_checked(self, rows: list[object]) -> Rows:
        faults: list[Fault] = []
        matrix = np.empty((len(rows), len(self.features)), dtype=np.float64)
        for index, row in enumerate(rows):
            path = f"instances[{index}]"
            cells = self._cells(row, path, faults)
            if cells is not None:
                for column, (feature, cell) in enumerate(zip(self.features, cells, strict=True)):
                    value = _number(feature, cell)
                    if isinstance(value, str):
                        faults.append(Fault(f"{path}.{quoted(feature.name)}", value))
                    else:
                        matrix[index, column] = value
            if len(faults) > MAX_FAULTS:
                break
        if faults:
            raise InvalidInstancesError(faults)
        return matrix

    def _cells(self, row: object, path: str, faults: list[Fault]) -> Sequence[object] | None:
        """Return the row's values in column order, or `None` after adding what is wrong."""
        if isinstance(row, dict):
            return self._from_object(cast("dict[str, object]", row), path, faults)
        if not isinstance(row, list):
            detail = f"is {_kind(row)}; send a list of {len(self.names)} values or an object"
            faults.append(Fault(path, detail))
            return None
        cells = cast("list[object]", row)
        if len(cells) != len(self.names):
            detail = f"has {len(cells)} values; the model takes {len(self.names)}"
            faults.append(Fault(path, detail))
            return None
        return cells

    def _from_object(
        self, row: Mapping[str, object], path: str, faults: list[Fault]
    ) -> Sequence[object] | None:
        before = len(faults)
        for name in row:
            if len(faults) > MAX_FAULTS:
                return None
            if name not in self._known:
                near = difflib.get_close_matches(name[:MAX_ECHO], self.names, n=1)
                hint = f"; did you mean {quoted(near[0])}?" if near else ""
                faults.append(Fault(f"{path}.{quoted(name)}", f"is not a feature{hint}"))
        missing = [name for name in self.names if name not in row]
        faults.extend(
            Fault(f"{path}.{quoted(name)}", "is missing") for name in missing[: MAX_FAULTS + 1]
        )
        if len(faults) > before:
            self._check_present(row, path, faults)
            return None
        return [row[name] for name in self.names]

    def _check_present(self, row: Mapping[str, object], path: str, faults: list[Fault]) -> None:
        """Report wrong values too when names are wrong, so that one answer tells all."""
        for feature in self.features:
            if feature.name in row:
                value = _number(feature, row[feature.name])
                if isinstance(value, str):
                    faults.append(Fault(f"{path}.{quoted(feature.name)}", value))


def _number(feature: Feature, cell: object) -> float | str:
    """Return the cell's number (NaN when missing), or the sentence that says what is wrong."""
    if cell is None:
        return math.nan if feature.nullable else "is null; this feature needs a number"
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return f"is {_kind(cell)}; send a number"
    try:
        value = float(cell)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        return "is not a finite number"
    if feature.dtype == "int64":
        if not value.is_integer():
            return f"is {value!r}; this feature takes integers"
        if abs(cell) > EXACT_INTEGER:  # the float of the next integer is this one again
            return "is too large; this feature takes integers up to 2**53"
    return value


def quoted(name: str) -> str:
    """A caller's own text as a message repeats it: as JSON, cut to `MAX_ECHO` characters."""
    short = name if len(name) <= MAX_ECHO else f"{name[:MAX_ECHO]}…"
    return json.dumps(short, ensure_ascii=False)


def _kind(value: Any) -> str:
    """Name the JSON type of a value."""
    if isinstance(value, str):
        return f"the string {quoted(value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return "not a finite number"
    names: dict[type, str] = {
        type(None): "null",
        list: "a list",
        dict: "an object",
        int: "a number",
    }
    return names.get(cast("type", type(value)), "a number")
