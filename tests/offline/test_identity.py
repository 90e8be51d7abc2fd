"""Ids, ARNs and paths, cloud by cloud."""

from typing import Any

import pytest

from modelport.offline import OfflineBacking, is_offline_id
from modelport.offline.azure_identity import azure_type
from modelport.offline.identity import inputs_of_id, name_of_id
from modelport.sdk import resource
from offline_cases import made, request_of

ARN = "arn:aws:{}:us-east-1:000000000000:{}"
ARNS: list[tuple[str, dict[str, Any], str]] = [
    ("aws:iam/role:Role", {"name": "r", "path": "/a/"}, "arn:aws:iam::000000000000:role/a/r"),
    ("aws:iam/policy:Policy", {"name": "p"}, "arn:aws:iam::000000000000:policy/p"),
    ("aws:s3/bucket:Bucket", {"bucket": "b"}, "arn:aws:s3:::b"),
    ("aws:lambda/function:Function", {"name": "f"}, ARN.format("lambda", "function:f")),
    (
        "aws:lambda/alias:Alias",
        {"name": "live", "functionName": "f"},
        ARN.format("lambda", "function:f:live"),
    ),
    ("aws:sns/topic:Topic", {"name": "t"}, ARN.format("sns", "t")),
    ("aws:sqs/queue:Queue", {"name": "q"}, ARN.format("sqs", "q")),
    ("aws:ecr/repository:Repository", {"name": "a/b"}, ARN.format("ecr", "repository/a/b")),
    ("aws:dynamodb/table:Table", {"name": "t"}, ARN.format("dynamodb", "table/t")),
    ("aws:ecs/cluster:Cluster", {"name": "c"}, ARN.format("ecs", "cluster/c")),
    (
        "aws:ecs/service:Service",
        {"name": "s", "cluster": ARN.format("ecs", "cluster/c")},
        ARN.format("ecs", "service/c/s"),
    ),
    ("aws:cloudwatch/logGroup:LogGroup", {"name": "/l"}, ARN.format("logs", "log-group:/l")),
    ("aws:sfn/stateMachine:StateMachine", {"name": "m"}, ARN.format("states", "stateMachine:m")),
    ("aws:sagemaker/model:Model", {"name": "m"}, ARN.format("sagemaker", "model/m")),
    ("aws:sagemaker/endpoint:Endpoint", {"name": "e"}, ARN.format("sagemaker", "endpoint/e")),
    (
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        {"name": "e"},
        ARN.format("sagemaker", "endpoint-config/e"),
    ),
    ("aws:ssm/parameter:Parameter", {"name": "/a/b"}, ARN.format("ssm", "parameter/a/b")),
    ("aws:eks/cluster:Cluster", {"name": "k"}, ARN.format("eks", "cluster/k")),
]


@pytest.mark.parametrize(("token", "inputs", "arn"), ARNS, ids=[case[0] for case in ARNS])
def test_arns_have_the_documented_form(token: str, inputs: dict[str, Any], arn: str) -> None:
    assert made(token, inputs)[1]["arn"] == arn


@pytest.mark.parametrize(
    ("region", "head"),
    [
        ("eu-west-1", "arn:aws:sns:eu-west-1:"),
        ("cn-north-1", "arn:aws-cn:sns:cn-north-1:"),
        ("us-gov-west-1", "arn:aws-us-gov:sns:us-gov-west-1:"),
    ],
)
def test_the_partition_follows_the_region(region: str, head: str) -> None:
    resource_id, outputs = made("aws:sns/topic:Topic", {"name": "t"}, {"region": region})
    assert resource_id == outputs["arn"] == f"{head}000000000000:t"
    own = made("aws:sns/topic:Topic", {"name": "t", "region": region}, {"region": "us-west-2"})
    assert own[0] == resource_id  # what the resource says wins


def test_parts_of_a_load_balancer_belong_together() -> None:
    _, balancer = made("aws:lb/loadBalancer:LoadBalancer", {"name": "web"})
    arn = str(balancer["arn"])
    assert arn.startswith(ARN.format("elasticloadbalancing", "loadbalancer/app/web/0ff11e"))
    assert len(arn.rsplit("/", 1)[-1]) == 16
    listener, _ = made("aws:lb/listener:Listener", {"loadBalancerArn": arn, "defaultActions": []})
    assert listener.startswith(f"{arn.replace(':loadbalancer/', ':listener/')}/0ff11e")
    rule, _ = made("aws:lb/listenerRule:ListenerRule", {"listenerArn": listener, "actions": []})
    assert rule.startswith(f"{listener.replace(':listener/', ':listener-rule/')}/0ff11e")
    assert balancer["arnSuffix"] == arn.partition("loadbalancer/")[2]


