"""Exemptions: a rule that does not hold for one resource, for a reason and until a day.

They are part of a rule's configuration in the pack's config file:

    {"endpoint-public-needs-auth": {"exemptions": [
        {"resource": "demo*", "reason": "fair stand, no data", "expires": "2027-01-31"}]}}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, cast

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
            "reason": {"type": "string", "minLength": 10},
            "expires": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        },
    },
}


@dataclass(frozen=True, slots=True)
class Exemption:
    """One exemption as it was written; `problem` says why it does not count."""

    resource: str
    reason: str
    expires: date | None
    problem: str = ""

    def covers(self, name: str) -> bool:
        """Whether it is about this resource."""
        return fnmatchcase(name, self.resource)


def parse_exemptions(settings: Mapping[str, Any], today: date) -> list[Exemption]:
    """Read a rule's exemptions; those that do not count carry the reason, none raises."""
    written = settings.get("exemptions", [])
    if not isinstance(written, Sequence) or isinstance(written, str):
        return []
    return [_parse(item, today) for item in cast("Sequence[object]", written)]


def _parse(item: object, today: date) -> Exemption:
    if not isinstance(item, Mapping):
        return Exemption("*", "", None, "an exemption must be a mapping")
    fields = cast("Mapping[str, object]", item)
    resource, reason = str(fields.get("resource", "")), str(fields.get("reason", "")).strip()
    try:
        expires = date.fromisoformat(str(fields.get("expires", "")))
    except ValueError:
        return Exemption(resource, reason, None, "its exemption has no valid day in 'expires'")
    if not reason:
        return Exemption(resource, reason, expires, "its exemption gives no reason")
    if expires < today:
        return Exemption(resource, reason, expires, f"its exemption ended on {expires}")
    return Exemption(resource, reason, expires)


def decide(exemptions: Sequence[Exemption], name: str) -> tuple[bool, str]:
    """Whether a resource is exempt; if not, why an exemption about it does not count."""
    about = [item for item in exemptions if item.covers(name)]
    if any(not item.problem for item in about):
        return True, ""
    return False, "; ".join(item.problem for item in about)
