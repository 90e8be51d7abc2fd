"""Inputs against the types of the installed SDKs."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.provider.wire import UNKNOWN, ResourceReference
from modelport.sdk import resource
from modelport.sdk_provider.check import check_inputs, hints

ROLE = ResourceReference(
    (("urn", "urn:pulumi:dev::app::aws:iam/role:Role::caller"), ("id", "caller"))
)


def problems(token: str, values: dict[str, Any], *, lenient: bool = False) -> dict[str, str]:
    found = check_inputs(values, resource(token).inputs, lenient=lenient)
    return {problem.path: problem.reason for problem in found}


def deployment(container: dict[str, Any]) -> dict[str, Any]:
    labels = {"app": "a"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


DEPLOYMENT = "kubernetes:apps/v1:Deployment"
FUNCTION = "aws:lambda/function:Function"


def test_good_inputs_pass() -> None:
    assert problems(DEPLOYMENT, deployment({"name": "a", "image": "a:1"})) == {}
    assert problems(FUNCTION, {"role": "arn", "memorySize": 128, "timeout": 3}) == {}


def test_a_misspelt_nested_property_is_named_with_its_path_and_the_right_name() -> None:
    values = deployment({"name": "a", "image": "a:1", "imagePullPolice": "Always"})
    assert problems(DEPLOYMENT, values) == {
        "spec.template.spec.containers[0].imagePullPolice": (
            "no such property; did you mean 'image_pull_policy' (imagePullPolicy)?"
        )
    }


def test_a_python_name_inside_a_plain_dict_is_named() -> None:
    values = {"role": "arn", "vpcConfig": {"subnet_idz": [], "securityGroupIds": []}}
    found = problems(FUNCTION, values)
    assert found["vpcConfig.subnet_idz"].endswith("did you mean 'subnet_ids' (subnetIds)?")


def test_what_is_missing_is_named_with_its_path() -> None:
    values = deployment({"image": "a:1"})
    del values["spec"]["selector"]
    assert problems(DEPLOYMENT, values) == {
        "spec.selector": "missing; it is required",
        "spec.template.spec.containers[0].name": "missing; it is required",
    }


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("big", "expected an integer, got 'big'"),
        (True, "expected an integer, got true"),
        (1.5, "expected an integer, got 1.5"),
        ([128], "expected an integer, got a list"),
        ({"a": 1}, "expected an integer, got an object"),
    ],
)
def test_a_wrong_type_is_named(value: object, said: str) -> None:
    assert problems(FUNCTION, {"role": "arn", "memorySize": value}) == {"memorySize": said}


def test_a_list_where_one_value_is_wanted_and_the_other_way_round() -> None:
    values = {"role": ["arn"], "layers": "arn"}
    assert problems(FUNCTION, values) == {
        "role": "expected a string, got a list",
        "layers": "expected a list (a string each), got 'arn'",
    }


def test_the_bridge_converts_texts_and_numbers_where_it_is_used() -> None:
    values = {"role": "arn", "memorySize": "128", "publish": "true", "description": 3}
    assert problems(FUNCTION, values, lenient=True) == {}
    assert set(problems(FUNCTION, values)) == {"memorySize", "publish", "description"}
    assert problems(FUNCTION, {"role": "arn", "memorySize": "much"}, lenient=True)


def test_a_whole_resource_where_its_id_is_wanted() -> None:
    found = problems(FUNCTION, {"role": ROLE})
    assert found == {
        "role": (
            "aws:iam/role:Role 'caller' was passed where a string is expected; "
            "pass one of its outputs, such as .id, .name or .arn"
        )
    }


def test_a_closed_enum_names_its_members_and_the_nearest() -> None:
    found = problems("aws:alb/loadBalancer:LoadBalancer", {"loadBalancerType": "aplication"})
    assert found == {
        "loadBalancerType": (
            "'aplication' is not one of application, network; did you mean 'application'?"
        )
    }
    assert problems("aws:alb/loadBalancer:LoadBalancer", {"loadBalancerType": "network"}) == {}


def test_an_open_enum_takes_any_text_and_nothing_else() -> None:
    assert problems(FUNCTION, {"role": "arn", "runtime": "python4.0"}) == {}
    assert "runtime" in problems(FUNCTION, {"role": "arn", "runtime": ["python3.13"]})


def test_a_literal_is_the_only_one() -> None:
    values = deployment({"name": "a"}) | {"kind": "Deploymint"}
    assert problems(DEPLOYMENT, values) == {
        "kind": "'Deploymint' is not one of Deployment; did you mean 'Deployment'?"
    }


def test_unknown_values_pass_anywhere() -> None:
    values = {"role": UNKNOWN, "vpcConfig": UNKNOWN, "layers": [UNKNOWN], "memorySize": UNKNOWN}
    assert problems(FUNCTION, values) == {}


def test_all_problems_come_at_once() -> None:
    values = {"rolle": "a", "memorySize": "x", "vpcConfig": {"a": 1}, "tags": {"a": []}}
    assert set(problems(FUNCTION, values)) == {
        "rolle",  # role is meant by it, and so not missing
        "memorySize",
        "vpcConfig.a",
        "vpcConfig.subnetIds",
        "vpcConfig.securityGroupIds",
        "tags.a",
    }


def test_keys_of_maps_that_are_no_plain_words_are_quoted() -> None:
    found = problems(FUNCTION, {"role": "arn", "tags": {"kubernetes.io/x": 1}})
    assert list(found) == ['tags["kubernetes.io/x"]']


def test_documented_values_are_hints() -> None:
    properties = resource(FUNCTION).inputs
    documented = {name: item for name, item in properties.items() if item.documented}
    for name in documented:
        assert hints({name: "surely-not"}, properties)
        assert hints({name: documented[name].documented[0]}, properties) == []
        assert hints({name: UNKNOWN}, properties) == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("token", [FUNCTION, DEPLOYMENT, "gcp:cloudrunv2/service:Service"])
def test_no_input_breaks_the_check(token: str) -> None:
    properties = resource(token).inputs
    names = st.sampled_from(sorted(properties))

    @given(st.dictionaries(names, VALUES, max_size=4))
    def check(values: dict[str, Any]) -> None:
        for lenient in (False, True):
            for problem in check_inputs(values, properties, lenient=lenient):
                assert problem.path
                assert problem.reason

    run: Callable[[], None] = check
    run()
