"""Which changes replace a resource: the tables against the installed SDKs, and known facts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelport import sdk
from modelport.sdk.types import ListType, MapType, ObjectType, Properties, Type, UnionType
from modelport.sdk_provider import replacement
from modelport.sdk_provider.difference import differences
from modelport.sdk_provider.replacement import (
    Naming,
    deletes_first,
    known,
    refused_paths,
    replacing_paths,
    source,
)

FOLDER = Path(replacement.__file__).parent / "tables"
TABLES: dict[str, dict[str, Any]] = {
    read["package"]: read
    for read in (json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json")))
}


def service(token: str) -> str:
    return token.split(":")[1].split("/")[0]


SERVICES = sorted(
    {(package, service(token)) for package, table in TABLES.items() for token in table["types"]}
)


def types_of(package: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for token, entry in TABLES[package]["types"].items():
        if service(token) == name:
            yield token, entry


def inner(type_: Type) -> Iterator[Properties]:
    """Properties of the objects that a value of a type may hold."""
    if isinstance(type_, ListType | MapType):
        yield from inner(type_.item)
    elif isinstance(type_, UnionType):
        for option in type_.options:
            yield from inner(option)
    elif isinstance(type_, ObjectType):
        yield sdk.nested(type_.ref)


def exists(properties: Properties, path: str) -> bool:
    first, _, rest = path.partition(".")
    if first not in properties:
        return False
    return not rest or any(exists(below, rest) for below in inner(properties[first].type))


@pytest.mark.parametrize(("package", "name"), SERVICES, ids=lambda value: str(value))
def test_every_type_and_path_is_in_the_installed_sdk(package: str, name: str) -> None:
    for token, entry in types_of(package, name):
        schema = sdk.resource(token)
        assert schema.token == token
        paths = [*entry["replaces"], *entry.get("refuses", ()), *entry.get("updates", ())]
        assert [path for path in paths if not exists(schema.inputs, path)] == [], token


@pytest.mark.parametrize("package", TABLES)
def test_every_entry_has_a_graded_source_and_stands_on_a_line_of_its_own(package: str) -> None:
    table = TABLES[package]
    for origin in (*table["sources"].values(), table["general"]):
        assert origin["address"].startswith("https://")
    assert {origin["grade"] for origin in table["sources"].values()} <= {"A", "B", "C"}
    assert table["looked_up"] >= "2026-11-21"
    lines = (FOLDER / f"replacement_{package.replace('-', '_')}.json").read_text().splitlines()
    entries = [line for line in lines if line.startswith(f'"{package}:')]
    assert len(entries) == len(table["types"])
    assert entries == sorted(entries, key=lambda line: line.split('": ')[0])
    for token, entry in table["types"].items():
        assert entry["replaces"] == sorted(set(entry["replaces"])), token
        assert not set(entry["replaces"]) & set(entry.get("refuses", ())), token
        assert (source(token) or "").startswith("https://")


@pytest.mark.parametrize("package", TABLES)
def test_types_that_always_go_first_are_in_the_sdk(package: str) -> None:
    for token in TABLES[package]["deletes_first"]:
        assert sdk.resource(token).token == token


REPLACES = {
    "aws:ecs/service:Service": ["name", "cluster", "launchType", "region"],
    "aws:ecs/taskDefinition:TaskDefinition": ["containerDefinitions", "cpu", "memory", "family"],
    "aws:lambda/function:Function": ["name", "packageType"],
    "aws:lambda/alias:Alias": ["functionName", "name"],
    "aws:lambda/permission:Permission": ["function", "principal", "invokedViaFunctionUrl"],
    "aws:sagemaker/endpoint:Endpoint": ["name"],
    "aws:sagemaker/model:Model": ["primaryContainer", "vpcConfig", "executionRoleArn"],
    "aws:lb/targetGroup:TargetGroup": ["port", "protocol", "protocolVersion", "vpcId"],
    "aws:sns/topicSubscription:TopicSubscription": ["topic", "protocol", "endpoint"],
    "aws:ec2/vpc:Vpc": ["cidrBlock"],
    "aws:s3/bucket:Bucket": ["bucket"],
    "gcp:cloudrunv2/service:Service": ["location", "name", "project"],
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": ["member", "role", "name", "location"],
    "gcp:projects/iAMBinding:IAMBinding": ["role", "condition", "project"],
    "gcp:vertex/aiEndpoint:AiEndpoint": ["network", "encryptionSpec", "location"],
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate": ["disks", "machineType"],
    "gcp:secretmanager/secretVersion:SecretVersion": ["secretData"],
    "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": ["monitoredResource"],
    "azure-native:resources:ResourceGroup": ["resourceGroupName", "location"],
    "azure-native:web:WebApp": ["name", "kind", "location", "resourceGroupName"],
    "azure-native:app:ContainerApp": ["containerAppName", "managedEnvironmentId"],
    "azure-native:machinelearningservices:OnlineDeployment": ["deploymentName", "endpointName"],
    "azure-native:authorization:RoleAssignment": ["principalId", "scope"],
    "azure-native:network:PublicIPAddress": ["sku"],
    "kubernetes:apps/v1:Deployment": ["spec.selector", "metadata.name", "metadata.namespace"],
    "kubernetes:apps/v1:StatefulSet": ["spec.serviceName", "spec.volumeClaimTemplates"],
    "kubernetes:batch/v1:Job": ["spec.template", "spec.parallelism"],
    "kubernetes:core/v1:Service": ["spec.clusterIP"],
    "kubernetes:core/v1:PersistentVolumeClaim": ["spec.accessModes", "spec.storageClassName"],
    "kubernetes:core/v1:Pod": ["spec.containers.image", "spec.nodeName"],
    "kubernetes:core/v1:ConfigMap": ["data"],
    "kubernetes:core/v1:Secret": ["data", "stringData", "type"],
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": ["roleRef"],
}
UPDATES = {
    "aws:ecs/service:Service": ["taskDefinition", "desiredCount", "networkConfiguration"],
    "aws:lambda/function:Function": ["memorySize", "imageUri", "environment"],
    "aws:lambda/alias:Alias": ["functionVersion", "routingConfig"],
    "aws:sagemaker/endpoint:Endpoint": ["endpointConfigName", "deploymentConfig"],
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": ["tags"],
    "aws:kms/keyPolicy:KeyPolicy": ["keyId"],
    "gcp:cloudrunv2/service:Service": ["template", "traffics", "ingress"],
    "gcp:projects/iAMBinding:IAMBinding": ["members"],
    "gcp:vertex/aiEndpoint:AiEndpoint": ["displayName", "trafficSplit"],
    "gcp:compute/forwardingRule:ForwardingRule": ["target", "labels"],
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy": ["urlMap", "sslCertificates"],
    "gcp:organizations/project:Project": ["name"],
    "azure-native:web:WebApp": ["siteConfig", "serverFarmId", "httpsOnly"],
    "azure-native:app:ContainerApp": ["configuration", "template"],
    "azure-native:machinelearningservices:OnlineEndpoint": ["properties"],
    "kubernetes:apps/v1:Deployment": ["spec.template", "spec.replicas", "metadata.labels"],
    "kubernetes:apps/v1:StatefulSet": ["spec.template", "spec.replicas"],
    "kubernetes:core/v1:Service": ["spec.ports", "spec.selector", "spec.type"],
    "kubernetes:core/v1:PersistentVolumeClaim": ["spec.resources"],
}


def covered(token: str, path: str) -> bool:
    parts = path.split(".")
    above = {".".join(parts[: end + 1]) for end in range(len(parts))}
    return bool(above & replacing_paths(token))


@pytest.mark.parametrize("token", REPLACES)
def test_known_replacements(token: str) -> None:
    assert [path for path in REPLACES[token] if not covered(token, path)] == []


@pytest.mark.parametrize("token", UPDATES)
def test_known_updates(token: str) -> None:
    assert [path for path in UPDATES[token] if covered(token, path)] == []


def test_all_of_an_endpoint_configuration_replaces_it_but_its_tags() -> None:
    token = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
    assert {name for name in sdk.resource(token).inputs if not covered(token, name)} == {"tags"}
    assert covered(token, "productionVariants.instanceType")


def test_what_is_not_known_is_said() -> None:
    assert known("aws:ecs/service:Service")
    assert not known("aws:elasticache/cluster:Cluster")
    assert not known("aws:amplify/app:App")
    assert source("aws:amplify/app:App") is None
    assert replacing_paths("aws:amplify/app:App") == {"region"}
    assert known("kubernetes:networking.k8s.io/v1:Ingress")
    assert known("kubernetes:stable.example.com/v1:CronTab")
    assert not known("kubernetes:helm.sh/v3:Release")
    assert not known("random:index/randomId:RandomId")
    assert replacing_paths("random:index/randomId:RandomId") == frozenset()
    assert source("random:index/randomId:RandomId") is None


def test_versions_and_patches_stand_for_their_type() -> None:
    assert replacing_paths("azure-native:web/v20240401:WebApp") == replacing_paths(
        "azure-native:web:WebApp"
    )
    patch, plain = "kubernetes:apps/v1:DeploymentPatch", "kubernetes:apps/v1:Deployment"
    assert replacing_paths(patch) == replacing_paths(plain)
    assert source(patch) == source(plain)


def test_what_the_platform_refuses_is_no_replacement() -> None:
    assert refused_paths("kubernetes:core/v1:PersistentVolumeClaim") >= {"spec.volumeMode"}
    assert refused_paths("azure-native:machinelearningservices:Workspace") == {
        "keyVault",
        "storageAccount",
    }
    assert refused_paths("aws:ecs/service:Service") == frozenset()


@pytest.mark.parametrize(
    ("token", "naming", "renamed", "first"),
    [
        ("aws:ecs/service:Service", "provider", False, False),
        ("aws:ecs/service:Service", "program", False, True),
        ("aws:ecs/service:Service", "program", True, True),
        ("aws:ec2/route:Route", "none", False, False),
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "none", False, True),
        ("gcp:cloudrunv2/service:Service", "program", False, True),
        ("azure-native:web:WebApp", "provider", False, False),
        ("azure-native:web:WebApp", "program", True, True),
        ("azure-native:web:WebAppApplicationSettings", "none", False, True),
        ("kubernetes:apps/v1:Deployment", "program", False, True),
        ("kubernetes:apps/v1:Deployment", "program", True, False),
        ("kubernetes:apps/v1:Deployment", "provider", False, False),
        ("random:index/randomId:RandomId", "none", False, False),
    ],
)
def test_which_goes_first(token: str, naming: Naming, renamed: bool, first: bool) -> None:
    assert deletes_first(token, naming, renamed=renamed) is first


def values(type_: Type, keys: list[str], leaf: object) -> object:
    """A value of a type that holds `leaf` at a path of keys and nothing else."""
    if isinstance(type_, ListType):
        return [values(type_.item, keys, leaf)] if keys else leaf
    if isinstance(type_, MapType):
        return {"any": values(type_.item, keys, leaf)} if keys else leaf
    if isinstance(type_, UnionType) and keys:
        fits = [
            option
            for option in type_.options
            if any(exists(below, ".".join(keys)) for below in inner(option))
        ]
        return values(fits[0], keys, leaf)
    if isinstance(type_, ObjectType) and keys:
        first, *rest = keys
        return {first: values(sdk.nested(type_.ref)[first].type, rest, leaf)}
    return leaf


USED = sorted(
    (token, path)
    for package in ("aws", "gcp", "kubernetes")
    for token, entry in TABLES[package]["types"].items()
    if service(token) in {"ecs", "lambda", "sagemaker", "secretmanager", "storage", "core", "apps"}
    for path in entry["replaces"]
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(USED), st.text(), st.text())
def test_a_change_at_any_path_of_a_table_replaces(
    used: tuple[str, str], old: str, new: str
) -> None:
    token, path = used
    properties = sdk.resource(token).inputs
    first, *rest = path.split(".")
    type_ = properties[first].type
    before, after = ({first: values(type_, rest, leaf)} for leaf in (old, new))
    table = replacing_paths(token).__contains__
    changed = differences(before, after, properties, table)
    assert [item.replaces for item in changed] == [True] * (old != new)
    assert [item.replaces for item in differences({}, after, properties, table)] == [True]
    assert [item.replaces for item in differences(before, {}, properties, table)] == [True]


@given(st.sampled_from(["", *(f"{package}:" for package in TABLES)]), st.text(max_size=40))
def test_any_token_has_an_answer(prefix: str, rest: str) -> None:
    token = prefix + rest
    general = TABLES[prefix[:-1]]["general"]["replaces"] if prefix else []
    assert replacing_paths(token) >= set(general)
    assert not known(token) or source(token)
    assert not refused_paths(token)
