"""Stack files: the `modelport` part of `Pulumi.<stack>.yaml`, with the line of every key."""

from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import ValidationError

from modelport.config.deployment import StackConfig, StackSettings
from modelport.config.problems import Problem, find_problems
from modelport.errors import ConfigError

NAMESPACE = "modelport"
SettingsT = TypeVar("SettingsT", bound=StackSettings)
NO_CONFIG = StackConfig.model_construct(deployments={})
"""Config of a program that has no deployments of ours: an ordinary Pulumi program."""


def parse(values: dict[str, Any], file: Path | None = None) -> StackConfig:
    """Check the values of the namespace `modelport`.

    Args:
        values: Keys without the namespace, e.g. `{"deployments": {...}}`.
        file: Stack file that they came from; problems then carry its name and line.

    Raises:
        ConfigError: with every problem at once.
    """
    return _parsed(StackConfig, values, file)


def _parsed(model: type[SettingsT], values: dict[str, Any], file: Path | None) -> SettingsT:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = find_problems(error, model)
    lines = _lines(file) if file else {}
    problems.sort(key=lambda problem: _line(problem, lines))
    raise ConfigError([_located(problem, file, lines) for problem in problems]) from None


def read_settings(file: Path) -> StackConfig:
    """Read and check the file of a user's own program, which may have no deployments of ours.

    Raises:
        ConfigError: the file is not YAML, or its `modelport` part is not valid.
    """
    if not mentions_namespace(file):
        return NO_CONFIG
    values = _namespace(_content(file), file)
    if not values.keys() <= StackSettings.model_fields.keys():
        return parse(values, file)
    settings = _parsed(StackSettings, values, file)
    return NO_CONFIG.model_copy(
        update={"limits": settings.limits, "environment": settings.environment}
    )


def read_stack_file(file: Path) -> StackConfig:
    """Read and check one stack file.

    Raises:
        ConfigError: the file is missing, is not YAML, or its `modelport` part is not valid.
    """
    if not file.is_file():
        known = sorted(
            path.name.removeprefix("Pulumi.").removesuffix(".yaml")
            for path in file.parent.glob("Pulumi.*.yaml")
        )
        raise ConfigError([f"{file.name}: no such stack file; stacks here: {', '.join(known)}"])
    return parse(_namespace(_content(file), file), file)


def _content(file: Path) -> object:
    try:
        return cast("object", yaml.safe_load(file.read_text()))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigError([f"{file.name}{line}: not YAML: {error.problem}"]) from None


def mentions_namespace(file: Path) -> bool:
    """Whether a stack file sets anything of ours, in block or flow style.

    One that is not YAML is taken by its letters, so that whoever reads it next says what is wrong.
    """
    text = file.read_text() if file.is_file() else ""
    try:
        content = cast("object", yaml.safe_load(text))
    except yaml.YAMLError:
        return f"{NAMESPACE}:" in text
    config = cast("dict[object, object]", content).get("config") if isinstance(content, dict) else 0
    keys = cast("dict[object, object]", config) if isinstance(config, dict) else {}
    return any(str(key).startswith(f"{NAMESPACE}:") for key in keys)


def scalar_at(text: str, path: tuple[str, ...]) -> tuple[int, int, int]:
    """Where a value stands in a stack file: its first character, the one after it, its line.

    Raises:
        ConfigError: there is no plain value at `path`.
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for key in ("config", f"{NAMESPACE}:{path[0]}", *path[1:]):
        entries = _entries(node) if isinstance(node, yaml.MappingNode) else []
        node = next((value for name, value in entries if name.value == key), None)
    if not isinstance(node, yaml.ScalarNode):
        raise ConfigError([f"{NAMESPACE}:{'.'.join(path)}: no plain value stands there"])
    return node.start_mark.index, node.end_mark.index, node.start_mark.line + 1


def _namespace(content: object, file: Path) -> dict[str, Any]:
    config = cast("dict[str, Any]", content).get("config") if isinstance(content, dict) else None
    if not isinstance(config, dict):
        raise ConfigError([f"{file.name}: needs a mapping 'config' with '{NAMESPACE}:deployments'"])
    prefix = f"{NAMESPACE}:"
    return {
        key.removeprefix(prefix): value
        for key, value in cast("dict[str, Any]", config).items()
        if key.startswith(prefix)
    }


def _located(problem: Problem, file: Path | None, lines: dict[tuple[str, ...], int]) -> str:
    text = f"{problem.dotted()}: {problem.message}"
    if file is None:
        return text
    line = _line(problem, lines)
    return f"{file.name}:{line}: {text}" if line else f"{file.name}: {text}"


def _line(problem: Problem, lines: dict[tuple[str, ...], int]) -> int:
    """Line of the nearest key that is there; 0 when there is none."""
    path = tuple(str(key) for key in problem.path)
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


def _lines(file: Path) -> dict[tuple[str, ...], int]:
    """Line of every key below `config`, by path from the namespace down."""
    try:
        root = yaml.compose(file.read_text(), Loader=yaml.SafeLoader)
    except (OSError, yaml.YAMLError):
        return {}
    lines: dict[tuple[str, ...], int] = {}
    if isinstance(root, yaml.MappingNode):
        for key, value in _entries(root):
            if key.value == "config":
                _collect(value, (), lines)
    return lines


def _collect(node: yaml.Node, path: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in _entries(node):
            name = str(key.value)
            name = name.removeprefix(f"{NAMESPACE}:") if not path else name
            lines[(*path, name)] = key.start_mark.line + 1
            _collect(value, (*path, name), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(cast("list[yaml.Node]", node.value)):
            lines[(*path, str(index))] = item.start_mark.line + 1
            _collect(item, (*path, str(index)), lines)


def _entries(node: yaml.MappingNode) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    pairs = cast("list[tuple[yaml.Node, yaml.Node]]", node.value)
    return [(key, value) for key, value in pairs if isinstance(key, yaml.ScalarNode)]
