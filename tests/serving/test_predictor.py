"""What a predictor answers, and which models it refuses to serve."""

import hashlib
import math
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from modelport_serving.errors import StartError
from modelport_serving.predictor import (
    OutputError,
    Predictor,
    golden_differences,
    load_predictor,
)
from modelport_serving.record import GOLDEN_FILE, RECORD_FILE, Golden, Prediction, read_golden
from serving.tiny import GOOD, Stub, record, signature, write_bundle


def classifier(*answer: list[float]) -> Predictor:
    return Predictor(Stub(list(answer)), record(signature()))


def regressor(answer: Any) -> Predictor:
    return Predictor(Stub(answer), record(signature(task="regression")))


def test_classification_gives_label_and_probabilities() -> None:
    first, second = classifier([0.25, 0.75], [0.5, 0.5]).predict(GOOD)
    assert first == Prediction(label="high", probabilities={"low": 0.25, "high": 0.75})
    assert second.label == "low"


@pytest.mark.parametrize("answer", [[1.5, -2.0], [[1.5], [-2.0]]])
def test_regression_gives_values(answer: Any) -> None:
    assert regressor(answer).predict(GOOD) == (Prediction(value=1.5), Prediction(value=-2.0))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_an_answer_that_is_not_finite_is_an_error(bad: float) -> None:
    with pytest.raises(OutputError, match="NaN or infinity"):
        regressor([1.0, bad]).predict(GOOD)
    with pytest.raises(OutputError, match="NaN or infinity"):
        classifier([0.5, 0.5], [bad, 0.5]).predict(GOOD)


def test_an_answer_of_another_shape_is_an_error() -> None:
    with pytest.raises(OutputError, match=r"shape \(1,\); its signature says \(2,\)"):
        regressor([1.0]).predict(GOOD)
    with pytest.raises(OutputError, match=r"\(2, 3\)"):
        classifier([0.5, 0.2, 0.3], [0.5, 0.2, 0.3]).predict(GOOD)


def test_a_classifier_needs_probabilities() -> None:
    class Bare:
        def predict(self, _: Any) -> Any: ...

    with pytest.raises(StartError, match="has no predict_proba"):
        Predictor(Bare(), record(signature()))


def test_a_bundle_is_loaded_with_one_thread_and_repeats_its_answers(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    predictor = load_predictor(tmp_path, tmp_path)
    golden = read_golden(tmp_path)
    assert not golden_differences(golden, predictor.predict(GOOD))
    forest = joblib.load(tmp_path / "model.joblib")[-1]
    assert forest.n_jobs == -1
    score: Any = predictor._score  # pyright: ignore[reportPrivateUsage]
    assert score.__self__[-1].n_jobs == 1


def test_another_file_than_the_recorded_one_is_never_unpickled(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    marker = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> Any:
            return (Path.touch, (marker,))

    joblib.dump(Evil(), tmp_path / "model.joblib")
    with pytest.raises(StartError, match=r"has SHA-256 .*; build the bundle again"):
        load_predictor(tmp_path, tmp_path / "model.joblib")
    assert not marker.exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    (tmp_path / "model.joblib").unlink()
    with pytest.raises(StartError, match=r"model\.joblib of tiny:.* cannot be read"):
        load_predictor(tmp_path, tmp_path)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    made = write_bundle(tmp_path)
    (tmp_path / "model.joblib").write_bytes(b"no pickle")
    digest = hashlib.sha256(b"no pickle").hexdigest()
    changed = made.model_copy(update={"model_sha256": digest})
    (tmp_path / RECORD_FILE).write_text(changed.model_dump_json())
    with pytest.raises(StartError, match="cannot be loaded"):
        load_predictor(tmp_path, tmp_path)


def test_a_model_that_answers_otherwise_than_when_evaluated_is_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    golden = read_golden(tmp_path)
    first = Prediction(label="low", probabilities={"low": 0.9, "high": 0.1})
    changed = golden.model_copy(update={"predictions": (first, golden.predictions[1])})
    (tmp_path / GOLDEN_FILE).write_text(changed.model_dump_json())
    with pytest.raises(StartError, match=r"golden predictions \(row 0: label high instead of low"):
        load_predictor(tmp_path, tmp_path)


def test_golden_rows_that_the_model_cannot_answer_are_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    golden = read_golden(tmp_path)
    changed = golden.model_copy(update={"instances": ((1.0,), (2.0,))})
    (tmp_path / GOLDEN_FILE).write_text(changed.model_dump_json())
    with pytest.raises(StartError, match="cannot answer its golden requests"):
        load_predictor(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("wanted", "given", "same"),
    [
        (1.0, 1.0, True),
        (1e6, 1e6 + 0.5, True),
        (1e6, 1e6 + 2, False),
        (0.0, 0.0, True),
        (0.0, 0.1, False),
        (1.0, math.nan, False),
    ],
)
def test_values_are_compared_relatively(wanted: float, given: float, same: bool) -> None:
    golden = Golden(instances=((1.0,),), predictions=(Prediction(value=wanted),))
    assert (not golden_differences(golden, [Prediction(value=given)])) is same


def test_probabilities_are_compared_absolutely() -> None:
    def answer(chance: float) -> Prediction:
        return Prediction(label="a", probabilities={"a": chance, "b": 1 - chance})

    golden = Golden(instances=((1.0,),), predictions=(answer(0.75),))
    assert not golden_differences(golden, [answer(0.75 + 5e-7)])
    assert golden_differences(golden, [answer(0.75 + 5e-6)])
    assert golden_differences(golden, [answer(np.nan)])
    assert golden_differences(golden, [Prediction(value=1)])
    assert golden_differences(golden, [])
