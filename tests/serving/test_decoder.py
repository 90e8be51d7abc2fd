"""The decoder gives what the telling way gives, or nothing."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport_serving.body import read_instances
from modelport_serving.decoder import RowDecoder
from modelport_serving.instances import InstanceReader, InvalidInstancesError, Rows
from modelport_serving.problems import ProblemError
from modelport_serving.record import Feature
from serving.tiny import signature

PLAIN = signature(Feature(name="a", min=0, max=1), Feature(name="b", min=0, max=1))
MIXED = signature(
    Feature(name="a", min=0, max=1),
    Feature(name="b", dtype="int64", min=0, max=1),
    Feature(name="c", min=0, max=1, nullable=True),
    Feature(name="d", dtype="int64", min=0, max=1, nullable=True),
)
CELLS = st.one_of(
    st.floats(), st.integers(), st.none(), st.booleans(), st.text(max_size=3),
    st.integers(-(10**400), 10**400), st.integers(-(2**54), 2**54), st.integers(0, 5),
    st.floats(0, 3).map(round).map(float), st.lists(st.none(), max_size=1),
)  # fmt: skip


def bodies(names: str) -> st.SearchStrategy[Any]:
    width = len(names)
    good = st.lists(st.integers(0, 9) | st.floats(-9, 9), min_size=width, max_size=width)
    row = good | st.lists(CELLS, min_size=width - 1, max_size=width + 1)
    named = st.dictionaries(st.sampled_from([*names, "x"]), CELLS, max_size=width + 1)
    whole = st.fixed_dictionaries({name: st.integers(0, 9) for name in names})
    rows = st.lists(row | named | whole | CELLS, max_size=5) | st.lists(good, max_size=5)
    extra = st.dictionaries(st.sampled_from(["parameters", "x"]), CELLS, max_size=1)

    def body(found: Any, more: dict[str, Any]) -> dict[str, Any]:
        return {"instances": found, **more}

    return st.builds(body, rows | CELLS, extra)


def slowly(shape: Any, body: bytes, *, parameters: bool) -> Rows | None:
    try:
        return InstanceReader(shape).read(read_instances(body, parameters=parameters), 4)
    except (InvalidInstancesError, ProblemError):
        return None


@pytest.mark.parametrize("parameters", [False, True])
@pytest.mark.parametrize(("shape", "names"), [(PLAIN, "ab"), (MIXED, "abcd")])
@given(data=st.data())
def test_what_it_reads_is_what_the_telling_way_reads(
    shape: Any, names: str, parameters: bool, data: st.DataObject
) -> None:
    body = json.dumps(data.draw(bodies(names))).encode()
    found = RowDecoder(shape, parameters=parameters).read(body, 4)
    if found is not None:
        wanted = slowly(shape, body, parameters=parameters)
        assert wanted is not None
        np.testing.assert_array_equal(found, wanted)


@given(st.binary(max_size=30) | st.text(max_size=30).map(str.encode))
def test_garbage_is_nothing(body: bytes) -> None:
    assert RowDecoder(PLAIN).read(body, 4) is None


@pytest.mark.parametrize(
    ("shape", "rows"),
    [
        (PLAIN, [[1, 2.5], [3e300, -0.0]]),
        (PLAIN, [{"b": 1, "a": 2}, [3, 4]]),
        (MIXED, [[1, 2, None, None], [0.5, 3.0, 1.5, 1 - 2**53]]),
        (MIXED, [{"a": 1, "b": 2, "c": None, "d": 4}]),
    ],
)
def test_the_usual_bodies_are_read(shape: Any, rows: Any) -> None:
    body = json.dumps({"instances": rows}).encode()
    found = RowDecoder(shape).read(body, 4)
    assert found is not None
    np.testing.assert_array_equal(found, InstanceReader(shape).read(rows, 4))


@pytest.mark.parametrize(
    ("parameters", "more", "read"),
    [
        (False, {"parameters": None}, False),
        (True, {"parameters": None}, True),
        (True, {"parameters": {}}, True),
        (True, {"parameters": {"a": 1}}, False),
        (True, {"x": None}, False),
    ],
)
def test_parameters_that_say_nothing(parameters: bool, more: dict[str, Any], read: bool) -> None:
    body = json.dumps({"instances": [[1, 2]], **more}).encode()
    assert (RowDecoder(PLAIN, parameters=parameters).read(body, 4) is not None) is read


def test_no_more_rows_than_allowed() -> None:
    for count, read in ((0, False), (1, True), (4, True), (5, False)):
        body = json.dumps({"instances": [[1, 2]] * count}).encode()
        assert (RowDecoder(PLAIN).read(body, 4) is not None) is read
