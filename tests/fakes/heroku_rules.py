"""What Heroku refuses, by its own published schema (`heroku_schema.json`)."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft4Validator

_IMAGE = {"type": ["string", "null"], "pattern": "^sha256:[0-9a-f]{64}$"}
"""Of the variant `docker-releases`, which is documented but not in the schema:
https://devcenter.heroku.com/articles/container-registry-and-runtime#api."""
_PARAMETER = re.compile(r"\{[^}]*\}")


class Refused(Exception):  # noqa: N818 - an answer, not an accident
    """An answer in Heroku's shape."""

    def __init__(self, code: int, name: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.body = {"id": name, "message": message}


def invalid(message: str) -> Refused:
    return Refused(422, "invalid_params", message)


def missing(what: str) -> Refused:
    return Refused(404, "not_found", f"Couldn't find that {what}.")


def variant_of(accept: str) -> str:
    """Variant of version 3 that a request asks for; other versions are refused."""
    match = re.fullmatch(r"application/vnd\.heroku\+json; version=3(?:\.([a-z-]+))?", accept)
    if match is None or match[1] not in {None, "docker-releases"}:
        message = "Set the `Accept: application/vnd.heroku+json; version=3` header and try again."
        raise Refused(406, "not_acceptable", message)
    return match[1] or ""


@dataclass(frozen=True)
class Link:
    """One call of the API."""

    resource: str
    title: str
    method: str
    path: re.Pattern[str]
    schema: dict[str, Any] | None
    target: dict[str, Any]

    def check(self, body: Any, variant: str) -> None:
        """Refuse a body that the schema does not know."""
        if self.schema is None:
            if body:
                raise invalid("This request takes no parameters.")
            return
        _check(_with_image(self.schema) if variant else self.schema, body)

    def check_answer(self, answer: Any) -> None:
        """Fail when an answer is not what the schema says: the fake is wrong then."""
        errors = list(Draft4Validator({**self.target, **_DEFINITIONS}).iter_errors(answer))
        assert not errors, f"{self.resource} {self.title}: {errors[0].message}"


def link_of(method: str, path: str) -> tuple[Link, list[str]]:
    """The call that a request is, and the parameters in its path."""
    for link in LINKS:
        match = link.path.fullmatch(path)
        if link.method == method and match:
            return link, list(match.groups())
    raise missing("route")


def _check(schema: dict[str, Any], body: Any) -> None:
    for error in Draft4Validator({**schema, **_DEFINITIONS}).iter_errors(body):
        raise invalid(f"{'.'.join(str(key) for key in error.path) or 'body'}: {error.message}")


def _with_image(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a change of the formation where processes have images."""
    update = {"$ref": "#/definitions/formation/definitions/update_with_image"}
    properties = cast("dict[str, Any]", schema["properties"])
    if "updates" in properties:
        return {**schema, "properties": {"updates": {"type": ["array"], "items": update}}}
    return {**schema, "properties": {**properties, "docker_image": _IMAGE}}


def _closed(schema: Any) -> Any:
    """The schema with unknown properties refused at every depth."""
    if isinstance(schema, list):
        return [_closed(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    given = cast("dict[str, Any]", schema)
    closed = {key: _closed(value) for key, value in given.items()}
    if isinstance(given.get("properties"), dict) and given.get("type"):
        closed.setdefault("additionalProperties", False)
    return closed


_SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("heroku_schema.json").read_text())
_RESOURCES = cast("dict[str, dict[str, Any]]", _closed(_SCHEMA["definitions"]))
_DEFINITIONS: dict[str, Any] = {"definitions": _RESOURCES}
# A process type has an image in the answers of the variant.
_FORMATION = _RESOURCES["formation"]
_FORMATION["properties"]["docker_image"] = {"type": ["object", "null"]}
_UPDATE = _FORMATION["definitions"]["update"]
_FORMATION["definitions"]["update_with_image"] = {
    **_UPDATE,
    "properties": {**_UPDATE["properties"], "docker_image": _IMAGE},
}
LINKS = [
    Link(
        resource,
        link["title"],
        link["method"],
        re.compile(_PARAMETER.sub("([^/]+)", link["href"])),
        link.get("schema"),
        link.get("targetSchema", {}),
    )
    for resource, known in _RESOURCES.items()
    for link in known.get("links", [])
]
"""Every call that is served."""
