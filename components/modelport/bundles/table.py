"""Table: evaluation data in a CSV file with a header, as an imported model is measured on it."""

import csv
import difflib
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelport.bundles.training import Dataset
from modelport.errors import BundleError

_LISTED = 5


@dataclass(frozen=True, slots=True)
class Rows:
    """A CSV file as it is written."""

    header: tuple[str, ...]
    """Column names."""
    cells: tuple[tuple[str, ...], ...]
    """One tuple for each row, as long as the header."""
    lines: tuple[int, ...]
    """The line of the file on which each row ends, from 1."""

    def column(self, name: str) -> tuple[str, ...]:
        """The cells of a column."""
        index = self.header.index(name)
        return tuple(row[index] for row in self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """Loads a CSV file of numbers; other columns than those that are named are left out."""

    file: Path
    """UTF-8, with a header; an empty cell is a missing value."""
    features: tuple[str, ...]
    """Columns in the order in which the model takes them."""
    target: str
    """Column of what is predicted."""
    labels: tuple[str, ...] = ()
    """What the target's cells may hold, in the order of the model's probabilities; empty for a
    regression."""

    def __call__(self) -> Dataset:
        """Read the file.

        Raises:
            BundleError: it cannot be read; the message holds every reason.
        """
        import numpy as np

        rows = read_rows(self.file)
        missing = missing_columns(rows.header, (*self.features, self.target), self.file.name)
        if missing:
            raise BundleError(missing)
        faults: list[str] = []
        matrix = [self._numbers(rows, name, faults) for name in self.features]
        target = self._classes(rows, faults) if self.labels else self._values(rows, faults)
        if faults:
            more = len(faults) - _LISTED
            listed = [*faults[:_LISTED], *([f"and {more} more"] if more > 0 else [])]
            raise BundleError(f"{self.file.name}: {'; '.join(listed)}")
        return Dataset(
            name=self.file.name,
            feature_names=self.features,
            features=np.array(matrix, dtype=np.float64).T,
            target_name=self.target,
            target=np.array(target, dtype=np.int64 if self.labels else np.float64),
            labels=self.labels,
        )

    def _numbers(self, rows: Rows, name: str, faults: list[str]) -> list[float]:
        found: list[float] = []
        for line, cell in zip(rows.lines, rows.column(name), strict=True):
            value = _number(cell) if cell.strip() else math.nan
            if value is None:
                faults.append(
                    f"line {line}, {name}: '{cell}' is no finite number; write a number, or "
                    "nothing for a missing value"
                )
            found.append(math.nan if value is None else value)
        return found

    def _values(self, rows: Rows, faults: list[str]) -> list[float]:
        found: list[float] = []
        for line, cell in zip(rows.lines, rows.column(self.target), strict=True):
            value = _number(cell)
            if value is None:
                faults.append(f"line {line}, {self.target}: '{cell}' is no finite number")
            found.append(value or 0.0)
        return found

    def _classes(self, rows: Rows, faults: list[str]) -> list[int]:
        index = {label: position for position, label in enumerate(self.labels)}
        found: list[int] = []
        for line, cell in zip(rows.lines, rows.column(self.target), strict=True):
            label = label_of(cell)
            if label not in index:
                faults.append(
                    f"line {line}, {self.target}: '{cell}' is no label of the model; labels: "
                    + _some(self.labels)
                )
            found.append(index.get(label, 0))
        return found


def read_rows(file: Path) -> Rows:
    """Read a CSV file.

    Raises:
        BundleError: it is missing, not UTF-8, has no rows, or rows of different lengths.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        found = [(reader.line_num, tuple(row)) for row in reader if row]
    except OSError as error:
        raise BundleError(f"the data {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BundleError(f"the data {file} is not UTF-8; save it as UTF-8") from None
    except csv.Error as error:
        raise BundleError(f"the data {file} is no CSV: {error}") from None
    if len(found) < 2:
        raise BundleError(f"the data {file} must have a header and rows; it has {len(found)} lines")
    header = tuple(name.strip() for name in found[0][1])
    faults = [
        f"line {line} has {len(row)} cells, the header has {len(header)}"
        for line, row in found[1:]
        if len(row) != len(header)
    ]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        faults.append(f"columns are given twice: {_some(twice)}")
    if faults:
        raise BundleError(f"the data {file}: {'; '.join(faults[:_LISTED])}")
    return Rows(header, tuple(row for _, row in found[1:]), tuple(line for line, _ in found[1:]))


def missing_columns(header: Sequence[str], wanted: Sequence[str], file: str) -> str:
    """Say which columns are not there, with the nearest that are; empty when none is missing."""
    return "; ".join(
        f"{file} has no column '{name}'{hint}" for name, hint in _missing(header, wanted)
    )


def label_of(value: object) -> str:
    """A class as text; `1`, `1.0` and `"1.0"` are the same class."""
    text = str(value).strip()
    number = _number(text)
    return str(int(number)) if number is not None and number.is_integer() else text


def label_order(label: str) -> tuple[bool, float, str]:
    """Key that sorts classes as scikit-learn does: numbers by value, texts by letters."""
    number = _number(label)
    return (number is None, number or 0.0, label)


def _missing(header: Sequence[str], wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in wanted:
        if name not in header:
            near = difflib.get_close_matches(name, header, n=1)
            yield name, f"; did you mean '{near[0]}'?" if near else f"; columns: {_some(header)}"


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
