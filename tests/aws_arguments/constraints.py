"""A request against the model of the AWS API: types, names, enums, patterns, sizes."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import regex
from botocore.session import Session
from botocore.validate import ParamValidator

_PLANES = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
"""Everything beyond the first plane, as Java writes it and as Python does."""
_INVENTED = regex.compile("offline(-[a-z0-9]+)+")
"""An output of which offline nothing is known but its name; AWS itself gives the real one."""
_SHOWN = 80
"""Characters of a value in a message."""


@cache
def input_shape(service: str, operation: str) -> Any:
    """The input of an operation in botocore's model."""
    return _service(service).operation_model(operation).input_shape


@cache
def _service(service: str) -> Any:
    return Session().get_service_model(service)


def violations(shape: Any, request: Mapping[str, Any]) -> list[str]:
    """Everything in which a request differs from its shape."""
    report: Any = ParamValidator().validate(request, shape)
    found = report.generate_report().splitlines() if report.has_errors() else []
    return [*found, *_beyond(shape, request, "")]


def _beyond(shape: Any, value: Any, path: str) -> Iterator[str]:
    """What ParamValidator leaves to the service; wrong types are its own."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, Mapping):
        for name, item in value.items():
            if name in shape.members:
                yield from _beyond(shape.members[name], item, f"{path}.{name}".lstrip("."))
    elif kind == "list" and isinstance(value, list):
        yield from _size(shape, len(value), path, "items")
        for index, item in enumerate(value):
            yield from _beyond(shape.member, item, f"{path}[{index}]")
    elif kind == "map" and isinstance(value, Mapping):
        yield from _size(shape, len(value), path, "keys")
        for key, item in value.items():
            yield from _beyond(shape.key, key, f"{path} (key {key})")
            yield from _beyond(shape.value, item, f"{path}.{key}")
    elif isinstance(value, str):
        yield from _text(shape, value, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _size(shape, value, path, "")


def _size(shape: Any, size: float, path: str, unit: str) -> Iterator[str]:
    largest = shape.metadata.get("max")
    if largest is not None and size > float(largest):
        yield f"{path}: {size} {unit}".rstrip() + f" is more than {largest}"


def _text(shape: Any, value: str, path: str) -> Iterator[str]:
    shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}..."
    if shape.type_name in ("string", "blob"):
        yield from _size(shape, len(value), path, "characters")
    if _INVENTED.fullmatch(value):
        return
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield f"{path}: {shown!r} is none of {', '.join(enum[:20])}"
    pattern = shape.metadata.get("pattern")
    if pattern and not compiled(pattern).fullmatch(value):
        yield f"{path}: {shown!r} does not match {pattern}"


@cache
def compiled(pattern: str) -> Any:
    """A pattern of the API, which is one of Java's."""
    return regex.compile(pattern.replace(*_PLANES))
