"""Whatever is written, the answer is a config or a list of lines: never another exception."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelport.config import StackConfig, parse
from modelport.errors import ConfigError

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
words = st.sampled_from(
    ["bundle", "owner", "target", "gate", "kind", "port", "f1", "min", "max", "beat", "auth", "x"]
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=6), inner),
    max_leaves=12,
)
good: dict[str, Any] = {
    "bundle": "breast_cancer",
    "owner": "diagnostics",
    "target": {"kind": "local", "port": 3000},
}


def outcome(values: dict[str, Any]) -> StackConfig | list[str]:
    try:
        return parse(values)
    except ConfigError as error:
        return error.problems


@given(st.dictionaries(st.sampled_from(["deployments", "environment", "other"]), anything))
def test_any_values_give_a_config_or_lines(values: dict[str, Any]) -> None:
    found = outcome(values)
    if isinstance(found, list):
        assert found
        assert all(line.startswith("modelport") and "\n" not in line for line in found)


@given(st.dictionaries(words, anything, max_size=4))
def test_a_good_deployment_with_odd_keys_gives_a_line_for_each_odd_key(odd: dict[str, Any]) -> None:
    found = outcome({"deployments": {"cancer": {**good, "zzz": 1, **odd}}})
    assert isinstance(found, list)
    assert any(".zzz: unknown key; allowed: bundle" in line for line in found)


@given(st.integers())
def test_a_port_is_taken_exactly_in_its_range(port: int) -> None:
    found = outcome({"deployments": {"cancer": {**good, "target": {"port": port}}}})
    assert isinstance(found, StackConfig) == (1024 <= port <= 65535)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_a_gate_takes_bounds_in_order_only(low: float, high: float) -> None:
    gate = {"f1": {"min": low, "max": high}}
    found = outcome({"deployments": {"cancer": {**good, "gate": gate}}})
    assert isinstance(found, StackConfig) == (low <= high)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "previous": st.booleans(),
            "answer": st.text(min_size=1, max_size=8) | st.floats(allow_nan=False, width=32),
            "rule": st.just({"feature": "radius", "above": 1.0, "answer": "benign"}),
            "after_seconds": st.floats(0.01, 25),
        },
    )
)
def test_a_fallback_is_taken_when_something_answers(fallback: dict[str, Any]) -> None:
    found = outcome({"deployments": {"cancer": {**good, "serving": {"fallback": fallback}}}})
    answer, finite = fallback.get("answer"), True
    if isinstance(answer, float):
        finite = abs(answer) != float("inf")
    answers = answer is not None or (fallback.get("previous", False) and "rule" not in fallback)
    assert isinstance(found, StackConfig) == (answers and finite)
