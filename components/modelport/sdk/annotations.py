"""Annotations: the type that an SDK's annotation stands for."""

import ast
from collections.abc import Callable

from modelport.sdk import syntax
from modelport.sdk.types import (
    AnyType,
    AssetType,
    ListType,
    LiteralType,
    MapType,
    Primitive,
    Type,
    UnionType,
)

Resolve = Callable[[str], Type | None]
"""Finds the class that a name stands for, e.g. `FunctionVpcConfigArgs`; none: not known."""

_PRIMITIVES: dict[str, Type] = {
    "str": Primitive("string"),
    "int": Primitive("integer"),
    "float": Primitive("number"),
    "bool": Primitive("boolean"),
}
_ASSETS = ("pulumi.Asset", "pulumi.Archive", "pulumi.AssetArchive")
_WRAPPERS = (
    "pulumi.Input",
    "pulumi.InputType",
    "pulumi.Output",
    "Awaitable",
    "NotRequired",
    "Optional",
)


class UnreadableError(Exception):
    """An annotation says something that the reader does not know."""


def type_of(annotation: ast.expr, resolve: Resolve) -> Type:
    """The type of an annotation; `Optional`, `Input` and the like say nothing about the value.

    Raises:
        UnreadableError: a part of it is not known.
    """
    match annotation:
        case ast.Constant(value=str(text)):
            return _quoted(text, resolve)
        case ast.Name() | ast.Attribute():
            return _named(ast.unparse(annotation), resolve)
        case ast.Subscript():
            return _generic(annotation, resolve)
        case _:
            raise UnreadableError(ast.unparse(annotation))


def optional(annotation: ast.expr) -> bool:
    """Whether the annotation allows that there is no value."""
    return optional_layers(annotation) > 0


def optional_layers(annotation: ast.expr) -> int:
    """How often the annotation says of the same value that it may be missing."""
    match annotation:
        case ast.Constant(value=None):
            return 1
        case ast.Subscript(value=head, slice=inner):
            name = ast.unparse(head)
            if name == "Union":
                return max(map(optional_layers, _elements(inner)))
            if name in _WRAPPERS:
                return optional_layers(inner) + (name == "Optional")
            return 0
        case _:
            return 0


def _quoted(text: str, resolve: Resolve) -> Type:
    try:
        expression = syntax.expression(text)
    except SyntaxError:
        raise UnreadableError(text) from None
    return type_of(expression, resolve)


def _named(name: str, resolve: Resolve) -> Type:
    bare = name.removeprefix("_builtins.").removeprefix("builtins.")
    if bare in _PRIMITIVES:
        return _PRIMITIVES[bare]
    if name in ("Any", "typing.Any"):
        return AnyType()
    if name in _ASSETS:
        return AssetType()
    found = resolve(name)
    if found is None:
        raise UnreadableError(name)
    return found


def _generic(annotation: ast.Subscript, resolve: Resolve) -> Type:
    head = ast.unparse(annotation.value)
    if head in _WRAPPERS:
        return type_of(annotation.slice, resolve)
    elements = _elements(annotation.slice)
    match head:
        case "Sequence" | "List" | "list":
            return ListType(type_of(elements[0], resolve))
        case "Mapping" | "Dict" | "dict":
            return MapType(type_of(elements[-1], resolve))
        case "Literal":
            return LiteralType(tuple(ast.literal_eval(element) for element in elements))
        case "Union":
            return _union(elements, resolve)
        case _:
            raise UnreadableError(ast.unparse(annotation))


def _union(elements: list[ast.expr], resolve: Resolve) -> Type:
    texts = [element.value if isinstance(element, ast.Constant) else "" for element in elements]
    # Inputs take a class, or in its place a dictionary or what a function returned: all one type.
    one_class = any(str(text).endswith("ArgsDict") for text in texts)
    options: list[Type] = []
    for element, text in zip(elements, texts, strict=True):
        if text is None or str(text).endswith("ArgsDict"):
            continue
        if one_class and str(text).startswith("outputs."):
            continue
        found = type_of(element, resolve)
        for option in found.options if isinstance(found, UnionType) else (found,):
            if option not in options:
                options.append(option)
    if not options:
        raise UnreadableError(", ".join(ast.unparse(element) for element in elements))
    return options[0] if len(options) == 1 else UnionType(tuple(options))


def _elements(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]
