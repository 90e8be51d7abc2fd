"""Cells: values that come as text, in CSV and in XML."""

import json
import math
from typing import Any


def read_cell(text: str) -> Any:
    """A number, nothing for an empty cell, or what is none, for the check to refuse."""
    if not text.strip():
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    if isinstance(value, float) and not math.isfinite(value):
        return text
    return value if isinstance(value, int | float) and not isinstance(value, bool) else text
