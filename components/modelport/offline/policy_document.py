"""Policy documents: what `aws.iam.get_policy_document` answers.

The provider computes it from the arguments alone, so this is no invention but the real answer, to
the byte. Facts: registry.terraform.io/providers/hashicorp/aws, data source
`aws_iam_policy_document`, and that provider's `internal/service/iam/policy_model.go` (looked up
2026-11-21).
"""

import json
import zlib
from collections.abc import Mapping
from typing import Final, cast

from modelport.errors import ConfigError
from modelport.offline.place import entries, items, text
from modelport.provider.wire import Json

_VERSION: Final = "2012-10-17"
_OLD_VERSION: Final = "2008-10-17"
_LISTS: Final = (
    ("actions", "Action"),
    ("notActions", "NotAction"),
    ("resources", "Resource"),
    ("notResources", "NotResource"),
)
_PRINCIPALS: Final = (("principals", "Principal"), ("notPrincipals", "NotPrincipal"))
_ORDER: Final = ("Sid", "Effect", *(key for _, key in _LISTS), "Principal", "NotPrincipal")
_ESCAPED: Final = str.maketrans(
    {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
)
"""What Go's encoder escapes beside what every encoder does."""

Statement = dict[str, Json]


def policy_document(arguments: Mapping[str, Json]) -> dict[str, Json]:
    """The answer: `json`, `minifiedJson` and `id`.

    Raises:
        ConfigError: a document that is to be merged is none, or a sid is there twice.
    """
    merged: dict[str, Json] = {"Version": "", "Id": "", "Statement": []}
    seen: set[str] = set()
    for index, source in enumerate(items(arguments.get("sourcePolicyDocuments"))):
        if source is not None:
            document = _parsed(source, f"sourcePolicyDocuments[{index}]")
            _refuse_twice(document, seen, f"sourcePolicyDocuments[{index}]")
            _merge(merged, document)
    own = _own(arguments)
    _refuse_twice(own, set(), "statements")
    _merge(merged, own)
    for index, override in enumerate(items(arguments.get("overridePolicyDocuments"))):
        if override is not None:
            _merge(merged, _parsed(override, f"overridePolicyDocuments[{index}]"))
    shown = {key: value for key, value in merged.items() if value}
    whole = _encoded(shown, indent=2)
    return {
        "id": str(zlib.crc32(whole.encode())),
        "json": whole,
        "minifiedJson": _encoded(shown, indent=None),
    }


def _own(arguments: Mapping[str, Json]) -> dict[str, Json]:
    """The document of the statements that were given."""
    version = text(arguments, "version") or _VERSION
    statements = [
        _statement(entries(given), version, f"statements[{index}]")
        for index, given in enumerate(items(arguments.get("statements")))
    ]
    return {"Version": version, "Id": text(arguments, "policyId"), "Statement": statements}


def _statement(given: Mapping[str, Json], version: str, path: str) -> Statement:
    result: Statement = {"Effect": text(given, "effect") or "Allow"}
    if text(given, "sid"):
        result["Sid"] = text(given, "sid")
    for name, key in _LISTS:
        if values := _texts(given.get(name)):
            # Variables are for what a statement is about; actions have none.
            where = f"{path}.{name}" if "esources" in name else None
            result[key] = _one_or_sorted(values, version, where)
    for name, key in _PRINCIPALS:
        principals = [
            (
                text(entries(item), "type"),
                _one_or_sorted(_texts(entries(item).get("identifiers")), version, f"{path}.{name}"),
            )
            for item in items(given.get(name))
        ]
        if principals:
            result[key] = _principals(principals)
    conditions = [
        (
            text(entries(item), "test"),
            text(entries(item), "variable"),
            [_variables(value, version, f"{path}.conditions") for value in _texts(values)],
        )
        for item in items(given.get("conditions"))
        for values in (entries(item).get("values"),)
    ]
    if conditions:
        result["Condition"] = _conditions(conditions)
    return _ordered(result)


def _one_or_sorted(values: list[str], version: str, path: str | None) -> Json:
    """One value alone; several without doubles, the last by its letters first."""
    unique = sorted(set(values), reverse=True)
    if path is not None:
        unique = [_variables(value, version, path) for value in unique]
    return unique[0] if len(unique) == 1 else cast("Json", unique)


def _variables(value: str, version: str, path: str) -> str:
    """Policy variables, which the caller writes `&{…}`, as AWS reads them."""
    if version == _OLD_VERSION and "&{" in value:
        raise ConfigError(
            [f"{path}: '&{{' in '{value}' needs version {_VERSION}, not {_OLD_VERSION}"]
        )
    return value.replace("&{", "${")


def _principals(principals: list[tuple[str, Json]]) -> Json:
    if len(principals) == 1 and principals[0] in (("*", "*"), ("*", ["*"])):
        return "*"
    result: dict[str, Json] = {}
    for kind, identifiers in principals:
        before = result.get(kind)
        if isinstance(identifiers, str):
            result[kind] = identifiers if before is None else [*_listed(before), identifiers]
        else:
            more = sorted(_texts(identifiers), reverse=True)
            result[kind] = [*(_listed(before) if before is not None else []), *more]
    return dict(sorted(result.items()))


def _conditions(conditions: list[tuple[str, str, list[str]]]) -> Json:
    merged: dict[str, dict[str, list[str]]] = {}
    for test, variable, values in conditions:
        merged.setdefault(test, {}).setdefault(variable, []).extend(values)
    return {
        test: {
            variable: values[0] if len(values) == 1 else values
            for variable, values in sorted(variables.items())
        }
        for test, variables in sorted(merged.items())
    }


def _parsed(source: Json, path: str) -> dict[str, Json]:
    """A document that was given as text, brought into the same form."""
    try:
        document = json.loads(str(source))
    except ValueError as error:
        raise ConfigError([f"{path}: not JSON ({error}); give the `json` of a policy"]) from None
    if not isinstance(document, dict) or not isinstance(
        cast("dict[str, Json]", document).get("Statement", []), list
    ):
        raise ConfigError([f"{path}: no policy document; it needs a list named Statement"])
    fields = cast("dict[str, Json]", document)
    return {
        "Version": text(fields, "Version"),
        "Id": text(fields, "Id"),
        "Statement": [_read(entries(item)) for item in items(fields.get("Statement"))],
    }


def _read(given: Statement) -> Statement:
    result = {key: value for key, value in given.items() if value not in ("", None)}
    for _, key in _PRINCIPALS:
        if isinstance(result.get(key), dict):
            result[key] = _principals(
                [
                    (kind, value if isinstance(value, str) else cast("Json", _texts(value)))
                    for kind, value in entries(result[key]).items()
                ]
            )
        elif key in result:
            result[key] = "*"
    if "Condition" in result:
        result["Condition"] = _conditions(
            [
                (test, variable, _texts(values) if isinstance(values, list) else [_text(values)])
                for test, variables in entries(result["Condition"]).items()
                for variable, values in entries(variables).items()
            ]
        )
    return _ordered(result)


def _merge(into: dict[str, Json], document: Mapping[str, Json]) -> None:
    """Take a document in: its statements replace those of the same sid, others are added."""
    into["Id"] = document["Id"] or into["Id"]
    into["Version"] = max(str(into["Version"]), str(document["Version"]))
    statements = items(into["Statement"])
    for statement in items(document["Statement"]):
        sid = text(entries(statement), "Sid")
        places = [
            index
            for index, known in enumerate(statements)
            if sid and text(entries(known), "Sid") == sid
        ]
        if places:
            statements[places[0]] = statement
        else:
            statements.append(statement)


def _refuse_twice(document: Mapping[str, Json], seen: set[str], path: str) -> None:
    for statement in items(document["Statement"]):
        sid = text(entries(statement), "Sid")
        if sid and sid in seen:
            raise ConfigError([f"{path}: sid '{sid}' is there twice; make sids unique"])
        seen.add(sid)


def _ordered(statement: Statement) -> Statement:
    keys = [*_ORDER, "Condition"]
    return {key: statement[key] for key in keys if key in statement}


def _encoded(document: Mapping[str, Json], indent: int | None) -> str:
    separators = (",", ": ") if indent else (",", ":")
    plain = json.dumps(document, indent=indent, separators=separators, ensure_ascii=False)
    return plain.translate(_ESCAPED)


def _listed(value: Json) -> list[Json]:
    return items(value) if isinstance(value, list) else [value]


def _texts(value: Json) -> list[str]:
    return [_text(item) for item in items(value)]


def _text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
