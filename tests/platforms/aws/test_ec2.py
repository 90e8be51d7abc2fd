"""Kind aws.ec2: plan, refusals, resources, life and reading back."""

import base64
import json
import time
from collections.abc import Generator
from typing import Any

import httpx
import pytest
from moto.server import ThreadedMotoServer

from modelport.cloud import aws
from modelport.errors import ServiceError
from modelport.live import LiveService, NotReachable, service_of
from modelport.platforms.aws.ec2.plan import Ec2Plan
from modelport.platforms.aws.instance_types import architecture_of, has_nvidia
from modelport.rollout import Counts
from offline_project import OfflineProject
from platform_life import Lived, declare, inputs, live, project_for
from platforms.aws.fake_refreshes import FakeRefreshes
from platforms.planning import planned, refusal

TARGET = {"kind": "aws.ec2", "region": "eu-west-1"}
GPU = {**TARGET, "instance": "g4dn.xlarge", "accelerator": "nvidia"}
PUBLIC = {"exposure": "public", "domain": "cancer.example.com"}
ZONE = {"hosted_zone": "Z0123456789ABC"}
NETWORK = {
    "vpc": "vpc-0a1b2c3d",
    "subnets": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
    "public_subnets": ["subnet-0a1b2c3f", "subnet-0a1b2c30"],
}


def plan(target: dict[str, Any] = TARGET, **more: Any) -> Ec2Plan:
    made = planned(target, **more)
    assert isinstance(made, Ec2Plan)
    return made


def test_facts_are_what_a_reviewer_asks_for() -> None:
    facts = plan(workload={"p99": "50ms", "requests_per_month": 1_000_000}).facts()
    assert facts["target"] == "aws.ec2"
    assert facts["auth"] == "api_key"
    assert facts["size"] == "t3.small amd64"
    assert 55 < float(facts["monthly_usd"]) < 85
    assert "al2023-ami-kernel-default-x86_64" in str(facts["ami"])
    assert "stays until the next revision" in str(facts["notes"])
    assert "both versions run" in str(facts["notes"])


def test_machines_with_gpus() -> None:
    made = plan(GPU, workload={"gpu_memory": "8GB"})
    assert made.gpu
    assert made.disk_gib == 100
    assert made.ami_parameter.startswith("/aws/service/deeplearning/ami/x86_64/")
    assert float(made.facts()["monthly_usd"]) > 400
    arm = plan({**GPU, "instance": "g5g.xlarge"})
    assert arm.architecture == "arm64"
    assert "/arm64/" in arm.ami_parameter


@pytest.mark.parametrize(
    ("instance", "architecture", "nvidia"),
    [
        ("t3.small", "amd64", False),
        ("t4g.small", "arm64", False),
        ("c7gn.xlarge", "arm64", False),
        ("g4dn.xlarge", "amd64", True),
        ("gr6.4xlarge", "amd64", True),
        ("g5g.xlarge", "arm64", True),
        ("g4ad.xlarge", "amd64", False),
        ("p5en.48xlarge", "amd64", True),
        ("p6-b200.48xlarge", "amd64", True),
        ("inf2.xlarge", "amd64", False),
        ("m7i-flex.large", "amd64", False),
    ],
)
def test_names_of_instance_types(instance: str, architecture: str, nvidia: bool) -> None:
    assert architecture_of(instance) == architecture
    assert has_nvidia(instance) == nvidia


