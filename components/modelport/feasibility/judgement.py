"""Judgement: whether a kind of target can hold a workload, in sentences for people."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from modelport.config.workload import Workload
from modelport.feasibility.capabilities import capability
from modelport.feasibility.kinds import nearest_first
from modelport.feasibility.limits import EVERY_KIND, Limit, limits_of
from modelport.feasibility.uses import Use, amount_text, tightest, uses


@dataclass(frozen=True, slots=True)
class Judgement:
    """What speaks against a target, one sentence each."""

    refusals: tuple[str, ...]
    """It cannot work: a firm limit that is verified is exceeded."""
    warnings: tuple[str, ...]
    """It may not work: a quota, a default, or a limit that is not verified."""
    notes: tuple[str, ...]
    """What matters beside that."""

    @property
    def feasible(self) -> bool:
        """Whether nothing refuses it."""
        return not self.refusals


@dataclass(frozen=True, slots=True)
class _Excess:
    """A use that is more than a limit."""

    use: Use
    limit: Limit


def judge(
    kind: str,
    workload: Workload,
    *,
    name: str | None = None,
    environment_bytes: int | None = None,
    options: Collection[str] = (),
) -> Judgement:
    """Judge a workload on a kind of target.

    Args:
        kind: Kind of target; one of `KINDS`.
        workload: What is known; what is not known never refuses.
        name: Name that the endpoint would have on the platform.
        environment_bytes: Size of all environment variables, names and values.
        options: Ways of using the platform that change limits, e.g. `serverless`, `http_api`.

    Raises:
        PlanError: the kind is not known, or it has no such option.
    """
    found = list(_excesses(kind, workload, environment_bytes, options))
    refusals = [
        f"{_sentence(kind, excess)}; "
        f"{_nearest(kind, excess.limit.name, workload, environment_bytes)}"
        for excess in found
        if excess.limit.refuses
    ]
    warnings = [
        f"{_sentence(kind, excess)}; {_doubt(excess.limit)}"
        for excess in found
        if not excess.limit.refuses
    ]
    if name is not None:
        for limit, sentence in _name_problems(kind, name, options):
            (refusals if limit.refuses else warnings).append(sentence)
    return Judgement(tuple(refusals), tuple(warnings), tuple(_notes(kind, workload, options)))


def _excesses(
    kind: str, workload: Workload, environment_bytes: int | None, options: Collection[str]
) -> Iterator[_Excess]:
    bounds = limits_of(kind, options)
    for use in uses(workload, environment_bytes):
        for limit in bounds:
            if limit.name == use.limit and limit.amount is not None and use.amount > limit.amount:
                yield _Excess(use, limit)


def _sentence(kind: str, excess: _Excess) -> str:
    use, limit = excess.use, excess.limit
    where = "every target" if limit.kind == EVERY_KIND else kind
    if limit.amount == 0:
        return f"{use.fact} {use.text}: {kind} has none ({limit.bounds}; {limit.source})"
    return (
        f"{use.fact} {use.text_beside(limit)} is over the limit of {where}, {limit.text} "
        f"({limit.bounds}; {limit.source})"
    )


def _doubt(limit: Limit) -> str:
    if limit.grade == "C":
        return "this limit is not verified, so try it before you rely on it"
    return "a setting, plan or quota can raise it"


def _nearest(kind: str, limit: str, workload: Workload, environment_bytes: int | None) -> str:
    """The nearest kind that surely holds everything that is known of the workload."""
    for other in nearest_first(kind):
        own = [item for item in limits_of(other.name) if item.name == limit]
        sure = [item for item in own if item.kind == other.name and item.grade != "C"]
        if sure and not any(_excesses(other.name, workload, environment_bytes, ())):
            return f"the nearest target that holds it is {other.name} ({_room(own)})"
    return "no kind of target surely holds it"


def _room(own: list[Limit]) -> str:
    """The smallest of the limits that hold together."""
    bounded = [item for item in own if item.amount is not None]
    return min(bounded or own, key=lambda item: item.amount or 0).text


def _name_problems(kind: str, name: str, options: Collection[str]) -> Iterator[tuple[Limit, str]]:
    for limit in limits_of(kind, options):
        wrong = (
            limit.name == "name" and limit.amount is not None and len(name) > limit.amount
        ) or (limit.name == "name_pattern" and re.fullmatch(limit.value, name, re.ASCII) is None)
        if wrong:
            allowed = f"at most {limit.text}" if limit.name == "name" else f"only {limit.value}"
            yield limit, f"name '{name}': {kind} takes {allowed} as {limit.bounds} ({limit.source})"


def _notes(kind: str, workload: Workload, options: Collection[str]) -> Iterator[str]:
    most = tightest(kind, workload, options)
    if most is not None:
        yield most.text
    sleeps = capability(kind, "scale_to_zero")
    if workload.always_running and sleeps.value != "no":
        yield f"workload.cold_start none: {kind} must keep an instance running, which costs idle"
    waits = workload.cold_start_seconds
    if waits and sleeps.value == "no":
        wait = amount_text(waits, "time")
        yield (
            f"workload.cold_start {wait}: {kind} never scales to zero, so this saves nothing; "
            f"{sleeps.sentence}"
        )
