"""State files: an exported state of a real stack, read for an offline comparison."""

import json
from pathlib import Path
from typing import Any, cast

from modelport.errors import ConfigError
from modelport.operations.workspace import PLACEHOLDER
from modelport.sdk import PACKAGES, installed, version

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the engine's mark of a secret
_PROVIDER = "pulumi:providers:"


def read_state_file(file: Path, stack: str, project: str) -> dict[str, Any]:
    """The deployment in the output of `pulumi stack export`, without its secrets.

    Secrets become the placeholder that the config's secrets become too, so that only their places
    are compared. Providers get the versions that are installed here.

    Raises:
        ConfigError: it cannot be read, is no export, or belongs to another stack or project.
    """
    try:
        content = cast("object", json.loads(file.read_text()))
    except OSError as error:
        raise ConfigError([f"{file}: {error.strerror}"]) from None
    except ValueError as error:
        raise ConfigError([f"{file}: not JSON: {error}"]) from None
    deployment = _deployment(content)
    if deployment is None:
        problem = f"{file}: not the output of 'pulumi stack export': it has no deployment"
        raise ConfigError([problem])
    resources = cast("list[dict[str, Any]]", deployment.get("resources") or [])
    _refuse_another(file, resources, stack, project)
    return {
        "manifest": deployment.get("manifest", {}),
        "resources": [_with_installed_version(_blinded(resource)) for resource in resources],
    }


def _deployment(content: object) -> dict[str, Any] | None:
    if not isinstance(content, dict):
        return None
    found = cast("dict[str, Any]", content).get("deployment")
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _refuse_another(file: Path, resources: list[dict[str, Any]], stack: str, project: str) -> None:
    for resource in resources:
        _, _, rest = str(resource.get("urn", "")).partition("urn:pulumi:")
        theirs = tuple(rest.split("::")[:2])
        if theirs != (stack, project):
            problem = (
                f"{file}: the state of stack '{theirs[0]}' of project '{theirs[-1]}'; this is "
                f"stack '{stack}' of project '{project}'"
            )
            raise ConfigError([problem])


def _blinded(value: Any) -> Any:
    """The value with a placeholder in place of every secret, whoever could decrypt it."""
    if isinstance(value, list):
        return [_blinded(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    entries = cast("dict[str, Any]", value)
    if entries.get(_SIGNATURE) == _SECRET:
        return {_SIGNATURE: _SECRET, "plaintext": json.dumps(PLACEHOLDER)}
    return {key: _blinded(item) for key, item in entries.items()}


def _with_installed_version(resource: dict[str, Any]) -> dict[str, Any]:
    """A provider as this machine's SDK asks for it; another version would count as a change."""
    type_ = str(resource.get("type", ""))
    package = type_.removeprefix(_PROVIDER)
    if not type_.startswith(_PROVIDER) or package not in PACKAGES or not installed(package):
        return resource
    changed = dict(resource)
    for part in ("inputs", "outputs"):
        values = cast("dict[str, Any]", changed.get(part) or {})
        if "version" in values:
            changed[part] = {**values, "version": version(package)}
    return changed