def test_a_revision_is_what_a_machine_is() -> None:
    first = plan().revision
    assert first == plan({**TARGET, "replicas": {"min": 2, "max": 4}}).revision
    assert first != plan({**TARGET, "instance": "t3.large"}).revision
    assert first != plan({**TARGET, "ami": "ami-0a1b2c3d4e5f60718"}).revision


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (TARGET, {"exposure": "public"}, "exposure: public needs a domain"),
        (TARGET, {"auth": "platform"}, "auth: platform is not on aws.ec2"),
        (TARGET, {"auth": "none"}, "would let everyone in"),
        (TARGET, {"rollout": "rolling"}, "rollout rolling: aws.ec2 does not have it"),
        (TARGET, {"rollout": {"shadow": {}}}, "rollout shadow"),
        (TARGET, {"secrets": {"TOKEN": "arn:aws:secretsmanager:x:1:secret:t"}}, "use aws.ecs"),
        (TARGET, {"workload": {"gpu_memory": "8GB"}}, "write accelerator: nvidia, instance: g4dn"),
        (
            {**TARGET, "instance": "g5.xlarge"},
            {"workload": {"gpu_memory": "8GB"}},
            "would get no GPU; write accelerator: nvidia",
        ),
        ({**TARGET, "instance": "g4dn.xlarge"}, {}, "has a GPU that would be idle"),
        ({**TARGET, "accelerator": "nvidia"}, {}, "t3.small has no GPU; write instance: g4dn"),
        ({**TARGET, "instance": "inf2.xlarge"}, {}, "an accelerator that nothing here uses"),
        ({**TARGET, "replicas": {"min": 0, "max": 2}}, {}, "a group at zero does not start"),
        (TARGET, {"workload": {"p99": "90s"}}, "shorter than workload.p99"),
    ],
)
def test_what_cannot_be_is_refused(target: Any, more: dict[str, Any], said: str) -> None:
    assert said in refusal(target, **more)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("ec2") / "project")


def user_data(template: dict[str, Any]) -> dict[str, Any]:
    text = base64.b64decode(template["userData"]).decode()
    return json.loads(text.removeprefix("#cloud-config\n"))


def only(lived: Lived, token: str) -> dict[str, Any]:
    (found,) = inputs(lived, token)
    return found


@pytest.mark.engine
def test_the_life_of_a_development_group(project: OfflineProject) -> None:
    lived = live(
        project,
        TARGET,
        resized={**TARGET, "instance": "t3.medium"},
        drift=("cancer-images", {"imageTagMutability": "MUTABLE"}),
    )
    groups = {name: step for name, step in lived.model.steps.items() if name.endswith("-group")}
    assert sorted(groups.values()) == ["create", "delete"]
    # The rule keeps its weights; only the traffic moves them.
    assert lived.model.steps["cancer-requests"] == "same"
    assert lived.model.steps["cancer-traffic"] == "update"
    template = only(lived, "aws:ec2/launchTemplate:LaunchTemplate")
    assert template["metadataOptions"]["httpTokens"] == "required"
    assert template["metadataOptions"]["httpPutResponseHopLimit"] == 1
    assert "keyName" not in template
    (interface,) = template["networkInterfaces"]
    assert interface["associatePublicIpAddress"] == "false"
    disk = template["blockDeviceMappings"][0]["ebs"]
    assert (disk["encrypted"], disk["volumeType"], disk["volumeSize"]) == ("true", "gp3", 16)
    config = user_data(template)
    assert config["packages"] == ["docker"]
    unit = config["write_files"][1]["content"]
    assert "Restart=always" in unit
    assert "TimeoutStartSec=1800" in unit
    assert "@sha256:0ff11e" in unit
    assert "--read-only" in unit
    assert "--user 10001" in unit
    assert "awslogs-group=/modelport/mp-cancer-test" in unit
    assert "aws ecr get-login-password --region eu-west-1 | docker login" in unit
    group = only(lived, "aws:autoscaling/group:Group")
    assert group["healthCheckType"] == "ELB"
    assert group["launchTemplate"]["version"] != "$Latest"
    assert "mixedInstancesPolicy" not in group
    assert not inputs(lived, "aws:ec2/natGateway:NatGateway")
    (policy,) = inputs(lived, "aws:iam/rolePolicy:RolePolicy")
    for statement in json.loads(policy["policy"])["Statement"]:
        assert statement["Resource"] != "*" or statement["Action"] == "ecr:GetAuthorizationToken"


