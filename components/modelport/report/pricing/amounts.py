"""Amounts: memory as clouds and Kubernetes write it."""

import re

_UNITS = {"": 2**-30, "k": 1e3 / 2**30, "m": 1e6 / 2**30, "g": 1e9 / 2**30,
          "ki": 2**-20, "mi": 2**-10, "gi": 1.0}  # fmt: skip
"""GiB in one of each unit, in small letters."""


def memory_gib(text: str) -> float:
    """An amount of memory such as `512Mi` or `2G` in GiB; 0 when it is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kmg]?i?)b?", text.strip().lower())
    return float(found[1]) * _UNITS.get(found[2], 0) if found else 0
