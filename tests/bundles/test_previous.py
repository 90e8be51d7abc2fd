"""A bundle that carries its previous version: built for real, with everything that is refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from modelport.bundles import Training, bento_path, build, list_bundles, newest, train, version_of
from modelport.bundles.previous import declared, requirements
from modelport.bundles.sbom import SBOM_FILE
from modelport.config import Gate, Threshold
from modelport.errors import BundleError, GateRefused
from modelport.home import Home
from modelport.images.files import bundle_files
from modelport_serving.predictor import golden_differences, load_previous
from modelport_serving.record import PREVIOUS, BundleRecord, Previous, read_golden

TRAINING = Path("bentos/diabetes/training.py")
END = "    constant_data=True,\n)"


def change(project: Path, *pairs: tuple[str, str]) -> None:
    file = project / TRAINING
    text = file.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)


def name(project: Path, tag: str, *pairs: tuple[str, str]) -> None:
    """Declare a previous version, and change more of the training."""
    change(project, (END, f'    constant_data=True,\n    previous="{tag}",\n)'), *pairs)


def live(home: Home) -> BundleRecord:
    found = newest(home, "diabetes")
    assert found
    return found


def tag(record: BundleRecord) -> str:
    return f"{record.name}@{record.version}"


def test_the_bundle_carries_it_whole_and_pinned(own: Home, project: Path) -> None:
    old = live(own)
    change(project, ("seed=7", "seed=8"))
    alone = version_of(project, "diabetes")
    name(project, tag(old))
    record = build(project, own, "diabetes", Gate())
    assert record.lineage.previous == Previous(version=old.version, model_sha256=old.model_sha256)
    assert record.version != alone  # it is part of the version
    source = bento_path(own, "diabetes", record.version) / "src"
    loaded = load_previous(source)
    assert loaded.record == old
    golden = read_golden(source / PREVIOUS)
    answers = loaded.predict([list(row) for row in golden.instances])
    assert golden_differences(golden, answers) == ()
    document = json.loads((source / SBOM_FILE).read_bytes())
    models = {it["version"] for it in document["components"] if it["type"].startswith("machine")}
    assert models == {record.version, old.version}
    # Every image, function and source bundle is written from these files.
    inside = f"{record.version}/src/{PREVIOUS}/{old.model_file}"
    assert any(path.endswith(inside) for path in bundle_files(own, record))
    # It is carried by value: what was built needs the old version no more.
    shutil.rmtree(bento_path(own, "diabetes", old.version))
    assert build(project, own, "diabetes", Gate()) == record


def test_a_chain_carries_one_version_only(own: Home, project: Path) -> None:
    first = live(own)
    name(project, tag(first), ("seed=7", "seed=8"))
    second = build(project, own, "diabetes", Gate())
    change(project, (tag(first), tag(second)), ("seed=8", "seed=9"))
    third = build(project, own, "diabetes", Gate())
    folder = bento_path(own, "diabetes", third.version) / "src" / PREVIOUS
    assert sorted(it.name for it in folder.iterdir()) == sorted(
        ["bundle.json", "golden.json", second.model_file]
    )
    assert load_previous(folder.parent).record == second


def test_a_native_one_brings_its_libraries(own: Home, project: Path) -> None:
    change(project, ("seed=7", 'runtime="native",\n    seed=7'))
    old = build(project, own, "diabetes", Gate())
    assert old.runtime == "native"
    change(project, ('runtime="native",\n    seed=7', "seed=8"))
    name(project, tag(old))
    record = build(project, own, "diabetes", Gate())
    assert record.runtime == "onnx"
    assert {"onnxruntime", "scikit-learn", "joblib"} <= set(record.requirements)
    pins = bento_path(own, "diabetes", record.version) / "env/python/requirements.txt"
    assert "scikit-learn==" in pins.read_text()


def test_what_cannot_answer_for_it_is_refused_before_anything_is_kept(
    own: Home, project: Path
) -> None:
    old = live(own)
    before = list_bundles(own, "diabetes")
    name(project, "diabetes@" + "f" * 16)
    with pytest.raises(BundleError, match=r"previous: diabetes@f+ is not built here; versions: "):
        build(project, own, "diabetes", Gate())
    change(project, ("diabetes@" + "f" * 16, f"breast_cancer@{old.version}"))
    with pytest.raises(BundleError, match="is of bundle breast_cancer; it must be an earlier"):
        train(project, own, "diabetes")
    change(project, (f"breast_cancer@{old.version}", tag(old)))
    change(project, ('target_name="progression"', 'target_name="course"'))
    with pytest.raises(BundleError, match="target was progression and is course; take previous"):
        build(project, own, "diabetes", Gate())
    assert list_bundles(own, "diabetes") == before


def test_it_must_pass_the_gate_too(own: Home, project: Path) -> None:
    change(project, ("[0.1, 1.0, 10.0, 30.0, 100.0]", "[3000.0]"))
    worse = build(project, own, "diabetes", Gate())
    change(project, ("[3000.0]", "[1.0]"))
    name(project, tag(worse))
    gate = Gate(r2=Threshold(min=0.4))
    with pytest.raises(GateRefused, match=f"its previous version {worse.version}: r2 .* below 0.4"):
        build(project, own, "diabetes", gate)
    record = build(project, own, "diabetes", Gate())
    with pytest.raises(GateRefused, match="its previous version"):  # a built one is gated again
        build(project, own, "diabetes", gate)
    assert newest(own, "diabetes") == record


def test_the_folder_is_the_build_s(own: Home, project: Path) -> None:
    (project / "bentos/diabetes" / PREVIOUS).mkdir()
    (project / "bentos/diabetes" / PREVIOUS / "notes.txt").write_text("mine")
    with pytest.raises(BundleError, match=r"holds previous/notes.txt, which is written by the"):
        build(project, own, "diabetes", Gate())


def test_a_damaged_one_is_not_carried(own: Home, project: Path) -> None:
    old = live(own)
    golden = bento_path(own, "diabetes", old.version) / "src" / "golden.json"
    golden.write_text(golden.read_text().replace('"value":', '"value": 1').replace(" 1 ", " 1"))
    name(project, tag(old), ("seed=7", "seed=8"))
    with pytest.raises(BundleError, match="does not repeat its golden predictions"):
        build(project, own, "diabetes", Gate())
    golden.unlink()
    with pytest.raises(BundleError, match=r"is damaged: .*golden.json: No such file"):
        build(project, own, "diabetes", Gate())


@pytest.mark.parametrize("wrong", ["diabetes", "diabetes@3f2a", "Diabetes@" + "0" * 16, ""])
def test_only_a_whole_version_pins_it(wrong: str) -> None:
    with pytest.raises(BundleError, match="must be an earlier version of this bundle with all 16"):
        Training(task="regression", data=_none, pipeline=_none, previous=wrong)


def test_libraries_of_its_own_must_be_named(built: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / ".modelport")
    shutil.copytree(built.root, home.root, symlinks=True)
    old = live(home)
    asked = {"runtime": "native", "requirements": ("numpy", "scikit-learn", "xgboost")}
    file = bento_path(home, "diabetes", old.version) / "src" / "bundle.json"
    file.write_text(old.model_copy(update=asked).model_dump_json())
    training = Training(task="regression", data=_none, pipeline=_none, previous=tag(old))
    with pytest.raises(BundleError, match=r'service_requirements=\("xgboost",\)'):
        declared(home, "diabetes", training)
    named = Training(
        task="regression",
        data=_none,
        pipeline=_none,
        previous=tag(old),
        service_requirements=("xgboost",),
    )
    found = declared(home, "diabetes", named)
    assert {"joblib", "scikit-learn", "xgboost"} <= set(requirements(found))
    assert requirements(None) == ()


def _none(*_: object) -> Any:
    raise AssertionError("is not asked")
