"""Names that the program leaves to the provider."""

from typing import Any

import pytest

from modelport.sdk import resource
from modelport.sdk_provider.naming import (
    full_name,
    name_inputs,
    name_property,
    naming,
    stable_digits,
)

RANDOM = stable_digits("urn")


def named(token: str, inputs: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    return name_inputs(resource(token), "model", inputs, old or {}, RANDOM)


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("aws:s3/bucket:Bucket", "bucket"),
        ("aws:lambda/function:Function", "name"),
        ("aws:ec2/vpc:Vpc", None),
        ("aws:appautoscaling/target:Target", None),
        ("gcp:storage/bucket:Bucket", "name"),
        ("gcp:projects/iAMMember:IAMMember", None),
        ("azure-native:resources:ResourceGroup", "resourceGroupName"),
        ("azure-native:storage:StorageAccount", "accountName"),
        ("azure-native:machinelearningservices:OnlineEndpoint", "endpointName"),
        ("kubernetes:apps/v1:Deployment", None),
    ],
)
def test_the_property_that_is_made_up(token: str, expected: str | None) -> None:
    assert name_property(resource(token)) == expected


def test_a_name_is_made_once_and_kept() -> None:
    first = named("aws:lambda/function:Function", {"role": "a"})
    assert first["name"] == f"model-{RANDOM(7)}"
    assert first["__defaults"] == ["name"]
    again = named("aws:lambda/function:Function", {"role": "b"}, {"name": "model-0000000"})
    assert again["name"] == "model-0000000"


def test_a_given_name_stays() -> None:
    given = {"role": "a", "name": "mine"}
    assert named("aws:lambda/function:Function", given) == given
    prefixed = {"namePrefix": "mine"}
    assert named("aws:iam/role:Role", prefixed) == prefixed


def test_each_cloud_in_its_own_way() -> None:
    assert named("azure-native:resources:ResourceGroup", {}) == {
        "resourceGroupName": f"model{RANDOM(8)}",
        "__defaults": ["resourceGroupName"],
    }
    metadata = named("kubernetes:core/v1:ConfigMap", {})["metadata"]
    assert metadata == {
        "name": f"model-{RANDOM(8)}",
        "annotations": {"pulumi.com/autonamed": "true"},
    }
    long = name_inputs(
        resource("gcp:storage/bucket:Bucket"), "m" * 80, {"location": "EU"}, {}, RANDOM
    )
    assert len(str(long["name"])) == 63


def test_who_chose_the_name_decides_whether_two_can_exist() -> None:
    function = resource("aws:lambda/function:Function")
    assert naming(function, {"name": "mine"}) == "program"
    assert naming(function, named("aws:lambda/function:Function", {})) == "provider"
    assert naming(resource("aws:ec2/vpc:Vpc"), {}) == "none"
    config_map = resource("kubernetes:core/v1:ConfigMap")
    assert naming(config_map, {"metadata": {"name": "mine"}}) == "program"
    assert naming(config_map, named("kubernetes:core/v1:ConfigMap", {})) == "provider"
    assert full_name(config_map, {"metadata": {"name": "a", "namespace": "b"}}) == ("b", "a")
    assert full_name(function, {"name": "mine"}) == "mine"