@pytest.mark.parametrize(
    ("token", "prefix", "length"),
    [
        ("aws:ec2/vpc:Vpc", "vpc-", 17),
        ("aws:ec2/subnet:Subnet", "subnet-", 17),
        ("aws:ec2/securityGroup:SecurityGroup", "sg-", 17),
        ("aws:ec2/instance:Instance", "i-", 17),
        ("aws:ec2/launchTemplate:LaunchTemplate", "lt-", 17),
        ("aws:ec2/natGateway:NatGateway", "nat-", 17),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", "vpce-", 17),
        ("aws:efs/fileSystem:FileSystem", "fs-", 17),
        ("aws:apigatewayv2/api:Api", "", 10),
    ],
)
def test_numbered_ids_are_marked(token: str, prefix: str, length: int) -> None:
    resource_id, outputs = made(token, {})
    assert resource_id.startswith(f"{prefix}0ff11e")
    assert len(resource_id) == len(prefix) + length
    assert is_offline_id(resource_id)
    if "arn" in outputs:
        assert str(outputs["arn"]).endswith(resource_id)


def test_another_content_gets_another_id() -> None:
    first = made("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"})
    assert first == made("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"})
    assert first[0] != made("aws:ec2/vpc:Vpc", {"cidrBlock": "10.1.0.0/16"})[0]
    assert first[0] != made("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}, name="other")[0]


GCP: list[tuple[str, dict[str, Any], str]] = [
    ("gcp:compute/network:Network", {"name": "n"}, "projects/p/global/networks/n"),
    (
        "gcp:compute/subnetwork:Subnetwork",
        {"name": "s"},
        "projects/p/regions/us-central1/subnetworks/s",
    ),
    (
        "gcp:cloudrunv2/service:Service",
        {"name": "s", "location": "europe-west1"},
        "projects/p/locations/europe-west1/services/s",
    ),
    (
        "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
        {"name": "s", "location": "x1", "role": "roles/run.invoker", "member": "allUsers"},
        "projects/p/locations/x1/services/s/roles/run.invoker/allUsers",
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        {"repositoryId": "r", "location": "us"},
        "projects/p/locations/us/repositories/r",
    ),
    ("gcp:storage/bucket:Bucket", {"name": "b"}, "b"),
    (
        "gcp:serviceaccount/account:Account",
        {"accountId": "a"},
        "projects/p/serviceAccounts/a@p.iam.gserviceaccount.com.offline.invalid",
    ),
]


@pytest.mark.parametrize(("token", "inputs", "expected"), GCP, ids=[case[0] for case in GCP])
def test_gcp_paths_have_the_documented_form(
    token: str, inputs: dict[str, Any], expected: str
) -> None:
    assert made(token, inputs, {"project": "p"})[0] == expected


def test_a_link_of_gcp_goes_nowhere() -> None:
    resource_id, outputs = made("gcp:compute/network:Network", {"name": "n"})
    link = str(outputs["selfLink"])
    assert link == f"https://www.googleapis.com.offline.invalid/compute/v1/{resource_id}"


GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"
AZURE: list[tuple[str, dict[str, Any], str]] = [
    ("storage:StorageAccount", {"accountName": "a"}, "Microsoft.Storage/storageAccounts/a"),
    (
        "storage:BlobContainer",
        {"accountName": "a", "containerName": "c"},
        "Microsoft.Storage/storageAccounts/a/blobServices/default/containers/c",
    ),
    ("web:WebApp", {"name": "w"}, "Microsoft.Web/sites/w"),
    ("web:AppServicePlan", {"name": "w"}, "Microsoft.Web/serverfarms/w"),
    ("app:ContainerApp", {"containerAppName": "c"}, "Microsoft.App/containerApps/c"),
    (
        "machinelearningservices:OnlineDeployment",
        {"workspaceName": "w", "endpointName": "e", "deploymentName": "d"},
        "Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/e/deployments/d",
    ),
    (
        "network:Subnet",
        {"virtualNetworkName": "v", "subnetName": "s"},
        "Microsoft.Network/virtualNetworks/v/subnets/s",
    ),
    (
        "managedidentity:UserAssignedIdentity",
        {"resourceName": "i"},
        "Microsoft.ManagedIdentity/userAssignedIdentities/i",
    ),
    (
        "containerregistry:Registry",
        {"registryName": "r"},
        "Microsoft.ContainerRegistry/registries/r",
    ),
    ("keyvault:Vault", {"vaultName": "v"}, "Microsoft.KeyVault/vaults/v"),
    ("cosmosdb:DatabaseAccount", {"accountName": "a"}, "Microsoft.DocumentDB/databaseAccounts/a"),
    (
        "operationalinsights:Workspace",
        {"workspaceName": "w"},
        "Microsoft.OperationalInsights/workspaces/w",
    ),
    ("monitor:MetricAlert", {"ruleName": "m"}, "Microsoft.Insights/metricAlerts/m"),
]


@pytest.mark.parametrize(("token", "inputs", "path"), AZURE, ids=[case[0] for case in AZURE])
def test_azure_ids_have_their_namespace(token: str, inputs: dict[str, Any], path: str) -> None:
    found = made(f"azure-native:{token}", {"resourceGroupName": "rg", **inputs})
    assert found[0] == f"{GROUP}/providers/{path}"
    assert found[1]["type"] == azure_type(f"azure-native:{token}")


def test_a_configured_subscription_is_taken() -> None:
    found = made(
        "azure-native:resources:ResourceGroup",
        {"resourceGroupName": "rg"},
        {"subscriptionId": "11111111-2222-3333-4444-555555555555", "location": "westeurope"},
    )
    assert found[0] == "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg"
    assert found[1]["location"] == "westeurope"


@pytest.mark.parametrize(
    ("token", "inputs", "expected"),
    [
        ("core/v1:ConfigMap", {"metadata": {"name": "c"}}, "ml/c"),
        ("core/v1:ConfigMap", {"metadata": {"name": "c", "namespace": "own"}}, "own/c"),
        ("core/v1:Namespace", {"metadata": {"name": "n"}}, "n"),
        ("rbac.authorization.k8s.io/v1:ClusterRole", {"metadata": {"name": "c"}}, "c"),
    ],
)
def test_kubernetes_ids(token: str, inputs: dict[str, Any], expected: str) -> None:
    assert made(f"kubernetes:{token}", inputs, {"namespace": "ml"})[0] == expected


@pytest.mark.parametrize(
    ("token", "resource_id", "expected"),
    [
        ("aws:s3/bucket:Bucket", "data", {"bucket": "data"}),
        ("aws:sns/topic:Topic", ARN.format("sns", "alarms"), {"name": "alarms"}),
        (
            "gcp:cloudrunv2/service:Service",
            "projects/p/locations/l/services/s",
            {"project": "p", "location": "l", "name": "s"},
        ),
        (
            "azure-native:storage:BlobContainer",
            f"{GROUP}/providers/Microsoft.Storage/storageAccounts/a/blobServices/default"
            "/containers/c",
            {"resourceGroupName": "rg", "accountName": "a", "containerName": "c"},
        ),
        (
            "kubernetes:core/v1:ConfigMap",
            "ml/settings",
            {"metadata": {"name": "settings", "namespace": "ml"}},
        ),
    ],
)
def test_an_id_tells_inputs(token: str, resource_id: str, expected: dict[str, Any]) -> None:
    assert inputs_of_id(resource(token), resource_id) == expected
    found = OfflineBacking(token.partition(":")[0]).read(request_of(token), resource_id, {}, {})
    assert found is not None
    assert found[0].items() >= expected.items()
    assert found[0]["__assumed"] is True


def test_the_name_is_the_end_of_an_id() -> None:
    assert name_of_id("arn:aws:sns:us-east-1:000000000000:alarms") == "alarms"
    assert name_of_id("plain") == "plain"


@pytest.mark.parametrize("text", ["vpc-0a1b2c3d4e5f67890", "123456789012", "example.com", "models"])
def test_real_ids_are_not_taken_for_offline_ones(text: str) -> None:
    assert not is_offline_id(text)