@pytest.mark.engine
@pytest.mark.soak
def test_the_life_of_a_production_group(project: OfflineProject) -> None:
    target = {**GPU, **ZONE, "replicas": {"min": 2, "max": 6}, "spot": True}
    lived = live(
        project,
        target,
        resized={**target, "replicas": {"min": 3, "max": 6}},
        drift=("cancer-logs", {"retentionInDays": 3}),
        packs=True,
        environment="prod",
        rollout={"canary": {"steps": [10, 50], "bake": "10m"}},
        workload={"p99": "50ms", "gpu_memory": "8GB"},
        limits={"monthly_usd": 5000},
        **PUBLIC,
    )
    group = only(lived, "aws:autoscaling/group:Group")
    shares = group["mixedInstancesPolicy"]["instancesDistribution"]
    assert shares["onDemandBaseCapacity"] == 2
    assert group["capacityRebalance"] is True
    unit = user_data(only(lived, "aws:ec2/launchTemplate:LaunchTemplate"))
    assert "packages" not in unit
    assert "--gpus all" in unit["write_files"][1]["content"]
    policy = only(lived, "aws:autoscaling/policy:Policy")["targetTrackingConfiguration"]
    predefined = policy["predefinedMetricSpecification"]
    assert predefined["predefinedMetricType"] == "ALBRequestCountPerTarget"
    assert predefined["resourceLabel"].startswith("app/mp-cancer-test/")
    assert "/targetgroup/mp-cancer-test-r" in predefined["resourceLabel"]
    assert lived.size.steps["cancer-requests"] == "same"
    (resized,) = [name for name in lived.size.steps if name.endswith("-group")]
    assert lived.size.steps[resized] == "update"
    assert lived.outputs["url"] == "https://cancer.example.com"


@pytest.mark.engine
def test_what_load_traffic_and_amazon_decided_stays(project: OfflineProject) -> None:
    target = {**TARGET, "network": NETWORK, "session_manager": True}
    declare(project, target)
    made = project.do("up")
    assert made.ok, made.messages
    state = project.state()
    (group,) = [name for name in state if name.endswith("-group")]
    (template,) = [name for name in state if name.endswith("-template")]
    assert state[group]["inputs"]["vpcZoneIdentifiers"] == NETWORK["subnets"]
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/mp-cancer-test-r1/1"
    moved = [{"type": "forward", "forward": {"targetGroups": [{"arn": arn, "weight": 100}]}}]
    project.faults = {
        group: {"read": {"desiredCapacity": 2}},
        "cancer-requests": {"read": {"actions": moved}},
    }
    assert project.do("refresh").ok
    project.faults = {}
    project.answers = {"aws:ssm/getParameter:getParameter": {"value": "ami-0a1b2c3d4e5f60718"}}
    again = project.do("up")
    project.answers = {}
    assert again.ok, again.messages
    for name in (group, template, "cancer-requests"):
        assert again.steps[name] == "same", again.changed
    assert project.do("destroy").ok


OLD, NEW = "r111111111", "r222222222"
DIGEST = f"sha256:{'a' * 64}"


@pytest.fixture
def refreshes(monkeypatch: pytest.MonkeyPatch) -> Generator[FakeRefreshes]:
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    httpx.post(f"{address}/moto-api/reset")
    with FakeRefreshes(address) as fake:
        monkeypatch.setenv("AWS_ENDPOINT_URL_AUTO_SCALING", fake.address)
        yield fake
    server.stop()


def machines_of(revision: str, network: str, subnets: list[str], machines: int) -> str:
    """A target group with a group of machines of this revision, as the resources make them."""
    name = f"mp-cancer-dev-{revision}"
    group = aws.client("elbv2", "eu-west-1").create_target_group(
        Name=name, Protocol="HTTP", Port=8080, VpcId=network, TargetType="instance"
    )
    arn = str(group["TargetGroups"][0]["TargetGroupArn"])
    text = f"docker run 1.dkr.ecr.eu-west-1.amazonaws.com/m@{DIGEST}"
    aws.client("ec2", "eu-west-1").create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData={
            "ImageId": "ami-12c6146b",
            "InstanceType": "t3.small",
            "UserData": base64.b64encode(text.encode()).decode(),
        },
    )
    aws.client("autoscaling", "eu-west-1").create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": name, "Version": "1"},
        MinSize=machines,
        MaxSize=4,
        DesiredCapacity=machines,
        VPCZoneIdentifier=",".join(subnets),
        TargetGroupARNs=[arn],
    )
    return arn


