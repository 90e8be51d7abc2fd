"""The previous version as a fallback: it answers in time and says so."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport_serving.app import build_app
from modelport_serving.errors import StartError
from modelport_serving.fallback import Fallback, Rule
from modelport_serving.predictor import Pace, Predictor
from modelport_serving.record import Feature, Golden, Signature, signature_faults
from modelport_serving.runtime import Runtime
from modelport_serving.settings import Open, Settings
from serving.grpc_calls import SERVICE, in_process, pb, raw
from serving.previous_versions import OLD, carrying
from serving.tiny import FEATURES, VERSION, Stub, record, signature

ROWS = {"instances": [[1, 2, 3], [1, 60, 3]]}
QUICK = Pace(call=0.000_01, row=0.0)


def answering(value: float) -> Callable[[Any], Any]:
    def answer(rows: Any) -> Any:
        return np.full(len(rows), value)

    return answer


def failing(_: Any) -> Any:
    raise RuntimeError("out of memory")


def hanging(event: threading.Event) -> Callable[[Any], Any]:
    def answer(rows: Any) -> Any:
        event.wait(20)
        return np.full(len(rows), 1.0)

    return answer


def predictor(model: Any, version: str) -> Predictor:
    made = Predictor(Stub(model), record(signature(task="regression"), version=version))
    made.pace = QUICK  # it was quick when it was measured
    return made


def served(live: Any, old: Any, **fields: Any) -> Runtime:
    new = predictor(live, VERSION)
    runtime = Runtime(carrying(new.record), Golden(instances=(), predictions=()))
    settings: dict[str, Any] = {
        "auth": Open(),
        "access_log": True,
        "protocols": frozenset({"v2", "tensorflow", "azure_ml", "graphql"}),
        "fallback": Fallback(previous=True),
    } | fields
    runtime.start(Settings(**settings), new, predictor(old, OLD))
    return runtime


def ask(runtime: Runtime, *requests: tuple[str, Any]) -> list[httpx.Response]:
    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(build_app(runtime))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            asked = [client.post(path, json=body) for path, body in requests]
            return [*await asyncio.gather(*asked), await client.get("/metrics")]

    try:
        return asyncio.run(run())
    finally:
        runtime.stop()


def test_it_answers_for_a_model_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    response, metrics = ask(served(failing, answering(2.5)), ("/predict", ROWS))
    assert response.status_code == 200
    assert response.headers["x-modelport-fallback"] == "failed"
    assert response.headers["x-modelport-fallback-version"] == OLD
    # Who judges a rollout must see whose answer it stands for.
    assert response.headers["x-modelport-version"] == VERSION
    assert response.json() == {
        "model": f"tiny@{VERSION}",
        "fallback": "failed",
        "fallback_version": OLD,
        "predictions": [{"value": 2.5}, {"value": 2.5}],
    }
    assert 'modelport_fallbacks_total{by="previous",reason="failed"} 1.0' in metrics.text
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert any(it["event"] == "failure" and "out of memory" in it["traceback"] for it in lines)
    [told] = [it for it in lines if it["event"] == "request" and it["route"] == "/predict"]
    assert (told["version"], told["fallback"]) == (VERSION, "failed")
    assert told["fallback_version"] == OLD


def test_a_model_that_hangs_does_not_hold_it() -> None:
    """Although the model was quick when it was measured, and so would run in the event loop."""
    release = threading.Event()
    soon = Fallback(previous=True, after_seconds=0.2)
    runtime = served(hanging(release), answering(2.5), fallback=soon)
    *answers, metrics = ask(runtime, *[("/predict", ROWS)] * 20)
    release.set()
    assert {it.headers["x-modelport-fallback"] for it in answers} == {"late"}
    assert {it.headers["x-modelport-fallback-version"] for it in answers} == {OLD}
    assert 'modelport_fallbacks_total{by="previous",reason="late"} 20.0' in metrics.text


def test_a_good_answer_says_nothing_of_it() -> None:
    response, metrics = ask(served(answering(1.0), failing), ("/predict", ROWS))
    assert response.json() == {"model": f"tiny@{VERSION}", "predictions": [{"value": 1.0}] * 2}
    assert not {it for it in response.headers if it.startswith("x-modelport-fallback")}
    assert "modelport_fallbacks_total{" not in metrics.text


def test_where_it_fails_too_the_given_answer_is_the_last(
    capsys: pytest.CaptureFixture[str],
) -> None:
    last = Fallback(previous=True, answer=-1.0, rule=Rule(feature="age", above=50, answer=-2.0))
    response, metrics = ask(served(failing, failing, fallback=last), ("/predict", ROWS))
    assert response.json()["predictions"] == [{"value": -1.0}, {"value": -2.0}]
    assert response.json()["fallback"] == "failed"
    assert "fallback_version" not in response.json()
    assert "x-modelport-fallback-version" not in response.headers
    assert 'modelport_fallbacks_total{by="answer",reason="failed"} 1.0' in metrics.text
    assert capsys.readouterr().err.count('"event":"failure"') == 2


def test_where_nothing_is_left_the_model_s_own_failure_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    response, metrics = ask(served(failing, failing), ("/predict", ROWS))
    assert response.status_code == 500
    assert response.json()["type"].endswith(":internal")
    assert "x-modelport-fallback" not in response.headers
    assert "modelport_fallbacks_total{" not in metrics.text
    release = threading.Event()
    hangs = served(hanging(release), hanging(release), timeout_seconds=0.4)
    late, _ = ask(hangs, ("/predict", ROWS))
    release.set()
    assert (late.status_code, late.json()["type"]) == (504, "urn:modelport:problem:timeout")
    assert '"event":"previous-failed"' in capsys.readouterr().err


@pytest.mark.parametrize("given_answer", [None, -1.0])
@pytest.mark.parametrize("old", ["good", "failed", "late"])
@pytest.mark.parametrize("live", ["good", "failed", "late"])
def test_whoever_is_left_answers(live: str, old: str, given_answer: float | None) -> None:
    release = threading.Event()
    does = {"failed": failing, "late": hanging(release)}
    fallback = Fallback(previous=True, answer=given_answer)
    models = does.get(live, answering(1.0)), does.get(old, answering(2.5))
    runtime = served(*models, fallback=fallback, timeout_seconds=2)
    response, _ = ask(runtime, ("/predict", {"instances": [[1, 2, 3]]}))
    release.set()
    marks = [
        response.headers.get(f"x-modelport-{name}") for name in ("fallback", "fallback-version")
    ]
    if live == "good":
        wanted, marked = 1.0, [None, None]
    elif old == "good":
        wanted, marked = 2.5, [live, OLD]
    elif given_answer is not None:
        wanted, marked = given_answer, [live, None]
    else:
        assert response.status_code == (500 if live == "failed" else 504)
        assert marks == [None, None]
        return
    assert (response.json()["predictions"], marks) == ([{"value": wanted}], marked)


def test_a_wrong_request_is_still_the_caller_s() -> None:
    response, _ = ask(served(failing, answering(2.5)), ("/predict", {"instances": [["x", 2, 3]]}))
    assert response.status_code == 422


def test_every_protocol_marks_it() -> None:
    tensor = {"name": "rows", "shape": [1, 3], "datatype": "FP64", "data": [1, 60, 3]}
    query = {"query": "{ predict(instances: [{mean_radius: 1, age: 60}]) { value } }"}
    *answers, _ = ask(
        served(failing, answering(2.5)),
        ("/v2/models/tiny/infer", {"inputs": [tensor]}),
        ("/v1/models/tiny:predict", ROWS),
        ("/score", {"input_data": {"data": ROWS["instances"]}}),
        ("/graphql", query),
    )
    assert [it.status_code for it in answers] == [200] * 4, [it.text for it in answers]
    assert {it.headers["x-modelport-fallback-version"] for it in answers} == {OLD}
    extensions = answers[3].json()["extensions"]
    assert extensions == {"fallback": "failed", "fallback_version": OLD}


def test_a_call_over_grpc_is_marked_too() -> None:
    runtime = served(failing, answering(2.5), protocols=frozenset({"grpc"}))
    with in_process(runtime) as (channel, _):
        ask_raw = channel.unary_unary(f"{SERVICE}ModelInfer")
        request: Any = raw()
        content, done = ask_raw.with_call(request.SerializeToString(), timeout=20)
        told = dict(done.initial_metadata())
    runtime.stop()
    assert (told["x-modelport-fallback"], told["x-modelport-fallback-version"]) == ("failed", OLD)
    assert pb.ModelInferResponse.FromString(content).model_version == VERSION


def test_what_it_does_in_words_and_how_long_a_model_may_take() -> None:
    assert str(Fallback(previous=True)) == "the previous version"
    both = Fallback(previous=True, answer="low", after_seconds=0.2)
    assert str(both) == "the previous version, else low, after 0.2 s"
    assert both.late(25) == 0.2
    assert (Fallback(previous=True).late(25), Fallback(answer="low").late(25)) == (12.5, 25)
    with pytest.raises(ValueError, match="has nothing that answers; write answer, or previous"):
        Fallback()
    with pytest.raises(ValueError, match="has a rule without answer"):
        Fallback(previous=True, rule=Rule(feature="age", above=1, answer="low"))


def test_a_bundle_without_one_refuses_to_start() -> None:
    made = predictor(answering(1.0), VERSION)
    runtime = Runtime(made.record, Golden(instances=(), predictions=()))
    settings = Settings(auth=Open(), fallback=Fallback(previous=True))
    with pytest.raises(StartError, match="carries no previous version; write previous="):
        runtime.start(settings, made)


# -- what may be a previous version

names = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True)
signatures = names.flatmap(
    lambda given: st.builds(
        Signature,
        task=st.just("classification"),
        features=st.tuples(
            *(
                st.builds(
                    Feature,
                    name=st.just(name),
                    dtype=st.sampled_from(["float64", "int64"]),
                    min=st.floats(-1, 0),
                    max=st.floats(0, 1),
                    nullable=st.booleans(),
                )
                for name in given
            )
        ),
        target=st.sampled_from(["t", "u"]),
        labels=st.sampled_from([("x", "y"), ("y", "x"), ("x", "y", "z")]),
    )
)


@given(live=signatures, old=signatures)
def test_signatures_fit_or_every_difference_is_said(live: Signature, old: Signature) -> None:
    faults = signature_faults(live, old)
    plain = [
        [(it.name, it.dtype) for it in each.features] + [each.target, each.labels]
        for each in (live, old)
    ]
    takes = all(
        before.nullable or not after.nullable
        for before, after in zip(old.features, live.features, strict=False)
    )
    assert bool(faults) != (plain[0] == plain[1] and takes)
    assert signature_faults(live, live) == []


def test_differences_are_told_in_words() -> None:
    first, second, third = FEATURES
    changed = [
        first.model_copy(update={"dtype": "int64"}),
        second.model_copy(update={"nullable": True}),
        third,
    ]
    assert signature_faults(signature(*changed), signature()) == [
        "feature mean radius was float64 and is int64",
        "feature age may be missing now, which the old model cannot take",
    ]
    fewer = signature_faults(signature(first, third), signature(task="regression"))
    assert fewer == [
        "task was regression and is classification",
        "features are others: without age",
    ]
    swapped = signature_faults(signature(second, first, third), signature())
    assert swapped == ["features are others: in another order"]
