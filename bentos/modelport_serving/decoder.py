"""Decoder: reads the usual bodies in one go, by what the signature says.

It takes only what `read_instances` and `InstanceReader` would take, and gives the same matrix. For
everything else it gives nothing, and those two say what is wrong, or take it after all.
"""

import math
from typing import Any, cast

import msgspec
import numpy as np

from modelport_serving.instances import EXACT_INTEGER, Rows
from modelport_serving.record import Signature


class RowDecoder:
    """Reads bodies `{"instances": [...]}` of one signature.

    Args:
        signature: What the model takes.
        parameters: Whether `parameters` may stand beside `instances`, null or empty.
    """

    def __init__(self, signature: Signature, *, parameters: bool = False) -> None:
        self._names = [feature.name for feature in signature.features]
        nullable = np.array([feature.nullable for feature in signature.features])
        integers = np.array([feature.dtype == "int64" for feature in signature.features])
        self._required = np.flatnonzero(~nullable) if nullable.any() else None
        self._integers = np.flatnonzero(integers) if integers.any() else None
        cell: Any = float | None if nullable.any() else float
        fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [
            ("instances", list[list[cell] | dict[str, cell]])
        ]
        if parameters:
            fields.append(("parameters", dict[str, Any] | None, None))
        body = msgspec.defstruct("Body", fields, forbid_unknown_fields=True)
        self._decoder = msgspec.json.Decoder(body)

    def read(self, body: bytes, max_rows: int) -> Rows | None:
        """The matrix of shape (rows, features), or nothing for what needs a closer look."""
        try:
            found: Any = self._decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        if getattr(found, "parameters", None):
            return None
        rows = cast("list[Any]", found.instances)
        if not 0 < len(rows) <= max_rows:
            return None
        if any(type(row) is dict for row in rows):
            named: list[Any] = [self._in_order(row) if type(row) is dict else row for row in rows]
            if None in named:
                return None
            rows = named
        width = len(self._names)
        for row in rows:
            if len(row) != width:
                return None
        return self._checked(np.array(rows, dtype=np.float64))

    def _in_order(self, row: dict[str, float | None]) -> list[float | None] | None:
        if len(row) != len(self._names):
            return None
        try:
            return [row[name] for name in self._names]
        except KeyError:
            return None

    def _checked(self, matrix: Rows) -> Rows | None:
        # A sum is finite only when all numbers are; JSON has no NaN, so NaN is a null.
        if not math.isfinite(matrix.sum()):
            if np.isinf(matrix).any():
                return None
            if self._required is not None and np.isnan(matrix[:, self._required]).any():
                return None
        if self._integers is not None:
            whole = matrix[:, self._integers]
            known = whole[~np.isnan(whole)]
            if (known != np.floor(known)).any() or (np.abs(known) >= EXACT_INTEGER).any():
                return None
        return matrix
