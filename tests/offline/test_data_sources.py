"""Data sources: config and arguments first, then the user's answers, then inventions."""

import json
from pathlib import Path
from typing import Any

import pytest

from modelport.errors import ConfigError
from modelport.offline import is_offline_id
from modelport.offline.answers import VARIABLE
from offline_cases import asked

VPC = "aws:ec2/getVpc:getVpc"
CALLER = "aws:index/getCallerIdentity:getCallerIdentity"


def test_the_account_is_nobodys() -> None:
    found = asked(CALLER)
    assert found["accountId"] == found["id"] == "000000000000"
    assert found["arn"] == "arn:aws:iam::000000000000:user/offline"


@pytest.mark.parametrize(
    ("region", "zones", "partition"),
    [
        ("eu-west-1", ["euw1-az1", "euw1-az2", "euw1-az3"], "aws"),
        ("ap-southeast-2", ["apse2-az1", "apse2-az2", "apse2-az3"], "aws"),
        ("us-gov-west-1", ["usgovw1-az1", "usgovw1-az2", "usgovw1-az3"], "aws-us-gov"),
        ("cn-north-1", ["cnn1-az1", "cnn1-az2", "cnn1-az3"], "aws-cn"),
    ],
)
def test_the_region_is_the_configured_one(region: str, zones: list[str], partition: str) -> None:
    config = {"region": region}
    assert asked("aws:index/getRegion:getRegion", config)["name"] == region
    assert asked("aws:index/getPartition:getPartition", config)["partition"] == partition
    found = asked("aws:index/getAvailabilityZones:getAvailabilityZones", config)
    assert found["names"] == [f"{region}{letter}" for letter in "abc"]
    assert found["zoneIds"] == zones


def test_arguments_win() -> None:
    found = asked(VPC, {"region": "eu-west-1"}, id="vpc-0123456789abcdef0", region="us-west-2")
    assert found["id"] == "vpc-0123456789abcdef0"
    assert found["arn"].startswith("arn:aws:ec2:us-west-2:000000000000:vpc/vpc-0123456789abcdef0")
    assert found["region"] == "us-west-2"


def test_a_default_network_fits_together() -> None:
    vpc = asked(VPC, default=True)
    subnets = asked(
        "aws:ec2/getSubnets:getSubnets", filters=[{"name": "vpc-id", "values": [vpc["id"]]}]
    )
    found = [asked("aws:ec2/getSubnet:getSubnet", id=subnet) for subnet in subnets["ids"]]
    assert {subnet["vpcId"] for subnet in found} == {vpc["id"]}
    assert len({subnet["availabilityZone"] for subnet in found}) == 3
    assert len({subnet["cidrBlock"] for subnet in found}) == 3


AWS: list[tuple[str, dict[str, Any], str]] = [
    ("ec2/getAmi", {"mostRecent": True, "owners": ["amazon"]}, "id"),
    ("ecr/getRepository", {"name": "models"}, "repositoryUrl"),
    ("ecr/getImage", {"repositoryName": "models", "imageTag": "v1"}, "imageUri"),
    ("ecr/getAuthorizationToken", {}, "proxyEndpoint"),
    ("kms/getKey", {"keyId": "alias/own"}, "arn"),
    ("kms/getAlias", {"name": "alias/own"}, "targetKeyArn"),
    ("iam/getRole", {"name": "r"}, "arn"),
    ("acm/getCertificate", {"domain": "example.com"}, "arn"),
    ("route53/getZone", {"name": "example.com."}, "zoneId"),
    ("secretsmanager/getSecretVersion", {"secretId": "s"}, "arn"),
    ("lb/getHostedZoneId", {}, "id"),
    ("lb/getLoadBalancer", {"name": "web"}, "arn"),
    ("eks/getCluster", {"name": "k"}, "endpoint"),
]


@pytest.mark.parametrize(("name", "arguments", "output"), AWS, ids=[case[0] for case in AWS])
def test_answers_of_aws_are_marked(name: str, arguments: dict[str, Any], output: str) -> None:
    token = f"aws:{name}:{name.partition('/')[2]}"
    found = asked(token, **arguments)
    assert is_offline_id(found[output]), found[output]
    assert found == asked(token, **arguments)
    assert found.items() >= arguments.items() or name in ("route53/getZone", "kms/getKey")


def test_sizes_of_instances_follow_their_names() -> None:
    token = "aws:ec2/getInstanceType:getInstanceType"
    found = asked(token, instanceType="m7g.4xlarge")
    assert (found["defaultVcpus"], found["memorySize"]) == (16, 65536)
    assert found["supportedArchitectures"] == ["arm64"]
    assert asked(token, instanceType="g5.xlarge")["gpuses"][0]["manufacturer"] == "NVIDIA"
    assert asked(token, instanceType="t3.micro")["gpuses"] == []


