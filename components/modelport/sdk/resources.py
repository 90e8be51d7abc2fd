"""Resources: what an SDK says about one resource type or provider."""

import ast
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from modelport.sdk import classes, packages, source
from modelport.sdk.classes import Scope
from modelport.sdk.types import Json, LiteralType, Properties, Property, ResourceSchema


@dataclass(slots=True)
class _Constructor:
    """What the body of a resource's constructor does with its arguments, by Python name."""

    constants: dict[str, Json] = field(default_factory=dict[str, "Json"])
    defaults: dict[str, Json] = field(default_factory=dict[str, "Json"])
    secrets: set[str] = field(default_factory=set[str])
    secret_outputs: frozenset[str] = frozenset()
    replace_on_changes: frozenset[str] = frozenset()


def find_resource(token: str) -> ResourceSchema | None:
    """The schema of a listed resource type or of a provider; none when there is no such."""
    package = packages.package_of(token)
    if token.startswith(packages.PROVIDER):
        module, name = packages.PACKAGES[package], "Provider"
        path = packages.folder(package) / "provider.py"
    elif (listed := packages.tokens(package).get(token)) is not None:
        module, _, name = listed.partition(":")
        path = _file(module, name, token)
    else:
        return _custom_resource(token) if package == "kubernetes" else None
    return _read(token, path, module, name)


def _read(token: str, path: Path, module: str, name: str) -> ResourceSchema | None:
    declared = source.class_of(path, name)
    if declared is None:
        return None
    body = classes.method_of(declared, "_internal_init")
    constructor = _constructor(body) if body else _Constructor()
    inputs = _inputs(source.class_of(path, _arguments_name(body, name)), path, module)
    inputs = {wire: _completed(item, constructor) for wire, item in inputs.items()}
    outputs = {
        wire: replace(item, secret=wire in constructor.secret_outputs)
        for wire, item in classes.results(declared, Scope(path, module, outputs=True)).items()
    }
    return ResourceSchema(token, inputs, outputs, constructor.secret_outputs)


def _inputs(declared: ast.ClassDef | None, path: Path, module: str) -> Properties:
    return classes.arguments(declared, Scope(path, module)) if declared else {}


def _completed(item: Property, constructor: _Constructor) -> Property:
    """An input with what the resource's constructor does to it."""
    if item.python in constructor.constants:
        fixed = constructor.constants[item.python]
        item = replace(item, type=LiteralType((fixed,)), default=fixed)
    elif item.default is None:
        item = replace(item, default=constructor.defaults.get(item.python))
    return replace(
        item,
        secret=item.python in constructor.secrets,
        replaces=item.replaces or item.name in constructor.replace_on_changes,
    )


def _file(module: str, name: str, token: str) -> Path:
    """The file that declares a resource; its name follows from the class in nearly all cases."""
    folder = source.folder_of(module)
    mark = f'@pulumi.type_token("{token}")'
    likely = [folder / f"{_snake(name)}.py", folder / f"{name}.py"]
    for path in [*likely, *sorted(folder.glob("*.py"))]:
        if mark in source.text(path):
            return path
    return likely[0]


def _custom_resource(token: str) -> ResourceSchema | None:
    """A kind that a cluster's own definitions add; none in groups that the SDK knows."""
    _, group, kind = [*token.split(":"), "", ""][:3]
    known = {name.split(":")[1] for name in packages.tokens("kubernetes")}
    if not re.fullmatch(r"[\w.-]+\.[\w.-]+/v\w+", group) or not kind or group in known:
        return None
    name = "CustomResourcePatch" if kind.endswith("Patch") else "CustomResource"
    module = "pulumi_kubernetes.apiextensions"
    schema = _read(token, source.file_of(f"{module}.{name}"), module, name)
    return replace(schema, extensible=True) if schema else None


def _arguments_name(body: ast.FunctionDef | None, name: str) -> str:
    """The class of a resource's arguments: its constructor makes an empty one."""
    for node in ast.walk(body) if body else ():
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=arguments), attr="__new__")):
                return arguments
            case _:
                pass
    return f"{name}Args"


def _constructor(body: ast.FunctionDef) -> _Constructor:
    found = _Constructor(defaults=classes.assigned_defaults(body))
    for node in ast.walk(body):
        match node:
            case ast.Assign(
                targets=[
                    ast.Subscript(
                        value=ast.Attribute(attr="__dict__"), slice=ast.Constant(value=str(name))
                    )
                ],
                value=value,
            ):
                plain = classes.literal(value)
                if plain is not None:
                    found.constants[name] = plain
                elif "Output.secret(" in ast.unparse(value):
                    found.secrets.add(name)
            case ast.keyword(arg="additional_secret_outputs", value=ast.List() as names):
                found.secret_outputs = frozenset(ast.literal_eval(names))
            case ast.keyword(arg="replace_on_changes", value=ast.List() as names):
                found.replace_on_changes = frozenset(ast.literal_eval(names))
            case _:
                pass
    return found


def _snake(name: str) -> str:
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
