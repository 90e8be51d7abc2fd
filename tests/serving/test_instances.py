"""What the reader of instances takes and what it says about the rest."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport_serving.instances import (
    EXACT_INTEGER,
    MAX_FAULTS,
    InstanceReader,
    InvalidInstancesError,
)
from modelport_serving.record import Feature
from serving.tiny import FEATURES, signature

READER = InstanceReader(signature())
PLAIN = InstanceReader(signature(Feature(name="a", min=0, max=1), Feature(name="b", min=0, max=1)))
NAMES = [feature.name for feature in FEATURES]


def faults(instances: object, reader: InstanceReader = READER) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInstancesError) as caught:
        reader.read(instances, 10)
    return [(fault.path, fault.detail) for fault in caught.value.faults]


def test_rows_and_objects_mean_the_same() -> None:
    row = [0.5, 40, None]
    rows = READER.read([row, dict(zip(reversed(NAMES), reversed(row), strict=True))], 10)
    assert rows.dtype == np.float64
    np.testing.assert_array_equal(rows, [[0.5, 40, math.nan]] * 2)


@pytest.mark.parametrize(
    ("instances", "path", "detail"),
    [
        (None, "instances", "is null; send a list of rows or of objects"),
        ({}, "instances", "is an object; send a list of rows or of objects"),
        ("abc", "instances", 'is the string "abc"; send a list of rows or of objects'),
        ([], "instances", "is empty; send at least one row"),
        ([[1, 2, 3]] * 11, "instances", "has 11 rows; send at most 10 at once"),
        ([5], "instances[0]", "is a number; send a list of 3 values or an object"),
        ([[1, 2]], "instances[0]", "has 2 values; the model takes 3"),
        ([[1, 2, 3], [1, 2, 3, 4]], "instances[1]", "has 4 values; the model takes 3"),
        ([[None, 2, 3]], 'instances[0]."mean radius"', "is null; this feature needs a number"),
        ([[True, 2, 3]], 'instances[0]."mean radius"', "is true; send a number"),
        ([["1", 2, 3]], 'instances[0]."mean radius"', 'is the string "1"; send a number'),
        ([[[1], 2, 3]], 'instances[0]."mean radius"', "is a list; send a number"),
        ([[math.nan, 2, 3]], 'instances[0]."mean radius"', "is not a finite number"),
        ([[math.inf, 2, 3]], 'instances[0]."mean radius"', "is not a finite number"),
        ([[10**400, 2, 3]], 'instances[0]."mean radius"', "is not a finite number"),
        ([[1, 2.5, 3]], 'instances[0]."age"', "is 2.5; this feature takes integers"),
        (
            [[1, EXACT_INTEGER + 1, 3]],
            'instances[0]."age"',
            "is too large; this feature takes integers up to 2**53",
        ),
    ],
)
def test_one_fault(instances: object, path: str, detail: str) -> None:
    assert faults(instances) == [(path, detail)]


def test_all_faults_at_once() -> None:
    assert faults([[1, 2, 3], {"mean radus": 1, "age": True}, [1, "x", 3]]) == [
        ('instances[1]."mean radus"', 'is not a feature; did you mean "mean radius"?'),
        ('instances[1]."mean radius"', "is missing"),
        ('instances[1]."texture"', "is missing"),
        ('instances[1]."age"', "is true; send a number"),
        ('instances[2]."age"', 'is the string "x"; send a number'),
    ]


def test_a_name_like_no_other_gets_no_hint() -> None:
    row = dict.fromkeys(NAMES, 1) | {"zzz": 1}
    assert faults([row]) == [('instances[0]."zzz"', "is not a feature")]


def test_faults_are_capped() -> None:
    reader = InstanceReader(signature())
    with pytest.raises(InvalidInstancesError) as caught:
        reader.read([["x", "y", "z"]] * 500, 1000)
    assert len(caught.value.faults) == MAX_FAULTS
    assert caught.value.more


def test_long_texts_are_cut() -> None:
    [(path, detail)] = faults([dict.fromkeys(NAMES, 1) | {"n" * 5000: 1}])
    assert len(path) + len(detail) < 200
    [(_, detail)] = faults([["v" * 5000, 1, 1]])
    assert len(detail) < 200


@pytest.mark.parametrize("cell", [True, None, "1", math.nan, math.inf, 10**400, [1], {}])
def test_the_fast_path_lets_nothing_through(cell: object) -> None:
    assert faults([[1, 2], [1, cell]], PLAIN)[0][0] == 'instances[1]."b"'


finite = st.floats(allow_nan=False, allow_infinity=False)
integers = st.integers(-EXACT_INTEGER, EXACT_INTEGER)
good_row = st.tuples(finite | integers, integers, finite | st.none())
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(st.tuples(good_row, st.booleans()), min_size=1, max_size=10))
def test_every_good_row_is_read_exactly(rows: list[tuple[tuple[Any, ...], bool]]) -> None:
    instances = [dict(zip(NAMES, row, strict=True)) if named else list(row) for row, named in rows]
    expected = [[math.nan if cell is None else float(cell) for cell in row] for row, _ in rows]
    np.testing.assert_array_equal(READER.read(instances, 10), expected)


@given(anything | st.lists(st.lists(anything, min_size=3, max_size=3), max_size=4))
def test_anything_is_read_or_refused_with_a_path(instances: Any) -> None:
    refused: InvalidInstancesError | None = None
    try:
        rows = READER.read(instances, 10)
    except InvalidInstancesError as error:
        refused = error
    else:
        assert rows.shape == (len(instances), 3)
        assert np.isfinite(rows[:, :2]).all()
    if refused:
        found = refused.faults
        assert 0 < len(found) <= MAX_FAULTS
        assert all(fault.path.startswith("instances") and fault.detail for fault in found)


@given(good_row, st.integers(0, 1), st.sampled_from([True, "1", None, math.nan, [], {}]))
def test_one_bad_cell_is_named(row: tuple[Any, ...], column: int, bad: object) -> None:
    cells = list(row)
    cells[column] = bad
    [(path, _)] = faults([list(row), cells])
    assert path == f'instances[1]."{NAMES[column]}"'
