"""Safeguards, secrets, scale and versions: what else a person should know."""

from collections.abc import Iterator

from modelport.report.changes import kind_of
from modelport.report.cost import PRICE
from modelport.report.facts import has_facts, money, short_version
from modelport.report.recording import Change, Step
from modelport.report.risk import Risk, Severity, Steps, risk
from modelport.report.values import (
    MISSING,
    UNKNOWN,
    entries,
    is_mark,
    number,
    path_keys,
    read,
)
from modelport.report.words import quote, shown, type_words

_PROTECTING = {
    "deletionProtection": True,
    "deletionProtectionEnabled": True,
    "enableDeletionProtection": True,
    "enablePurgeProtection": True,
    "enableSoftDelete": True,
    "skipDestroy": True,
    "storageEncrypted": True,
    "forceDestroy": False,
    "forceDelete": False,
    "deleteContentsOnDestroy": False,
    "skipFinalSnapshot": False,
}
"""Inputs that keep something safe, and the value at which they do."""
_COPIES = {
    "desiredCapacity", "desiredCount", "initialInstanceCount", "instanceCount", "maxInstanceCount",
    "maxInstances", "maxReplicas", "maxReplicaCount", "maxSize", "minInstanceCount", "minReplicas",
    "minReplicaCount", "minSize", "replicas", "targetSize", "workers",
}  # fmt: skip
"""Inputs that say how many copies of something run."""
_SIZES = {"dedicatedResources", "instanceType", "machineType", "skuName", "vmSize"}
_JUMP = 2.0
"""A change of copies or price by this factor is a jump."""
_NOTABLE_USD = 10.0
"""A smaller change of the monthly price is not worth a line."""


def safeguard_risks(step: Step, steps: Steps) -> Iterator[Risk]:
    """Protection that goes away, and secrets that become plain."""
    del steps
    if kind_of(step) in {"update", "replace", "same"} and step.protect_old and not step.protect_new:
        yield _unprotected(step, "is no longer protected (`protect`)")
    if kind_of(step) in {"update", "replace", "same"} and step.retain_old and not step.retain_new:
        yield _unprotected(step, "will no longer be kept when it is deleted (`retain_on_delete`)")
    for change in step.changes:
        safe = _PROTECTING.get(_last(change.path))
        if safe is None:
            continue
        if is_mark(change.new, UNKNOWN):
            yield _unprotected(step, f"may lose a safeguard: {quote(change.path)}", judged=False)
        elif change.old is safe and change.new is not safe:
            yield _unprotected(
                step, f"loses a safeguard: {quote(change.path)} is {quote(shown(change.new))}"
            )
    for path in step.turned_plain:
        yield risk(
            step, "high", "secret",
            f"({type_words(step.type)}) shows a secret in plain: {quote(path)}",
            why="what was encrypted in the state and hidden in logs no longer is",
            check="why it is no longer marked as secret; a value that was shown must be renewed",
        )  # fmt: skip


def scale_risks(step: Step, steps: Steps) -> Iterator[Risk]:
    """Many more or no copies, other machines, and jumps of the price."""
    del steps
    for change in step.changes:
        if _last(change.path) in _COPIES:
            yield from _copies(step, change)
        elif _last(change.path) in _SIZES and isinstance(change.new, str):
            yield risk(
                step, "low", "scale",
                f"({type_words(step.type)}) runs on another machine: "
                f"{_moves(change)}",
                why="speed and price change",
                check="that there is quota for it, which a preview does not ask",
            )  # fmt: skip
    if has_facts(step):
        yield from _price(step)


