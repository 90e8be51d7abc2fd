"""The OpenAPI document: it names every path that exists, and schemathesis finds it to be true.

`MODELPORT_EXAMPLES` is the number of requests for each path, for `make soak`.
"""

import os
from typing import Any, cast

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from modelport_serving.app import build_app
from modelport_serving.openapi import openapi
from modelport_serving.platform_routes import platform_routes
from modelport_serving.predictor import Predictor
from modelport_serving.record import Golden, Prediction
from modelport_serving.runtime import Runtime
from modelport_serving.settings import Open, Settings
from serving.tiny import Stub, record, signature
from serving.workers import KEY, Worker

EXAMPLES = int(os.environ.get("MODELPORT_EXAMPLES", "2"))
SECRET = {"Authorization": f"Bearer {KEY}"}
LOOSE = ("/predict", "/score", "/graphql", ":predict", "/infer")
"""Ends of paths with bodies of which a JSON Schema does not say all, so that a body that fits it
may be refused; the bodies of each protocol are tested in test_every_protocol.py."""
ANY_PACE = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
PLATFORMS = {
    "MODELPORT_PLATFORM": "sagemaker",
    "AIP_HTTP_PORT": "8080",
    "AIP_HEALTH_ROUTE": "/vertex/health",
    "AIP_PREDICT_ROUTE": "/vertex/predict",
    "FUNCTIONS_CUSTOMHANDLER_PORT": "8081",
}


@schemathesis.serializer(
    "text/csv", "application/jsonlines", "application/x-ndjson", "application/jsonl"
)
def as_text(_context: Any, value: Any) -> bytes:
    return str(value).encode(errors="surrogatepass")


@pytest.fixture(scope="module")
def document(everything: Worker) -> Any:
    return httpx.get(f"{everything.url}/openapi.json", headers=SECRET).json()


def test_every_path_that_exists_is_listed(everything: Worker, document: Any) -> None:
    told = httpx.get(f"{everything.url}/nowhere", headers=SECRET).json()["detail"]
    assert set(document["paths"]) == set(told.partition("there are ")[2].split(", "))
    posts = {path for path, item in document["paths"].items() if "post" in item}
    assert {"/predict", "/feedback", "/score", "/graphql", "/v1/models/tiny:predict"} <= posts


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("named", [(), ("graphql",), ("v2", "azure_ml")])
def test_the_settings_and_the_platform_decide_what_is_listed(task: Any, named: Any) -> None:
    made = record(signature(task=task))
    answer = Prediction(value=1) if task == "regression" else Prediction(
        label="low", probabilities={"low": 1, "high": 0}
    )  # fmt: skip
    runtime = Runtime(made, Golden(instances=((1, 2, None),), predictions=(answer,)))
    given_settings = Settings(auth=Open(), protocols=frozenset(named))
    runtime.start(given_settings, Predictor(Stub([1.0]), made))
    extra = platform_routes(PLATFORMS)
    gate = build_app(runtime, extra)
    listed = openapi(made, runtime.golden, given_settings, extra)
    assert runtime.live
    parts = {None, *given_settings.parts}
    assert set(listed["paths"]) == {
        path for path, route in gate.routes.items() if route.protocol in parts
    }
    assert "401" not in listed["paths"]["/predict"]["post"]["responses"]


@pytest.mark.parametrize("mode", GenerationMode)
def test_schemathesis_finds_nothing(everything: Worker, document: Any, mode: Any) -> None:
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=everything.url)
    for result in schema.get_all_operations():
        operation: Any = cast("Any", result).ok()
        # Where nothing is sent nothing can be sent wrongly.
        if mode is GenerationMode.POSITIVE or operation.body:
            attack(operation, mode, EXAMPLES + len(operation.body))
    assert httpx.get(f"{everything.url}/readyz").status_code == 200


def attack(operation: Any, mode: GenerationMode, count: int) -> None:
    excluded = ["positive_data_acceptance"] if operation.path.endswith(LOOSE) else []

    # What it makes depends on what was answered before, so that nothing can be shrunk.
    @settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=[*ANY_PACE],
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        case.call_and_validate(
            headers=SECRET, excluded_checks=[CHECKS.get_one(name) for name in excluded]
        )

    run()
