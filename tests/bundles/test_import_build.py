"""Imported models go through the ordinary build, and the loaded bundle answers as they did."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestRegressor

from bundles.imports import (
    Evil,
    cancer,
    cancer_request,
    classifier,
    diabetes,
    diabetes_request,
    dumped,
)
from modelport.bundles import bento_path, build, import_model, model_path, train
from modelport.config import Gate, Threshold
from modelport.errors import BundleError, GateRefused
from modelport.home import Home
from modelport_serving.predictor import Predictor, load_predictor
from modelport_serving.record import BundleRecord


def built(project: Path, name: str) -> tuple[BundleRecord, Predictor]:
    home = Home(project / ".modelport")
    record = build(project, home, name, Gate())
    source = bento_path(home, name, record.version) / "src"
    carried = {path.name for path in source.iterdir()}
    assert carried == {
        "bentofile.yaml",
        "bundle.json",
        "golden.json",
        "modelport_serving",
        "sbom.cdx.json",
        "service.py",
        "training.py",
    }
    assert build(project, home, name, Gate()) == record
    return record, load_predictor(source, model_path(home, name, record.version))


def test_a_joblib_file_is_built_and_answers_as_it_did(tmp_path: Path) -> None:
    model = classifier()
    request = cancer_request(tmp_path, dumped(model, 3), positive="malignant")
    sha256 = import_model(tmp_path, request).sha256
    record, predictor = built(tmp_path, "cancer_model")
    imported = record.lineage.imported
    assert imported
    assert imported.model_dump() == {"file": "model.joblib", "format": "joblib", "sha256": sha256}
    assert record.lineage.data == "evaluation.csv"
    assert record.lineage.rows == 169
    assert (record.lineage.parameters, record.lineage.search) == ({}, ())
    assert record.evaluation.cross_validation == {}
    assert record.runtime == "onnx"
    assert record.lineage.conversion
    assert record.lineage.conversion.precision == "double"
    _, features, target = cancer()
    chances = model.predict_proba(features[400:])
    answers = predictor.predict(features[400:].tolist())
    given = [
        [answer.probabilities[label] for label in ("benign", "malignant")]
        for answer in answers
        if answer.probabilities
    ]
    assert np.allclose(given, chances, atol=1e-9)
    right = np.mean(model.predict(features[400:]) == target[400:])
    assert record.evaluation.metrics["accuracy"] == pytest.approx(float(right))


def test_a_forest_that_onnx_cannot_follow_is_served_as_it_is(tmp_path: Path) -> None:
    _, features, target = diabetes()
    model = RandomForestRegressor(5, random_state=0, criterion="squared_error")
    model.fit(features[:300], target[:300])
    import_model(tmp_path, diabetes_request(tmp_path, dumped(model)))
    file = tmp_path / "bentos/progress/training.py"
    file.write_text(file.read_text().removesuffix(")\n") + '    runtime="native",\n)\n')
    record, predictor = built(tmp_path, "progress")
    assert record.runtime == "native"
    answers = predictor.predict(features[300:].tolist())
    assert [answer.value for answer in answers] == model.predict(features[300:]).tolist()


def test_an_onnx_file_is_built_and_answers_as_it_did(tmp_path: Path) -> None:
    model = classifier()
    shape: Any = [("rows", FloatTensorType([None, 5]))]
    content: Any = to_onnx(model, initial_types=shape)
    request = cancer_request(tmp_path, content.SerializeToString(), file="cancer.onnx")
    import_model(tmp_path, request)
    record, predictor = built(tmp_path, "cancer")
    assert record.runtime == "onnx"
    assert record.lineage.conversion is None
    assert record.lineage.imported
    assert record.lineage.imported.format == "onnx"
    rows = cancer()[1][400:]
    answers = predictor.predict(rows.tolist())
    assert [answer.label for answer in answers] == model.predict(rows).tolist()


def test_the_gate_holds_for_imported_models(tmp_path: Path) -> None:
    import_model(tmp_path, cancer_request(tmp_path, dumped(classifier())))
    home = Home(tmp_path / ".modelport")
    with pytest.raises(GateRefused, match=r"is below 0\.999; nothing was built"):
        build(tmp_path, home, "cancer_model", Gate(f1=Threshold(min=0.999)))
    assert not home.bentoml.exists()


def test_a_file_that_was_exchanged_after_the_import_is_not_opened(tmp_path: Path) -> None:
    import_model(tmp_path, cancer_request(tmp_path, dumped(classifier())))
    evil = tmp_path / "ran"
    folder = tmp_path / "bentos/cancer_model"
    (folder / "model.joblib").write_bytes(dumped(Evil(evil)))
    home = Home(tmp_path / ".modelport")
    with pytest.raises(BundleError, match="is expected, so it was not opened"):
        train(tmp_path, home, "cancer_model")
    file = folder / "training.py"
    old = file.read_text().partition('sha256="')[2][:64]
    new = hashlib.sha256((folder / "model.joblib").read_bytes()).hexdigest()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(BundleError, match=r"model\.joblib names posix\.system"):
        train(tmp_path, home, "cancer_model")
    assert not evil.exists()
