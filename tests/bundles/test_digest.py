"""The digest changes with each of its ingredients, and with nothing else."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from modelport.bundles import Dataset, Training
from modelport.bundles.digest import (
    bundle_digest,
    data_digest,
    inputs_digest,
    pins,
    serving_folder,
    source_files,
)
from modelport.errors import BundleError

DATA = Dataset(
    name="small",
    feature_names=("a", "b"),
    features=np.array([[1.0, 2.0], [3.0, np.nan]]),
    target_name="y",
    target=np.array([0.0, 1.0]),
)
LIBRARIES = {"numpy": "2.4.6", "scikit-learn": "1.9.1"}


def ridge(seed: int) -> Ridge:
    return Ridge(random_state=seed)


TRAINING = Training(
    task="regression", data=lambda: DATA, pipeline=ridge, search={"alpha": [1.0, 2.0]}
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "training.py").write_text("training = 1\n")
    (bundle / "service.py").write_text("service = 1\n")
    return bundle


def inputs(folder: Path, libraries: dict[str, str] = LIBRARIES) -> str:
    return inputs_digest(source_files(folder), {}, libraries)


@pytest.mark.parametrize("name", ["training.py", "service.py", "columns.json", "part/deep.py"])
def test_every_source_file_counts(folder: Path, name: str) -> None:
    before = inputs(folder)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("changed\n")
    assert inputs(folder) != before


def test_a_file_s_name_counts(folder: Path) -> None:
    (folder / "one.py").write_text("x\n")
    before = inputs(folder)
    (folder / "one.py").rename(folder / "two.py")
    assert inputs(folder) != before


@pytest.mark.parametrize(
    "name", ["README.md", "__pycache__/training.pyc", "old.pyc", ".hidden", "training.py~"]
)
def test_what_is_not_served_does_not_count(folder: Path, name: str) -> None:
    before = inputs(folder)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("anything\n")
    assert inputs(folder) == before


def test_neither_time_nor_place_counts(folder: Path, tmp_path: Path) -> None:
    before = inputs(folder)
    for file in folder.iterdir():
        os.utime(file, (1, 1))
    moved = tmp_path / "elsewhere" / "other"
    moved.parent.mkdir()
    folder.rename(moved)
    assert inputs(moved) == before


def test_the_runtime_counts_apart_from_the_sources(folder: Path) -> None:
    files = source_files(folder)
    assert inputs_digest(files, {}, LIBRARIES) != inputs_digest({}, files, LIBRARIES)


@pytest.mark.parametrize(
    "libraries",
    [LIBRARIES | {"numpy": "2.4.7"}, LIBRARIES | {"scipy": "1"}, {"numpy": "2.4.6"}],
)
def test_every_pin_counts(folder: Path, libraries: dict[str, str]) -> None:
    assert inputs(folder, libraries) != inputs(folder)


def test_the_order_of_pins_does_not_count(folder: Path) -> None:
    assert inputs(folder, dict(reversed(LIBRARIES.items()))) == inputs(folder)


def test_a_missing_library_is_named() -> None:
    with pytest.raises(BundleError, match="no-such-thing is not installed"):
        pins(["no-such-thing"])


def test_the_runtime_s_sources_hold_no_byte_code() -> None:
    names = list(source_files(serving_folder()))
    assert "record.py" in names
    assert not [name for name in names if "pycache" in name]


@pytest.mark.parametrize(
    "change",
    [
        {"search": {"alpha": [1.0, 3.0]}},
        {"search": {"alpha": [2.0, 1.0]}},
        {"search": {}},
        {"seed": 1},
        {"test_fraction": 0.3},
        {"folds": 4},
        {"nullable": True},
        {"requirements": ("pydantic",)},
        {"runtime": "native"},
        {"task": "classification"},
        {"task": "classification", "positive": "yes"},
    ],
)
def test_every_parameter_counts(change: dict[str, Any]) -> None:
    assert bundle_digest("i", "d", replace(TRAINING, **change)) != bundle_digest("i", "d", TRAINING)


def test_the_order_of_the_search_space_does_not_count() -> None:
    one = replace(TRAINING, search={"a": [1], "b": [2]})
    other = replace(TRAINING, search={"b": [2], "a": [1]})
    assert bundle_digest("i", "d", one) == bundle_digest("i", "d", other)


def test_inputs_and_data_count() -> None:
    digests = {bundle_digest(i, d, TRAINING) for i in ("1", "2") for d in ("3", "4")}
    assert len(digests) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"feature_names": ("b", "a")},
        {"target_name": "z"},
        {"labels": ("no", "yes")},
        {"integers": frozenset({"a"})},
        {"features": np.array([[1.0, 2.0], [3.0, 4.0]])},
        {"target": np.array([1.0, 0.0])},
    ],
)
def test_everything_about_the_data_counts(change: dict[str, Any]) -> None:
    assert data_digest(replace(DATA, **change)) != data_digest(DATA)


def big_endian(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return matrix.astype(">f8")


@pytest.mark.parametrize("how", [np.asfortranarray, big_endian, np.copy])
def test_how_the_data_lies_in_memory_does_not_count(how: Any) -> None:
    assert data_digest(replace(DATA, features=how(DATA.features))) == data_digest(DATA)


matrices = arrays.arrays(np.float64, (3, 2), elements=st.floats(-1e6, 1e6))


@given(matrices, st.integers(0, 2), st.integers(0, 1), st.floats(-1e6, 1e6))
def test_a_changed_value_changes_the_digest(
    matrix: NDArray[np.float64], row: int, column: int, value: float
) -> None:
    changed = matrix.copy()
    changed[row, column] = value
    same = changed.tobytes() == matrix.tobytes()
    one, other = (data_digest(replace(DATA, features=item)) for item in (matrix, changed))
    assert (one == other) is same


def test_words_are_refused() -> None:
    with pytest.raises(BundleError, match="data small must hold numbers only"):
        data_digest(replace(DATA, features=np.array([["x", "y"]])))
