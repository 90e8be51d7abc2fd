"""Documents: policies of AWS, which programs write as JSON text or as objects."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from modelport_policies.values import Read, entries, items, read


def statements(
    properties: Mapping[str, Any], *path: str
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Places and statements of the document at `path`; none when it is not known or not one."""
    document = parsed(read(properties, *path))
    if not isinstance(document, Mapping):
        return
    whole = cast("Mapping[str, Any]", document)
    alone = read(whole, "Statement")
    if isinstance(alone, Mapping):  # a single one may stand without a list
        yield 0, alone
    for index, statement in items(whole, "Statement"):
        if isinstance(statement, Mapping):
            yield index, statement


def parsed(text: Read) -> object:
    """What a JSON text says; none when it is no text or no JSON."""
    if not isinstance(text, str):
        return text if isinstance(text, Mapping) else None
    try:
        return cast("object", json.loads(text))
    except (ValueError, RecursionError):
        return None


def allows(statement: Mapping[str, Any]) -> bool:
    """Whether it lets somebody do something."""
    return read(statement, "Effect") == "Allow"


def words(statement: Mapping[str, Any], key: str) -> list[str]:
    """The texts under a key, which holds one or a list of them."""
    found = [read(statement, key), *(value for _, value in items(statement, key))]
    return [item for item in found if isinstance(item, str)]


def principals(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Kind and name of everyone that it is about: `AWS`, `Service`, `Federated`, or `*`."""
    found = read(statement, "Principal")
    if isinstance(found, str):
        yield "*", found
    elif isinstance(found, Mapping):
        for kind, _ in entries(statement, "Principal"):
            for name in words(found, kind):
                yield kind, name


def is_everyone(statement: Mapping[str, Any]) -> bool:
    """Whether it is about every AWS account there is."""
    return any(name == "*" for kind, name in principals(statement) if kind in ("*", "AWS"))


def condition_keys(statement: Mapping[str, Any]) -> set[str]:
    """The keys that its conditions look at, in lower case: AWS does not tell them apart."""
    return {
        key.lower()
        for operator, _ in entries(statement, "Condition")
        for key, _ in entries(statement, "Condition", operator)
    }


def json_containers(text: Read) -> Sequence[Mapping[str, Any]]:
    """The container definitions of an ECS task, which are one JSON text."""
    found = parsed(text) if isinstance(text, str) else None
    if not isinstance(found, list):
        return ()
    listed = cast("list[object]", found)
    return [cast("Mapping[str, Any]", item) for item in listed if isinstance(item, Mapping)]
