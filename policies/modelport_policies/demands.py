"""Demands: checks of repeated shapes, each about one property of a resource.

A rule names the property and says why it matters; a demand reads it at all its places, leaves out
what is not known yet, and words the finding:

    is_true("enableKeyRotation", "so one leaked key opens all that was ever encrypted")
    is_one_of("metadataOptions.httpTokens", ["required"], "so one request forged reads its keys")
    within("retentionInDays", "min_days", "max_days", "so ...")

What is not set, or of a type that cannot be read, has the verdict `absent`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from modelport_policies.paths import places, shown
from modelport_policies.rule import Reads, Resource, Settings
from modelport_policies.values import MISSING, UNKNOWN, Read, flag, number

Verdict = Literal["passes", "fails"]
Judge = Callable[[Read, Settings], str | None]
"""What to say about a known value or a missing one, with `{}` for its place; none: it is right."""
Condition = Callable[[Mapping[str, Any]], bool]
"""Whether a demand is made of a resource with these properties."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A check that asks something of one property."""

    path: str
    absent: Verdict
    judge: Judge
    unless: Condition | None = None
    accepts: tuple[str, ...] = ()
    """The only words that are right."""
    refuses: tuple[str, ...] = ()
    """Words that are wrong."""
    low: float | str | None = None
    """The least number that is right, or the name of the rule's parameter."""
    high: float | str | None = None
    """The largest."""

    @property
    def demands(self) -> tuple["Demand", ...]:
        """Itself, as one of many would say."""
        return (self,)

    @property
    def reads(self) -> tuple[Reads, ...]:
        """The property, for tests and documentation."""
        return (Reads(self.path, self.absent),)

    def __call__(self, resource: Resource, settings: Settings) -> Iterator[str]:
        """One sentence for each place that is not as asked for."""
        if self.unless is not None and self.unless(resource.properties):
            return
        for place, value in places(resource.properties, self.path):
            if value is not UNKNOWN:
                said = self.judge(value, settings)
                if said:
                    yield said.replace("{}", shown(place), 1)


@dataclass(frozen=True, slots=True)
class All:
    """A check that makes several demands."""

    demands: tuple[Demand, ...]

    @property
    def reads(self) -> tuple[Reads, ...]:
        """The properties of all of them; where two ask about one, the stricter verdict."""
        found: dict[str, Reads] = {}
        for item in (read for demand in self.demands for read in demand.reads):
            if item.path not in found or item.absent == "fails":
                found[item.path] = item
        return tuple(found.values())

    def __call__(self, resource: Resource, settings: Settings) -> Iterator[str]:
        """What each of them says."""
        for demand in self.demands:
            yield from demand(resource, settings)


def all_of(*demands: Demand) -> All:
    """Every one of these."""
    return All(demands)


def is_true(path: str, because: str, *, unless: Condition | None = None) -> Demand:
    """The property is written out as true."""

    def judge(value: Read, _: Settings) -> str | None:
        return None if flag(value) is True else f"does not set {{}} to true, {because}"

    return Demand(path, "fails", judge, unless)


def is_false(path: str, because: str, *, unless: Condition | None = None) -> Demand:
    """The property is written out as false, for the platform takes it as true."""

    def judge(value: Read, _: Settings) -> str | None:
        return None if flag(value) is False else f"does not set {{}} to false, {because}"

    return Demand(path, "fails", judge, unless)


def is_not_true(path: str, because: str, *, unless: Condition | None = None) -> Demand:
    """The property is false or left out."""

    def judge(value: Read, _: Settings) -> str | None:
        return f"sets {{}} to true, {because}" if flag(value) is True else None

    return Demand(path, "passes", judge, unless)


def is_not_false(path: str, because: str, *, unless: Condition | None = None) -> Demand:
    """The property is true or left out, for the platform takes it as true."""

    def judge(value: Read, _: Settings) -> str | None:
        return f"sets {{}} to false, {because}" if flag(value) is False else None

    return Demand(path, "passes", judge, unless)


def is_one_of(
    path: str,
    allowed: Sequence[str],
    because: str,
    *,
    absent: Verdict = "fails",
    unless: Condition | None = None,
) -> Demand:
    """The property is one of a few words."""
    words = _listed(allowed)

    def judge(value: Read, _: Settings) -> str | None:
        if not isinstance(value, str):
            return f"sets no {{}} ({words}), {because}" if absent == "fails" else None
        return None if value in allowed else f"has another {{}} than {words}, {because}"

    return Demand(path, absent, judge, unless, accepts=tuple(allowed))


def is_none_of(
    path: str, refused: Collection[str], because: str, *, unless: Condition | None = None
) -> Demand:
    """The property is none of a few words; the finding shows which one it is."""

    def judge(value: Read, _: Settings) -> str | None:
        found = isinstance(value, str) and value in refused
        return f"has {{}} '{value}', {because}" if found else None

    return Demand(path, "passes", judge, unless, refuses=tuple(refused))


def is_no(
    path: str,
    refused: Callable[[str], bool],
    because: str,
    *,
    unless: Condition | None = None,
) -> Demand:
    """The property is no text of a kind; the finding does not show it."""

    def judge(value: Read, _: Settings) -> str | None:
        return f"has in {{}} {because}" if isinstance(value, str) and refused(value) else None

    return Demand(path, "passes", judge, unless)


def is_set(path: str, because: str, *, unless: Condition | None = None) -> Demand:
    """The property is a text that is not empty, or an object, or a list with something in it."""

    def judge(value: Read, _: Settings) -> str | None:
        return None if _filled(value) else f"sets no {{}}, {because}"

    return Demand(path, "fails", judge, unless)


def is_left_out(path: str, because: str, *, unless: Condition | None = None) -> Demand:
    """The property is not set: no text, no object, no element."""

    def judge(value: Read, _: Settings) -> str | None:
        return f"sets {{}}, {because}" if _filled(value) else None

    return Demand(path, "passes", judge, unless)


def within(
    path: str,
    low: float | str | None,
    high: float | str | None,
    because: str,
    *,
    absent: Verdict = "fails",
    unless: Condition | None = None,
) -> Demand:
    """The property is a number from `low` to `high`; a text names the rule's parameter."""

    def judge(value: Read, settings: Settings) -> str | None:
        found = number({"": value}, "") if not isinstance(value, str) or value else MISSING
        if not isinstance(found, float):
            return f"sets no {{}}, {because}" if absent == "fails" else None
        least, most = _bound(low, settings), _bound(high, settings)
        if least is not None and found < least:
            return f"has {{}} {found:.15g}, less than {least:.15g}, {because}"
        if most is not None and found > most:
            return f"has {{}} {found:.15g}, more than {most:.15g}, {because}"
        return None

    return Demand(path, absent, judge, unless, low=low, high=high)


def has_at_least(path: str, count: int, because: str, *, unless: Condition | None = None) -> Demand:
    """The property is a list with so many elements; one that is not known yet counts as well."""

    def judge(value: Read, _: Settings) -> str | None:
        found = len(value) if isinstance(value, Sequence) and not isinstance(value, str) else 0
        return None if found >= count else f"has {found} in {{}}, fewer than {count}, {because}"

    return Demand(path, "fails", judge, unless, low=count)


def _filled(value: Read) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, str | Mapping | Sequence) and len(value) > 0


def _bound(limit: float | str | None, settings: Settings) -> float | None:
    if limit is None:
        return None
    return float(settings[limit]) if isinstance(limit, str) else float(limit)


def _listed(words: Sequence[str]) -> str:
    quoted = [f"'{word}'" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
