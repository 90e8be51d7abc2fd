"""Outlook: each deployment of a preview in four lines: what is made, its price, its limit."""

from collections import Counter
from collections.abc import Mapping

from modelport.report.changes import kind_of
from modelport.report.facts import has_facts
from modelport.report.recording import Model, Recording, Step
from modelport.report.values import Json, entries, number
from modelport.report.words import shown

_HELPERS = ("pulumi:", "modelport:live:")
"""Types that stand for nothing on a platform."""


class Outlook(Model):
    """What one deployment would be."""

    name: str
    """Deployment name."""
    target: str
    """Kind of target."""
    bundle: str
    """Model and version: `name@version`."""
    size: str
    """What one instance is; empty where the plan does not say."""
    replicas: str
    """How many there are, e.g. `1 to 2`; empty where the plan does not say."""
    resources: dict[str, int]
    """Resources by what would happen to them, e.g. `{"create": 14}`."""
    made: tuple[str, ...]
    """Types of what is made, changed or removed, by the cloud's words, most important first."""
    monthly_usd: float | None
    """Price in USD a month of 730 hours, at the workload; none when it is not known."""
    idle_usd: float | None
    """Price of a month without a request."""
    worst_case_usd: float | None
    """Price of a month at maximum scale."""
    per_1000_usd: float | None
    """What 1,000 predictions add."""
    prices_as_of: str
    """Date of the oldest price."""
    unpriced: str
    """What costs something that is not in the price."""
    limit: str
    """The limit of the platform that is used up most."""
    notes: str
    """What a reader should know."""

    def lines(self) -> list[str]:
        """The same for a terminal."""
        what = " · ".join(
            part for part in (self.name, self.target, self._sizes, self.bundle) if part
        )
        changes = ", ".join(f"{word} {count}" for word, count in sorted(self.resources.items()))
        made = f"{changes}: {', '.join(self.made)}" if self.made else changes or "no changes"
        found = [what, f"  {made}"]
        if self.monthly_usd is not None:
            found.append(f"  {self._price}")
        if self.limit:
            found.append(f"  limit: {self.limit}")
        if self.notes:
            found.append(f"  note: {self.notes}")
        return found

    @property
    def _sizes(self) -> str:
        return f"{self.size} x {self.replicas}" if self.size and self.replicas else self.size

    @property
    def _price(self) -> str:
        parts = [f"{self.monthly_usd:,.2f} USD a month"]
        if self.idle_usd is not None and self.worst_case_usd is not None:
            parts[0] += f" (idle {self.idle_usd:,.2f}, at most {self.worst_case_usd:,.2f})"
        if self.per_1000_usd is not None:
            parts.append(f"{self.per_1000_usd:.4f} USD per 1,000 predictions")
        if self.prices_as_of:
            parts.append(f"prices of {self.prices_as_of}")
        if self.unpriced:
            parts.append(f"without {self.unpriced}")
        return "; ".join(parts)


def outlooks(recording: Recording) -> list[Outlook]:
    """Every deployment that a preview showed, in the order of their names."""
    steps = {step.urn: step for step in recording.steps}
    return [
        _outlook(step, [item for item in recording.steps if _inside(item, step, steps)])
        for step in sorted(recording.steps, key=lambda item: item.name)
        if has_facts(step) and entries(step.new)
    ]


def _outlook(component: Step, parts: list[Step]) -> Outlook:
    facts = entries(component.new)
    real = [step for step in parts if step.custom and not step.type.startswith(_HELPERS)]
    touched = [step for step in real if kind_of(step) != "same"]
    return Outlook(
        name=component.name,
        target=_text(facts, "target"),
        bundle=f"{_text(facts, 'bundle')}@{_text(facts, 'version')[:8]}",
        size=_text(facts, "size"),
        replicas=_text(facts, "replicas"),
        resources=dict(Counter(kind_of(step) for step in touched)),
        made=tuple(dict.fromkeys(_noun(step.type) for step in touched)),
        monthly_usd=number(facts.get("monthly_usd")),
        idle_usd=number(facts.get("idle_usd")),
        worst_case_usd=number(facts.get("worst_case_usd")),
        per_1000_usd=number(facts.get("per_1000_usd")),
        prices_as_of=_text(facts, "prices_as_of"),
        unpriced=_text(facts, "unpriced"),
        limit=_text(facts, "limit"),
        notes=_text(facts, "notes"),
    )


def _inside(step: Step, component: Step, steps: Mapping[str, Step]) -> bool:
    parent = step.parent
    while parent:
        if parent == component.urn:
            return True
        parent = steps[parent].parent if parent in steps else ""
    return False


def _noun(type_token: str) -> str:
    """The last word of a type, e.g. `Endpoint` of `aws:sagemaker/endpoint:Endpoint`."""
    return type_token.rsplit(":", 1)[-1]


def _text(facts: Mapping[str, Json], name: str) -> str:
    return shown(facts[name]) if name in facts else ""
