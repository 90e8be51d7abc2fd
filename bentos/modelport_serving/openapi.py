"""OpenAPI document of one bundle's service, from its signature, golden requests and settings."""

from collections.abc import Mapping

from modelport_serving.capturer import MOST_ROWS
from modelport_serving.metrics import CONTENT_TYPE
from modelport_serving.openapi_parts import (
    READING,
    WRITING,
    Gated,
    Json,
    answer,
    array,
    components,
    errors,
    record_of,
    ref,
)
from modelport_serving.openapi_protocols import protocol_paths
from modelport_serving.platform_routes import PlatformRoute
from modelport_serving.protocols.tabular import CSV, LINES, OTHER_LINES
from modelport_serving.protocols.xml import XML, write_xml, xml_text
from modelport_serving.record import BundleRecord, Golden, Signature
from modelport_serving.settings import ApiKey, Auth, OidcTokens, Settings

EXAMPLE_ROWS = 2


def openapi(
    record: BundleRecord, golden: Golden, settings: Settings, extra: Mapping[str, PlatformRoute]
) -> Json:
    """Describe the service: every path that exists, with types, training ranges and examples.

    Args:
        record: The bundle's record.
        golden: Its golden requests, the source of the examples.
        settings: What is switched on, and the limits.
        extra: Paths that the platform calls.
    """
    gated, schemes = _gated(settings), _schemes(settings.auth)
    predict = _predict(record, golden, settings, gated=gated)
    probe = _get("Whether the model is loaded and answers", _ready_schema(record), is_open=True)
    paths: Json = {
        "/predict": predict,
        "/model": _get("The model's name, version, signature and scores", _model(), gated=gated),
        "/openapi.json": _get("This document", {"type": "object"}, gated=gated),
        "/metrics": _get(
            "Numbers for Prometheus",
            {"type": "string"},
            media=CONTENT_TYPE.partition(";")[0],
            gated=gated,
        ),
        "/livez": _get(
            "Whether the process runs", record_of({"status": {"const": "alive"}}), is_open=True
        ),
        "/readyz": probe,
        **protocol_paths(record, golden, settings, gated=gated, probe=probe),
    }
    if settings.capture:
        paths["/feedback"] = _feedback(record.signature, gated=gated)
    alone = record_of({"predictions": array(ref("Prediction"))})
    for path, route in extra.items():
        paths[path] = {
            "predict": predict,
            "predict_vertex": _vertex(settings, alone, gated=gated),
            "readyz": probe,
            "ping": _ping(),
        }[route.endpoint]
    return {
        "openapi": "3.1.0",
        "info": {"title": record.name, "version": record.version},
        "security": [{name: []} for name in schemes],
        "paths": paths,
        "components": components(record.signature, schemes),
    }


def _schemes(auth: Auth) -> Json:
    if isinstance(auth, OidcTokens):
        return {"token": {"type": "openIdConnect", "openIdConnectUrl": auth.discovery}}
    if isinstance(auth, ApiKey):
        return {"key": {"type": "http", "scheme": "bearer"}}
    return {}


def _gated(settings: Settings) -> Gated:
    tokens = isinstance(settings.auth, OidcTokens)
    asked = tokens or isinstance(settings.auth, ApiKey)
    limited = settings.rate_limit is not None
    possible = {401: asked, 403: tokens, 429: limited}
    return frozenset(status for status, may in possible.items() if may)


def _instances(settings: Settings) -> Json:
    items = {"oneOf": [ref("Row"), ref("Instance")]}
    return array(items, minItems=1, maxItems=settings.max_rows)


def _predict(record: BundleRecord, golden: Golden, settings: Settings, *, gated: Gated) -> Json:
    rows = golden.instances[:EXAMPLE_ROWS]
    names = [feature.name for feature in record.signature.features]
    objects = [dict(zip(names, row, strict=True)) for row in rows]
    answers = [each.model_dump(exclude_none=True) for each in golden.predictions[:EXAMPLE_ROWS]]
    model = f"{record.name}@{record.version}"
    native = {
        "schema": record_of(
            {
                "model": {"type": "string"},
                "fallback": {
                    "enum": ["late", "failed"],
                    "description": "Why the answer is not the model's",
                },
                "fallback_version": {
                    "type": "string",
                    "description": "The previous version, where it gave the answer",
                },
                "predictions": array(ref("Prediction")),
            },
            optional=["model", "fallback", "fallback_version"],
        ),
        "example": {"model": model, "predictions": answers},
    }
    lines = {"schema": {"type": "string", "description": "A line of JSON for each prediction"}}
    table = {
        "schema": {
            "type": "string",
            "description": "A line for each prediction: the value, or the label and the "
            "probabilities in the order of the signature's labels",
        }
    }
    document = {"schema": {"type": "string"}, "example": write_xml(answers).decode()}
    return {
        "post": {
            "summary": f"Predict {record.signature.target}",
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": record_of({"instances": _instances(settings)}),
                        "examples": {
                            "rows": {"value": {"instances": [list(row) for row in rows]}},
                            "objects": {"value": {"instances": objects}},
                        },
                    },
                    **_text_bodies(names, rows),
                },
            },
            "responses": {
                "200": answer(
                    "One prediction per instance, in their order; in the form of the request, or "
                    "for bodies other than JSON in the one that `Accept` asks for",
                    {
                        "application/json": native,
                        CSV: table,
                        LINES: lines,
                        **dict.fromkeys(XML, document),
                    },
                    **{
                        "X-Modelport-Fallback": {
                            "description": "Why the answer is not the model's",
                            "schema": {"enum": ["late", "failed"]},
                        },
                        "X-Modelport-Fallback-Version": {
                            "description": "The previous version, where it gave the answer",
                            "schema": {"type": "string"},
                        },
                    },
                ),
                **errors(WRITING, "Problem", gated=gated),
            },
        }
    }


