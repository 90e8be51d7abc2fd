"""Calls in GraphQL, and the errors that are told in its form."""

from typing import Any

import httpx

ROWS = [
    {"mean_radius": 1.5, "age": 40, "texture": 0.5},
    {"mean_radius": -1.5, "age": 41},
]
PREDICT = """
query Predict($rows: [InstanceInput!]!) {
  predict(instances: $rows) { label probabilities { label probability } }
}
"""


def errors(response: httpx.Response, status: int, kind: str) -> list[dict[str, Any]]:
    """Check that all errors of an answer are of this kind; return them."""
    document = response.json()
    assert response.status_code == status, document
    assert set(document) == {"errors"}
    for error in document["errors"]:
        assert error["extensions"]["type"] == f"urn:modelport:problem:{kind}"
        assert error["extensions"]["request_id"] == response.headers["x-request-id"]
    return document["errors"]
