"""Data sources: answers from what the user knows, from config, and by names and types."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from modelport.offline.answers import given_answer
from modelport.offline.aws_data_sources import aws_answer
from modelport.offline.azure_data_sources import azure_answer
from modelport.offline.gcp_data_sources import gcp_answer
from modelport.offline.identity import resource_id_of
from modelport.offline.place import text
from modelport.offline.subject import Subject, subject_of_answer
from modelport.offline.synthesis import Synthesis, holds
from modelport.provider.wire import Json
from modelport.sdk.types import FunctionSchema, Primitive, Property
from modelport.sdk_provider.backing import Values

_TABLES: Final = {"aws": aws_answer, "azure-native": azure_answer, "gcp": gcp_answer}
_ASKED: Final = re.compile(r"(?:get|list)(?=[A-Z])")
_WHOLE: Final = re.compile(r":list[A-Z]|Keys\b|Credentials\b")
"""Functions whose optional results are what one calls them for."""
_ALWAYS: Final = frozenset({"id", "location", "name"})
"""Results that are there although Azure's types call them optional."""


def answer(
    schema: FunctionSchema, arguments: Mapping[str, Json], config: Mapping[str, Json]
) -> Values:
    """The result of a data source.

    Raises:
        ConfigError: the file with the user's answers is not valid, or an argument is not.
    """
    subject = _subject(schema, arguments, config)
    known = given_answer(schema, arguments)
    table = _TABLES.get(subject.package)
    invented = table(subject) if table else {}
    identifier = text(known, "id") or text(invented, "id") or text(arguments, "id")
    synthesis = Synthesis(subject, identifier or resource_id_of(subject))
    result: Values = {}
    for name, property_ in schema.outputs.items():
        value = _first(known.get(name), arguments.get(name), invented.get(name))
        if value is not None and holds(property_.type, value):
            result[name] = synthesis.fill(value, property_.type)
        elif name == "id" and property_.type == Primitive("string"):
            result[name] = synthesis.resource_id
        elif _is_there(schema, property_):
            made = synthesis.value(property_, given=name in schema.inputs)
            if made is not None:
                result[name] = made
    return result


def _subject(
    schema: FunctionSchema, arguments: Mapping[str, Json], config: Mapping[str, Json]
) -> Subject:
    """The answer's subject is what is asked for: of `getVpc` it is a `Vpc`."""
    subject = subject_of_answer(schema.token, arguments, config)
    package, module, name = schema.token.split(":")
    kind = _ASKED.sub("", name, count=1)
    if package in ("aws", "gcp"):
        module = f"{module.partition('/')[0]}/{kind[:1].lower()}{kind[1:]}"
    return replace(subject, token=f"{package}:{module}:{kind}")


def _is_there(schema: FunctionSchema, property_: Property) -> bool:
    if property_.required or property_.name in _ALWAYS:
        return True
    return property_.name not in schema.inputs and _WHOLE.search(schema.token) is not None


def _first(*values: Json) -> Json:
    return next((value for value in values if value is not None), None)
