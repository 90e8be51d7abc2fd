"""Data sources: what an SDK says about one function."""

import ast
from pathlib import Path

from modelport.sdk import annotations, classes, source
from modelport.sdk.classes import Scope
from modelport.sdk.types import FunctionSchema, Properties, Property


def find_function(token: str, place: str) -> FunctionSchema | None:
    """The schema of the function at `place`: module and name, e.g. `pulumi_aws.get_ami:get_ami`."""
    module, _, name = place.partition(":")
    path = source.file_of(module)
    package = module.rpartition(".")[0]
    declared = source.function_of(path, name)
    for_outputs = source.function_of(path, f"{name}_output")
    if declared is None or for_outputs is None:
        return None
    return FunctionSchema(
        token,
        _inputs(declared, for_outputs, Scope(path, package)),
        _outputs(declared, path, Scope(path, package, outputs=True)),
    )


def _inputs(declared: ast.FunctionDef, for_outputs: ast.FunctionDef, scope: Scope) -> Properties:
    wires = _wire_names(declared)
    defaults = classes.assigned_defaults(declared)
    # All arguments of a call may be left out by its signature; that of its form for outputs says
    # of those that really may be that they are optional twice.
    wrapped = {item.arg: item.annotation for item in for_outputs.args.args}
    found: dict[str, Property] = {}
    for argument in declared.args.args:
        wire, annotation = wires.get(argument.arg), wrapped.get(argument.arg)
        if wire is None or annotation is None:
            continue  # the options of the call
        found[wire] = Property(
            name=wire,
            python=argument.arg,
            type=scope.type_of(argument.annotation),
            required=annotations.optional_layers(annotation) < 2,
            default=defaults.get(argument.arg),
        )
    return found


def _outputs(declared: ast.FunctionDef, path: Path, scope: Scope) -> Properties:
    name = _result_name(declared)
    result = source.class_of(path, name) if name else None
    if result is not None:
        return classes.results(result, scope)
    # A function with one plain result; the SDK takes the only value, whatever it is called.
    value = scope.type_of(declared.returns)
    return {"result": Property("result", "result", value, required=True)}


def _wire_names(declared: ast.FunctionDef) -> dict[str, str]:
    """Wire names of the arguments, by their Python names."""
    found: dict[str, str] = {}
    for node in ast.walk(declared):
        match node:
            case ast.Assign(
                targets=[
                    ast.Subscript(value=ast.Name("__args__"), slice=ast.Constant(value=str(wire)))
                ],
                value=ast.Name(id=argument),
            ):
                found[argument] = wire
            case _:
                pass
    return found


def _result_name(declared: ast.FunctionDef) -> str | None:
    for node in ast.walk(declared):
        match node:
            case ast.keyword(arg="typ", value=ast.Name(id=name)):
                return name
            case _:
                pass
    return None
