"""GraphQL's names for features, which may be called anything."""

import re
from collections.abc import Iterable


def graphql_names(names: Iterable[str]) -> list[str]:
    """A name that GraphQL takes for each, in their order and all different.

    A name that is one stays as it is. In others `_` takes the place of what is neither letter nor
    digit, and stands before a first digit; where two become the same the later gets a number, and
    what has neither is `feature`.
    """
    given = list(names)
    taken = {name for name in given if _is_name(name)}
    found: list[str] = []
    for name in given:
        if _is_name(name):
            found.append(name)
            continue
        plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
        base = f"_{plain}" if plain[:1].isdigit() else plain or "feature"
        count, chosen = 1, base
        while chosen in taken:
            count += 1
            chosen = f"{base}_{count}"
        taken.add(chosen)
        found.append(chosen)
    return found


def _is_name(name: str) -> bool:
    # Two underscores begin the names of introspection.
    return re.fullmatch(r"(?!__)[A-Za-z_][A-Za-z0-9_]*", name) is not None
