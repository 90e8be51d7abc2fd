"""Captured predictions and feedback: lines of the log, joined by the request's id."""

import asyncio
import contextlib
import json
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport_serving.app import build_app
from modelport_serving.capture import Capture, capture_faults
from modelport_serving.capturer import Capturer
from modelport_serving.errors import StartError
from modelport_serving.predictor import Predictor
from modelport_serving.problems import ProblemError
from modelport_serving.record import Golden
from modelport_serving.runtime import Runtime
from modelport_serving.settings import Open, Settings, read_settings
from serving.tiny import Stub, record, signature

ALL = Capture(percent=100)
ROWS = {"instances": [[1, 60, None]]}


def ask(capture: Capture | None, *requests: tuple[str, Any], **more: Any) -> list[httpx.Response]:
    made = record(signature())
    runtime = Runtime(made, Golden(instances=(), predictions=()))
    settings = Settings(auth=Open(), capture=capture, access_log=False)
    runtime.start(settings, Predictor(Stub([[0.25, 0.75]]), made))

    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(build_app(runtime))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            posted = [await client.post(path, json=body, **more) for path, body in requests]
            return [*posted, await client.get("/metrics")]

    return asyncio.run(run())


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_prediction_and_what_was_true_meet_by_the_request_s_id(
    capsys: pytest.CaptureFixture[str],
) -> None:
    redacting = Capture(percent=100, redact=("mean radius",))
    told = {"request_id": "r-1", "actual": "low"}
    first, second, metrics = ask(
        redacting, ("/predict", ROWS), ("/feedback", told), headers={"x-request-id": "r-1"}
    )
    assert (first.status_code, second.status_code) == (200, 202)
    assert second.json() == {"status": "recorded"}
    predicted, said = lines(capsys)
    assert predicted == {
        "time": predicted["time"],
        "event": "prediction",
        "request_id": "r-1",
        "model": "tiny@00ff00ff00ff00ff",
        "rows": 1,
        "instances": [{"age": 60.0, "texture": None}],
        "predictions": first.json()["predictions"],
    }
    assert (said["event"], said["about"], said["actual"]) == ("feedback", "r-1", ["low"])
    assert "modelport_captured_total 1.0" in metrics.text
    assert "modelport_feedback_total 1.0" in metrics.text


def test_without_it_nothing_is_written_and_there_is_no_feedback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    predicted, refused, _ = ask(None, ("/predict", ROWS), ("/feedback", {}))
    assert (predicted.status_code, refused.status_code) == (200, 404)
    assert "/feedback" not in refused.json()["detail"]
    assert lines(capsys) == []


def test_a_tenth_is_a_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    ask(Capture(percent=10), *[("/predict", ROWS)] * 40)
    assert len(lines(capsys)) == 4


def test_feedback_is_refused_with_all_that_is_wrong() -> None:
    wrong = {"request_id": "a b", "actual": ["low", "lwo"], "note": 1}
    refused, _ = ask(ALL, ("/feedback", wrong))
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"path": "note", "detail": "is unknown; send request_id and actual"},
        {"path": "request_id", "detail": "must be the X-Request-Id of a prediction"},
        {"path": "actual[1]", "detail": "must be one of low, high"},
    ]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["request_id", "actual", "x"]), inner, max_size=3)
        ),
        max_leaves=6,
    ),
    st.sampled_from(["classification", "regression"]),
)
def test_no_feedback_breaks_it(document: Any, task: str) -> None:
    capturer = Capturer(ALL, signature(task=task))
    with contextlib.suppress(ProblemError):
        json.dumps(capturer.feedback(document), allow_nan=False)


def test_many_rows_are_cut() -> None:
    fields = Capturer(ALL, signature()).line(np.ones((250, 3)), [{"label": "low"}] * 250)
    assert fields
    assert (fields["rows"], len(fields["instances"]), len(fields["predictions"])) == (250, 100, 100)


def test_what_does_not_fit_the_model_is_refused() -> None:
    wrong = Capture(percent=1, redact=("agee",))
    assert capture_faults(wrong, signature()) == [
        "redact: 'agee' is no feature of the model; write 'age'"
    ]
    with pytest.raises(StartError, match=r"capture\.redact: 'agee' is no feature"):
        ask(wrong)


def test_a_container_is_told_by_a_variable() -> None:
    told = {"MODELPORT_AUTH": "platform", "MODELPORT_CAPTURE": '{"percent": 5}'}
    assert read_settings(told).capture == Capture(percent=5)
    with pytest.raises(StartError, match="MODELPORT_CAPTURE is malformed: percent: Input should"):
        read_settings(told | {"MODELPORT_CAPTURE": '{"percent": 0}'})
