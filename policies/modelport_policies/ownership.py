"""Rules about ownership: somebody must answer for what is live."""

from collections.abc import Iterator

from modelport_policies.components import CATALOGUE, COMPONENTS
from modelport_policies.rule import Resource, Rule, Sample, Settings
from modelport_policies.values import UNKNOWN, text

_PLACEHOLDERS = frozenset(
    {"", "me", "nobody", "none", "owner", "someone", "tbd", "team", "todo", "unknown"}
)


def _owner(resource: Resource, _: Settings) -> Iterator[str]:
    owner = text(resource.properties, "owner")
    if owner is UNKNOWN:
        return
    if not isinstance(owner, str):
        yield "names no owner"
    elif owner.strip().lower() in _PLACEHOLDERS:
        yield f"has the owner '{owner.strip()}', which is nobody"


OWNER_PRESENT = Rule(
    id="owner-present",
    title="Every model that is live names the team that answers for it.",
    severity="medium",
    types=COMPONENTS,
    rationale="an alarm at night, a bill and a complaint need somebody to go to",
    fix="owner: <team> in the deployment",
    sources=(CATALOGUE,),
    passes=Sample("modelport:index:LocalService", {"owner": "diagnostics"}),
    fails=Sample("modelport:index:LocalService", {"owner": "todo"}),
    check=_owner,
)

OWNERSHIP = (OWNER_PRESENT,)
