"""Workspace: the folder in which the engine works on a stack.

That is the project's own folder. Offline it is a stand-in beside the offline state, whose program
is the project's: so a preview writes nothing into the project, needs no secrets provider and asks
no backend.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import yaml

from modelport.errors import ConfigError
from modelport.home import Home

PLACEHOLDER = "[secret]"
"""What stands for every secret of the config, and of an imported state: offline none is read."""

_Path = tuple[str | int, ...]


def workspace(home: Home, stack: str) -> Path:
    """The folder to open the stack in, made when it is a stand-in.

    Raises:
        ConfigError: the project's file or the stack's file is not valid YAML.
    """
    if home.offline is None:
        return home.project
    folder = home.offline / "work" / stack
    folder.mkdir(parents=True, exist_ok=True)
    settings = _mapping(home.project / "Pulumi.yaml")
    _write(folder / "Pulumi.yaml", _program(home, settings))
    own = folder / f"Pulumi.{stack}.yaml"
    given = _mapping(stack_file(home, stack))
    kept: dict[str, Any] = {"config": _without_secrets(given.get("config") or {})}
    salt = _mapping(own).get("encryptionsalt")  # of the stand-in, so that its state stays readable
    if salt:
        kept["encryptionsalt"] = salt
    _write(own, kept)
    return folder


def stack_file(home: Home, stack: str) -> Path:
    """The stack's file in the project; it need not be there."""
    settings = _mapping(home.project / "Pulumi.yaml")
    folder = home.project / str(settings.get("stackConfigDir") or ".")
    return folder / f"Pulumi.{stack}.yaml"


def secret_keys(home: Home, stack: str) -> list[str]:
    """Config keys whose values are secret, as paths that the engine takes."""
    config = _mapping(stack_file(home, stack)).get("config") or {}
    return [_dotted(path) for path in _secrets(config)]


def _program(home: Home, settings: dict[str, Any]) -> dict[str, Any]:
    """The project's settings with the program's folder, and without backend and plugins."""
    kept = {key: value for key, value in settings.items() if key not in _LEFT_OUT}
    kept["main"] = str((home.project / str(settings.get("main") or ".")).resolve())
    runtime = settings.get("runtime")
    if isinstance(runtime, dict):
        options = dict(cast("dict[str, Any]", runtime).get("options") or {})
        if "virtualenv" in options:
            options["virtualenv"] = str(home.project / str(options["virtualenv"]))
        kept["runtime"] = {**cast("dict[str, Any]", runtime), "options": options}
    return kept


_LEFT_OUT = frozenset({"backend", "options", "plugins", "stackConfigDir"})


def _mapping(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        content = cast("object", yaml.safe_load(file.read_text()))
    except yaml.YAMLError as error:
        raise ConfigError([f"{file.name}: not YAML: {str(error).splitlines()[0]}"]) from None
    return cast("dict[str, Any]", content) if isinstance(content, dict) else {}


def _write(file: Path, content: dict[str, Any]) -> None:
    text = yaml.safe_dump(content, sort_keys=False)
    if not file.is_file() or file.read_text() != text:
        file.write_text(text)


def _is_secret(value: object) -> bool:
    return isinstance(value, dict) and set(cast("dict[str, Any]", value)) == {"secure"}


def _without_secrets(value: Any) -> Any:
    """The value without its encrypted parts; they come back as placeholders."""
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {
            key: _without_secrets(item) for key, item in entries.items() if not _is_secret(item)
        }
    if isinstance(value, list):
        return [_without_secrets(item) for item in cast("list[Any]", value)]
    return value


def _secrets(value: object, path: _Path = ()) -> Iterator[_Path]:
    if _is_secret(value):
        yield path
    elif isinstance(value, dict):
        for key, item in cast("dict[str, object]", value).items():
            yield from _secrets(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[object]", value)):
            yield from _secrets(item, (*path, index))


def _dotted(path: _Path) -> str:
    """A path as `pulumi config set --path` takes it."""
    first, *rest = path
    parts = [f"[{part}]" if isinstance(part, int) else f'["{part}"]' for part in rest]
    return "".join([str(first), *parts])
