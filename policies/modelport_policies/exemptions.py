"""Exemptions: a rule that does not hold for one resource, for a reason and until a day.

They are part of a rule's configuration in the pack's config file:

    {"endpoint-public-needs-auth": {"exemptions": [
        {"resource": "demo*", "reason": "fair stand, no data", "expires": "2027-01-31"}]}}

The engine refuses entries that do not fit the schema. They are read with the same care here, for
an exemption that cannot be read must not exempt anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, cast

SHORTEST_REASON = 10
"""Letters; `ok` and `later` are no reasons."""

SCHEMA: dict[str, Any] = {
    "type": "array",
    "description": "resources that need not follow the rule, each with its reason and last day",
    "default": [],
    "items": {
        "type": "object",
        "required": ["resource", "reason", "expires"],
        "additionalProperties": False,
        "properties": {
            "resource": {"type": "string", "description": "resource name, * as wildcard"},
            "reason": {"type": "string", "minLength": SHORTEST_REASON},
            "expires": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        },
    },
}


@dataclass(frozen=True, slots=True)
class Exemption:
    """One exemption as it was written; `problem` says why it does not count."""

    resource: str
    problem: str = ""

    def covers(self, name: str) -> bool:
        """Whether it is about this resource."""
        return fnmatchcase(name, self.resource)


def parse_exemptions(settings: Mapping[str, Any], today: date) -> list[Exemption]:
    """Read a rule's exemptions; those that do not count carry the reason, none raises."""
    written = settings.get("exemptions", [])
    if not isinstance(written, Sequence) or isinstance(written, str):
        return [Exemption("*", "its exemptions are not a list")]
    return [_parse(item, today) for item in cast("Sequence[object]", written)]


def decide(exemptions: Sequence[Exemption], name: str) -> tuple[bool, str]:
    """Whether a resource is exempt; if not, why an exemption about it does not count."""
    about = [item for item in exemptions if item.covers(name)]
    if any(not item.problem for item in about):
        return True, ""
    return False, "; ".join(item.problem for item in about)


def _parse(item: object, today: date) -> Exemption:
    if not isinstance(item, Mapping):
        return Exemption("*", "its exemption is not a mapping")
    fields = cast("Mapping[str, object]", item)
    resource, reason = str(fields.get("resource", "")), fields.get("reason")
    try:
        expires = date.fromisoformat(str(fields.get("expires", "")))
    except ValueError:
        return Exemption(resource, "its exemption has no valid day in 'expires'")
    if not isinstance(reason, str) or len(reason.strip()) < SHORTEST_REASON:
        return Exemption(resource, f"its exemption gives no reason of {SHORTEST_REASON} letters")
    if expires < today:
        return Exemption(resource, f"its exemption ended on {expires}")
    return Exemption(resource)
