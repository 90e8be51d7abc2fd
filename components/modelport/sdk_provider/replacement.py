"""Replacement: which property changes need a new resource, and what is then removed first.

The SDKs do not say it, or say it in passing. The tables beside this file hold what the official
providers do, with the source of every entry, how sure it is and when it was looked up:

- A: what decides was read: the provider's own code, or what it is generated from.
- B: read by a program, in part, in an older version, or derived from the platform's API.
- C: known, but not read again.

Terraform's rules that depend on values (a range that only grows, a tier that goes one way) are in
no table: such a property is updated here.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from modelport.sdk import PACKAGES

Naming = Literal["program", "provider", "none"]
"""Who chose a resource's name; none: it has no name of its own that could be made up."""

_TABLES = Path(__file__).parent / "tables"


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a table says of one type."""

    replaces: frozenset[str]
    refuses: frozenset[str]
    complete: bool
    source: str


@dataclass(frozen=True, slots=True)
class _Table:
    """One package's table, as its file has it."""

    types: dict[str, Any]
    sources: dict[str, Any]
    general: dict[str, Any]
    deletes_first: frozenset[str]


def replacing_paths(token: str) -> frozenset[str]:
    """Paths of properties whose change replaces a resource, without the places in lists.

    A path such as `spec.selector` covers everything below it. What holds for a whole package
    (its regions, its resource groups) is included, also for types that have no such property.
    """
    return _rules(token).replaces


def refused_paths(token: str) -> frozenset[str]:
    """Paths whose change the official provider sends as an update that the platform refuses."""
    return _rules(token).refuses


def known(token: str) -> bool:
    """Whether the table is complete for the type; if not, a change may replace it all the same."""
    return _rules(token).complete


def source(token: str) -> str | None:
    """Address of what the rules of a type were taken from; none when the table lacks the type."""
    return _rules(token).source or None


def deletes_first(token: str, naming: Naming = "provider", *, renamed: bool = False) -> bool:
    """Whether the official provider removes a resource before it makes the one that replaces it.

    Args:
        token: The resource's type.
        naming: Who chose its name.
        renamed: Whether the name, or the namespace, is another one afterwards.

    aws and gcp do so when the program chose the name, even another one (`Diff` and
    `nameRequiresDeleteBeforeReplace` in pulumi-terraform-bridge, `pkg/tfbridge`), and for a few
    types always (`DeleteBeforeReplace` in pulumi-aws, `provider/resources.go`). azure-native does
    so unless it made up the name itself (`Diff` in its `provider/pkg/provider/provider.go`).
    kubernetes does so when the program chose the name and keeps it (`Diff` in its
    `provider/pkg/provider/provider.go`). All looked up 2026-11-21.
    """
    package = _package(token)
    table = _table(package)
    if table is not None and token in table.deletes_first:
        return True
    if package == "azure-native":
        return naming != "provider"
    return naming == "program" and not (package == "kubernetes" and renamed)


@cache
def _rules(token: str) -> _Rules:
    table = _table(_package(token))
    if table is None:
        return _Rules(frozenset(), frozenset(), complete=False, source="")
    general = frozenset(table.general["replaces"])
    found = cast("dict[str, Any] | None", table.types.get(_entry(token)))
    if found is None:
        complete = bool(table.general.get("complete"))
        where = cast("str", table.general["address"]) if complete else ""
        return _Rules(general, frozenset(), complete=complete, source=where)
    return _Rules(
        replaces=(general - frozenset(found.get("updates", ()))) | frozenset(found["replaces"]),
        refuses=frozenset(found.get("refuses", ())),
        complete=not found.get("incomplete"),
        source=table.sources[found["source"]]["address"] + found.get("file", ""),
    )


@cache
def _table(package: str) -> _Table | None:
    if package not in PACKAGES:
        return None
    path = _TABLES / f"replacement_{package.replace('-', '_')}.json"
    read = json.loads(path.read_text(encoding="utf-8"))
    return _Table(
        types=read["types"],
        sources=read["sources"],
        general=read["general"],
        deletes_first=frozenset(read["deletes_first"]),
    )


def _package(token: str) -> str:
    return token.split(":", 1)[0]


def _entry(token: str) -> str:
    """The token under which a type stands: without Azure's API version, without `Patch`."""
    package, _, rest = token.partition(":")
    if package == "azure-native":
        module, _, kind = rest.rpartition(":")
        return f"{package}:{module.split('/')[0]}:{kind}"
    if package == "kubernetes":
        return token.removesuffix("Patch")
    return token
