"""Names: what a deployment is called on its platform."""

import hashlib
import re

from modelport.feasibility import limits_of

PREFIX = "mp"
"""Begins every name, so that a list of a shared account shows what is ours."""
REVISION_ROOM = 11
"""Characters of `-` and a revision, where one is put behind a name."""
_LONGEST = 63
"""Characters of a name where the platform sets no limit."""


def physical_name(kind: str, name: str, stack: str, *, room: int = 0) -> str:
    """The name of a deployment on its platform: lower-case letters, digits and `-`.

    Names that would be too long, or that lose a character, end with a part of their hash instead.

    Args:
        kind: Kind of target, whose limit holds.
        name: Deployment name.
        stack: Stack name.
        room: Characters to leave for what is put behind it.
    """
    limit = next((item for item in limits_of(kind) if item.name == "name"), None)
    longest = int(limit.amount) if limit and limit.amount else _LONGEST
    return bounded(f"{PREFIX}-{name}-{stack}", min(longest, _LONGEST) - room)


def bounded(wanted: str, longest: int) -> str:
    """A name of at most `longest` lower-case letters, digits and `-`, unlike any other's."""
    plain = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")
    if plain == wanted and len(plain) <= longest:
        return plain
    digest = hashlib.sha256(wanted.encode()).hexdigest()[:6]
    return f"{plain[: longest - 7].rstrip('-')}-{digest}"
