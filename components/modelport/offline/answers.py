"""Answers: what a user knows of data sources, and of resources that are imported.

`MODELPORT_OFFLINE_ANSWERS` names a file in YAML or JSON, read anew at every call: for the token of
a function, its result or a list of results, each for some arguments:

    aws:ec2/getVpc:getVpc: {cidrBlock: 10.20.0.0/16}
    aws:ssm/getParameter:getParameter:
      - when: {name: /prod/image}
        answer: {value: registry.example.org/model}
      - answer: {value: other}
"""

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, cast

from modelport.errors import ConfigError
from modelport.offline.place import entries, items
from modelport.offline.user_file import read_map
from modelport.provider.wire import Json
from modelport.sdk import UnknownTokenError, function
from modelport.sdk.types import FunctionSchema

VARIABLE: Final = "MODELPORT_OFFLINE_ANSWERS"
"""Environment variable that names the file; unset, everything is invented."""
_RULE: Final = frozenset({"when", "answer"})


def given_answer(schema: FunctionSchema, arguments: Mapping[str, Json]) -> dict[str, Json]:
    """What the file says of this call; empty when it says nothing.

    Raises:
        ConfigError: the file cannot be read, or names what the SDK does not have.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return {}
    path = Path(named)
    content = read_map(path, VARIABLE, "a map from tokens of functions to answers")
    for token in content:
        _refuse_unknown(token, path)
    if schema.token not in content:
        return {}
    for condition, answer in _rules(content[schema.token], schema, path):
        if all(arguments.get(key) == value for key, value in condition.items()):
            return answer
    return {}


def _rules(
    value: Json, schema: FunctionSchema, path: Path
) -> Iterable[tuple[dict[str, Json], dict[str, Json]]]:
    if not isinstance(value, list):
        answer = _fields(value, schema.outputs, f"{path}: {schema.token}")
        return [({}, answer)]
    found: list[tuple[dict[str, Json], dict[str, Json]]] = []
    for index, item in enumerate(items(value)):
        place = f"{path}: {schema.token}[{index}]"
        rule = _fields(item, _RULE, place)
        condition = _fields(rule.get("when", {}), schema.inputs, f"{place}.when")
        found.append((condition, _fields(rule.get("answer"), schema.outputs, f"{place}.answer")))
    return found


def _fields(value: Json, known: Iterable[str], place: str) -> dict[str, Json]:
    """A map whose keys are all known.

    Raises:
        ConfigError: it is no map, or has another key.
    """
    names = sorted(known)
    if not isinstance(value, dict):
        raise ConfigError([f"{place}: expected a map with some of {', '.join(names)}"])
    problems = [
        f"{place}.{key}: no such property{_nearest(key, names)}"
        for key in entries(cast("Json", value))
        if key not in names
    ]
    if problems:
        raise ConfigError(problems)
    return entries(cast("Json", value))


def _refuse_unknown(token: str, path: Path) -> None:
    try:
        function(token)
    except UnknownTokenError as error:
        raise ConfigError([f"{path}: {error}"]) from None


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, 1, 0.6)
    return f"; did you mean '{near[0]}'?" if near else f"; it has {', '.join(known)}"
