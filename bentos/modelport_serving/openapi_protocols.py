"""OpenAPI: the paths of the further protocols, where the settings switch them on."""

from typing import Any

from modelport_serving.openapi_parts import (
    READING,
    WRITING,
    Form,
    Gated,
    Json,
    answer,
    array,
    errors,
    feature_schema,
    record_of,
    ref,
)
from modelport_serving.protocols.graphql_http import RESPONSE
from modelport_serving.protocols.graphql_names import graphql_names
from modelport_serving.protocols.tensors import TYPES, outputs_of
from modelport_serving.protocols.v2 import BINARY, LENGTH
from modelport_serving.record import BundleRecord, Golden
from modelport_serving.settings import Settings

_TEXT = {"type": "string"}


def protocol_paths(
    record: BundleRecord, golden: Golden, settings: Settings, *, gated: Gated, probe: Json
) -> Json:
    """Paths of the protocols that are on.

    Args:
        record: The bundle's record.
        golden: Its golden requests.
        settings: What is switched on.
        gated: Statuses of the errors with which callers are not let in.
        probe: The path item of `/readyz`.
    """
    paths: Json = {}
    row = [list(each) for each in golden.instances[:1]]
    if "v2" in settings.protocols:
        paths |= _v2(record, row, gated=gated, probe=probe)
    if "tensorflow" in settings.protocols:
        paths |= _tensorflow(record, row, settings, gated=gated)
    if "azure_ml" in settings.protocols:
        paths["/score"] = _azure_ml(record, row, settings, gated=gated)
    if "graphql" in settings.protocols:
        paths["/graphql"] = _graphql(record, golden, gated=gated)
    return paths


def _v2(record: BundleRecord, row: list[Any], *, gated: Gated, probe: Json) -> Json:
    sizes = array({"type": "integer", "minimum": 0}, minItems=1, maxItems=2)
    parameters = {"type": ["object", "null"]}
    tensor = record_of(
        {
            "name": _TEXT,
            "shape": sizes,
            "datatype": {"enum": list(TYPES)},
            "data": {"type": "array"},
            "parameters": parameters,
        },
        closed=False,
        optional=["data", "parameters"],
    )
    named = [name for name, _, _ in outputs_of(record)]
    wanted = record_of(
        {"name": {"enum": named}, "parameters": parameters}, closed=False, optional=["parameters"]
    )
    request = record_of(
        {
            "id": {"type": ["string", "null"]},
            "inputs": array(tensor, minItems=1),
            "outputs": {"type": ["array", "null"], "items": wanted},
            "parameters": parameters,
        },
        closed=False,
        optional=["id", "outputs", "parameters"],
    )
    shape = array({"type": "integer", "minimum": 0})
    output = record_of(
        {
            "name": {"enum": named},
            "datatype": _TEXT,
            "shape": shape,
            "data": {"type": "array"},
            "parameters": {"type": "object"},
        },
        optional=["data", "parameters"],
    )
    reply = record_of(
        {"model_name": _TEXT, "model_version": _TEXT, "id": _TEXT, "outputs": array(output)},
        optional=["id"],
    )
    binary: Json = {"schema": {"type": "string", "description": "JSON, and tensors behind it"}}
    length = {"name": LENGTH.decode(), "in": "header", "schema": {"type": "integer", "minimum": 0}}
    example = {"name": "rows", "shape": [len(row), len(record.signature.features)]}
    inputs = [{**example, "datatype": "FP64", "data": row}]
    infer: Json = {
        "post": {
            **_post(
                f"Predict {record.signature.target} (Open Inference Protocol)",
                {
                    "application/json": {"schema": request, "example": {"inputs": inputs}},
                    BINARY: binary,
                },
                {"application/json": {"schema": reply}, BINARY: binary},
                "Error",
                gated=gated,
            ),
            "parameters": [{**length, "description": "Bytes of the JSON before binary tensors"}],
        }
    }
    metadata = record_of(
        {
            "name": _TEXT,
            "versions": array(_TEXT),
            "platform": _TEXT,
            **dict.fromkeys(
                ("inputs", "outputs"),
                array(
                    record_of(
                        {"name": _TEXT, "datatype": _TEXT, "shape": array({"type": "integer"})}
                    )
                ),
            ),
        }
    )
    server = record_of({"name": _TEXT, "version": _TEXT, "extensions": array(_TEXT)})
    paths: Json = {
        "/v2": _get("What the server is", server, gated=gated),
        "/v2/health/live": _probe("Whether the process runs", {"type": "object"}),
        "/v2/health/ready": _probe("Whether the model answers", _schema_of(probe)),
    }
    base = f"/v2/models/{record.name}"
    for path in (base, f"{base}/versions/{record.version}"):
        paths[path] = _get("What the model takes and answers", metadata, gated=gated)
        paths[f"{path}/ready"] = _get("Whether the model answers", _schema_of(probe), gated=gated)
        paths[f"{path}/infer"] = infer
    return paths


