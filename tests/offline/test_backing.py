"""Resources: what is known before the update, what is there after it, what a change changes."""

import random
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelport import sdk
from modelport.offline import OfflineBacking, is_offline_id
from modelport.provider.wire import UNKNOWN, Asset, Json
from modelport.sdk.types import (
    AnyType,
    AssetType,
    EnumType,
    ListType,
    LiteralType,
    MapType,
    ObjectType,
    Primitive,
    Properties,
    Type,
    UnionType,
)
from modelport.sdk_provider.backing import Request, Values
from modelport.sdk_provider.check import check_inputs
from offline_cases import asked, made, request_of
from offline_types import misfits, misfits_of

FUNCTION = "aws:lambda/function:Function"
TAGGED = {"region": "eu-west-1", "defaultTags": {"tags": {"owner": "ml", "kind": "usual"}}}


def previewed(token: str, inputs: Values, config: dict[str, Any] | None = None) -> Values:
    return OfflineBacking(token.partition(":")[0]).preview(request_of(token, config), inputs, None)


def changed(
    token: str, old: Values, new: Values, config: dict[str, Any] | None = None
) -> tuple[Values, Values, Values]:
    """Outputs before a change, as previewed, and after it."""
    backing = OfflineBacking(token.partition(":")[0])
    resource_id, outputs = made(token, old, config)
    request = request_of(token, config)
    changing = Request(request.urn, request.schema, request.config, request.status, old=old)
    seen = backing.preview(changing, new, outputs)
    return outputs, seen, backing.update(request, resource_id, old, new, outputs)


def test_before_it_is_made_only_inputs_are_known() -> None:
    inputs: Values = {"name": "f", "role": UNKNOWN, "memorySize": 512, "publish": True}
    found = previewed(FUNCTION, inputs)
    assert found.items() >= inputs.items()
    for name in ("arn", "version", "qualifiedArn", "invokeArn", "lastModified", "architectures"):
        assert found[name] == UNKNOWN
    assert "description" not in found  # nobody fills that in
    known = {name for name, value in found.items() if value != UNKNOWN}
    assert known <= {*inputs, "tagsAll"}


def test_what_the_preview_knows_is_what_comes() -> None:
    token = "azure-native:storage:StorageAccount"
    inputs: Values = {
        "resourceGroupName": "rg",
        "accountName": "a",
        "identity": {"type": "SystemAssigned"},
    }
    before, after = previewed(token, inputs), made(token, inputs)[1]
    assert set(before) == set(after)
    for name, value in before.items():
        assert value in (UNKNOWN, after[name]) or name == "identity"
    assert cast("Values", before["identity"])["principalId"] == UNKNOWN
    assert is_offline_id(cast("dict[str, str]", after["identity"])["principalId"])


def test_default_tags_are_merged() -> None:
    inputs: Values = {"cidrBlock": "10.0.0.0/16", "tags": {"kind": "own"}}
    _, outputs = made("aws:ec2/vpc:Vpc", inputs, TAGGED)
    assert outputs["tagsAll"] == {"owner": "ml", "kind": "own"}
    assert outputs["tags"] == {"kind": "own"}
    assert outputs["region"] == "eu-west-1"
    assert previewed("aws:ec2/vpc:Vpc", {"tags": UNKNOWN}, TAGGED)["tagsAll"] == UNKNOWN


@pytest.mark.parametrize(
    ("attribution", "expected"),
    [
        (True, {"goog-pulumi-provisioned": "true", "team": "ml", "app": "a"}),
        (False, {"team": "ml", "app": "a"}),
    ],
)
def test_default_labels_are_merged(attribution: bool, expected: dict[str, str]) -> None:
    config = {"defaultLabels": {"team": "ml"}, "addPulumiAttributionLabel": attribution}
    _, outputs = made("gcp:storage/bucket:Bucket", {"name": "b", "labels": {"app": "a"}}, config)
    assert outputs["effectiveLabels"] == expected
    assert outputs["pulumiLabels"] == {"team": "ml", "app": "a"}


