"""Importing a model: what is written, what is refused and with which words."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.linear_model import LinearRegression
from sklearn.svm import LinearSVC

from bundles.imports import (
    Evil,
    cancer,
    cancer_csv,
    cancer_request,
    classifier,
    diabetes_request,
    dumped,
    regressor,
    write_csv,
)
from modelport.bundles import Dataset, Imported, ImportRequest, Table, import_model, version_of
from modelport.bundles.sources import load_data, load_training
from modelport.errors import BundleError


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path / "project"


@pytest.fixture(autouse=True)
def made(project: Path) -> None:
    project.mkdir()


def refused(project: Path, request: ImportRequest) -> str:
    with pytest.raises(BundleError) as caught:
        import_model(project, request)
    assert not list(project.rglob("*.py"))
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


def test_a_folder_is_written_that_declares_everything(project: Path, files: Path) -> None:
    content = dumped(classifier(), 3)
    found = import_model(project, cancer_request(files, content, positive="malignant"))
    assert (found.name, found.model, found.task) == ("cancer_model", "Pipeline", "classification")
    assert (found.features, found.rows, found.changed) == (5, 169, True)
    folder = project / "bentos/cancer_model"
    written = {path.name for path in folder.iterdir()}
    assert written == {"training.py", "service.py", "model.joblib", "evaluation.csv"}
    assert (folder / "model.joblib").read_bytes() == content
    training = load_training(folder)
    assert isinstance(training, Imported)
    assert training.sha256 == hashlib.sha256(content).hexdigest() == found.sha256
    assert (training.positive, training.nullable, training.trust) == ("malignant", False, ())
    data = load_data(folder, training)
    assert data.labels == ("benign", "malignant")
    assert data.feature_names == tuple(cancer()[0])
    assert np.array_equal(data.features, cancer()[1][400:])
    assert not list((project / "bentos").glob(".*"))


def test_the_same_import_changes_nothing_and_another_is_refused(project: Path, files: Path) -> None:
    request = cancer_request(files, dumped(classifier()))
    import_model(project, request)
    assert not import_model(project, request).changed
    request.file.write_bytes(dumped(classifier(), 3))
    with pytest.raises(BundleError) as caught:
        import_model(project, request)
    assert str(caught.value) == (
        "bentos/cancer_model is there already and differs in model.joblib, training.py; "
        "give another NAME, or remove the folder first"
    )
    assert import_model(project, replace(request, name="second")).changed


def test_the_version_follows_the_model_and_the_data(project: Path, files: Path) -> None:
    request = cancer_request(files, dumped(classifier()))
    import_model(project, request)
    first = version_of(project, "cancer_model")
    assert version_of(project, "cancer_model") == first
    held = project / "bentos/cancer_model/evaluation.csv"
    held.write_text("\n".join(held.read_text().splitlines()[:-1]) + "\n")
    second = version_of(project, "cancer_model")
    training = project / "bentos/cancer_model/training.py"
    training.write_text(training.read_text().replace('sha256="', 'sha256="0')[:-1] + "\n")
    with pytest.raises(BundleError, match="must be 64 small hex digits"):
        version_of(project, "cancer_model")
    assert first != second


def test_another_hash_is_refused_before_anything_is_opened(project: Path, files: Path) -> None:
    evil = files / "ran"
    request = cancer_request(files, dumped(Evil(evil)), sha256="0" * 64)
    said = refused(project, request)
    assert "but " + "0" * 64 + " is expected, so it was not opened" in said
    assert not evil.exists()
    content = dumped(classifier())
    right = hashlib.sha256(content).hexdigest().upper()
    assert import_model(project, cancer_request(files, content, sha256=right)).changed


def test_every_early_mistake_is_said_at_once(project: Path, files: Path) -> None:
    request = ImportRequest(
        file=files / "model.pt",
        data=cancer_csv(files),
        target="diagnose",
        name="Über",
        task="classify",
        sha256="abc",
    )
    (files / "model.pt").write_bytes(b"")
    lines = refused(project, request).splitlines()
    assert len(lines) == 5
    assert "write 'ber'" in lines[0]
    assert "export it to ONNX with torch.onnx.export" in lines[1]
    assert lines[2].startswith("--sha256 'abc' must be 64 hex digits")
    assert lines[3] == "--task 'classify' is not allowed; write classification or regression"
    assert lines[4] == "held.csv has no column 'diagnose'; did you mean 'diagnosis'?"


def test_a_saved_model_folder_is_told_how_to_come_in(project: Path, files: Path) -> None:
    folder = files / "keras_model"
    folder.mkdir()
    (folder / "saved_model.pb").touch()
    said = refused(project, replace(cancer_request(files, b""), file=folder))
    assert "is a TensorFlow SavedModel, which is not imported as it is; convert it: " in said
    assert "tf2onnx.convert --saved-model" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"model": 1}, "holds a dict, which is neither a classifier nor a regressor"),
        (KMeans(2), "holds a KMeans, which is neither"),
        (LinearRegression(), "the LinearRegression in m.pkl is not fitted; fit it"),
        (LinearSVC(), "the LinearSVC in m.pkl has no predict_proba; wrap it in Calibrated"),
    ],
)
def test_what_is_no_model_for_a_task_is_refused(
    project: Path, files: Path, model: Any, said: str
) -> None:
    assert said in refused(project, cancer_request(files, dumped(model), file="m.pkl"))


def test_a_model_that_takes_or_answers_others_is_refused(project: Path, files: Path) -> None:
    said = refused(project, diabetes_request(files, dumped(regressor()), task="classification"))
    assert said == (
        "--task classification does not fit progress.joblib, which is for regression; leave it out"
    )
    said = refused(project, cancer_request(files, dumped(regressor())))
    assert "takes 10 features and does not know their names, held.csv has 5 columns" in said
    request = cancer_request(files, dumped(classifier()))
    text = request.data.read_text()
    request.data.write_text(text.replace("benign", "good").replace("malignant", "malignant "))
    said = refused(project, request)
    assert "diagnosis: 'good' is no label of the model; labels: benign, malignant" in said
    assert "more" in said
    request.data.write_text(text)
    assert "--positive 'bad' is no label" in refused(project, replace(request, positive="bad"))


def test_a_model_that_knows_its_columns_gets_them_in_its_order(project: Path, files: Path) -> None:
    names, features, target = cancer()
    model = classifier()
    model[0].feature_names_in_ = np.array(names, dtype=object)
    request = cancer_request(files, dumped(model))
    mixed = np.column_stack([np.arange(169), features[400:, ::-1]])
    write_csv(request.data, ["id", *reversed(names)], mixed, target[400:], "diagnosis")
    assert import_model(project, request).features == 5
    folder = project / "bentos/cancer_model"
    data = load_data(folder, load_training(folder))
    assert data.feature_names == tuple(names)
    assert np.array_equal(data.features, features[400:])
    lost = ["mean_radius", *names[1:3], *names[4:]]
    write_csv(request.data, lost, features[400:, [0, 1, 2, 4]], target[400:], "diagnosis")
    with pytest.raises(BundleError) as caught:
        import_model(project, replace(request, name="lost"))
    assert "no column 'mean radius'; did you mean 'mean_radius'?" in str(caught.value)
    assert "no column 'mean area'" in str(caught.value)


def test_missing_values_are_declared_only_where_they_are_measured(
    project: Path, files: Path
) -> None:
    request = diabetes_request(files, dumped(regressor()))
    lines = request.data.read_text().splitlines()
    lines[1] = "," + lines[1].partition(",")[2]
    request.data.write_text("\n".join(lines) + "\n")
    said = refused(project, request)
    assert "cannot answer rows of numbers" in said
    assert "NaN" in said


def test_cells_that_are_no_numbers_are_listed(files: Path) -> None:
    file = files / "t.csv"
    file.write_text("a,b,y\n1,x,2\ninf,3,z\n")
    with pytest.raises(BundleError) as caught:
        Table(file, ("a", "b"), "y")()
    said = str(caught.value)
    assert said.startswith("t.csv: line 3, a: 'inf' is no finite number")
    assert "line 2, b: 'x'" in said
    assert "line 3, y: 'z'" in said
    for text, reason in (("a,a\n1,2\n", "given twice: a"), ("a,b\n1\n", "line 2 has 1 cells")):
        file.write_text(text)
        with pytest.raises(BundleError, match=reason):
            Table(file, ("a",), "b")()


def test_classes_that_are_numbers_may_be_written_in_several_ways(files: Path) -> None:
    file = files / "t.csv"
    file.write_text("a,y\n1,1.0\n2,0\n3,1\n")
    data = Table(file, ("a",), "y", ("0", "1"))()
    assert isinstance(data, Dataset)
    assert data.target.tolist() == [1, 0, 1]


def test_trust_opens_what_it_names_and_nothing_else(project: Path, files: Path) -> None:
    evil = files / "ran"
    content = dumped([classifier(), Evil(evil), os.getpid])
    said = refused(project, cancer_request(files, content))
    assert "names posix.getpid, posix.system, which no known model needs" in said
    assert said.endswith("--trust posix.getpid --trust posix.system")
    said = refused(project, cancer_request(files, content, trust=("posix.getpid", "os.sytem")))
    lines = said.splitlines()
    assert "names posix.system," in lines[0]
    assert lines[1].startswith("trust 'os.sytem' names nothing in Cancer model.joblib")
    assert not evil.exists()
    refused(project, cancer_request(files, content, trust=("posix.getpid", "posix.system")))
    assert evil.exists()
