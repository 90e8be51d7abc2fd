"""What changed, and what of it replaces the resource."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelport.provider.wire import UNKNOWN
from modelport.sdk import resource
from modelport.sdk_provider.difference import differences

FUNCTION = resource("aws:lambda/function:Function").inputs


def found(old: dict[str, Any], new: dict[str, Any], *replacing: str) -> dict[str, tuple[str, bool]]:
    table = frozenset(replacing)
    changes = differences(old, new, FUNCTION, table.__contains__)
    return {item.path: (item.kind, item.replaces) for item in changes}


def test_the_same_inputs_differ_in_nothing() -> None:
    values = {"role": "a", "vpcConfig": {"subnetIds": ["x"]}, "tags": {"a": "b"}}
    assert found(values, dict(values)) == {}


def test_each_change_is_named_at_its_deepest_place() -> None:
    old = {"role": "a", "vpcConfig": {"subnetIds": ["x", "y"]}, "tags": {"a": "b", "c": "d"}}
    new = {
        "role": "b",
        "vpcConfig": {"subnetIds": ["x", "z", "w"]},
        "tags": {"a": "b"},
        "s3Key": "k",
    }
    assert found(old, new) == {
        "role": ("update", False),
        "s3Key": ("add", False),
        "tags.c": ("delete", False),
        "vpcConfig.subnetIds[1]": ("update", False),
        "vpcConfig.subnetIds[2]": ("add", False),
    }


def test_a_path_of_the_table_replaces_and_so_does_all_below() -> None:
    old = {"vpcConfig": {"subnetIds": ["x"]}, "name": "a"}
    new = {"vpcConfig": {"subnetIds": ["y"]}, "name": "b"}
    assert found(old, new, "name") == {
        "name": ("update", True),
        "vpcConfig.subnetIds[0]": ("update", False),
    }
    assert found(old, new, "vpcConfig")["vpcConfig.subnetIds[0]"] == ("update", True)
    assert found(old, new, "vpcConfig.subnetIds")["vpcConfig.subnetIds[0]"] == ("update", True)


def test_a_part_that_comes_whole_replaces_for_what_is_in_it() -> None:
    new = {"vpcConfig": {"subnetIds": ["y"]}}
    assert found({}, new, "vpcConfig.subnetIds") == {"vpcConfig": ("add", True)}
    assert found(new, {}, "vpcConfig.subnetIds") == {"vpcConfig": ("delete", True)}
    assert found({}, new, "vpcConfig.securityGroupIds") == {"vpcConfig": ("add", False)}


def test_an_unknown_value_may_change() -> None:
    assert found({"role": "a"}, {"role": UNKNOWN}) == {"role": ("update", False)}


def test_true_is_not_one() -> None:
    assert found({"publish": 1}, {"publish": True}) == {"publish": ("update", False)}


def test_what_an_official_plugin_filled_in_is_no_change() -> None:
    old = {"__defaults": ["name", "timeout"], "name": "a-1234567", "timeout": 3, "role": "a"}
    assert found(old, {"role": "a"}) == {}
    assert found(old, {"role": "a", "timeout": 4}) == {"timeout": ("update", False)}
    nested = {
        "vpcConfig": {"__defaults": ["ipv6AllowedForDualStack"], "ipv6AllowedForDualStack": False}
    }
    assert found(nested, {"vpcConfig": {}}) == {}


VALUES = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner)
    ),
    max_leaves=8,
)
INPUTS = st.dictionaries(st.sampled_from(["role", "tags", "vpcConfig", "layers", "x"]), VALUES)


@given(INPUTS)
def test_nothing_differs_from_itself(values: dict[str, Any]) -> None:
    assert found(values, values) == {}


@given(INPUTS, INPUTS)
def test_there_and_back_change_the_same_paths(old: dict[str, Any], new: dict[str, Any]) -> None:
    there, back = found(old, new), found(new, old)
    assert there.keys() == back.keys()
    opposite = {"add": "delete", "delete": "add", "update": "update"}
    assert {path: opposite[kind] for path, (kind, _) in there.items()} == {
        path: kind for path, (kind, _) in back.items()
    }