@pytest.fixture
def service(refreshes: FakeRefreshes) -> LiveService:
    """A live service with an old revision that has all requests and a new one that has none."""
    ec2, balancing = aws.client("ec2", "eu-west-1"), aws.client("elbv2", "eu-west-1")
    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=network, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"eu-west-1{zone}"
        )["Subnet"]["SubnetId"]
        for index, zone in enumerate("ab")
    ]
    made = balancing.create_load_balancer(Name="mp-cancer-dev", Subnets=subnets)["LoadBalancers"][0]
    listener = balancing.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"],
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]["ListenerArn"]
    old = machines_of(OLD, network, subnets, 2)
    machines_of(NEW, network, subnets, 1)
    rule = balancing.create_rule(
        ListenerArn=listener,
        Priority=50_000,
        Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
        Actions=[
            {
                "Type": "forward",
                "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": old, "Weight": 100}]},
            }
        ],
    )["Rules"][0]["RuleArn"]
    names = {
        "region": "eu-west-1",
        "service": "mp-cancer-dev",
        "rule": rule,
        "balancer": made["LoadBalancerArn"].partition("loadbalancer/")[2],
        "url": "http://127.0.0.1:9",
        "reach": "perhaps",
    }
    assert refreshes.status == ""
    return service_of("aws.ec2")(names)


def test_the_live_service_is_read_back(service: LiveService, refreshes: FakeRefreshes) -> None:
    found = service.read()
    assert (found.state, found.revision, found.shares) == ("ready", OLD, {OLD: 100})
    assert (found.replicas, found.digest) == (2, DIGEST)
    refreshes.status = "InProgress"
    assert (service.read().state, service.read().detail) == (
        "changing",
        "instances are being replaced: 50 %",
    )
    refreshes.status = "Successful"
    assert service.read().state == "ready"
    with pytest.raises(NotReachable, match="cannot be reached from here"):
        service.ask(b"{}", "key", 1)
    with pytest.raises(NotReachable, match="cannot be reached from here"):
        service.ask_revision(NEW, b"{}", "key", 1)
    assert service.firing() == ()


def test_traffic_moves_by_weights(service: LiveService) -> None:
    service.shift({OLD: 90, NEW: 10})
    found = service.read()
    assert (found.revision, found.shares) == (OLD, {OLD: 90, NEW: 10})
    assert service.counts(NEW, time.time() - 120) == Counts(0, 0)
    service.shift({NEW: 100})
    # What has no traffic is not in the rule any more: its target group can be deleted.
    assert service.read().traffic == {NEW: 100}
    balancing = aws.client("elbv2", "eu-west-1")
    (group,) = balancing.describe_target_groups(Names=[f"mp-cancer-dev-{OLD}"])["TargetGroups"]
    health = balancing.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    balancing.deregister_targets(
        TargetGroupArn=group["TargetGroupArn"],
        Targets=[item["Target"] for item in health["TargetHealthDescriptions"]],
    )
    with pytest.raises(ServiceError, match=f"no machine of revision {OLD} is ready"):
        service.shift({OLD: 100})
    with pytest.raises(ServiceError, match="no target group is of revision r333333333"):
        service.shift({"r333333333": 100})
    assert service.read().traffic == {NEW: 100}


def test_what_is_gone_is_gone(service: LiveService) -> None:
    name = f"mp-cancer-dev-{OLD}"
    aws.client("autoscaling", "eu-west-1").delete_auto_scaling_group(
        AutoScalingGroupName=name, ForceDelete=True
    )
    alone = service.read()
    assert (alone.state, alone.replicas, alone.detail) == ("ready", 0, f"no group runs {OLD}")
    aws.client("elbv2", "eu-west-1").delete_rule(RuleArn=service.names["rule"])
    assert service.read().state == "gone"
