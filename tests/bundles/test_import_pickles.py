"""Pickles are listed before they are loaded, and nothing of a strange or damaged one is run."""

import io
import os
import pickle
import random
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import Bunch

from bundles.imports import Evil, dumped
from modelport.bundles.allowed import Global, is_known
from modelport.bundles.pickles import globals_of, read_pickle, unpacked
from modelport.errors import BundleError

ROWS = np.random.default_rng(0).random((60, 3))
CLASSES = (ROWS[:, 0] > 0.5).astype(int)
NOWHERE = Path("nowhere")

_watching = False
_events: list[str] = []
_ACTS = ("os.", "subprocess.", "socket.", "ctypes.", "shutil.", "code.")
_READS = ("os.listdir", "os.scandir", "os.walk", "os.fspath")


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writes or (event.startswith(_ACTS) and event not in _READS):
        _events.append(f"{event} {arguments}")


sys.addaudithook(_hear)


@contextmanager
def nothing_runs() -> Generator[None]:
    """Fail when a process is started, a file is written or a connection is made meanwhile."""
    global _watching  # an audit hook cannot be taken away
    _events.clear()
    _watching = True
    try:
        yield
    finally:
        _watching = False
    assert _events == []


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(StandardScaler(), SplineTransformer(), LogisticRegression()),
        DecisionTreeClassifier(),
        RandomForestClassifier(3),
        GradientBoostingClassifier(n_estimators=3),
        HistGradientBoostingClassifier(max_iter=3),
        CalibratedClassifierCV(SGDClassifier()),
        KNeighborsClassifier(),
        GaussianProcessClassifier(),
        MLPClassifier(max_iter=1000),
        SVC(),
        GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}),
    ],
    ids=lambda model: type(model).__name__,
)
def test_models_of_scikit_learn_need_no_trust(model: Any) -> None:
    model.fit(ROWS, CLASSES)
    wanted = model.predict(ROWS)
    contents = [pickle.dumps(model, protocol) for protocol in (0, 2, 4, 5)]
    contents += [dumped(model, how) for how in (0, 3, "gzip", "bz2", "xz", "lzma")]
    for content in contents:
        assert np.array_equal(read_pickle(content, "m.pkl").predict(ROWS), wanted)


def test_arrays_of_objects_and_fields_come_back() -> None:
    fields = np.array([(1, 2.5)], dtype=[("a", "i8"), ("b", "f4")])
    objects = np.array([{"a": np.arange(3)}, None, "text"], dtype=object)
    held = [fields, objects, np.array(["x", "longer"]), np.asfortranarray(ROWS), np.array(3.0)]
    for content in (dumped(held), dumped(held, 3), pickle.dumps(held)):
        found = read_pickle(content, "m.pkl")
        assert found[0].dtype == fields.dtype
        assert found[0].tolist() == fields.tolist()
        assert found[1][0]["a"].tolist() == [0, 1, 2]
        assert np.array_equal(found[2], held[2])
        assert np.array_equal(found[3], ROWS)
        assert found[4] == 3.0


def test_everything_that_is_not_known_is_listed_wherever_it_is(tmp_path: Path) -> None:
    evil = tmp_path / "ran"
    inside = np.array([Evil(evil)], dtype=object)
    held = [ROWS, inside, os.getpid, Evil(evil), eval]
    for content in (dumped(held), dumped(held, 3), pickle.dumps(held), pickle.dumps(held, 0)):
        with nothing_runs(), pytest.raises(BundleError) as caught:
            read_pickle(content, "m.pkl")
        said = str(caught.value)
        assert said.startswith("m.pkl names builtins.eval, posix.getpid, posix.system, which no ")
        assert said.endswith("--trust builtins.eval --trust posix.getpid --trust posix.system")
    assert not evil.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("sklearn.base", "os.system"),
        ("sklearn.utils", "_joblib"),
        ("sklearn.datasets", "fetch_openml"),
        ("sklearn.datasets._base", "urlretrieve"),
        ("sklearn.linear_model", "ridge_regression"),
        ("sklearn.utils._testing", "TempMemmap"),
        ("sklearn.no_such_module", "LogisticRegression"),
        ("sklearn.tests.test_base", "MyEstimator"),
        ("sklearn", "base.BaseEstimator"),
        ("numpy", "load"),
        ("numpy._core", "_ufunc_reconstruct"),
        ("joblib.numpy_pickle_compat", "NDArrayWrapper"),
        ("joblib", "load"),
        ("builtins", "getattr"),
        ("functools", "partial"),
        ("copyreg", "__newobj__"),
        ("operator", "attrgetter"),
        ("pickle", "loads"),
        ("collections", "abc.sys.modules"),
    ],
)
def test_what_leads_further_is_not_known(module: str, name: str) -> None:
    assert not is_known(Global(module, name))


def test_a_class_that_this_version_does_not_have_is_said_so() -> None:
    content = b"csklearn.linear_model.logistic\nLogisticRegression\n."
    with pytest.raises(BundleError, match=r"which scikit-learn 1\S+ does not have; save the model"):
        read_pickle(content, "m.pkl")