def _text_bodies(names: list[str], rows: tuple[tuple[float | None, ...], ...]) -> Json:
    """Bodies whose shape no JSON Schema tells, by what they look like."""
    table = "".join(
        ",".join("" if value is None else str(value) for value in row) + "\n" for row in rows
    )
    cells = [list(zip(names, row, strict=True)) for row in rows]
    values = [
        "".join(
            f'<feature name="{xml_text(name)}"/>' if value is None
            else f'<feature name="{xml_text(name)}">{value}</feature>'
            for name, value in row
        )
        for row in cells
    ]  # fmt: skip
    document = "".join(f"<instance>{row}</instance>" for row in values)
    csv = {
        "schema": {
            "type": "string",
            "description": "A row per line, with or without a header of all feature names; an "
            "empty cell is a missing value",
        },
        "example": table,
    }
    lines = {
        "schema": {"type": "string", "description": "A row or an object of JSON per line"},
    }
    xml = {
        "schema": {
            "type": "string",
            "description": "A feature by its name; an empty one is a missing value",
        },
        "example": f"<instances>{document}</instances>",
    }
    return {CSV: csv, **dict.fromkeys((LINES, *OTHER_LINES), lines), **dict.fromkeys(XML, xml)}


def _feedback(signature: Signature, *, gated: Gated) -> Json:
    one: Json = (
        {"type": "string", "enum": list(signature.labels)}
        if signature.labels
        else {"type": "number", "exclusiveMinimum": -1e300, "exclusiveMaximum": 1e300}
    )
    many = array(one, minItems=1, maxItems=MOST_ROWS)
    request = record_of(
        {
            "request_id": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
            "actual": {"oneOf": [one, many]},
        }
    )
    done = {"application/json": {"schema": record_of({"status": {"const": "recorded"}})}}
    return {
        "post": {
            "summary": f"Tell what {signature.target} was in truth",
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": request}},
            },
            "responses": {
                "202": answer("It is in the log", done),
                **errors({*WRITING} - {504}, "Problem", gated=gated),
            },
        }
    }


def _vertex(settings: Settings, answers: Json, *, gated: Gated) -> Json:
    request = record_of(
        {
            "instances": _instances(settings),
            "parameters": {"type": ["object", "null"], "maxProperties": 0},
        },
        optional=["parameters"],
    )
    content = {"application/json": {"schema": answers}}
    return {
        "post": {
            "summary": "Predict, as the platform asks",
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": request}},
            },
            "responses": {
                "200": answer("One prediction per instance, in their order", content),
                **errors(WRITING, "Problem", gated=gated),
            },
        }
    }


def _ping() -> Json:
    return {
        "get": {
            "summary": "Whether the model is loaded and answers, as the platform asks",
            "security": [],
            "responses": {
                "200": {"description": "It does", "headers": {}},
                **errors(READING, "Problem", gated=frozenset()),
            },
        }
    }


def _get(
    summary: str,
    schema: Json,
    *,
    media: str = "application/json",
    is_open: bool = False,
    gated: Gated = frozenset(),
) -> Json:
    operation: Json = {
        "summary": summary,
        "responses": {
            "200": answer(summary, {media: {"schema": schema}}),
            **errors(READING, "Problem", gated=frozenset() if is_open else gated),
        },
    }
    if is_open:
        operation["security"] = []
    return {"get": operation}


def _ready_schema(record: BundleRecord) -> Json:
    text = {"type": "string"}
    said = {"status": {"const": "ready"}, "model": text, "name": {"const": record.name}}
    return record_of({**said, "version": {"const": record.version}})


def _model() -> Json:
    signature = Signature.model_json_schema()
    feature = signature.pop("$defs")["Feature"]
    signature["properties"]["features"]["items"] = feature
    text = {"type": "string"}
    return record_of(
        {
            "name": text,
            "version": text,
            "signature": signature,
            "primary": text,
            "metrics": {"type": "object", "additionalProperties": {"type": "number"}},
            "data_sha256": text,
            "runtime": {"enum": ["onnx", "native"]},
        }
    )
