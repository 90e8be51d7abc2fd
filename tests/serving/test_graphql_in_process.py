"""GraphQL in this process: what a worker does not show."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from modelport_serving.app import build_app
from modelport_serving.capture import Capture
from modelport_serving.errors import StartError
from modelport_serving.fallback import Fallback
from modelport_serving.predictor import Predictor
from modelport_serving.record import Golden
from modelport_serving.runtime import Runtime
from modelport_serving.settings import Open, Settings
from serving.graphql_calls import PREDICT, ROWS, errors
from serving.split_bench import Bench, answer, says
from serving.tiny import Stub, record, signature


def served(model: Any, **settings: Any) -> tuple[Runtime, httpx.AsyncClient]:
    made = record(signature())
    runtime = Runtime(made, Golden(instances=(), predictions=()))
    given_settings = Settings(auth=Open(), protocols=frozenset({"graphql"}), **settings)
    runtime.start(given_settings, Predictor(Stub(model), made))
    transport = httpx.ASGITransport(build_app(runtime))
    return runtime, httpx.AsyncClient(transport=transport, base_url="http://test")


def post(model: Any, *bodies: Any, **settings: Any) -> list[httpx.Response]:
    async def run() -> list[httpx.Response]:
        _, client = served(model, **settings)
        async with client:
            return [await client.post("/graphql", json=body) for body in bodies]

    return asyncio.run(run())


BODY = {"query": PREDICT, "variables": {"rows": ROWS}}


def failing(_: Any) -> Any:
    raise RuntimeError("out of memory")


def test_a_failing_model_tells_nothing() -> None:
    [response] = post(failing, BODY)
    [error] = errors(response, 500, "internal")
    assert "memory" not in error["message"]


def test_a_fallback_is_marked() -> None:
    [response] = post(failing, BODY, fallback=Fallback(answer="low"))
    assert response.headers["x-modelport-fallback"] == "failed"
    assert response.json()["extensions"] == {"fallback": "failed"}
    assert {each["label"] for each in response.json()["data"]["predict"]} == {"low"}


def test_a_request_is_captured_once(capsys: pytest.CaptureFixture[str]) -> None:
    field = "predict(instances: $rows) { label }"
    twice = f"query ($rows: [InstanceInput!]!) {{ a: {field} b: {field} }}"
    body = {"query": twice, "variables": {"rows": ROWS}}
    model = lambda rows: np.full((len(rows), 2), 0.5)  # pyright: ignore[reportUnknownLambdaType, reportUnknownVariableType, reportUnknownArgumentType] # noqa: E731
    post(model, body, capture=Capture(percent=100), access_log=False)
    [line] = map(json.loads, capsys.readouterr().err.splitlines())
    assert (line["event"], line["rows"]) == ("prediction", 4)
    assert line["instances"][1] == {"mean radius": -1.5, "age": 41.0, "texture": None}


def test_a_candidate_answers_queries() -> None:
    good = b'{"model":"tiny@new","predictions":[{"value":2.5},{"value":3.5}]}'
    fault = {"path": "instances[0]", "detail": "no"}
    kind = "urn:modelport:problem:invalid-instances"
    refused = json.dumps({"type": kind, "detail": "too large", "errors": [fault]}).encode()
    query = PREDICT.replace("label probabilities { label probability }", "value")

    async def run() -> None:
        for status, content in ((200, good), (422, refused)):
            peer = says(answer(status, content))
            async with await asyncio.start_server(peer, "127.0.0.1", 0) as listening:
                host, port = listening.sockets[0].getsockname()
                made = Bench([1.0, 1.0], protocols=frozenset({"graphql"}))
                made.begin(f"{host}:{port}", percent=100, timeout=5)
                body = {"query": query, "variables": {"rows": ROWS}}
                response = await made.client.post("/graphql", json=body)
                assert response.headers["x-modelport-version"] == "new"
                if status == 200:
                    data = response.json()["data"]
                    assert data == {"predict": [{"value": 2.5}, {"value": 3.5}]}
                else:
                    [error] = errors(response, 422, "invalid-instances")
                    assert error["extensions"]["errors"] == [fault]
                await made.end()

    asyncio.run(run())


def test_only_a_service_that_speaks_it_imports_it(bento: Path) -> None:
    code = (
        "import sys, modelport_serving.app\n"
        "print([name for name in ('graphql', 'defusedxml') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(bento / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_without_the_library_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "modelport_serving.protocols.graphql", None)
    for name in [each for each in sys.modules if each.partition(".")[0] == "graphql"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "graphql", None)
    monkeypatch.delitem(sys.modules, "modelport_serving.protocols.graphql")
    monkeypatch.delitem(sys.modules, "modelport_serving.protocols.graphql_schema", raising=False)
    with pytest.raises(StartError, match="graphql-core is not installed"):
        served(failing)
