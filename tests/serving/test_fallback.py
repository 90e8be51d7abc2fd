"""Fallbacks: what answers when the model fails or is late, and how everyone can tell."""

import asyncio
import threading
from typing import Any

import httpx
import numpy as np
import pytest

from modelport_serving.app import build_app
from modelport_serving.errors import StartError
from modelport_serving.fallback import Fallback, Rule, fallback_faults
from modelport_serving.predictor import Pace, Predictor
from modelport_serving.record import Golden
from modelport_serving.runtime import Runtime
from modelport_serving.settings import Open, Settings, read_settings
from modelport_serving.substitute import Substitute
from serving.split_bench import answer, bench, says
from serving.tiny import Stub, record, signature

ROWS = {"instances": [[1, 2, 3], [1, 60, 3]]}
RULED = Fallback(answer="low", rule=Rule(feature="age", above=50, answer="high"))


def failing(_: Any) -> Any:
    raise RuntimeError("out of memory")


def served(
    model: Any, fallback: Fallback, task: str = "classification", pace: Pace | None = None
) -> Runtime:
    made = record(signature(task=task))
    runtime = Runtime(made, Golden(instances=(), predictions=()))
    settings = Settings(
        auth=Open(), fallback=fallback, protocols=frozenset({"v2", "tensorflow", "azure_ml"})
    )
    predictor = Predictor(Stub(model), made)
    predictor.pace = pace
    runtime.start(settings, predictor)
    return runtime


def ask(runtime: Runtime, *requests: tuple[str, Any]) -> list[httpx.Response]:
    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(build_app(runtime))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            posted = [await client.post(path, json=body) for path, body in requests]
            return [*posted, await client.get("/metrics")]

    return asyncio.run(run())


def test_a_failing_model_is_answered_for_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    response, metrics = ask(served(failing, RULED), ("/predict", ROWS))
    assert response.status_code == 200
    assert response.headers["x-modelport-fallback"] == "failed"
    assert response.json() == {
        "model": "tiny@00ff00ff00ff00ff",
        "fallback": "failed",
        "predictions": [
            {"label": "low", "probabilities": {"low": 1.0, "high": 0.0}},
            {"label": "high", "probabilities": {"low": 0.0, "high": 1.0}},
        ],
    }
    assert 'modelport_fallbacks_total{by="answer",reason="failed"} 1.0' in metrics.text
    assert "out of memory" in capsys.readouterr().err


@pytest.mark.parametrize("pace", [None, Pace(0.0, 0.0)], ids=["unknown", "quick"])
def test_a_late_model_is_answered_for(pace: Pace | None) -> None:
    """Also one that was quick when it was measured, and so would run in the event loop."""
    gate = threading.Event()

    def slow(_: Any) -> Any:
        gate.wait(20)
        return [1.0]

    runtime = served(slow, Fallback(answer=-1.5, after_seconds=0.05), "regression", pace)
    *late, metrics = ask(runtime, *[("/predict", {"instances": [[1, 2, 3]]})] * 5)
    gate.set()
    assert {(it.status_code, it.headers["x-modelport-fallback"]) for it in late} == {(200, "late")}
    assert all(it.json()["predictions"] == [{"value": -1.5}] for it in late)
    assert 'modelport_fallbacks_total{by="answer",reason="late"} 5.0' in metrics.text


def test_a_good_answer_says_nothing_of_it() -> None:
    response, metrics = ask(served([[0.9, 0.1]] * 2, RULED), ("/predict", ROWS))
    assert "x-modelport-fallback" not in response.headers
    assert "fallback" not in response.json()
    assert "modelport_fallbacks_total{" not in metrics.text


def test_a_wrong_request_is_still_the_caller_s() -> None:
    response, _ = ask(served(failing, RULED), ("/predict", {"instances": [["x", 2, 3]]}))
    assert response.status_code == 422


def test_every_protocol_marks_it() -> None:
    tensor = {"name": "rows", "shape": [1, 3], "datatype": "FP64", "data": [1, 60, 3]}
    *answers, _ = ask(
        served(failing, RULED),
        ("/v2/models/tiny/infer", {"inputs": [tensor]}),
        ("/v1/models/tiny:predict", ROWS),
        ("/score", {"input_data": {"data": ROWS["instances"]}}),
    )
    assert [response.status_code for response in answers] == [200] * 3, answers[2].text
    assert {response.headers["x-modelport-fallback"] for response in answers} == {"failed"}


def test_a_candidate_s_fallback_counts_as_its_error() -> None:
    """Else a version that never answers itself would win its canary."""
    fell_back = answer(200, b'{"predictions":[{"value":9}]}', "x-modelport-fallback: failed")

    async def run() -> None:
        async with bench(says(fell_back), mode="canary", percent=100, timeout=5) as made:
            response = await made.ask()
            assert response.json()["predictions"] == [{"value": 2.5}]
            report = await made.end()
        assert report["candidate"]["errors"] == 1

    asyncio.run(run())


def test_what_does_not_fit_the_model_is_refused_with_all_reasons() -> None:
    wrong = Fallback(answer="lwo", rule=Rule(feature="agee", above=1, answer=2.0))
    faults = fallback_faults(wrong, record(signature()))
    assert faults == [
        "answer: 'lwo' is no label of the model; write one of low, high",
        "rule.answer: 2.0 is no label of the model; write one of low, high",
        "rule.feature: 'agee' is no feature of the model; write 'age'",
    ]
    with pytest.raises(StartError, match=r"fallback\.answer: 'lwo' is no label"):
        served(failing, wrong)
    number = fallback_faults(Fallback(answer="much"), record(signature(task="regression")))
    assert number == ["answer: 'much' is no number"]


def test_a_missing_value_is_not_above() -> None:
    rows = np.array([[1.0, np.nan, 3.0], [1.0, 51.0, 3.0]])
    found = asyncio.run(Substitute(RULED, signature(), seconds=25).answer(rows, 1, "r-1"))
    assert found
    assert (found.answers.argmax(axis=1).tolist(), found.version) == ([0, 1], "")


def test_a_container_is_told_by_a_variable() -> None:
    given = RULED.model_dump_json(exclude_none=True)
    told = {"MODELPORT_AUTH": "platform", "MODELPORT_FALLBACK": given}
    assert read_settings(told).fallback == RULED
    with pytest.raises(
        StartError, match=r"MODELPORT_FALLBACK is malformed: .* nothing that answers"
    ):
        read_settings(told | {"MODELPORT_FALLBACK": "{}"})
    with pytest.raises(StartError, match="put what MODELPORT_FALLBACK says into that file"):
        read_settings({"MODELPORT_SETTINGS": "x", "MODELPORT_FALLBACK": given})