def test_a_class_is_not_changed_by_a_pickle() -> None:
    """BUILD on a class would set its attributes for the whole process."""
    content = b"\x80\x04csklearn.tree._tree\nTree\nN}(\x8c\x07predictK\x01u\x86b."
    with nothing_runs(), pytest.raises(BundleError, match="it changes a class"):
        read_pickle(content, "m.pkl")


@pytest.mark.parametrize("plain", [False, True])
def test_no_object_points_into_memory(*, plain: bool) -> None:
    """NumPy reads whatever address an object's `__array_interface__` names."""
    view = {"data": (1, False), "shape": (8,), "typestr": "<f8", "version": 3}
    held: Any = Bunch(__array_interface__=view) if plain else LogisticRegression()
    vars(held)["__array_interface__"] = view
    with pytest.raises(BundleError, match="it sets __array_interface__"):
        read_pickle(pickle.dumps(held), "m.pkl")


def test_the_types_of_numpy_are_not_changed_by_a_pickle() -> None:
    state = (3, "|", None, None, None, 8, 8, 63)
    pushed = pickle.dumps(state, 2)[2:-1]
    head = b"\x80\x02cnumpy\ndtype\nX\x02\x00\x00\x00i8\x89\x89\x87R"
    read_pickle(head + pushed + b"b.", "m.pkl")
    assert not np.dtype("int64").hasobject
    assert np.arange(3).sum() == 3


def test_an_array_larger_than_its_file_is_refused_before_it_is_made() -> None:
    content = dumped(np.zeros(3)).replace(b"K\x03\x85", b"J\xff\xff\xff\x7f\x85")
    with pytest.raises(BundleError, match="an array is larger than the file"):
        read_pickle(content, "m.joblib")


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelport.bundles.pickles.LARGEST", 1000)
    for how in (3, "gzip", "bz2", "xz"):
        with pytest.raises(BundleError, match="unpacked; save a smaller model"):
            unpacked(dumped(np.zeros(10_000), how), "m.joblib")


def test_listing_imports_nothing() -> None:
    content = b"cthis.is.nowhere\nThing\n."
    assert globals_of(content, "m.pkl") == (Global("this.is.nowhere", "Thing"),)


def seeds() -> list[bytes]:
    """Good and bad files, from which damaged ones are made."""
    models = [
        make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, CLASSES),
        DecisionTreeClassifier(max_depth=3).fit(ROWS, CLASSES),
        HistGradientBoostingClassifier(max_iter=2).fit(ROWS, CLASSES),
    ]
    bad = [[model, Evil(NOWHERE), np.array([Evil(NOWHERE)], dtype=object)] for model in models]
    files = [pickle.dumps(model, protocol) for model in models for protocol in (0, 2, 4)]
    return [*files, *map(dumped, models), *map(dumped, bad), *map(pickle.dumps, bad)]


SEEDS = seeds()
OPCODES = b"cRibo.()}]tulaesqhMKXNUVpg2\x80\x81\x82\x85\x86\x87\x88\x8c\x8e\x92\x93\x94\x95\x96\x97"


def damaged(content: bytes, chance: random.Random) -> bytes:
    found = bytearray(content)
    for _ in range(chance.randrange(1, 5)):
        place = chance.randrange(len(found))
        match chance.randrange(5):
            case 0:
                found[place] = chance.randrange(256)
            case 1:
                found[place] = chance.choice(OPCODES)
            case 2 if len(found) > 20:
                del found[place : place + chance.randrange(1, 8)]
            case 3:
                other = chance.choice(SEEDS)
                start = chance.randrange(len(other))
                found[place:place] = other[start : start + chance.randrange(1, 60)]
            case _:
                del found[max(place, 10) :]
    return bytes(found)


@pytest.mark.filterwarnings("ignore")  # scikit-learn's, of versions that are no more
@settings(max_examples=400, deadline=None)
@given(which=st.integers(0, len(SEEDS) - 1), seed=st.integers(0, 2**32))
def test_damaged_files_run_nothing_and_give_one_kind_of_error(which: int, seed: int) -> None:
    content = damaged(SEEDS[which], random.Random(seed))
    said = "m.pkl names "
    with nothing_runs():
        try:
            read_pickle(content, "m.pkl")
        except BundleError as error:
            said = str(error)
    assert said.startswith(("m.pkl cannot be read as", "m.pkl names "))
    assert np.arange(4).sum() == 6  # NumPy itself is as it was


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_run_nothing(content: bytes) -> None:
    with nothing_runs():
        try:
            read_pickle(content, "m.pkl")
        except BundleError:
            return


def test_a_truncated_file_is_refused_at_every_length() -> None:
    content = SEEDS[0]
    for length in range(0, len(content) - 1, 7):
        with pytest.raises(BundleError, match=r"m\.pkl cannot be read"):
            read_pickle(content[:length], "m.pkl")
    stream = io.BytesIO(dumped(SEEDS, 3)[:-9]).getvalue()
    with pytest.raises(BundleError, match="ends too early"):
        read_pickle(stream, "m.pkl")
