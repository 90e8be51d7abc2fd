"""OpenAPI document of one bundle's service, from its signature and its golden requests."""

from typing import Any

from modelport_serving.record import BundleRecord, Feature, Golden, Signature

EXAMPLE_ROWS = 2
PROBLEM = {"$ref": "#/components/responses/Problem"}
Json = dict[str, Any]


def openapi(record: BundleRecord, golden: Golden, *, keyed: bool, max_rows: int) -> Json:
    """Describe the service: names, types, training ranges and examples.

    Args:
        record: The bundle's record.
        golden: Its golden requests, the source of the examples.
        keyed: Whether callers need an API key.
        max_rows: Most rows in one request.
    """
    components: Json = {
        "schemas": {
            "Row": _row(record.signature),
            "Instance": _instance(record.signature),
            "Prediction": _prediction(record.signature),
            "Problem": _problem(),
        },
        "responses": {
            "Problem": {
                "description": "What is wrong and what to do (RFC 9457)",
                "content": {"application/problem+json": {"schema": _schema("Problem")}},
            }
        },
    }
    if keyed:
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": record.name, "version": record.version},
        "security": [{"key": []}] if keyed else [],
        "paths": {
            "/predict": {"post": _predict(record, golden, max_rows)},
            "/model": _get("The model's name, version, signature and scores"),
            "/openapi.json": _get("This document"),
            "/metrics": _get("Numbers for Prometheus", media="text/plain"),
            "/livez": _get("Whether the process runs", is_open=True),
            "/readyz": _get("Whether the model is loaded and answers", is_open=True),
        },
        "components": components,
    }


def _predict(record: BundleRecord, golden: Golden, max_rows: int) -> Json:
    items = {"oneOf": [_schema("Row"), _schema("Instance")]}
    request: Json = {
        "type": "object",
        "required": ["instances"],
        "properties": {
            "instances": {"type": "array", "minItems": 1, "maxItems": max_rows, "items": items}
        },
    }
    answer: Json = {
        "type": "object",
        "required": ["model", "predictions"],
        "properties": {
            "model": {"type": "string", "const": f"{record.name}@{record.version}"},
            "predictions": {"type": "array", "items": _schema("Prediction")},
        },
    }
    rows = golden.instances[:EXAMPLE_ROWS]
    names = [feature.name for feature in record.signature.features]
    answers = [
        prediction.model_dump(exclude_none=True) for prediction in golden.predictions[:EXAMPLE_ROWS]
    ]
    return {
        "summary": f"Predict {record.signature.target}",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": request,
                    "examples": {
                        "rows": {"value": {"instances": [list(row) for row in rows]}},
                        "objects": {
                            "value": {
                                "instances": [dict(zip(names, row, strict=True)) for row in rows]
                            }
                        },
                    },
                }
            },
        },
        "responses": {
            "200": {
                "description": "One prediction per instance, in their order",
                "content": {
                    "application/json": {
                        "schema": answer,
                        "example": {
                            "model": f"{record.name}@{record.version}",
                            "predictions": answers,
                        },
                    }
                },
            },
            "default": PROBLEM,
        },
    }


def _get(summary: str, *, media: str = "application/json", is_open: bool = False) -> Json:
    operation: Json = {
        "summary": summary,
        "responses": {
            "200": {"description": summary, "content": {media: {}}},
            "default": PROBLEM,
        },
    }
    if is_open:
        operation["security"] = []
    return {"get": operation}


def _row(signature: Signature) -> Json:
    return {
        "type": "array",
        "description": "Values in the order of the signature's features",
        "prefixItems": [_feature(feature, named=True) for feature in signature.features],
        "items": False,
        "minItems": len(signature.features),
    }


def _instance(signature: Signature) -> Json:
    return {
        "type": "object",
        "description": "Values by feature name",
        "properties": {feature.name: _feature(feature) for feature in signature.features},
        "required": [feature.name for feature in signature.features],
        "additionalProperties": False,
    }


def _feature(feature: Feature, *, named: bool = False) -> Json:
    kind = "integer" if feature.dtype == "int64" else "number"
    schema: Json = {
        "type": [kind, "null"] if feature.nullable else kind,
        "description": f"{feature.min:g} to {feature.max:g} in training",
        # Not `minimum` and `maximum`: values outside are answered, they are only unusual.
        "x-training-minimum": feature.min,
        "x-training-maximum": feature.max,
    }
    return {"title": feature.name, **schema} if named else schema


def _prediction(signature: Signature) -> Json:
    if signature.task == "regression":
        value = {"type": "number", "description": f"Predicted {signature.target}"}
        return {"type": "object", "required": ["value"], "properties": {"value": value}}
    chance = {"type": "number", "minimum": 0, "maximum": 1}
    labels = list(signature.labels)
    return {
        "type": "object",
        "required": ["label", "probabilities"],
        "properties": {
            "label": {"type": "string", "enum": labels},
            "probabilities": {
                "type": "object",
                "properties": dict.fromkeys(labels, chance),
                "required": labels,
            },
        },
    }


def _problem() -> Json:
    text = {"type": "string"}
    fault = {"type": "object", "properties": {"path": text, "detail": text}}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "instance"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "instance": {"type": "string", "description": "The request's id, as in the log"},
            "errors": {"type": "array", "items": fault},
        },
    }


def _schema(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
