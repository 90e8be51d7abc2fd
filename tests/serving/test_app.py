"""The application in process: what a test can only see with a model of its own making."""

import asyncio
import json
import logging
import math
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

import httpx
import pytest

from modelport_serving.app import build_app
from modelport_serving.predictor import Predictor
from modelport_serving.record import Golden, Prediction
from modelport_serving.runtime import Runtime
from modelport_serving.settings import Open, Settings
from serving.tiny import Stub, record, signature

ROWS = {"instances": [[1, 2, 3]]}
Test = Callable[[httpx.AsyncClient, Runtime], Coroutine[Any, Any, None]]


def serve(answer: Any, test: Test, **settings: Any) -> None:
    """Run `test` against the application of a regression whose model gives `answer`."""
    made = record(signature(task="regression"))
    golden = Golden(instances=((1, 2, 3),), predictions=(Prediction(value=1),))
    runtime = Runtime(made, golden)
    runtime.start(Settings(auth=Open(), **settings), Predictor(Stub(answer), made))

    async def run() -> None:
        transport = httpx.ASGITransport(build_app(runtime))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await test(client, runtime)

    asyncio.run(run())


def test_a_regression_answers_values() -> None:
    async def check(client: httpx.AsyncClient, _: Runtime) -> None:
        response = await client.post("/predict", json=ROWS)
        assert response.json() == {
            "model": "tiny@00ff00ff00ff00ff",
            "predictions": [{"value": 2.5}],
        }

    serve([2.5], check)


@pytest.mark.parametrize("answer", [[math.nan], [1.0, 2.0], lambda _: 1 / 0])  # pyright: ignore[reportUnknownLambdaType]
def test_a_failing_model_is_a_500_that_tells_nothing(
    answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    async def check(client: httpx.AsyncClient, _: Runtime) -> None:
        response = await client.post("/predict", json=ROWS, headers={"x-request-id": "r-1"})
        assert response.status_code == 500
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json() == {
            "type": "urn:modelport:problem:internal",
            "title": "Internal Server Error",
            "status": 500,
            "detail": "the service failed; its log says why under this request's id",
            "instance": "r-1",
        }

    serve(answer, check)
    failure, request = map(json.loads, capsys.readouterr().err.splitlines())
    assert failure["request_id"] == request["request_id"] == "r-1"
    assert "Traceback" in failure["traceback"]
    assert request["status"] == 500


def test_a_full_queue_is_a_503_at_once_and_empties_again() -> None:
    gate, begun = threading.Event(), threading.Event()

    def slow(_: Any) -> Any:
        begun.set()
        gate.wait(20)
        return [1.0]

    async def check(client: httpx.AsyncClient, _: Runtime) -> None:
        sent = [asyncio.create_task(client.post("/predict", json=ROWS)) for _ in range(4)]
        done, held = await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
        refused = done.pop().result()
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["type"] == "urn:modelport:problem:overloaded"
        assert (await client.get("/readyz")).status_code == 200
        assert "modelport_requests_in_flight 4.0" in (await client.get("/metrics")).text
        gate.set()
        assert [task.status_code for task in await asyncio.gather(*held)] == [200] * 3
        assert (await client.post("/predict", json=ROWS)).status_code == 200

    serve(slow, check, queue=2)
    assert begun.is_set()


def test_a_slow_model_is_a_504() -> None:
    gate = threading.Event()

    def slow(_: Any) -> Any:
        gate.wait(20)
        return [1.0]

    async def check(client: httpx.AsyncClient, _: Runtime) -> None:
        response = await client.post("/predict", json=ROWS)
        gate.set()
        assert response.status_code == 504
        assert response.json()["detail"].startswith("the model did not answer within 0.05 s")

    serve(slow, check, timeout_seconds=0.05)


def test_a_body_that_never_ends_is_a_408() -> None:
    async def body() -> AsyncGenerator[bytes]:
        yield b"{"
        await asyncio.sleep(20)

    async def check(client: httpx.AsyncClient, _: Runtime) -> None:
        headers = {"content-type": "application/json"}
        response = await client.post("/predict", content=body(), headers=headers)
        assert response.status_code == 408
        assert response.json()["type"] == "urn:modelport:problem:body-timeout"

    serve([1.0], check, timeout_seconds=0.05)


def test_before_the_start_and_after_the_end_only_liveness_answers() -> None:
    async def check(client: httpx.AsyncClient, runtime: Runtime) -> None:
        runtime.stop()
        assert (await client.get("/livez")).status_code == 200
        for path in ("/readyz", "/model", "/metrics", "/nowhere"):
            response = await client.get(path)
            assert response.status_code == 503
            assert response.json()["type"] == "urn:modelport:problem:starting"

    serve([1.0], check)


def test_a_draining_service_says_so_and_closes_its_connections() -> None:
    async def check(client: httpx.AsyncClient, runtime: Runtime) -> None:
        runtime.drain()
        response = await client.get("/readyz")
        assert response.status_code == 503
        response = await client.post("/predict", json=ROWS)
        assert response.status_code == 200
        assert response.headers["connection"] == "close"

    serve([1.0], check)


def test_open_access_needs_no_key_and_says_so() -> None:
    async def check(client: httpx.AsyncClient, _: Runtime) -> None:
        document = (await client.get("/openapi.json")).json()
        assert document["security"] == []
        assert "securitySchemes" not in document["components"]

    serve([1.0], check)


def test_the_access_log_can_be_off(capsys: pytest.CaptureFixture[str]) -> None:
    async def check(client: httpx.AsyncClient, _: Runtime) -> None:
        assert (await client.post("/predict", json=ROWS)).status_code == 200

    serve([1.0], check, access_log=False)
    assert capsys.readouterr().err == ""


def test_nothing_is_logged_by_the_libraries(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    async def check(client: httpx.AsyncClient, _: Runtime) -> None:
        await client.post("/predict", content=b"{", headers={"content-type": "application/json"})

    serve([1.0], check)
    assert not caplog.records