def test_config_fills_in_places() -> None:
    config = {"project": "p", "region": "europe-west4", "zone": "europe-west4-b"}
    request = request_of("gcp:compute/instance:Instance", config)
    found = OfflineBacking("gcp").complete(request, {"zone": "us-east1-c"}, {})
    assert found == {"project": "p", "zone": "us-east1-c"}
    azure = request_of("azure-native:resources:ResourceGroup", {"location": "westeurope"})
    assert OfflineBacking("azure-native").complete(azure, {}, {}) == {"location": "westeurope"}


def test_a_new_version_of_a_function() -> None:
    old: Values = {"name": "f", "role": "r", "publish": True, "imageUri": "i:1"}
    before, seen, after = changed(FUNCTION, old, {**old, "memorySize": 512})
    assert (before["version"], after["version"]) == ("1", "2")
    assert seen["version"] == seen["qualifiedArn"] == seen["lastModified"] == UNKNOWN
    assert after["qualifiedArn"] == f"{after['arn']}:2"
    assert str(after["qualifiedInvokeArn"]).endswith(":2/invocations")
    assert seen["arn"] == after["arn"] == before["arn"]
    assert seen["codeSha256"] == after["codeSha256"] == before["codeSha256"]


def test_new_code_and_tags_alone() -> None:
    old: Values = {"name": "f", "role": "r", "imageUri": "i:1"}
    before, seen, after = changed(FUNCTION, old, {**old, "imageUri": "i:2"})
    assert seen["codeSha256"] == UNKNOWN
    assert after["codeSha256"] != before["codeSha256"]
    assert after["version"] == seen["version"] == "$LATEST"
    before, seen, after = changed(FUNCTION, old, {**old, "tags": {"a": "b"}})
    assert UNKNOWN not in seen.values()
    assert {key for key in after if after[key] != before.get(key)} == {"tags", "tagsAll"}


def test_an_input_that_is_taken_back_goes() -> None:
    old: Values = {"name": "f", "role": "r", "description": "d"}
    _, seen, after = changed(FUNCTION, old, {"name": "f", "role": "r"})
    assert "description" not in seen
    assert "description" not in after


def test_a_next_version_of_a_template() -> None:
    token = "aws:ec2/launchTemplate:LaunchTemplate"
    before, seen, after = changed(token, {"imageId": "a"}, {"imageId": "b"})
    assert seen["latestVersion"] == UNKNOWN
    assert after["latestVersion"] == cast("int", before["latestVersion"]) + 1


def test_an_identity_of_azure_stays() -> None:
    token = "azure-native:storage:StorageAccount"
    old: Values = {"resourceGroupName": "rg", "accountName": "a", "identity": {"type": "x"}}
    before, seen, after = changed(token, old, {**old, "tags": {"a": "b"}})
    assert is_offline_id(cast("dict[str, str]", before["identity"])["principalId"])
    assert seen["identity"] == after["identity"] == before["identity"]


@pytest.mark.parametrize("package", sdk.PACKAGES)
def test_reading_changes_nothing(package: str) -> None:
    token = sorted(sdk.tokens(package))[7]
    request, backing = request_of(token), OfflineBacking(package)
    found = backing.read(request, "some-id", {}, {})
    assert found is not None
    inputs, outputs = found
    assert backing.read(request, "some-id", inputs, outputs) == (inputs, outputs)


# -- every type


def some_inputs(token: str) -> Values:
    """What an import by a made-up id gives: all that is required."""
    found = OfflineBacking(token.partition(":")[0]).read(request_of(token), "thing", {}, {})
    assert found is not None
    return {key: value for key, value in found[0].items() if not key.startswith("__")}


def check_type(token: str) -> None:
    request, inputs = request_of(token), some_inputs(token)
    backing = OfflineBacking(token.partition(":")[0])
    resource_id, outputs = made(token, inputs)
    assert resource_id
    assert misfits(request.schema, outputs) == []
    assert made(token, inputs) == (resource_id, outputs)
    seen = backing.preview(request, inputs, None)
    assert misfits(request.schema, seen) == []
    if not token.startswith("kubernetes:"):
        assert backing.update(request, resource_id, inputs, inputs, outputs) == outputs


def check_function(token: str) -> None:
    schema = sdk.function(token)
    backing = OfflineBacking(token.partition(":")[0])
    arguments = {
        name: value
        for name, property_ in schema.inputs.items()
        if property_.required and (value := _some(property_.type)) is not None
    }
    found = backing.invoke(schema, arguments, {})
    assert list(misfits_of(schema.outputs, found, token)) == []
    assert backing.invoke(schema, arguments, {}) == found


