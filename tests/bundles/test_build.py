"""Training and building the project's own bundles, for real."""

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import numpy as np
import pytest

from bundles.conftest import NAMES, ROOT, record_of
from modelport.bundles import bento_path, build, find, list_bundles, model_path, resolve, train
from modelport.bundles.candidates import Shelf
from modelport.bundles.lock import Lock
from modelport.config import Gate, Threshold
from modelport.errors import BundleError, GateRefused
from modelport.home import Home
from modelport.verify import verify
from modelport_serving.predictor import golden_differences, load_predictor
from modelport_serving.record import read_golden, read_record

STRICT = Gate(r2=Threshold(min=0.9))


def stamps(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def must_not_train(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, anything that needs scikit-learn's part fails."""
    monkeypatch.setitem(sys.modules, "modelport.bundles.fitting", None)


@pytest.mark.parametrize("name", NAMES)
def test_the_bento_holds_what_it_needs_and_nothing_of_this_machine(built: Home, name: str) -> None:
    record = record_of(built, name)
    bento = bento_path(built, name, record.version)
    source = {path.name for path in (bento / "src").iterdir()}
    assert source == {
        "bentofile.yaml",  # BentoML's own
        "bundle.json",
        "golden.json",
        "modelport_serving",
        "sbom.cdx.json",
        "service.py",
        "training.py",
    }
    assert not list(bento.rglob("__pycache__"))
    # `bentoml containerize` builds from it.
    assert "FROM python:3.11-slim" in (bento / "env" / "docker" / "Dockerfile").read_text()
    assert record.runtime == "onnx"
    for file in (path for path in bento.rglob("*") if path.is_file()):
        text = file.read_text()
        # The path of an index, and not the package simple-di.
        assert not re.search(r"/simple(?![-\w])", text), f"{file.relative_to(bento)} names an index"
        for word in ("index-url", "pypi" + ".org", str(built.root), str(ROOT)):
            assert word not in text, f"{file.relative_to(bento)} holds {word}"
    packages = {item.name: item for item in Lock(ROOT).packages(record.requirements)}
    pins = (bento / "env/python/requirements.txt").read_text()
    assert pins == "".join(f"{item.line}\n" for item in packages.values())
    libraries = record.lineage.libraries
    assert all(packages[name].version == libraries[name] for name in record.requirements)
    document = json.loads((bento / "src" / "sbom.cdx.json").read_bytes())
    named = {item["name"] for item in document["components"] if item["type"] == "library"}
    assert named == set(packages)
    assert "onnxruntime" in record.requirements
    assert not {"scikit-learn", "scipy", "joblib", "skl2onnx"} & set(record.requirements)
    assert {"scikit-learn", "skl2onnx"} <= set(libraries)


def test_what_serves_imports_nothing_that_trains(built: Home) -> None:
    record = record_of(built, "diabetes")
    source = bento_path(built, record.name, record.version) / "src"
    program = (
        "import sys; from pathlib import Path; from modelport_serving.bento import Bundle\n"
        "from modelport_serving.predictor import load_predictor\n"
        "load_predictor(*map(Path, sys.argv[1:]))\n"
        "print(sorted({'sklearn', 'scipy', 'joblib', 'onnx', 'skl2onnx'} & set(sys.modules)))"
    )
    model = model_path(built, record.name, record.version)
    done = subprocess.run(
        [sys.executable, "-c", program, str(source), str(model)],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_model_is_the_recorded_one_and_repeats_its_answers(built: Home, name: str) -> None:
    record = record_of(built, name)
    source = bento_path(built, name, record.version) / "src"
    model = model_path(built, name, record.version)
    content = (model / record.model_file).read_bytes()
    assert hashlib.sha256(content).hexdigest() == record.model_sha256
    golden = read_golden(source)
    assert len(golden.instances) == 9
    assert [row for row in golden.instances if None in row] == [golden.instances[-1]]
    answers = load_predictor(source, model).predict([list(row) for row in golden.instances])
    assert golden_differences(golden, answers) == ()


def test_the_model_beats_its_baseline_by_far(built: Home) -> None:
    evaluation = record_of(built, "breast_cancer").evaluation
    assert evaluation.metrics["f1"] >= 0.95
    assert 0.75 <= evaluation.baseline["f1"] <= 0.79
    assert list(evaluation.robustness) == ["noise_5pct", "missing_10pct"]
    regression = record_of(built, "diabetes").evaluation
    assert regression.metrics["r2"] >= 0.4
    assert regression.baseline["r2"] <= 0


def test_the_scores_are_those_of_the_stored_model_on_rows_it_never_saw(built: Home) -> None:
    """An own split and own formulas, to check the measuring itself."""
    from sklearn.datasets import load_breast_cancer

    record = record_of(built, "breast_cancer")
    folder = model_path(built, record.name, record.version)
    predictor = load_predictor(bento_path(built, record.name, record.version) / "src", folder)
    features, target = load_breast_cancer(return_X_y=True)
    order = sorted(range(len(target)), key=lambda row: sha256(features[row].tobytes()).digest())
    rows = [row for label in (0, 1) for row in [row for row in order if target[row] == label]]
    counts = [round(int((target == label).sum()) * 0.25) for label in (0, 1)]
    rows = [*rows[: counts[0]], *rows[int((target == 0).sum()) :][: counts[1]]]
    given = predictor.compute(features[rows]).argmax(axis=1)
    wanted = np.asarray(target[rows])
    right = int(((given == 1) & (wanted == 1)).sum())
    precision, recall = right / int((given == 1).sum()), right / int((wanted == 1).sum())
    metrics = record.evaluation.metrics
    assert metrics["accuracy"] == pytest.approx(float((given == wanted).mean()))
    assert metrics["precision"] == pytest.approx(precision)
    assert metrics["f1"] == pytest.approx(2 * precision * recall / (precision + recall))


@pytest.mark.parametrize("name", NAMES)
def test_a_second_build_changes_nothing(
    own: Home, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stamps(own.bentoml)
    must_not_train(monkeypatch)
    record = build(ROOT, own, name, Gate())
    assert record == record_of(own, name)
    assert stamps(own.bentoml) == before
    assert train(ROOT, own, name).built


def test_another_home_gives_the_same_digest_and_model(built: Home, tmp_path: Path) -> None:
    candidate = train(ROOT, Home(tmp_path / ".modelport"), "breast_cancer")
    record = record_of(built, "breast_cancer")
    assert not candidate.reused
    assert candidate.version == record.version
    assert candidate.record.model_sha256 == record.model_sha256
    assert candidate.evaluation == record.evaluation


def test_what_was_built_last_is_the_newest_also_when_it_was_built_before(
    own: Home, project: Path
) -> None:
    first = build(ROOT, own, "diabetes", Gate())
    file = project / "bentos/diabetes/training.py"
    file.write_text(file.read_text().replace("seed=7", "seed=8"))
    second = build(project, own, "diabetes", Gate())
    assert second.version != first.version
    assert second.lineage.commit is None
    assert record_of(own, "diabetes") == second
    build(ROOT, own, "diabetes", Gate())
    assert record_of(own, "diabetes") == first
    assert find(own, "diabetes", second.version[:6]) == second


def test_a_refused_model_builds_nothing_and_is_not_trained_again(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / ".modelport")
    with pytest.raises(GateRefused) as refused:
        build(project, home, "diabetes", STRICT)
    lines = str(refused.value).splitlines()
    assert lines[0].endswith("is below 0.9; nothing was built")
    assert lines[1].split() == ["metric", "value", "baseline", "live", "gate"]
    assert lines[-1].endswith("min 0.9, beat baseline: not passed")
    assert list_bundles(home, "diabetes") == []
    assert not home.bentoml.exists()
    must_not_train(monkeypatch)
    with pytest.raises(GateRefused):
        build(project, home, "diabetes", STRICT)
    candidate = train(project, home, "diabetes")
    assert candidate.reused
    assert not candidate.built
    assert build(project, home, "diabetes", Gate()).version == candidate.version


def test_a_built_bundle_is_gated_again(own: Home) -> None:
    with pytest.raises(GateRefused, match=r"below 0.9"):
        build(ROOT, own, "diabetes", STRICT)
    with pytest.raises(GateRefused, match="no built version of diabetes passes its gate"):
        resolve(own, "diabetes", None, STRICT)
    assert resolve(own, "diabetes", None, Gate()) == record_of(own, "diabetes")


def test_the_live_version_is_measured_on_the_same_rows(own: Home, project: Path) -> None:
    live = record_of(own, "diabetes")
    file = project / "bentos/diabetes/training.py"
    worse = file.read_text().replace("[0.1, 1.0, 10.0, 30.0, 100.0]", "[3000.0]")
    file.write_text(worse)
    gate = Gate(beat=frozenset({"live"}))
    candidate = train(project, own, "diabetes", live=live.version)
    assert candidate.evaluation.live
    assert candidate.evaluation.live.version == live.version
    assert candidate.evaluation.live.metrics == pytest.approx(live.evaluation.metrics)
    with pytest.raises(GateRefused, match=f"of {live.version}, which is live; nothing was built"):
        build(project, own, "diabetes", gate, live=live.version)
    # Nothing is live any more: then there is nothing to beat.
    assert build(project, own, "diabetes", gate).evaluation.live is None


def test_a_live_version_that_cannot_be_measured_is_not_passed_over(
    own: Home, project: Path
) -> None:
    candidate = train(project, own, "diabetes", live="f" * 16)
    assert candidate.built  # the same sources as the project's
    file = project / "bentos/diabetes/training.py"
    file.write_text(file.read_text().replace("seed=7", "seed=9"))
    steps: list[str] = []
    candidate = train(
        project, own, "diabetes", live="f" * 16, progress=lambda text, _: steps.append(text)
    )
    assert candidate.evaluation.live is None
    assert "could not be measured" in candidate.warnings[-1]
    assert steps[-1] == f"diabetes: note: {candidate.warnings[-1]}"
    with pytest.raises(GateRefused, match=r"live version f+ could not be measured"):
        build(project, own, "diabetes", Gate(beat=frozenset({"live"})), live="f" * 16)
    assert build(project, own, "diabetes", Gate(), live="f" * 16).version == candidate.version


def test_damaged_files_are_made_again(own: Home) -> None:
    record = record_of(own, "diabetes")
    bento = bento_path(own, "diabetes", record.version)
    (bento / "src/bundle.json").write_text("{")
    Shelf(own, "diabetes").model_file(record.version).write_bytes(b"half")
    (own.evaluations / "diabetes/.work-left").mkdir()
    (own.evaluations / "diabetes/.part-left").touch()
    assert list_bundles(own, "diabetes") == []
    again = build(ROOT, own, "diabetes", Gate())
    assert again.model_sha256 == record.model_sha256
    assert record_of(own, "diabetes") == again
    assert not list((own.evaluations / "diabetes").glob(".[wp]*"))


def test_a_failed_build_leaves_nothing(project: Path, tmp_path: Path) -> None:
    (project / "bentos/diabetes/service.py").write_text("import no_such_module\n")
    home = Home(tmp_path / ".modelport")
    with pytest.raises(BundleError, match=r"cannot be built: .*No module named 'no_such_module'"):
        build(project, home, "diabetes", Gate())
    assert not home.bentoml.exists()
    shutil.copy(ROOT / "bentos/diabetes/service.py", project / "bentos/diabetes/service.py")
    assert build(project, home, "diabetes", Gate()) == record_of(home, "diabetes")


def test_a_model_that_only_training_can_load_is_refused(project: Path, tmp_path: Path) -> None:
    file = project / "bentos/diabetes/training.py"
    text = file.read_text().replace("def data()", "class Own(Ridge):\n    pass\n\n\ndef data()")
    file.write_text(text.replace("Ridge(random", "Own(random"))
    with pytest.raises(BundleError, match=r"cannot be built: .*cannot be loaded: No module named"):
        build(project, Home(tmp_path / ".modelport"), "diabetes", Gate())


def test_the_store_agrees_with_bentoml(own: Home) -> None:
    code = (
        "import bentoml, sys\n"
        "for name in sys.argv[1:]:\n"
        "    bento, model = bentoml.bentos.get(name), bentoml.models.get(name)\n"
        "    print(bento.tag, bento.path, model.tag, model.path)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *NAMES],
        env={**os.environ, "BENTOML_HOME": str(own.bentoml), "DO_NOT_TRACK": "True"},
        capture_output=True,
        text=True,
        check=True,
    )
    for name, line in zip(NAMES, done.stdout.splitlines(), strict=True):
        record = record_of(own, name)
        bento = bento_path(own, name, record.version)
        model = model_path(own, name, record.version)
        assert line.split() == [record.tag, str(bento), record.tag, str(model)]
        assert read_record(bento / "src") == record


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


@pytest.mark.parametrize("name", NAMES)
def test_the_built_bento_serves(own: Home, name: str, listening: socket.socket) -> None:
    record = record_of(own, name)
    bento = bento_path(own, name, record.version)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    command = [sys.executable, "-m", "modelport_serving.worker", "--bento", str(bento)]
    with subprocess.Popen(
        [*command, "--fd", str(listening.fileno())],
        pass_fds=[listening.fileno()],
        env={
            **os.environ,
            "PYTHONPATH": str(bento / "src"),
            "BENTOML_HOME": str(own.bentoml),
            "MODELPORT_AUTH": "none",
        },
    ) as worker:
        try:
            # The socket listens already: the request waits until the worker takes it.
            assert httpx.get(f"{url}/readyz", timeout=60, trust_env=False).status_code == 200
            proof = verify(url, record, read_golden(bento / "src"), None)
        finally:
            worker.terminate()
    assert proof.version == record.version
    assert proof.answers == 9
