"""Documents in JSON that AWS takes as text: policies, dashboards, lifecycles of images.

Grammar and actions of policies are those of cfn-lint, which moto brings along.
"""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_WIDGETS = {"alarm", "custom", "explorer", "log", "metric", "text"}
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/
CloudWatch-Dashboard-Body-Structure.html"""


def identity_policy(text: Any) -> list[str]:
    """A policy of a role or a user."""
    return _policy(text, "identity")


def trust_policy(text: Any) -> list[str]:
    """Who may take a role."""
    return _policy(text, "trust")


def resource_policy(text: Any) -> list[str]:
    """A policy at a resource."""
    return _policy(text, "resource")


def resource_policy_of_a_repository(text: Any) -> list[str]:
    """A policy at a repository of images."""
    return _policy(text, "resource_ecr")


def dashboard(text: Any) -> list[str]:
    """The body of a dashboard."""
    body, found = _object(text)
    for index, widget in enumerate(body.get("widgets", [])):
        if widget.get("type") not in _WIDGETS:
            found.append(f"widgets[{index}].type: {widget.get('type')!r} is no type of widget")
        if not isinstance(widget.get("properties"), dict):
            found.append(f"widgets[{index}].properties: missing")
    return found


def image_lifecycle(text: Any) -> list[str]:
    """Rules by which a repository forgets images.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    """
    body, found = _object(text)
    return [*found, *_errors(Draft202012Validator(_IMAGE_LIFECYCLE), body)] if body else found


_IMAGE_LIFECYCLE: dict[str, Any] = {
    "type": "object",
    "required": ["rules"],
    "properties": {
        "rules": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["rulePriority", "selection", "action"],
                "additionalProperties": False,
                "properties": {
                    "rulePriority": {"type": "integer", "minimum": 1},
                    "description": {"type": "string"},
                    "selection": {
                        "type": "object",
                        "required": ["tagStatus", "countType", "countNumber"],
                        "properties": {
                            "tagStatus": {"enum": ["tagged", "untagged", "any"]},
                            "tagPrefixList": {"type": "array", "items": {"type": "string"}},
                            "tagPatternList": {"type": "array", "items": {"type": "string"}},
                            "countType": {"enum": ["imageCountMoreThan", "sinceImagePushed"]},
                            "countUnit": {"enum": ["days"]},
                            "countNumber": {"type": "integer", "minimum": 1},
                        },
                    },
                    "action": {
                        "type": "object",
                        "required": ["type"],
                        "properties": {"type": {"enum": ["expire"]}},
                    },
                },
            },
        }
    },
}


def _policy(text: Any, grammar: str) -> list[str]:
    document, found = _object(text)
    if found:
        return found
    return [*_errors(_validator(grammar), document), *_wrong_actions(document)]


def _object(text: Any) -> tuple[dict[str, Any], list[str]]:
    try:
        value = json.loads(text)
    except (TypeError, ValueError) as error:
        return {}, [f"no JSON: {error}"]
    return (value, []) if isinstance(value, dict) else ({}, ["no JSON object"])


def _errors(validator: Any, document: Any) -> list[str]:
    return [
        f"{error.json_path.removeprefix('$.')}: {error.message}"
        for error in validator.iter_errors(document)
    ]


@cache
def _validator(grammar: str) -> Any:
    folder = files("cfnlint") / "data/schemas/other/iam"
    common, own = (
        json.loads((folder / f"{name}.json").read_text())
        for name in ("policy", f"policy_{grammar}")
    )
    registry = Registry[Any]().with_resource(
        "policy", Resource.from_contents(common, default_specification=DRAFT202012)
    )
    return _OF_CFN_LINT(own, registry=registry)


def _required_xor(_validator: Any, names: list[str], value: Any, _schema: Any) -> Iterator[Any]:
    if isinstance(value, dict) and sum(name in value for name in names) != 1:
        yield ValidationError(f"must have one of {' and '.join(names)}")


def _unique_keys(_validator: Any, names: list[str], value: Any, _schema: Any) -> Iterator[Any]:
    for name in names:
        items = value if isinstance(value, list) else []
        given = [item[name] for item in items if isinstance(item, dict) and name in item]
        if len(given) != len(set(given)):
            yield ValidationError(f"has a {name} twice in {given}")


_OF_CFN_LINT: Any = validators.extend(  # a reference holds beside its siblings, as since 2019-09
    Draft202012Validator, {"requiredXor": _required_xor, "uniqueKeys": _unique_keys}
)


def _wrong_actions(document: Mapping[str, Any]) -> Iterator[str]:
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        for key in ("Action", "NotAction"):
            given = statement.get(key, [])
            for action in [given] if isinstance(given, str) else given:
                if not _exists(action):
                    yield f"{key}: {action!r} is no action of AWS"


def _exists(action: str) -> bool:
    if action == "*":
        return True
    service, _, name = action.lower().partition(":")
    return any(fnmatchcase(known, name) for known in _actions().get(service, ()))


@cache
def _actions() -> dict[str, frozenset[str]]:
    """Names of actions in lower case, by the prefix of their service."""
    listed = json.loads((files("cfnlint") / "data/AdditionalSpecs/Policies.json").read_text())
    return {service: frozenset(about["Actions"]) for service, about in listed.items()}
