"""Options: the settings of an environment, by namespace and name.

https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html
"""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from modelport.platforms.aws.balancer import TLS_POLICY
from modelport.platforms.aws.beanstalk.plan import BeanstalkPlan
from modelport.platforms.aws.logs import KEPT_DAYS
from modelport.platforms.aws.network import HTTP, TLS
from modelport.platforms.container import READY

_BATCH_PERCENT = 34
"""Share of the instances that is replaced at a time."""
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}

Options = Mapping[str, Mapping[str, pulumi.Input[str]]]
"""Values by namespace and name."""


def settings(options: Options) -> list[aws.elasticbeanstalk.EnvironmentSettingArgs]:
    """Options as the environment takes them."""
    return [
        aws.elasticbeanstalk.EnvironmentSettingArgs(namespace=namespace, name=name, value=value)
        for namespace, values in options.items()
        for name, value in values.items()
    ]


def deployment_options(plan: BeanstalkPlan) -> Options:
    """How versions and other settings are put in, and what is looked at."""
    options: dict[str, dict[str, pulumi.Input[str]]] = {
        "aws:elasticbeanstalk:command": {
            "DeploymentPolicy": plan.policy,
            "Timeout": str(plan.start_timeout),
            "BatchSizeType": "Percentage",
            "BatchSize": str(_BATCH_PERCENT),
            "IgnoreHealthCheck": "false",
        },
        "aws:autoscaling:updatepolicy:rollingupdate": {
            "RollingUpdateEnabled": "true",
            "RollingUpdateType": "Immutable" if plan.watched else "Health",
        },
        "aws:elasticbeanstalk:application": {"Application Healthcheck URL": READY},
        "aws:elasticbeanstalk:environment:process:default": {
            "HealthCheckPath": READY,
            "HealthCheckInterval": "15",
            "HealthCheckTimeout": "5",
            "HealthyThresholdCount": "2",
            "UnhealthyThresholdCount": "3",
            "MatcherHTTPCode": "200",
            "Port": str(HTTP),
            "Protocol": "HTTP",
            "DeregistrationDelay": "30",
        },
        "aws:elasticbeanstalk:healthreporting:system": {"SystemType": "enhanced"},
        "aws:elasticbeanstalk:cloudwatch:logs": {
            "StreamLogs": "true",
            "RetentionInDays": str(KEPT_DAYS[plan.environment]),
            "DeleteOnTerminate": "false" if plan.environment == "prod" else "true",
        },
    }
    if plan.policy == "TrafficSplitting":
        options["aws:elasticbeanstalk:trafficsplitting"] = {
            "NewVersionPercent": str(plan.step_percent),
            "EvaluationTime": str(plan.step_minutes),
        }
    return options


def instance_options(plan: BeanstalkPlan) -> Options:
    """Instances, how many there are, and the updates of their platform."""
    return {
        "aws:ec2:instances": {
            "InstanceTypes": plan.instance,
            "SupportedArchitectures": _ARCHITECTURES[plan.architecture],
            **_spot(plan),
        },
        "aws:autoscaling:launchconfiguration": {
            "DisableIMDSv1": "true",
            "RootVolumeType": "gp3",
            "RootVolumeSize": str(plan.disk_gib),
            "MonitoringInterval": "1 minute" if plan.environment == "prod" else "5 minute",
        },
        "aws:autoscaling:asg": {
            "MinSize": str(plan.replicas_min),
            "MaxSize": str(plan.replicas_max),
            "EnableCapacityRebalancing": "true" if plan.spot else "false",
        },
        "aws:autoscaling:trigger": {
            "MeasureName": "CPUUtilization",
            "Statistic": "Average",
            "Unit": "Percent",
            "Period": "5",
            "BreachDuration": "5",
            "UpperThreshold": str(plan.cpu_percent),
            "LowerThreshold": str(plan.cpu_percent // 3),
        },
        "aws:elasticbeanstalk:managedactions": {
            "ManagedActionsEnabled": "true",
            "PreferredStartTime": plan.update_window,
            # The account's own role for it, so that ours needs no right to change anything.
            "ServiceRoleForManagedUpdates": "AWSServiceRoleForElasticBeanstalkManagedUpdates",
        },
        "aws:elasticbeanstalk:managedactions:platformupdate": {"UpdateLevel": "minor"},
    }


def balancer_options(plan: BeanstalkPlan, certificate: pulumi.Input[str] | None) -> Options:
    """The load balancer's kind and listener: with a domain only TLS, without one plain HTTP."""
    options: dict[str, dict[str, pulumi.Input[str]]] = {
        "aws:elasticbeanstalk:environment": {
            "EnvironmentType": "LoadBalanced",
            "LoadBalancerType": "application",
        },
        "aws:elbv2:listener:default": {
            "ListenerEnabled": "true" if certificate is None else "false"
        },
        "aws:elbv2:loadbalancer": {"IdleTimeout": str(plan.timeout)},
    }
    if certificate is not None:
        options[f"aws:elbv2:listener:{TLS}"] = {
            "ListenerEnabled": "true",
            "Protocol": "HTTPS",
            "SSLCertificateArns": certificate,
            "SSLPolicy": TLS_POLICY,
        }
    return options


def _spot(plan: BeanstalkPlan) -> dict[str, pulumi.Input[str]]:
    """The smallest number of instances is on demand, the others are not."""
    if not plan.spot:
        return {"EnableSpot": "false"}
    return {
        "EnableSpot": "true",
        "SpotFleetOnDemandBase": str(plan.replicas_min),
        "SpotFleetOnDemandAboveBasePercentage": "0",
        "SpotAllocationStrategy": "price-capacity-optimized",
    }
