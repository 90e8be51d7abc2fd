"""Inputs of a resource as the request of one operation."""

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aws_arguments.rules import Call, Convert, To

_SECRET = "4dabf18193072939515e22adb298388d"
"""Key by which the engine marks a map in a state that is no plain map."""
_ENCRYPTED = "offline-secret"
"""Stands for a text that cannot be read here; files and archives have the same mark."""
_ENGINE = frozenset({"__defaults"})


@dataclass(slots=True)
class Made:
    """A request, and what did not fit into it."""

    request: dict[str, Any] = field(default_factory=dict[str, Any])
    unknown: list[str] = field(default_factory=list[str])
    """Paths of inputs that have no member."""
    unfit: list[str] = field(default_factory=list[str])
    """Inputs whose value cannot be brought into the form of the request."""


def plain(value: Any) -> Any:
    """An input without the marks of the state; what is encrypted becomes some text."""
    if isinstance(value, Mapping):
        if _SECRET in value:
            shown = value.get("plaintext")
            return _ENCRYPTED if shown is None else json.loads(shown)
        return {key: plain(item) for key, item in value.items() if key not in _ENGINE}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def request(call: Call, shape: Any, inputs: Mapping[str, Any], own: frozenset[str]) -> Made:
    """The request of `call`, whose input has `shape`, from plain inputs."""
    return _Builder(call, own, shape).build(inputs)


class _Builder:
    def __init__(self, call: Call, own: frozenset[str], shape: Any) -> None:
        self.members = call.members
        self.own = own
        self.shape = shape
        self.made = Made(copy.deepcopy({**call.fills}))
        self.at = call.at

    def build(self, inputs: Mapping[str, Any]) -> Made:
        shape, here = self._inside(self.shape, self.made.request, self.at)
        self._walk(shape, "", inputs, here)
        return self.made

    def _inside(self, shape: Any, here: dict[str, Any], steps: str) -> tuple[Any, dict[str, Any]]:
        """The structure that a path leads to, made when it is not there."""
        for step in filter(None, steps.split(".")):
            shape = shape.members[step]
            if shape.type_name == "list":
                shape, here = shape.member, here.setdefault(step, [{}])[0]
            else:
                here = here.setdefault(step, {})
        return shape, here

    def _walk(
        self, shape: Any, above: str, values: Mapping[str, Any], here: dict[str, Any]
    ) -> None:
        for key, value in values.items():
            path = f"{above}.{key}" if above else key
            if path in self.own or value is None:
                continue
            rule = self.members.get(path)
            if isinstance(rule, To):
                self._put(shape, here, rule.target, value, path, rule.convert)
            elif rule == ".":
                self._beside(shape, path, _one(value), here)
            else:
                target = rule or matching(key, shape.members)
                if target is None:
                    self.made.unknown.append(path)
                else:
                    self._put(shape, here, target, value, path, None)

    def _beside(self, shape: Any, path: str, block: Any, here: dict[str, Any]) -> None:
        if isinstance(block, Mapping):
            self._walk(shape, path, block, here)
        else:
            self.made.unfit.append(f"{path}: {block!r} is no block")

    def _put(
        self,
        shape: Any,
        here: dict[str, Any],
        target: str,
        value: Any,
        path: str,
        convert: Convert | None,
    ) -> None:
        if target.startswith("/"):
            shape, here, target = self.shape, self.made.request, target[1:]
        steps, _, last = target.rpartition(".")
        shape, here = self._inside(shape, here, steps)
        if last not in shape.members:
            self.made.unknown.append(f"{path} (as {target})")
            return
        if convert is None:
            made = self._value(shape.members[last], path, value)
        else:
            try:
                made = convert(value)
            except (AttributeError, KeyError, TypeError, ValueError):
                self.made.unfit.append(f"{path}: {value!r} has another form than {target} needs")
                return
        there = here.get(last)
        if isinstance(there, list) and isinstance(made, list):
            here[last] = [*there, *made]
        elif isinstance(there, dict) and isinstance(made, dict):
            here[last] = {**there, **made}
        else:
            here[last] = made

    def _value(self, shape: Any, path: str, value: Any) -> Any:
        if shape.type_name == "structure":
            block = _one(value)
            if not isinstance(block, Mapping):
                return value
            here: dict[str, Any] = {}
            self._walk(shape, path, block, here)
            return here
        if shape.type_name == "list":
            return self._list(shape.member, path, value)
        if shape.type_name == "map" and isinstance(value, Mapping):
            return {key: self._value(shape.value, path, item) for key, item in value.items()}
        if shape.type_name in ("integer", "long") and isinstance(value, float):
            return int(value) if value.is_integer() else value
        return value

    def _list(self, member: Any, path: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(member, path, item) for item in value]
        names = _pair(member)
        if isinstance(value, Mapping) and names and not _is_pair(value, names):
            return [{names[0]: key, names[1]: item} for key, item in value.items()]
        return [self._value(member, path, value)]


def _one(value: Any) -> Any:
    """The block itself: a provider lists also what there is one of."""
    if isinstance(value, list) and len(value) < 2:
        return value[0] if value else {}
    return value


def _pair(shape: Any) -> tuple[str, str] | None:
    """Names of key and value when a structure is a pair, as tags are."""
    if shape.type_name != "structure" or len(shape.members) != 2:
        return None
    key, value = sorted(shape.members, key=lambda name: name.lower().endswith("value"))
    fits = value.lower().endswith("value") and key.lower().endswith(("key", "name"))
    return (key, value) if fits else None


def _is_pair(value: Mapping[str, Any], names: tuple[str, str]) -> bool:
    return {_bare(key) for key in value} == {_bare(name) for name in names}


def matching(name: str, members: Mapping[str, Any]) -> str | None:
    """The member that an input means: cases, signs and the plural do not matter."""
    by_name = {_bare(member): member for member in members}
    bare = _bare(name)
    for form in (bare, f"{bare}s", f"{bare}es", re.sub("y$", "ies", bare)):
        if form in by_name:
            return by_name[form]
    for form in (re.sub("ies$", "y", bare), re.sub("es$", "", bare), re.sub("s$", "", bare)):
        if form in by_name:
            return by_name[form]
    return None


def _bare(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())
