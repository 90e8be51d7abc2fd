"""Workload: durations and sizes with units, and what is said about wrong ones."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from modelport.config.problems import find_problems
from modelport.config.workload import Workload, duration_seconds, size_bytes


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("200ms", 0.2), ("1.5s", 1.5), ("2m", 120.0), ("1h", 3600.0), ("10 s", 10.0)],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512KB", 512_000),
        ("20MB", 20_000_000),
        ("1.5GB", 1_500_000_000),
        ("8GiB", 2**33),
        ("1KiB", 1024),
        ("7B", 7),
        ("0.5B", 1),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert size_bytes(text) == size


@given(st.integers(1, 10**12))
def test_every_count_of_bytes_is_read_exactly(count: int) -> None:
    assert size_bytes(f"{count}B") == count
    assert size_bytes(f"{count}KB") == count * 1000


@given(st.text(max_size=8))
def test_any_text_is_a_size_or_a_plain_value_error(text: str) -> None:
    found = re.fullmatch(r"\d+(\.\d+)? ?([KMGT]i?)?B", text, re.ASCII)
    if found is None:
        with pytest.raises(ValueError, match=r"^should be a size with a unit, e\.g\. 512KB"):
            size_bytes(text)


def test_what_is_left_out_is_not_known() -> None:
    empty = Workload()
    known = (empty.p99_seconds, empty.payload_bytes, empty.model_bytes, empty.cold_start_seconds)
    assert known == (None,) * 4
    assert not empty.always_running


def test_none_means_that_something_always_runs() -> None:
    always = Workload(cold_start="none")
    assert always.always_running
    assert always.cold_start_seconds == 0
    assert Workload(cold_start="10s").cold_start_seconds == 10


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("p99", "fast", "'fast': should be a duration with a unit, e.g. 200ms, 1.5s or 2m"),
        ("p99", 3, "3: should be a duration with a unit, e.g. 200ms, 1.5s or 2m"),
        ("payload", "20", "'20': should be a size with a unit, e.g. 512KB, 20MB or 8GiB"),
        ("payload", "0MB", "'0MB': should be more than nothing; leave it out when it is not known"),
        ("cold_start", "soon", "'soon': should be a duration with a unit, e.g. 200ms, 1.5s or 2m"),
        ("paylod", "1MB", "unknown key; did you mean 'payload'?"),
    ],
)
def test_problems_say_what_is_wanted(field: str, value: object, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Workload.model_validate({field: value})
    assert [problem.message for problem in find_problems(caught.value, Workload)] == [message]


def test_the_schema_describes_every_field() -> None:
    schema = Workload.model_json_schema()
    assert all(item.get("description") for item in schema["properties"].values())
    assert len(schema["properties"]) == 8