def test_policies_are_computed() -> None:
    found = asked(
        "aws:iam/getPolicyDocument:getPolicyDocument",
        statements=[{"actions": ["sts:AssumeRole"]}],
    )
    assert json.loads(found["json"])["Statement"][0]["Action"] == "sts:AssumeRole"
    policy = asked(
        "gcp:organizations/getIAMPolicy:getIAMPolicy",
        bindings=[{"role": "roles/viewer", "members": ["b", "a"]}],
    )
    assert json.loads(policy["policyData"]) == {
        "bindings": [{"members": ["a", "b"], "role": "roles/viewer"}]
    }


def test_gcp_follows_its_config() -> None:
    config = {"project": "p", "zone": "europe-west4-b"}
    client = asked("gcp:organizations/getClientConfig:getClientConfig", config)
    assert (client["project"], client["region"], client["zone"]) == (
        "p",
        "europe-west4",
        "europe-west4-b",
    )
    project = asked("gcp:organizations/getProject:getProject", config)
    assert (project["projectId"], project["number"]) == ("p", "000000000000")
    assert asked("gcp:compute/getZones:getZones", config)["names"][0] == "europe-west4-a"
    found = asked("gcp:serviceaccount/getAccount:getAccount", config, accountId="runner")
    assert found["member"] == f"serviceAccount:{found['email']}"
    assert is_offline_id(found["email"])
    network = asked("gcp:compute/getNetwork:getNetwork", config, name="n")
    assert network["id"] == "projects/p/global/networks/n"
    assert network["selfLink"].endswith(network["id"])
    secret = asked("gcp:secretmanager/getSecretVersion:getSecretVersion", config, secret="s")
    assert secret["secretData"] == "offline"


def test_azure_follows_its_config() -> None:
    client = asked("azure-native:authorization:getClientConfig")
    zero = "00000000-0000-0000-0000-000000000000"
    assert (client["tenantId"], client["subscriptionId"]) == (zero, zero)
    keys = asked(
        "azure-native:storage:listStorageAccountKeys", accountName="a", resourceGroupName="rg"
    )
    assert [key["keyName"] for key in keys["keys"]] == ["key1", "key2"]
    credentials = asked(
        "azure-native:containerregistry:listRegistryCredentials",
        registryName="r",
        resourceGroupName="rg",
    )
    assert credentials["username"] == "r"
    assert all(is_offline_id(item["value"]) for item in credentials["passwords"])
    app = asked("azure-native:app:getContainerApp", containerAppName="app", resourceGroupName="rg")
    assert app["id"].endswith("/resourceGroups/rg/providers/Microsoft.App/containerApps/app")
    assert app["name"] == "app"
    found = asked(
        "azure-native:cognitiveservices:listAccountKeys", accountName="a", resourceGroupName="rg"
    )
    assert found["key1"]


def test_the_users_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "answers.yaml"
    monkeypatch.setenv(VARIABLE, str(path))
    path.write_text(
        "aws:ec2/getVpc:getVpc:\n"
        "  - {when: {id: vpc-1}, answer: {cidrBlock: 10.1.0.0/16}}\n"
        "  - {answer: {cidrBlock: 10.2.0.0/16}}\n"
        "aws:index/getCallerIdentity:getCallerIdentity: {accountId: '111122223333'}\n"
    )
    assert asked(VPC, id="vpc-1")["cidrBlock"] == "10.1.0.0/16"
    assert asked(VPC)["cidrBlock"] == "10.2.0.0/16"
    assert asked(CALLER)["accountId"] == "111122223333"
    assert asked("aws:index/getRegion:getRegion")["name"] == "us-east-1"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"aws:ec2/getVcp:getVcp": {}}, "did you mean aws:ec2/getVpc:getVpc?"),
        ({VPC: {"cidrBlok": "x"}}, f"{VPC}.cidrBlok: no such property; did you mean 'cidrBlock'?"),
        ({VPC: [{"whn": {}, "answer": {}}]}, "did you mean 'when'?"),
        ({VPC: [{"when": {"idd": 1}, "answer": {}}]}, "did you mean 'id'?"),
        ({VPC: 5}, "expected a map"),
        ([], "expected a map"),
    ],
)
def test_mistakes_in_answers_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: Any, words: str
) -> None:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(content))
    monkeypatch.setenv(VARIABLE, str(path))
    with pytest.raises(ConfigError) as caught:
        asked(VPC)
    assert words in str(caught.value)
