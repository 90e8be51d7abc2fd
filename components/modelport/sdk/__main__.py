"""Print what an SDK says of a type: `python -m modelport.sdk aws:s3/bucket:Bucket`."""

import sys
from collections.abc import Iterator, Sequence

from modelport.errors import ModelportError
from modelport.sdk import function, members, nested, resource
from modelport.sdk.errors import UnknownTokenError
from modelport.sdk.types import (
    AnyType,
    AssetType,
    EnumType,
    FunctionSchema,
    ListType,
    LiteralType,
    MapType,
    ObjectType,
    Primitive,
    Properties,
    Property,
    ResourceSchema,
    Type,
    UnionType,
)


def main(arguments: Sequence[str]) -> int:
    """Print one resource type, function or nested type; returns the exit status."""
    if len(arguments) != 1:
        print("usage: python -m modelport.sdk TOKEN", file=sys.stderr)  # noqa: T201
        return 2
    try:
        lines = list(_lines(arguments[0]))
    except ModelportError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - a command's answer
        return error.exit_code
    print("\n".join(lines))  # noqa: T201 - a command's answer
    return 0


def written(kind: Type) -> str:
    """A type in words, e.g. `list of string`."""
    match kind:
        case AnyType():
            return "any"
        case AssetType():
            return "asset or archive"
        case Primitive(name):
            return name
        case ListType(item):
            return f"list of {written(item)}"
        case MapType(item):
            return f"map of {written(item)}"
        case ObjectType(ref):
            return ref
        case EnumType(ref):
            return " | ".join(map(repr, members(ref)))
        case LiteralType(values):
            return " | ".join(map(repr, values))
        case UnionType(options):
            return " | ".join(map(written, options))


def _lines(name: str) -> Iterator[str]:
    if "._inputs:" in name or ".outputs:" in name:
        yield from _properties(name, nested(name))
        return
    schema = _schema(name)
    yield from _properties(f"{schema.token} inputs", schema.inputs)
    yield from _properties("outputs", schema.outputs)


def _schema(token: str) -> ResourceSchema | FunctionSchema:
    try:
        return resource(token)
    except UnknownTokenError as error:
        try:
            return function(token)
        except UnknownTokenError:
            raise error from None


def _properties(title: str, properties: Properties) -> Iterator[str]:
    yield f"{title}:"
    for item in properties.values():
        yield f"  {item.name}: {written(item.type)}{_remarks(item)}"


def _remarks(item: Property) -> str:
    remarks = [word for word in ("required", "secret", "replaces") if getattr(item, word)]
    if item.default is not None:
        remarks.append(f"default {item.default!r}")
    if item.documented:
        remarks.append(f"documented: {', '.join(item.documented)}")
    return f" ({'; '.join(remarks)})" if remarks else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
