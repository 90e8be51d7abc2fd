"""Variations of a rule's own examples: what every rule is tried with, from what it says it reads.

A new rule needs no test of its own for these; its examples and the properties that it reads are
enough. `test_every_rule.py` says what must hold for each.
"""

from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any, cast

from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from modelport_policies.pack import findings, stack_findings
from modelport_policies.rule import Reads, Resource, Rule, Sample

UNKNOWN = UNKNOWN_STRING_VALUE
SECRET = "mp_Zk1vT0bQ9yWcR4uX7aLh2sE8dGm3nPq5jFt6iBxK"
_GONE = object()
_KEYS = ("", "*", "a", "name", "value", "tags", "exposure", "Statement", "Principal", "AWS", SECRET)
_LEAVES = (
    None, True, False, 0, -1, 2.5, 10**400, float("nan"), float("inf"), "", "*", "true", "NaN",
    "0.0.0.0/0", "::/0", "{}", "[]", '{"Statement": [7]}', '{"Statement": {"Effect": "Allow"}}',
    "{",    "[" * 2000, "a" * 300, "\x00", "\ud800", "Allow", "prod", SECRET, UNKNOWN,
)  # fmt: skip


def judged(rule: Rule, sample: Sample, **settings: Any) -> list[str]:
    """What a rule says about an example, handed over as the SDK does it."""
    stack = [
        Resource(item.type, f"sample-{index}", f"urn:{index}", unknown_checking_proxy(_copy(item)))
        for index, item in enumerate((sample, *sample.beside))
    ]
    if rule.stack_check:
        return stack_findings(rule, stack, settings)
    return [message for item in stack for message in findings(rule, item, settings)]


def _copy(sample: Sample) -> dict[str, Any]:
    return deepcopy(dict(sample.properties))


def good(rule: Rule) -> tuple[Sample, ...]:
    """Examples that follow the rule."""
    return (rule.passes, *rule.also_passes)


def bad(rule: Rule) -> tuple[Sample, ...]:
    """Examples that do not."""
    return (rule.fails, *rule.also_fails)


def lists_of(path: str) -> Iterator[str]:
    """The lists on a path, the first one first: `a[].b[].c` goes through `a` and `a[].b`."""
    names = path.split(".")
    for index, name in enumerate(names):
        if name.endswith("[]"):
            yield ".".join([*names[:index], name.removesuffix("[]")])


def with_value(sample: Sample, path: str, value: object) -> Sample:
    """The example with another value at every place of a path; objects on the way are made."""
    properties = _copy(sample)
    _put(properties, path.split("."), value)
    return Sample(sample.type, properties, sample.beside)


def without(sample: Sample, path: str) -> Sample:
    """The example without what is at a path."""
    return with_value(sample, path, _GONE)


def values_at(sample: Sample, path: str) -> list[Any]:
    """What the example has at a path."""
    found: list[Any] = [dict(sample.properties)]
    for name in path.split("."):
        inner = [
            item[name.removesuffix("[]")]
            for item in found
            if isinstance(item, dict) and name.removesuffix("[]") in item
        ]
        found = [each for item in inner for each in item] if name.endswith("[]") else inner
    return found


def of_wrong_type(rule: Rule, read: Reads) -> object:
    """A value of another type than the examples have there."""
    there = [
        value for sample in (*good(rule), *bad(rule)) for value in values_at(sample, read.path)
    ]
    numbers = any(isinstance(item, int | float) and not isinstance(item, bool) for item in there)
    return "zz" if numbers else 7.5


def tree(chance: Random, depth: int = 0) -> Any:
    """Anything that a program may write, unknown values at any place."""
    if depth < 3 and chance.random() < 0.3:
        return [tree(chance, depth + 1) for _ in range(chance.randrange(3))]
    if depth < 3 and chance.random() < 0.4:
        return {chance.choice(_KEYS): tree(chance, depth + 1) for _ in range(chance.randrange(4))}
    return chance.choice(_LEAVES)


def changed(chance: Random, sample: Sample) -> Sample:
    """The example with one to three places of it, or of what stands beside it, changed."""
    for _ in range(chance.randrange(1, 4)):
        stack = [
            (sample.type, _copy(sample)),
            *((item.type, _copy(item)) for item in sample.beside),
        ]
        found = [place for _, properties in stack for place in _slots(properties)]
        if not found:
            break
        holder, key = chance.choice(found)
        if chance.random() < 0.2 and isinstance(holder, dict):
            del holder[key]
        else:
            holder[key] = tree(chance)
        first, *others = (Sample(kind, properties) for kind, properties in stack)
        sample = Sample(first.type, first.properties, tuple(others))
    return sample


def _slots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a tree: what holds it, and its key or index."""
    if isinstance(value, dict | list):
        inside = cast("dict[Any, Any]", value)
        for key in list(inside) if isinstance(value, dict) else range(len(inside)):
            yield inside, key
            yield from _slots(inside[key])


def _put(here: Any, steps: list[str], value: object) -> None:
    if not isinstance(here, dict):
        return
    inside = cast("dict[str, Any]", here)
    name, is_list, rest = steps[0].removesuffix("[]"), steps[0].endswith("[]"), steps[1:]
    if is_list:
        elements = inside.get(name)
        if isinstance(elements, list):
            for index in range(len(cast("list[Any]", elements))):
                if rest:
                    _put(elements[index], rest, value)
                elif value is not _GONE:
                    elements[index] = value
    elif rest:
        if value is not _GONE:
            inside.setdefault(name, {})
        _put(inside.get(name), rest, value)
    elif value is _GONE:
        inside.pop(name, None)
    else:
        inside[name] = value
