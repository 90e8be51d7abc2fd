"""Classes: the properties that a class of an SDK declares."""

import ast
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from modelport.sdk import annotations, documentation, source
from modelport.sdk.packages import package_of_ref
from modelport.sdk.types import (
    AnyType,
    EnumType,
    Json,
    LiteralType,
    ObjectType,
    Properties,
    Property,
    Type,
)

_LOG = logging.getLogger(__name__)
# Google's text and its provider's replacements are made from one record, `immutable`.
_IMMUTABLE_IS_REPLACED = ("gcp",)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where annotations stand: a file of a package, and whether they speak of outputs."""

    path: Path
    package: str
    """Python package of the file, e.g. `pulumi_aws.lambda_`."""
    outputs: bool = False

    def type_of(self, annotation: ast.expr | None) -> Type:
        """The type of an annotation; any value, and a line in the log, when it is not readable."""
        if annotation is None:
            return AnyType()
        try:
            return annotations.type_of(annotation, self._resolve)
        except annotations.UnreadableError as error:
            _LOG.debug("%s: unreadable annotation %s", self.path, error)
            return AnyType()

    @property
    def immutable_is_replaced(self) -> bool:
        """Whether a property that is called immutable is one whose change replaces."""
        return package_of_ref(self.package) in _IMMUTABLE_IS_REPLACED

    def _resolve(self, name: str) -> Type | None:
        """`XArgs`, `outputs.X`, `_meta.v1.XArgs` or `_meta.v1.outputs.X`."""
        *module, last = name.split(".")
        files = ["outputs", "_enums"] if self.outputs else ["_inputs", "_enums"]
        if "outputs" in module:
            module.remove("outputs")
            files = ["outputs"]
        package = self.package
        if module:
            imported = source.imports(self.path, self.package).get(module[0])
            if imported is None:
                return None
            package = ".".join([imported, *module[1:]])
        for file in files:
            if source.has_class(f"{package}.{file}", last):
                ref = f"{package}.{file}:{last}"
                return EnumType(ref) if file == "_enums" else ObjectType(ref)
        return None


@dataclass(frozen=True, slots=True)
class Getter:
    """One property as its getter declares it."""

    python: str
    wire: str
    annotation: ast.expr | None
    documentation: str


def getters(declared: ast.ClassDef) -> dict[str, Getter]:
    """The getters of a class by their Python name."""
    found: dict[str, Getter] = {}
    for method in declared.body:
        if isinstance(method, ast.FunctionDef):
            for decorator in method.decorator_list:
                wire = _getter_name(decorator)
                if wire is not None:
                    text = ast.get_docstring(method) or ""
                    found[method.name] = Getter(
                        method.name, wire or method.name, method.returns, text
                    )
    return found


def arguments(declared: ast.ClassDef, scope: Scope) -> Properties:
    """Properties of a class with a constructor: arguments of a resource, or a nested object."""
    constructor = method_of(declared, "__init__")
    if constructor is None:
        return {}
    declared_getters = getters(declared)
    constants = _constants(constructor)
    defaults = assigned_defaults(constructor)
    found: dict[str, Property] = {}
    for argument, default in _parameters(constructor):
        getter = declared_getters.get(argument.arg)
        if getter is None:
            getter = Getter(argument.arg, camel(argument.arg), argument.annotation, "")
        item = replace(
            described(getter, scope),
            type=scope.type_of(argument.annotation),
            required=default is None,
            default=defaults.get(argument.arg),
        )
        if argument.arg in constants:
            fixed = constants[argument.arg]
            # In the form of a dictionary nobody adds it, so that it is still to be given.
            item = replace(
                item, type=LiteralType((fixed,)), default=None if item.required else fixed
            )
        found[item.name] = item
    return found


def results(declared: ast.ClassDef, scope: Scope) -> Properties:
    """Outputs that a class declares by getters; those that may be missing are not required."""
    found: dict[str, Property] = {}
    for getter in getters(declared).values():
        required = getter.annotation is not None and not annotations.optional(getter.annotation)
        item = described(getter, scope)
        found[item.name] = replace(item, type=scope.type_of(getter.annotation), required=required)
    return found


def described(getter: Getter, scope: Scope) -> Property:
    """A property with what its documentation says, its type left open."""
    text = getter.documentation
    return Property(
        name=getter.wire,
        python=getter.python,
        type=AnyType(),
        replaces=documentation.replaces(
            text, getter.wire, getter.python, immutable=scope.immutable_is_replaced
        ),
        documented=documentation.documented_values(text),
    )


def values(declared: ast.ClassDef) -> tuple[Json, ...]:
    """Values of an enum."""
    return tuple(
        ast.literal_eval(statement.value)
        for statement in declared.body
        if isinstance(statement, ast.Assign)
    )


def method_of(declared: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    """A method of a class; of several with that name the last, after its overloads."""
    found = [
        method
        for method in declared.body
        if isinstance(method, ast.FunctionDef) and method.name == name
    ]
    return found[-1] if found else None


def assigned_defaults(function: ast.FunctionDef) -> dict[str, Json]:
    """Arguments that are set to a plain value when they were not given."""
    found: dict[str, Json] = {}
    for node in ast.walk(function):
        match node:
            case ast.If(
                test=ast.Compare(left=ast.Name(id=name), ops=[ast.Is()]),
                body=[ast.Assign(targets=[ast.Name(id=target)], value=value)],
            ) if name == target:
                plain = literal(value)
                if plain is not None:
                    found[name] = plain
            case _:
                pass
    return found


def literal(node: ast.expr) -> Json:
    """The value of a plain expression; none for all others, e.g. what asks the environment."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def camel(name: str) -> str:
    """A Python name as it most likely stands on the wire."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def _parameters(function: ast.FunctionDef) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """Keyword parameters with their defaults; positional ones of older classes likewise."""
    positional = function.args.args[1:]
    missing = len(positional) - len(function.args.defaults)
    padded = [None] * missing + list(function.args.defaults)
    yield from zip(positional, padded, strict=True)
    yield from zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)


def _constants(constructor: ast.FunctionDef) -> dict[str, Json]:
    """Arguments that are replaced by a value in every case, as discriminators are."""
    found: dict[str, Json] = {}
    for statement in constructor.body:
        match statement:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(attr="set"), args=[_, ast.Constant(value=str(name)), value]
                )
            ):
                plain = literal(value)
                if plain is not None:
                    found[name] = plain
            case _:
                pass
    return found


def _getter_name(decorator: ast.expr) -> str | None:
    """The wire name in `pulumi.getter(name=...)`; empty where it is the Python name."""
    match decorator:
        case ast.Attribute(attr="getter"):
            return ""
        case ast.Call(func=ast.Attribute(attr="getter"), keywords=keywords):
            for keyword in keywords:
                if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                    return str(keyword.value.value)
            return ""
        case _:
            return None
