"""Predictions inside the serving process: from threads, coroutines and other event loops."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from modelport_serving import predictions as module
from modelport_serving.predictions import PredictionError, Predictions
from modelport_serving.predictor import Predictor
from modelport_serving.record import Golden, Prediction
from modelport_serving.runtime import Runtime
from modelport_serving.settings import Open, Settings
from serving.tiny import Stub, record, signature

ROW = [1.5, 2, None]


def make(answer: Any = None, **settings: Any) -> tuple[Predictions, Stub]:
    made = record(signature(task="regression"))
    runtime = Runtime(made, Golden(instances=((1, 2, 3),), predictions=(Prediction(value=1),)))
    stub = Stub(answer or (lambda rows: [float(row[0]) for row in rows]))  # pyright: ignore[reportUnknownLambdaType]
    runtime.start(Settings(auth=Open(), **settings), Predictor(stub, made))
    return Predictions(runtime), stub


def serving(found: Predictions, test: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    async def run() -> Any:
        found.attach()
        return await test()

    return asyncio.run(run())


@dataclass
class Row:
    age: int = 2


class Patient(BaseModel):
    age: int = 2


@pytest.mark.parametrize(
    "instances",
    [
        [ROW],
        [tuple(ROW)],
        (tuple(ROW),),
        [{"mean radius": 1.5, "age": 2, "texture": None}],
        [{"mean radius": np.float64(1.5), "age": np.int64(2), "texture": np.float32(2)}],
        np.array([[1.5, 2, 3]]),
        [np.array([1.5, 2, 3])],
    ],
)
def test_what_people_hold_is_taken(instances: Any) -> None:
    found, _ = make()
    assert found.predict(instances) == [{"value": 1.5}]


@pytest.mark.parametrize("instance", [Row(), Patient()])
def test_dataclasses_and_pydantic_s_models_are_objects(instance: object) -> None:
    found, _ = make()
    with pytest.raises(PredictionError) as refused:
        found.predict([instance])
    assert len(refused.value.errors) == 2  # age alone is there


def test_it_checks_what_predict_checks() -> None:
    found, stub = make(max_rows=2)
    for instances, says in [
        ([[1, 2]], "has 2 values; the model takes 3"),
        ([{"agex": 1}], 'is not a feature; did you mean "age"?'),
        ([], "is empty"),
        ([ROW] * 3, "send at most 2 at once"),
        ({"mean radius": 1}, "send a list"),
        ([["1", 2, 3]], "send a number"),
        ([[float("nan"), 2, 3]], "finite"),
    ]:
        with pytest.raises(PredictionError) as refused:
            found.predict(instances)
        assert (refused.value.status, refused.value.kind) == (422, "invalid-instances")
        assert any(says in fault.detail for fault in refused.value.errors), says
    for instances in ([[object(), 2, 3]], object()):
        with pytest.raises(PredictionError, match="rows or dictionaries"):
            found.predict(instances)
    assert not stub.asked


def test_a_failing_model_is_told_without_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    found, _ = make(lambda _: 1 / 0)  # pyright: ignore[reportUnknownLambdaType]
    with pytest.raises(PredictionError) as failed:
        found.predict([ROW])
    assert (failed.value.status, failed.value.kind) == (500, "internal")
    assert "division" not in str(failed.value)
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_model_that_is_not_loaded_is_a_503() -> None:
    made = record(signature())
    found = Predictions(Runtime(made, Golden(instances=(), predictions=())))
    with pytest.raises(PredictionError) as refused:
        found.predict([ROW])
    assert (refused.value.status, refused.value.kind) == (503, "starting")


def test_coroutines_share_a_call_of_the_model() -> None:
    found, stub = make()

    async def test() -> None:
        answers = await asyncio.gather(*(found.predict_async([[n, 2, 3]]) for n in range(5)))
        assert answers == [[{"value": float(n)}] for n in range(5)]

    serving(found, test)
    assert [len(rows) for rows in stub.asked] == [5]


def test_threads_and_other_loops_come_through_the_same_queue() -> None:
    ran: list[str] = []

    def answer(rows: Any) -> Any:
        ran.append(threading.current_thread().name)
        return [float(row[0]) for row in rows]

    found, _ = make(answer)

    async def test() -> None:
        one = await asyncio.to_thread(found.predict, [ROW])
        two = await asyncio.to_thread(lambda: asyncio.run(found.predict_async([ROW])))

        async def hold() -> Any:
            return found.predict([ROW])

        three = await asyncio.to_thread(lambda: asyncio.run(hold()))
        four = found.predict([ROW])  # here, it can only hold up the loop
        assert one == two == three == four == [{"value": 1.5}]

    serving(found, test)
    assert [name.partition("_")[0] for name in ran] == [
        "predict",
        "predict",
        "predict",
        "MainThread",
    ]


def test_a_full_queue_and_a_slow_model_are_told() -> None:
    release = threading.Event()

    def slow(rows: Any) -> Any:
        release.wait(20)
        return [1.0] * len(rows)

    found, _ = make(slow, timeout_seconds=0.05)

    async def test() -> None:
        with pytest.raises(PredictionError) as late:
            await found.predict_async([ROW])
        assert (late.value.status, late.value.kind) == (504, "timeout")
        release.set()

    serving(found, test)


def test_the_functions_are_those_of_the_process_s_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_here", [])
    for ask in (lambda: module.predict([ROW]), module.signature):
        with pytest.raises(PredictionError, match="no bundle is loaded"):
            ask()
    found, _ = make()
    module.use(found)
    assert module.predict([ROW]) == [{"value": 1.5}]
    assert asyncio.run(module.predict_async([ROW])) == [{"value": 1.5}]
    assert [feature.name for feature in module.signature().features][1] == "age"
