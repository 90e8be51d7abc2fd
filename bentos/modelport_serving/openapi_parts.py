"""Parts of the OpenAPI document that all routes share: schemas of a signature, and the errors."""

from collections.abc import Iterable
from typing import Any, Literal

from modelport_serving.instances import EXACT_INTEGER
from modelport_serving.protocols.graphql_http import RESPONSE
from modelport_serving.record import Feature, Signature

Json = dict[str, Any]
Form = Literal["Problem", "Error", "GraphQlErrors"]
"""Shape of a route's errors: problem details, `{"error": …}`, or GraphQL's."""

Gated = frozenset[int]
"""Statuses of the errors with which the service's own settings may turn a caller away."""

MEDIA: dict[Form, tuple[str, ...]] = {
    "Problem": ("application/problem+json",),
    "Error": ("application/json",),
    "GraphQlErrors": (RESPONSE, "application/json"),
}
READING = (408, 431, 500, 503)
"""Statuses of the errors of routes that take no body."""
WRITING = (400, 408, 413, 415, 422, 431, 500, 503, 504)
"""Those of routes that take one."""
_KINDS = {
    400: "The body cannot be read: `not-json`, `not-csv`, `not-text`, `not-xml`, `invalid-query`",
    401: "No key or token, or another one: `unauthorized`",
    403: "The token does not hold the claims that are asked for: `forbidden`",
    406: "The caller takes no content type of the answer: `not-acceptable`",
    408: "The request was too slow: `header-timeout`, `body-timeout`",
    413: "The body is too large: `body-too-large`",
    415: "The path takes other bodies: `unsupported-media-type`, `unsupported-encoding`",
    422: "The body says something wrong: `invalid-body`, `invalid-instances`, `invalid-feedback`",
    429: "The caller sends too many requests: `rate-limited`",
    431: "The headers are too large: `headers-too-large`",
    500: "The model or the service failed: `internal`",
    503: "Try again after `Retry-After` seconds: `starting`, `draining`, `overloaded`",
    504: "The model took too long: `timeout`",
}
_SENT_BY_THE_SERVER = (408, 431)
"""Statuses that may come before it is known which route is meant, and so as problem details."""
MARKS: Json = {
    "X-Request-ID": {"$ref": "#/components/headers/RequestId"},
    "X-Modelport-Version": {"$ref": "#/components/headers/Version"},
}


def ref(name: str) -> Json:
    """A schema of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def array(items: Json, **more: Any) -> Json:
    """A list of these."""
    return {"type": "array", "items": items, **more}


def record_of(properties: Json, *, closed: bool = True, optional: Iterable[str] = ()) -> Json:
    """An object with these properties, and with no others where it is closed."""
    required = [name for name in properties if name not in set(optional)]
    found: Json = {"type": "object", "properties": properties, "required": required}
    return {**found, "additionalProperties": False} if closed else found


def answer(description: str, content: Json, **headers: Json) -> Json:
    """A good answer, by media type."""
    return {"description": description, "headers": {**MARKS, **headers}, "content": content}


def errors(statuses: Iterable[int], form: Form, *, gated: Gated) -> Json:
    """The errors of a route, by status."""
    found: Json = {}
    for status in sorted({*statuses, *gated}):
        media = list(MEDIA[form])
        shape = {name: {"schema": ref(form)} for name in media}
        if status in _SENT_BY_THE_SERVER:
            shape |= {MEDIA["Problem"][0]: {"schema": ref("Problem")}}
        headers: Json = {"Retry-After": _seconds()} if status in (429, 503) else {}
        if status in (401, 403):
            headers |= {"WWW-Authenticate": {"schema": {"type": "string"}}}
        found[str(status)] = {
            "description": _KINDS[status],
            "content": shape,
            **({"headers": headers} if headers else {}),
        }
    return found


def components(signature: Signature, schemes: Json) -> Json:
    """Everything that routes refer to."""
    found: Json = {
        "schemas": {
            "Row": _row(signature),
            "Instance": _instance(signature),
            "Prediction": _prediction(signature),
            "Problem": _problem(),
            "Error": record_of({"error": {"type": "string"}, "request_id": {"type": "string"}}),
            "GraphQlErrors": _graphql_errors(),
        },
        "headers": {
            "RequestId": {
                "description": "The request's id, as in the log: the caller's own or a new one",
                "schema": {"type": "string"},
            },
            "Version": {
                "description": "The version that answered",
                "schema": {"type": "string"},
            },
        },
    }
    if schemes:
        found["securitySchemes"] = schemes
    return found


def feature_schema(feature: Feature, *, named: bool = False) -> Json:
    """Values of one feature."""
    whole = feature.dtype == "int64"
    kind = "integer" if whole else "number"
    bounds = {"minimum": -EXACT_INTEGER, "maximum": EXACT_INTEGER} if whole else {}
    schema: Json = {
        "type": [kind, "null"] if feature.nullable else kind,
        **bounds,
        "description": f"{feature.min:g} to {feature.max:g} in training",
        # Not `minimum` and `maximum`: values outside are answered, they are only unusual.
        "x-training-minimum": feature.min,
        "x-training-maximum": feature.max,
    }
    return {"title": feature.name, **schema} if named else schema


def _seconds() -> Json:
    return {"description": "Seconds", "schema": {"type": "string", "pattern": "^[0-9]+$"}}


def _row(signature: Signature) -> Json:
    width = len(signature.features)
    return {
        "type": "array",
        "description": "Values in the order of the signature's features",
        "prefixItems": [feature_schema(feature, named=True) for feature in signature.features],
        "items": False,
        "minItems": width,
        "maxItems": width,
    }


def _instance(signature: Signature) -> Json:
    values = {feature.name: feature_schema(feature) for feature in signature.features}
    return {**record_of(values), "description": "Values by feature name"}


def _prediction(signature: Signature) -> Json:
    if signature.task == "regression":
        value = {"type": "number", "description": f"Predicted {signature.target}"}
        return record_of({"value": value})
    chance = {"type": "number", "minimum": 0, "maximum": 1}
    labels = list(signature.labels)
    return record_of(
        {
            "label": {"type": "string", "enum": labels},
            "probabilities": record_of(dict.fromkeys(labels, chance)),
        }
    )


def _faults() -> Json:
    text = {"type": "string"}
    return array(record_of({"path": text, "detail": text}))


def _problem() -> Json:
    text = {"type": "string"}
    properties: Json = {
        "type": text,
        "title": text,
        "status": {"type": "integer"},
        "detail": text,
        "instance": {"type": "string", "description": "The request's id, as in the log"},
        "errors": _faults(),
    }
    described = {"description": "What is wrong and what to do (RFC 9457)"}
    return record_of(properties, optional=["errors"]) | described


def _graphql_errors() -> Json:
    text, count = {"type": "string"}, {"type": "integer"}
    extensions: Json = {"type": text, "status": count, "request_id": text, "errors": _faults()}
    error: Json = {
        "message": text,
        "locations": array(record_of({"line": count, "column": count})),
        "extensions": record_of(extensions, optional=["errors"]),
    }
    return record_of({"errors": array(record_of(error, optional=["locations"]), minItems=1)})
