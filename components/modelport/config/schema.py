"""JSON Schema of a stack file, for editors."""

import json
from typing import Any

from modelport.config.deployment import StackConfig
from modelport.config.stackfile import NAMESPACE

SCHEMA_FILE = "schemas/stack.schema.json"
"""Where a project keeps it; the stack files' first line points there."""


def stack_schema() -> dict[str, Any]:
    """The schema of `Pulumi.<stack>.yaml`; keys of other namespaces are left alone."""
    model = StackConfig.model_json_schema()
    definitions = model.pop("$defs")
    properties = {f"{NAMESPACE}:{key}": value for key, value in model["properties"].items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pulumi stack file with Modelport deployments",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": properties,
                "required": [f"{NAMESPACE}:{key}" for key in model.get("required", [])],
                "patternProperties": {f"^{NAMESPACE}:": False},
            },
        },
        "$defs": definitions,
    }


def schema_text() -> str:
    """The schema as the file holds it."""
    return json.dumps(stack_schema(), indent=2, sort_keys=True) + "\n"
