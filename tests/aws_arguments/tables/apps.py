"""Containers on ECS, applications on Elastic Beanstalk, images in ECR."""

from typing import Any

from aws_arguments.documents import image_lifecycle, resource_policy_of_a_repository
from aws_arguments.fargate import fargate_size
from aws_arguments.rules import Call, Rule, To, parsed, rule, spelt, whole

_NAME = spelt("[A-Za-z0-9_-]{1,255}")
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html, and the same of
clusters and families."""
_TIERS = {"WebServer": "Standard", "Worker": "SQS/HTTP"}


def _tier(name: Any) -> Any:
    return {"Name": name, "Type": _TIERS.get(name, "")}


def _kept(name: str, bound: str) -> To:
    """A rule of which versions stay, with its switch."""
    target = f"VersionLifecycleConfig.{name}"
    return To(target, lambda value: {"Enabled": True, bound: value})


_DEPLOYMENT = "deploymentConfiguration"
_CANARY, _LINEAR = f"{_DEPLOYMENT}.canaryConfiguration", f"{_DEPLOYMENT}.linearConfiguration"

APPS: dict[str, Rule] = {
    "aws:ecs/cluster:Cluster": rule(
        Call("ecs", "CreateCluster", {"name": "clusterName"}), checks={"name": _NAME}
    ),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": rule(
        Call(
            "ecs",
            "PutClusterCapacityProviders",
            {"clusterName": "cluster"},
            {"capacityProviders": [], "defaultCapacityProviderStrategy": []},
        )
    ),
    "aws:ecs/taskDefinition:TaskDefinition": rule(
        Call(
            "ecs",
            "RegisterTaskDefinition",
            {
                "containerDefinitions": parsed("containerDefinitions"),
                "volumes.hostPath": "host.sourcePath",
                "volumes.configureAtLaunch": "configuredAtLaunch",
            },
        ),
        own="skipDestroy trackLatest",
        checks={"family": _NAME},
        together=fargate_size,
    ),
    "aws:ecs/service:Service": rule(
        Call(
            "ecs",
            "CreateService",
            {
                "name": "serviceName",
                "iamRole": "role",
                "alarms": f"{_DEPLOYMENT}.alarms",
                "deploymentCircuitBreaker": f"{_DEPLOYMENT}.deploymentCircuitBreaker",
                "deploymentMaximumPercent": f"{_DEPLOYMENT}.maximumPercent",
                "deploymentMinimumHealthyPercent": f"{_DEPLOYMENT}.minimumHealthyPercent",
                f"{_DEPLOYMENT}.bakeTimeInMinutes": To("bakeTimeInMinutes", whole),
                f"{_CANARY}.canaryBakeTimeInMinutes": To("canaryBakeTimeInMinutes", whole),
                f"{_LINEAR}.stepBakeTimeInMinutes": To("stepBakeTimeInMinutes", whole),
                "loadBalancers.elbName": "loadBalancerName",
                "networkConfiguration": "networkConfiguration.awsvpcConfiguration",
                "networkConfiguration.assignPublicIp": To(
                    "assignPublicIp", lambda yes: "ENABLED" if yes else "DISABLED"
                ),
                "orderedPlacementStrategies": "placementStrategy",
            },
        ),
        own="forceDelete forceNewDeployment sigintRollback triggers waitForSteadyState",
        checks={"name": _NAME},
    ),
    "aws:elasticbeanstalk/application:Application": rule(
        Call(
            "elasticbeanstalk",
            "CreateApplication",
            {
                "name": "ApplicationName",
                "appversionLifecycle": "ResourceLifecycleConfig",
                "appversionLifecycle.maxCount": _kept("MaxCountRule", "MaxCount"),
                "appversionLifecycle.maxAgeInDays": _kept("MaxAgeRule", "MaxAgeInDays"),
            },
        ),
        own="appversionLifecycle.deleteSourceFromS3",
    ),
    "aws:elasticbeanstalk/applicationVersion:ApplicationVersion": rule(
        Call(
            "elasticbeanstalk",
            "CreateApplicationVersion",
            {
                "name": "VersionLabel",
                "application": "ApplicationName",
                "bucket": "SourceBundle.S3Bucket",
                "key": "SourceBundle.S3Key",
            },
        ),
        own="forceDelete",
    ),
    "aws:elasticbeanstalk/environment:Environment": rule(
        Call(
            "elasticbeanstalk",
            "CreateEnvironment",
            {
                "name": "EnvironmentName",
                "application": "ApplicationName",
                "version": "VersionLabel",
                "tier": To("Tier", _tier),
                "settings": "OptionSettings",
                "settings.name": "OptionName",
                "settings.resource": "ResourceName",
            },
        ),
        own="pollInterval waitForReadyTimeout",
    ),
    "aws:ecr/repository:Repository": rule(
        Call("ecr", "CreateRepository", {"name": "repositoryName"}), own="forceDelete"
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": rule(
        Call(
            "ecr",
            "PutLifecyclePolicy",
            {"repository": "repositoryName", "policy": "lifecyclePolicyText"},
        ),
        checks={"policy": image_lifecycle},
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": rule(
        Call(
            "ecr", "SetRepositoryPolicy", {"repository": "repositoryName", "policy": "policyText"}
        ),
        checks={"policy": resource_policy_of_a_repository},
    ),
}
