"""How the inputs of a resource type become the requests that the AWS provider makes for it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Convert = Callable[[Any], Any]
"""Value of an input to the value in the request."""
Check = Callable[[Any], list[str]]
"""Value of an input to what is wrong with it."""


@dataclass(frozen=True, slots=True)
class To:
    """A member whose value has another form in the request."""

    target: str
    convert: Convert
    """Its result goes into the request as it is; lists at one target are joined."""


Members = Mapping[str, str | To]
"""Path of an input (`healthCheck.path`, without indices) to the path of a member. The latter starts
at the structure that the input's parent has become, or with `/` at the request; a list on the way
stands for its first item. `.` puts what is in a block where the block itself would be."""


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of the AWS API."""

    service: str
    """Name of the service in botocore."""
    operation: str
    members: Members = field(default_factory=dict[str, str | To])
    """Inputs whose member has another name; every other one is found by its own name."""
    fills: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Members that the provider fills in itself, such as the id of the resource."""
    at: str = ""
    """Path of the structure in which the inputs are looked for; the request itself when empty."""

    def takes(self, name: str) -> bool:
        """Whether `members` says something of an input of the resource."""
        return any(path.partition(".")[0] == name for path in self.members)


@dataclass(frozen=True, slots=True)
class Rule:
    """One resource type."""

    call: Call
    """The operation that makes it: every input must be a member, if no other call takes it."""
    more: tuple[Call, ...] = ()
    """Further operations; each takes the inputs that its `members` list, and is made when there
    is one of them."""
    own: frozenset[str] = frozenset()
    """Paths of inputs that the provider keeps to itself."""
    checks: Mapping[str, Check] = field(default_factory=dict[str, Check])
    """Inputs with a grammar of their own, such as policy documents."""
    together: Check = lambda _inputs: []
    """What all inputs must be together."""


def rule(
    call: Call,
    *more: Call,
    own: str = "",
    checks: Mapping[str, Check] | None = None,
    together: Check = lambda _inputs: [],
) -> Rule:
    """A rule; `own` holds paths between spaces."""
    return Rule(call, more, frozenset(own.split()), checks or {}, together)


def pairs(key: str, value: str) -> Convert:
    """A map to a list of pairs."""
    return lambda given: [{key: name, value: item} for name, item in given.items()]


def each(convert: Convert) -> Convert:
    """A list, item by item.

    Raises:
        TypeError: There is no list.
    """

    def convert_all(given: Any) -> list[Any]:
        if not isinstance(given, list):
            raise TypeError(given)
        return [convert(item) for item in given]

    return convert_all


def attribute(name: str) -> To:
    """A setting that a load balancer keeps in its list of attributes, as text."""
    return To("Attributes", lambda value: [{"Key": name, "Value": text(value)}])


def attributes(names: Mapping[str, str]) -> To:
    """A block of settings that a load balancer keeps in its list of attributes."""

    def convert(block: Any) -> list[dict[str, Any]]:
        return [{"Key": names.get(key, key), "Value": text(item)} for key, item in block.items()]

    return To("Attributes", convert)


def tag_specification(kind: str) -> To:
    """The tags of something in EC2, which names the kind of what it tags."""

    def convert(tags: Any) -> list[dict[str, Any]]:
        listed = pairs("Key", "Value")(tags)
        return [{"ResourceType": kind, "Tags": listed}] if listed else []

    return To("TagSpecifications", convert)


def prefixed(target: str, most: int = 255) -> To:
    """A name from its beginning, as the provider completes it to at most `most` characters."""
    return To(target, lambda beginning: f"{beginning}{'0' * 26}"[: max(most, len(beginning))])


def parsed(target: str) -> To:
    """JSON text as the value that it is; what is no JSON stays for the check of types."""

    def convert(given: Any) -> Any:
        try:
            return json.loads(given)
        except (TypeError, ValueError):
            return given

    return To(target, convert)


def one_of(*allowed: object) -> Check:
    """A value that the API's model leaves open and its documentation does not."""
    listed = ", ".join(map(str, allowed))
    return lambda value: [] if value in allowed else [f"{value!r} is none of {listed}"]


def spelt(pattern: str) -> Check:
    """A text whose form the API's model leaves open and its documentation does not."""
    known = re.compile(pattern)

    def check(value: Any) -> list[str]:
        fits = isinstance(value, str) and known.fullmatch(value)
        return [] if fits else [f"{value!r} does not match {pattern}"]

    return check


def text(value: object) -> str:
    """A plain value as AWS writes it in lists of attributes.

    Raises:
        TypeError: The value is not plain.
    """
    if not isinstance(value, str | int | float):
        raise TypeError(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def whole(value: object) -> object:
    """A number that the provider takes as text; what is no number stays for the check of types."""
    return int(value) if isinstance(value, str) and value.lstrip("-").isdigit() else value


def number(value: object) -> object:
    """A bound that the provider takes as text."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def switch(value: object) -> object:
    """A boolean that the provider takes as text."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
