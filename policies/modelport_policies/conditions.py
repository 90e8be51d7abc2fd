"""Conditions: what excuses a resource from a demand, because it is something else."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelport_policies.values import UNKNOWN, read, text

_LABELS = ("tags", "labels")


def declared_public(properties: Mapping[str, Any]) -> bool:
    """Whether it carries the tag or label `exposure: public`: somebody meant it, and said so."""
    return any(text(properties, where, "exposure") in ("public", UNKNOWN) for where in _LABELS)


def declared_fixed(properties: Mapping[str, Any]) -> bool:
    """Whether it carries the tag `scaling: fixed`: somebody meant how many machines there are."""
    return any(text(properties, where, "scaling") in ("fixed", UNKNOWN) for where in _LABELS)


def is_there(*path: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether something is set at the path, or may be."""

    def condition(properties: Mapping[str, Any]) -> bool:
        found = read(properties, *path)
        return found is UNKNOWN or (isinstance(found, str | Mapping | Sequence) and bool(found))

    return condition
