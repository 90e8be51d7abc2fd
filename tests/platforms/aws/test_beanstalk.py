"""Kind aws.beanstalk: plan, refusals, resources, life and reading back."""

import json
from typing import Any

import pytest

from modelport.live import NotReachable, service_of
from modelport.platforms.aws.beanstalk.plan import BeanstalkPlan
from modelport.platforms.aws.beanstalk.source import source_files
from offline_project import OfflineProject
from platform_life import Lived, inputs, live, project_for
from platforms.aws.fake_beanstalk import FakeBeanstalk
from platforms.planning import planned, refusal

TARGET = {"kind": "aws.beanstalk", "region": "eu-west-1"}
PUBLIC = {"exposure": "public", "domain": "cancer.example.com"}
ZONE = {**TARGET, "hosted_zone": "Z0123456789ABC"}
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:hub-AbCdEf"


def plan(target: dict[str, Any] = TARGET, **more: Any) -> BeanstalkPlan:
    made = planned(target, **more)
    assert isinstance(made, BeanstalkPlan)
    return made


def test_facts_are_what_a_reviewer_asks_for() -> None:
    facts = plan().facts()
    assert facts["target"] == "aws.beanstalk"
    assert facts["auth"] == "api_key"
    assert facts["size"] == "t3.small amd64"
    assert facts["deployment_policy"] == "AllAtOnce"
    assert 55 < float(facts["monthly_usd"]) < 90
    assert "disks are encrypted only where" in str(facts["notes"])
    assert "takes back no failed deployment" in str(facts["notes"])


@pytest.mark.parametrize(
    ("rollout", "policy", "percent", "minutes"),
    [
        ("all_at_once", "AllAtOnce", 100, 0),
        ("rolling", "RollingWithAdditionalBatch", 100, 0),
        ("blue_green", "Immutable", 100, 0),
        ({"canary": {"steps": [10], "bake": "5m"}}, "TrafficSplitting", 10, 5),
    ],
)
def test_rollouts_are_policies(rollout: Any, policy: str, percent: int, minutes: int) -> None:
    made = plan(rollout=rollout)
    assert (made.policy, made.step_percent, made.step_minutes) == (policy, percent, minutes)


def test_a_size_is_not_another_version() -> None:
    assert plan().revision == plan({**TARGET, "instance": "t3.large"}).revision
    assert plan().revision != plan({**TARGET, "instance": "t4g.small"}).revision


def test_a_source_names_the_image_by_digest() -> None:
    files = source_files(plan({**TARGET, "timeout": 90}), "1.dkr.ecr/m@sha256:1")
    run = json.loads(files["Dockerrun.aws.json"])
    assert run["AWSEBDockerrunVersion"] == "1"
    assert run["Image"]["Name"] == "1.dkr.ecr/m@sha256:1"
    assert run["Ports"] == [{"ContainerPort": 8080}]
    nginx = files[".platform/nginx/conf.d/modelport.conf"]
    assert f"client_max_body_size {2**20 + 65_536};" in nginx
    assert "proxy_read_timeout 90s;" in nginx
    health = json.loads(files[".ebextensions/health.config"])["Resources"]
    assert health["AWSEBAutoScalingGroup"]["Properties"]["HealthCheckType"] == "ELB"


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (TARGET, {"exposure": "public"}, "exposure: public needs a domain"),
        (TARGET, {"auth": "platform"}, "auth: platform is not on aws.beanstalk"),
        (TARGET, {"auth": "none"}, "would let everyone in"),
        ({**TARGET, "instance": "g4dn.xlarge"}, {}, "brings no driver for it"),
        ({**TARGET, "replicas": {"min": 0, "max": 2}}, {}, "an environment at zero"),
        (TARGET, {"secrets": {"TOKEN": f"{SECRET}:token::"}}, f"write {SECRET}"),
        (TARGET, {"secrets": {"TOKEN": "projects/p/secrets/s"}}, "must be the ARN"),
        (TARGET, {"rollout": {"shadow": {}}}, "rollout shadow"),
        (TARGET, {"rollout": {"canary": {"steps": [5, 25]}}}, "the nearest is steps: [5]"),
        (TARGET, {"rollout": {"canary": {"steps": [5], "bake": "2m"}}}, "write 3m or more"),
        (TARGET, {"workload": {"p99": "90s"}}, "shorter than workload.p99"),
    ],
)
def test_what_cannot_be_is_refused(target: Any, more: dict[str, Any], said: str) -> None:
    assert said in refusal(target, **more)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("beanstalk") / "project")


