"""Conversion to ONNX: who agrees, how closely, and what happens when nobody does."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from modelport.bundles import train
from modelport.bundles.conversion import AGREES, convert
from modelport.bundles.digest import RUNTIMES
from modelport.bundles.fitting import fit, prepare
from modelport.bundles.sources import load_data, load_training
from modelport.bundles.trainer import quiet
from modelport.errors import BundleError
from modelport.home import Home
from modelport_serving.onnx_model import OnnxModel

ROOT = Path(__file__).parents[2]


def cancer() -> tuple[Any, Any]:
    return cast("Any", load_breast_cancer(return_X_y=True))


def diabetes() -> tuple[Any, Any]:
    return cast("Any", load_diabetes(return_X_y=True, scaled=False))


def fitted(model: Any, data: tuple[Any, Any]) -> Any:
    features, target = data
    return model.fit(features[::2], target[::2])


def halved(rows: Any) -> Any:
    return rows / 2


@pytest.mark.parametrize(
    ("model", "precision"),
    [
        (LogisticRegression(max_iter=5000), "double"),
        (make_pipeline(StandardScaler(), MLPClassifier(max_iter=50, random_state=0)), "double"),
        (RandomForestClassifier(30, random_state=0), "mixed"),
        (make_pipeline(StandardScaler(), RandomForestClassifier(30, random_state=0)), "mixed"),
        (make_pipeline(StandardScaler(), GradientBoostingClassifier(random_state=0)), "mixed"),
        (HistGradientBoostingClassifier(random_state=0), "mixed"),
    ],
    ids=lambda value: str(value).partition("(")[0] if not isinstance(value, str) else value,
)
def test_classifiers(model: Any, precision: str) -> None:
    data = cancer()
    trained = fitted(model, data)
    found = convert(trained, data[0], classifies=True)
    assert found.outcome.precision == precision
    assert found.outcome.rows == len(data[0])
    assert found.outcome.difference is not None
    assert found.outcome.difference <= AGREES
    assert found.content
    given = OnnxModel(found.content).predict_proba(data[0])
    np.testing.assert_allclose(given, trained.predict_proba(data[0]), rtol=0, atol=AGREES)


@pytest.mark.parametrize(
    ("model", "precision"),
    [
        (LinearRegression(), "double"),
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), Ridge()), "double"),
        (RandomForestRegressor(20, random_state=0), "mixed"),
        (make_pipeline(SimpleImputer(), ExtraTreesRegressor(20, random_state=0)), "mixed"),
    ],
    ids=lambda value: str(value).partition("(")[0] if not isinstance(value, str) else value,
)
def test_regressions(model: Any, precision: str) -> None:
    data = diabetes()
    trained = fitted(model, data)
    rows = data[0].copy()
    if isinstance(model, Pipeline) and isinstance(model[0], SimpleImputer):
        rows[::3, 2] = np.nan
    found = convert(trained, rows, classifies=False)
    assert found.outcome.precision == precision
    assert found.content
    again = convert(trained, rows, classifies=False)
    assert again.content == found.content


@pytest.mark.parametrize(
    "step",
    [
        FunctionTransformer(halved),
        SimpleImputer(add_indicator=True),
        SimpleImputer(missing_values=cast("Any", 0)),
    ],
)
def test_what_cannot_be_converted_stays_as_it_is(step: Any) -> None:
    data = diabetes()
    found = convert(fitted(make_pipeline(step, Ridge()), data), data[0], classifies=False)
    if found.content is None:
        assert found.outcome.precision is None
        assert found.outcome.reason
        assert found.outcome.reason.count(": ") >= 3
    else:  # whatever was converted answers alike
        given = OnnxModel(found.content).predict(data[0])
        wanted = make_pipeline(step, Ridge()).fit(data[0][::2], data[1][::2]).predict(data[0])
        np.testing.assert_allclose(given[:, 0], wanted, rtol=AGREES)


def test_answers_that_differ_are_refused() -> None:
    class Odd(LogisticRegression):
        """Answers other than its coefficients say, as an estimator of one's own may."""

        def predict_proba(self, X: Any) -> Any:  # noqa: N803
            return super().predict_proba(X)[:, ::-1]

    data = cancer()
    found = convert(fitted(Odd(max_iter=5000), data), data[0], classifies=True)
    assert found.content is None
    assert found.outcome.reason
    assert "double: " in found.outcome.reason


@pytest.mark.parametrize(
    ("runtime", "expected"), [("auto", "onnx"), ("onnx", "onnx"), ("native", "native")]
)
def test_the_training_decides(runtime: Any, expected: str) -> None:
    folder = ROOT / "bentos" / "diabetes"
    training = replace(load_training(folder), runtime=runtime)
    made = fit(training, prepare(training, load_data(folder, training)), quiet)
    assert made.runtime == expected
    assert (made.conversion is None) is (runtime == "native")


def test_onnx_that_was_asked_for_and_cannot_be_is_an_error() -> None:
    folder = ROOT / "bentos" / "diabetes"

    def pipeline(_seed: int) -> Any:
        return make_pipeline(SimpleImputer(), FunctionTransformer(halved), Ridge())

    training = replace(load_training(folder), runtime="onnx", pipeline=pipeline, search={})
    with pytest.raises(
        BundleError, match=r"does not answer alike as ONNX: double: .*runtime='auto'"
    ):
        fit(training, prepare(training, load_data(folder, training)), quiet)
    with pytest.raises(BundleError, match="runtime 'gpu' is not allowed"):
        replace(training, runtime=cast("Any", "gpu"))


def test_a_model_that_is_served_as_it_is_carries_its_libraries(
    project: Path, tmp_path: Path
) -> None:
    source = project / "bentos" / "diabetes" / "training.py"
    source.write_text(source.read_text().replace("seed=7,", "seed=7,\n    runtime='native',"))
    record = train(project, Home(tmp_path / ".modelport"), "diabetes").record
    assert (record.runtime, record.model_file) == ("native", "model.joblib")
    assert set(RUNTIMES["native"]) < set(record.requirements)
    assert "onnxruntime" not in record.requirements
    assert record.lineage.conversion is None