def _tensorflow(record: BundleRecord, row: list[Any], settings: Settings, *, gated: Gated) -> Json:
    rows = _rows(settings)
    columns = record_of(
        {
            feature.name: array(feature_schema(feature), minItems=1)
            for feature in record.signature.features
        }
    )
    name = {"signature_name": {"type": ["string", "null"]}}
    request = {
        "oneOf": [
            record_of({**name, "instances": rows}, optional=name),
            record_of({**name, "inputs": {"oneOf": [rows, columns]}}, optional=name),
        ]
    }
    number = {"type": "number"}
    one = number if record.signature.task == "regression" else array(number)
    reply = {"oneOf": [record_of({"predictions": array(one)}), record_of({"outputs": array(one)})]}
    version = record_of(
        {"version": _TEXT, "state": {"const": "AVAILABLE"}, "status": {"type": "object"}}
    )
    return {
        f"/v1/models/{record.name}": _get(
            "The model's status", record_of({"model_version_status": array(version)}), gated=gated
        ),
        f"/v1/models/{record.name}:predict": {
            "post": _post(
                f"Predict {record.signature.target} (TensorFlow Serving)",
                {"application/json": {"schema": request, "example": {"instances": row}}},
                {"application/json": {"schema": reply}},
                "Error",
                gated=gated,
            )
        },
    }


def _azure_ml(record: BundleRecord, row: list[Any], settings: Settings, *, gated: Gated) -> Json:
    rows = _rows(settings)
    table = record_of(
        {"columns": {"type": ["array", "null"], "items": _TEXT}, "data": {"type": "array"}},
        closed=False,
        optional=["columns"],
    )
    request = record_of({"input_data": {"anyOf": [rows, table]}}, closed=False)
    one: Json = (
        {"type": "number"}
        if record.signature.task == "regression"
        else {"enum": list(record.signature.labels)}
    )
    return {
        "post": _post(
            f"Predict {record.signature.target} (Azure Machine Learning)",
            {"application/json": {"schema": request, "example": {"input_data": row}}},
            {"application/json": {"schema": array(one)}},
            "Problem",
            gated=gated,
        )
    }


def _graphql(record: BundleRecord, golden: Golden, *, gated: Gated) -> Json:
    request = record_of(
        {
            "query": _TEXT,
            "operationName": {"type": ["string", "null"]},
            "variables": {"type": ["object", "null"]},
            "extensions": {"type": ["object", "null"]},
        },
        closed=False,
        optional=["operationName", "variables", "extensions"],
    )
    data = record_of({"data": {"type": "object"}, "extensions": {"type": "object"}})
    data["required"] = ["data"]
    reply = {"schema": {"oneOf": [data, ref("GraphQlErrors")]}}
    wanted = "value" if record.signature.task == "regression" else "label"
    names = graphql_names(feature.name for feature in record.signature.features)
    rows = [dict(zip(names, each, strict=True)) for each in golden.instances[:1]]
    query = f"query ($rows: [InstanceInput!]!) {{ predict(instances: $rows) {{ {wanted} }} }}"
    example = {"query": query, "variables": {"rows": rows}}
    post = _post(
        f"Predict {record.signature.target} (GraphQL)",
        {"application/json": {"schema": request, "example": example}},
        {RESPONSE: {"schema": data}, "application/json": reply},
        "GraphQlErrors",
        gated=gated,
    )
    post["responses"] |= errors([406], "GraphQlErrors", gated=gated)
    return {"post": post}


def _rows(settings: Settings) -> Json:
    items = {"oneOf": [ref("Row"), ref("Instance")]}
    return array(items, minItems=1, maxItems=settings.max_rows)


def _post(summary: str, taken: Json, content: Json, form: Form, *, gated: Gated) -> Json:
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": taken},
        "responses": {
            "200": answer("One prediction per instance, in their order", content),
            **errors(WRITING, form, gated=gated),
        },
    }


def _get(summary: str, schema: Json, *, gated: Gated) -> Json:
    return {
        "get": {
            "summary": summary,
            "responses": {
                "200": answer(summary, {"application/json": {"schema": schema}}),
                **errors(READING, "Error", gated=gated),
            },
        }
    }


def _probe(summary: str, schema: Json) -> Json:
    found = _get(summary, schema, gated=frozenset())
    found["get"]["security"] = []
    return found


def _schema_of(probe: Json) -> Json:
    return probe["get"]["responses"]["200"]["content"]["application/json"]["schema"]