def options(lived: Lived) -> dict[str, str]:
    (environment,) = inputs(lived, "aws:elasticbeanstalk/environment:Environment")
    return {
        f"{item['namespace']}/{item['name']}": item["value"] for item in environment["settings"]
    }


@pytest.mark.engine
def test_the_life_of_a_development_environment(project: OfflineProject) -> None:
    lived = live(
        project,
        TARGET,
        resized={**TARGET, "instance": "t3.medium"},
        drift=("cancer-images", {"imageTagMutability": "MUTABLE"}),
    )
    assert lived.model.steps["cancer-environment"] == "update"
    versions = {name: step for name, step in lived.model.steps.items() if "-version" in name}
    assert sorted(versions.values()) == ["create", "delete"]
    found = options(lived)
    launch = "aws:autoscaling:launchconfiguration"
    assert found[f"{launch}/DisableIMDSv1"] == "true"
    assert found[f"{launch}/DisableDefaultEC2SecurityGroup"] == "true"
    assert found["aws:ec2:vpc/ELBScheme"] == "internal"
    assert found["aws:ec2:vpc/AssociatePublicIpAddress"] == "false"
    assert found["aws:elasticbeanstalk:healthreporting:system/SystemType"] == "enhanced"
    assert found["aws:elasticbeanstalk:managedactions/ManagedActionsEnabled"] == "true"
    assert found["aws:elasticbeanstalk:cloudwatch:logs/RetentionInDays"] == "14"
    assert "MODELPORT_API_KEY_SHA256" in str(sorted(found))


@pytest.mark.engine
@pytest.mark.soak
def test_the_life_of_a_production_environment(project: OfflineProject) -> None:
    target = {**ZONE, "replicas": {"min": 2, "max": 6}, "spot": True}
    lived = live(
        project,
        target,
        resized={**target, "replicas": {"min": 3, "max": 6}},
        drift=("cancer-sources-private", {"blockPublicAcls": False}),
        packs=True,
        environment="prod",
        rollout={"canary": {"steps": [10], "bake": "10m"}},
        workload={"p99": "50ms", "payload": "512KB"},
        secrets={"HUB_TOKEN": SECRET},
        limits={"monthly_usd": 800},
        **PUBLIC,
    )
    found = options(lived)
    assert found["aws:elasticbeanstalk:command/DeploymentPolicy"] == "TrafficSplitting"
    assert found["aws:elasticbeanstalk:trafficsplitting/NewVersionPercent"] == "10"
    assert found["aws:elbv2:listener:default/ListenerEnabled"] == "false"
    assert found["aws:elbv2:listener:443/SSLPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert found["aws:ec2:instances/SpotFleetOnDemandBase"] == "2"
    secrets = "aws:elasticbeanstalk:application:environmentsecrets"
    assert found[f"{secrets}/HUB_TOKEN"] == SECRET
    allowed = [
        statement
        for item in inputs(lived, "aws:iam/rolePolicy:RolePolicy")
        for statement in json.loads(item["policy"])["Statement"]
    ]
    assert [SECRET] in [statement["Resource"] for statement in allowed]
    for statement in allowed:
        actions = statement["Action"]
        named = actions if isinstance(actions, list) else [actions]
        reading = all(":Describe" in action or "AuthorizationToken" in action for action in named)
        assert statement["Resource"] != "*" or reading
    assert not inputs(lived, "aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    assert lived.outputs["url"] == "https://cancer.example.com"


def test_the_live_environment_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with FakeBeanstalk(instances=2) as fake:
        monkeypatch.setenv("AWS_ENDPOINT_URL", fake.address)
        names = {
            "region": "eu-west-1",
            "environment": "mp-cancer-dev",
            "url": "http://127.0.0.1:9",
            "reach": "perhaps",
        }
        service = service_of("aws.beanstalk")(names)
        assert service.read().state == "gone"
        version = {"VersionLabel": "mp-cancer-dev-r111111111"}
        for status, health, state in (
            ("Updating", "Grey", "changing"),
            ("Ready", "Green", "ready"),
            ("Ready", "Yellow", "ready"),
            ("Ready", "Red", "failed"),
            ("Terminated", "Grey", "gone"),
        ):
            fake.members = {**version, "Status": status, "Health": health}
            assert service.read().state == state
        fake.members = {**version, "Status": "Ready", "Health": "Green", "HealthStatus": "Ok"}
        found = service.read()
        assert (found.revision, found.shares, found.replicas) == (
            "r111111111",
            {"r111111111": 100},
            2,
        )
        assert found.detail == "Ready, Ok"
        with pytest.raises(NotReachable, match="cannot be reached from here"):
            service.ask(b"{}", "key", 1)