def version_risks(step: Step, steps: Steps) -> Iterator[Risk]:
    """Another model goes live, with its scores when its component says them."""
    if not has_facts(step) or kind_of(step) not in {"update", "replace"}:
        return
    old, new = read(step.old, "version"), read(step.new, "version")
    if old == new or old is MISSING or new is MISSING:
        return
    if new is UNKNOWN or old is UNKNOWN:
        yield _version(step, "medium", "may get another model version, known after the update")
        return
    before, after = (
        short_version(entries(step.old)["version"]),
        short_version(entries(step.new)["version"]),
    )
    back = any(str(new) in other.releases for other in steps.values() if other.parent == step.urn)
    verb = (
        "goes back to a model version that was live before"
        if back
        else "gets another model version"
    )
    severity, scores = _scores(step)
    yield _version(step, severity, f"{verb}: {quote(before)} → {quote(after)}{scores}")


def _scores(step: Step) -> tuple[Severity, str]:
    """How the score moves; a higher one is better unless the metric is an error."""
    metric = read(step.new, "metric")
    old, new = number(read(step.old, "score")), number(read(step.new, "score"))
    if old is None or new is None or read(step.old, "metric") != metric:
        return "medium", ", and its score cannot be compared with the old one's"
    worse = new > old if metric in {"mae", "rmse"} else new < old
    words = f" ({quote(shown(metric))} {old:g} → {new:g}{', which is worse' if worse else ''})"
    return ("medium" if worse else "low"), words


def _version(step: Step, severity: Severity, what: str) -> Risk:
    return risk(
        step, severity, "model", f"({type_words(step.type)}) {what}",
        why="callers get other answers",
        check="that this is the version that you mean",
        judged="may get" not in what,
    )  # fmt: skip


def _copies(step: Step, change: Change) -> Iterator[Risk]:
    old, new = number(change.old), number(change.new)
    words = f"({type_words(step.type)}) {_moves(change)}"
    if is_mark(change.new, UNKNOWN):
        yield risk(
            step, "medium", "scale",
            f"{words}: how many run could not be judged before the update",
            why="it decides on price and speed", check="what the value will be", judged=False,
        )  # fmt: skip
    elif new == 0 and old and _last(change.path).startswith("min"):
        yield risk(
            step, "low", "scale", f"{words}: none is kept running while nobody asks",
            why="the first request after a pause waits until one has started",
            check="whether callers can wait",
        )  # fmt: skip
    elif new == 0 and old:
        yield risk(
            step, "high", "scale", f"{words}: none is left to answer",
            why="requests fail, or wait until one has started",
            check="that this is meant",
        )  # fmt: skip
    elif old and new and (new / old >= _JUMP or old / new >= _JUMP):
        yield risk(
            step, "medium", "scale", f"{words}: {'many more' if new > old else 'far fewer'} run",
            why="price, speed and what it can take change with it",
            check="that there is quota and need for it, which a preview does not ask",
        )  # fmt: skip


def _price(step: Step) -> Iterator[Risk]:
    old, new = entries(step.old).get(PRICE), entries(step.new).get(PRICE)
    if is_mark(new, UNKNOWN):
        yield risk(
            step, "medium", "scale",
            f"({type_words(step.type)}): its price could not be judged before the update",
            why="nobody knows what it will cost", check="what decides on it", judged=False,
        )  # fmt: skip
        return
    before, after = number(old) or 0.0, number(new) or 0.0
    if step.new is None or after - before < _NOTABLE_USD:
        return
    jump = before == 0 or after / before >= _JUMP
    yield risk(
        step, "medium" if jump else "low", "scale",
        f"({type_words(step.type)}) costs {money(after - before)} a month more: "
        f"{money(before)} → {money(after)}",
        why="it is paid every month, used or not",
        check="that this is agreed with who pays",
    )  # fmt: skip


def _unprotected(step: Step, what: str, *, judged: bool = True) -> Risk:
    return risk(
        step, "medium", "safeguard", f"({type_words(step.type)}) {what}",
        why="a later mistake is no longer stopped",
        check="why it is taken away",
        judged=judged,
    )  # fmt: skip


def _last(path: str) -> str:
    names = [key for key in path_keys(path) if isinstance(key, str)]
    return names[-1] if names else ""


def _moves(change: Change) -> str:
    return f"{quote(change.path)} {quote(shown(change.old))} → {quote(shown(change.new))}"
