"""The life of an ordinary aws program, offline, with the real engine."""

import json

import pytest

from modelport.offline import is_offline_id
from offline_project import OfflineProject

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
memory = config.get_int("memory") or 512
block = config.get("block") or "10.20.0.0/16"

zones = aws.get_availability_zones(state="available")
account = aws.get_caller_identity()
vpc = aws.ec2.Vpc("net", cidr_block=block, enable_dns_hostnames=True)
subnets = [
    aws.ec2.Subnet(
        f"net-{index}",
        vpc_id=vpc.id,
        cidr_block=f"10.20.{index}.0/24",
        availability_zone=zone,
    )
    for index, zone in enumerate(zones.names[:2])
]
group = aws.ec2.SecurityGroup(
    "web",
    vpc_id=vpc.id,
    ingress=[{"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["10.0.0.0/8"]}],
)
trust = aws.iam.get_policy_document(
    statements=[
        {
            "actions": ["sts:AssumeRole"],
            "principals": [{"type": "Service", "identifiers": ["lambda.amazonaws.com"]}],
        }
    ]
)
role = aws.iam.Role("runner", assume_role_policy=trust.json)
aws.iam.RolePolicyAttachment(
    "logs",
    role=role.name,
    policy_arn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
)
bucket = aws.s3.Bucket(
    "models",
    tags={"kind": "models"},
    opts=pulumi.ResourceOptions(protect=config.get_bool("protect")),
)
repository = aws.ecr.Repository("images", force_delete=True)
function = aws.lambda_.Function(
    "predict",
    role=role.arn,
    package_type="Image",
    image_uri=repository.repository_url.apply(lambda url: f"{url}:v1"),
    memory_size=memory,
    publish=True,
    environment={"variables": {"BUCKET": bucket.bucket}},
)
balancer = aws.lb.LoadBalancer(
    "front", subnets=[subnet.id for subnet in subnets], security_groups=[group.id]
)
target = aws.lb.TargetGroup("front", target_type="lambda")
aws.lb.Listener(
    "https",
    load_balancer_arn=balancer.arn,
    port=443,
    protocol="HTTPS",
    certificate_arn="arn:aws:acm:eu-west-1:000000000000:certificate/0ff11e00-0000-4000-8000-000000000000",
    default_actions=[{"type": "forward", "target_group_arn": target.arn}],
)
far = aws.Provider("far", region="us-west-2", default_tags={"tags": {"team": "vision"}})
copy = aws.s3.Bucket(
    config.get("copy") or "copy",
    opts=pulumi.ResourceOptions(
        provider=far,
        retain_on_delete=config.get_bool("retain"),
        aliases=[pulumi.Alias(name="copy")],
    ),
)
topic = aws.sns.Topic(config.get("topic") or "alarms")

pulumi.export("account", account.account_id)
pulumi.export("url", balancer.dns_name)
pulumi.export("version", function.version)
pulumi.export("function", function.arn)
pulumi.export("queue", topic.arn)
pulumi.export("copy", copy.arn)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    made = OfflineProject(tmp_path_factory.mktemp("aws") / "a project")
    made.program(PROGRAM)
    return made


def settings(project: OfflineProject, **more: object) -> None:
    tags = json.dumps({"tags": {"owner": "diagnostics"}})
    project.settings(aws__region="eu-west-1", aws__defaultTags=tags, **more)


def test_the_life_of_a_program(project: OfflineProject) -> None:
    settings(project)
    previewed = project.do("preview")
    assert previewed.ok, previewed.messages
    made = project.do("up")
    assert made.ok, made.messages
    assert made.steps == previewed.steps
    assert set(made.steps.values()) == {"create"}
    outputs = project.outputs()
    assert outputs["account"] == "000000000000"
    assert outputs["url"].endswith(".eu-west-1.elb.amazonaws.com.offline.invalid")
    state = project.state()
    assert state["net"]["id"].startswith("vpc-0ff11e")
    assert len(state["net"]["id"]) == len("vpc-") + 17
    assert state["net-0"]["inputs"]["vpcId"] == state["net"]["id"]
    assert state["copy"]["outputs"]["tagsAll"] == {"team": "vision"}
    assert state["copy"]["outputs"]["region"] == "us-west-2"
    assert state["models"]["outputs"]["tagsAll"] == {"owner": "diagnostics", "kind": "models"}
    arns = [
        text for text in project.texts() if text.startswith("arn:aws:") and ":policy/" not in text
    ]
    assert len(arns) > 10
    assert all(is_offline_id(arn) or arn.startswith("arn:aws:s3:::") for arn in arns)

    again = project.do("up")
    assert again.ok, again.messages
    assert set(again.steps.values()) == {"same"}

    settings(project, memory=1024)
    version = outputs["version"]
    previewed = project.do("preview", diff=True)
    assert previewed.did("update") == {"predict"}
    assert previewed.changed["predict"] == ["memorySize"]
    changed = project.do("up")
    assert changed.steps["predict"] == "update"
    assert project.outputs()["version"] == str(int(version) + 1)
    assert project.state()["predict"]["outputs"]["qualifiedArn"].endswith(f":{int(version) + 1}")

    settings(project, memory=1024, block="10.20.0.0/17")
    before = project.state()["net"]["id"]
    replaced = project.do("up")
    assert replaced.ok, replaced.messages
    assert replaced.steps["net"] == "replace"
    assert {"net-0", "net-1", "web"} <= replaced.did("replace")
    assert project.state()["net"]["id"] != before


def test_drift_is_seen_and_mended(project: OfflineProject) -> None:
    settings(project, memory=1024, block="10.20.0.0/17")
    project.do("up")
    project.faults = {"predict": {"read": {"memorySize": 128}}, "images": {"read": "gone"}}
    seen = project.do("refresh")
    assert seen.ok, seen.messages
    project.faults = {}
    assert project.state()["predict"]["inputs"]["memorySize"] == 128
    assert "images" not in project.state()
    mended = project.do("up")
    assert mended.ok, mended.messages
    assert mended.steps["predict"] == "update"
    assert mended.steps["images"] == "create"
    assert set(project.do("up").steps.values()) == {"same"}


def test_failures_are_reported_and_mended(project: OfflineProject) -> None:
    settings(project, memory=2048, block="10.20.0.0/17")
    project.faults = {"predict": {"update": "TooManyRequestsException: rate exceeded"}}
    failed = project.do("up")
    assert not failed.ok
    assert any("rate exceeded" in message for message in failed.messages)
    assert not any("Traceback" in message for message in failed.messages)
    project.faults = {"predict": {"partial": "created but not ready: image not found"}}
    failed = project.do("up")
    assert not failed.ok
    assert project.state()["predict"]["initErrors"] == ["created but not ready: image not found"]
    project.faults = {}
    assert project.do("up").ok
    assert project.state()["predict"].get("initErrors") is None
    assert set(project.do("up").steps.values()) == {"same"}


def test_answers_of_the_user_win(project: OfflineProject) -> None:
    settings(project, memory=2048, block="10.20.0.0/17")
    token = "aws:index/getCallerIdentity:getCallerIdentity"
    project.answers = {token: {"accountId": "111122223333"}}
    assert project.do("up").ok
    assert project.outputs()["account"] == "111122223333"
    project.answers = {token: {"acountId": "111122223333"}}
    refused = project.do("up")
    assert not refused.ok
    assert any("did you mean 'accountId'?" in message for message in refused.messages)
    project.answers = {}


def test_protected_retained_renamed_and_removed(project: OfflineProject) -> None:
    settings(project, memory=2048, block="10.20.0.0/17", protect=True, retain=True)
    assert project.do("up").ok
    refused = project.do("destroy")
    assert not refused.ok
    assert any("protect" in message for message in refused.messages)
    settings(project, memory=2048, block="10.20.0.0/17", retain=True)
    assert project.do("up").ok  # the refused one had begun
    settings(project, memory=2048, block="10.20.0.0/17", retain=True, copy="second")
    renamed = project.do("up")
    assert renamed.ok, renamed.messages
    assert set(renamed.steps.values()) == {"same"}
    project.faults = {"second": {"delete": "the provider must not be asked to remove this"}}
    gone = project.do("destroy")
    assert gone.ok, gone.messages
    assert gone.steps["predict"] == "delete"
    assert project.state() == {}