def _some(type_: Type) -> Json:
    return some_value(type_, random.Random(1), 0)


@pytest.mark.parametrize("package", sdk.PACKAGES)
def test_a_sample_of_types(package: str) -> None:
    drawn = random.Random(20261121)
    for token in drawn.sample(sorted(sdk.tokens(package)), 50):
        check_type(token)


@pytest.mark.e2e
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("package", sdk.PACKAGES)
def test_all_types_and_functions(package: str) -> None:
    for token in sorted(sdk.tokens(package)):
        check_type(token)
    for token in sorted(sdk.functions(package)):
        check_function(token)


# -- any inputs that fit


def some_value(type_: Type, drawn: random.Random, depth: int) -> Json:
    """A value that fits a type."""
    match type_:
        case Primitive():
            return _plain(type_, drawn)
        case EnumType():
            return drawn.choice(sdk.members(type_.ref))
        case LiteralType():
            return drawn.choice(type_.values)
        case ListType():
            count = drawn.randint(0, 2) if depth < 3 else 0
            return [some_value(type_.item, drawn, depth + 1) for _ in range(count)]
        case MapType():
            return {key: some_value(type_.item, drawn, depth + 1) for key in ("a", "b b")}
        case ObjectType():
            return some_object(sdk.nested(type_.ref), drawn, depth + 1)
        case UnionType():
            return some_value(drawn.choice(type_.options), drawn, depth)
        case AssetType():
            return Asset((("hash", "abc"), ("path", f"/some/{drawn.random()}")))
        case AnyType():
            return "anything"


def _plain(type_: Primitive, drawn: random.Random) -> Json:
    if type_.kind == "string":
        return drawn.choice(["", "a", "a/b", "ünï:cödé", UNKNOWN[:8], "x" * 300])
    if type_.kind == "boolean":
        return drawn.choice([True, False])
    return drawn.choice([0, -1, 7, 10**9])


def some_object(properties: Properties, drawn: random.Random, depth: int) -> Values:
    share = 0.5 if depth == 0 else 0.2
    return {
        name: some_value(property_.type, drawn, depth)
        for name, property_ in properties.items()
        if property_.required or (depth < 3 and drawn.random() < share)
    }


TYPES = [
    FUNCTION,
    "aws:ec2/instance:Instance",
    "aws:s3/bucket:Bucket",
    "aws:ecs/taskDefinition:TaskDefinition",
    "aws:lb/listener:Listener",
    "gcp:cloudrunv2/service:Service",
    "gcp:compute/instance:Instance",
    "gcp:serviceaccount/account:Account",
    "azure-native:app:ContainerApp",
    "azure-native:machinelearningservices:OnlineDeployment",
    "azure-native:web:WebApp",
    "kubernetes:apps/v1:Deployment",
    "kubernetes:core/v1:Secret",
    "kubernetes:core/v1:Service",
]


@settings(max_examples=30)
@given(token=st.sampled_from(TYPES), seed=st.integers(0, 10**9))
def test_any_fitting_inputs_are_taken(token: str, seed: int) -> None:
    schema = sdk.resource(token)
    inputs = some_object(schema.inputs, random.Random(seed), 0)
    assert check_inputs(inputs, schema.inputs) == []
    resource_id, outputs = made(token, inputs)
    assert isinstance(resource_id, str)
    again = some_object(schema.inputs, random.Random(seed), 0)  # assets lie elsewhere now
    assert made(token, again)[0] == resource_id
    seen = previewed(token, inputs)
    assert set(schema.inputs) & set(seen) >= set(schema.outputs) & set(inputs)
    # What the program gave may be shaped as inputs are; what was invented must fit.
    invented = {name: value for name, value in outputs.items() if name not in inputs}
    kept = {name: item for name, item in schema.outputs.items() if name in invented}
    assert list(misfits_of(kept, invented, token)) == []


def test_a_synthesis_depends_on_nothing_else() -> None:
    found = asked("aws:ec2/getAmi:getAmi", owners=["amazon"])
    assert found == asked("aws:ec2/getAmi:getAmi", owners=["amazon"])
    assert found["id"] != asked("aws:ec2/getAmi:getAmi", owners=["self"])["id"]
