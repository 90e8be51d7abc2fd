"""Launch templates and groups of machines."""

from aws_arguments.rules import (
    Call,
    Rule,
    To,
    each,
    number,
    prefixed,
    rule,
    switch,
    tag_specification,
    whole,
)

_GROUP = {"AutoScalingGroupName": "group"}
_REFRESH = "instanceRefresh.preferences"
_DISK = "blockDeviceMappings.ebs"
_CARD = "networkInterfaces"

MACHINES: dict[str, Rule] = {
    "aws:ec2/launchTemplate:LaunchTemplate": rule(
        Call(
            "ec2",
            "CreateLaunchTemplate",
            {
                "name": "/LaunchTemplateName",
                "namePrefix": prefixed("/LaunchTemplateName", 125),
                "description": "/VersionDescription",
                "tags": To("/TagSpecifications", tag_specification("launch-template").convert),
                "vpcSecurityGroupIds": "SecurityGroupIds",
                "securityGroupNames": "SecurityGroups",
                "ebsOptimized": To("EbsOptimized", switch),
                f"{_DISK}.deleteOnTermination": To("DeleteOnTermination", switch),
                f"{_DISK}.encrypted": To("Encrypted", switch),
                f"{_CARD}.associateCarrierIpAddress": To("AssociateCarrierIpAddress", switch),
                f"{_CARD}.primaryIpv6": To("PrimaryIpv6", switch),
                f"{_CARD}.associatePublicIpAddress": To("AssociatePublicIpAddress", switch),
                f"{_CARD}.deleteOnTermination": To("DeleteOnTermination", switch),
                f"{_CARD}.securityGroups": "Groups",
            },
            at="LaunchTemplateData",
        ),
        own="defaultVersion updateDefaultVersion",
    ),
    "aws:autoscaling/group:Group": rule(
        Call(
            "autoscaling",
            "CreateAutoScalingGroup",
            {
                "name": "AutoScalingGroupName",
                "namePrefix": prefixed("AutoScalingGroupName"),
                "vpcZoneIdentifiers": To(
                    "VPCZoneIdentifier", lambda zones: ",".join(each(str)(zones))
                ),
                "launchConfiguration": "LaunchConfigurationName",
                "launchTemplate.id": "LaunchTemplateId",
                "launchTemplate.name": "LaunchTemplateName",
                "loadBalancers": "LoadBalancerNames",
                "protectFromScaleIn": "NewInstancesProtectedFromScaleIn",
                "initialLifecycleHooks": "LifecycleHookSpecificationList",
                "initialLifecycleHooks.name": "LifecycleHookName",
            },
        ),
        Call(
            "autoscaling",
            "EnableMetricsCollection",
            {"enabledMetrics": "Metrics", "metricsGranularity": "Granularity"},
            {**_GROUP, "Granularity": "1Minute"},
        ),
        Call("autoscaling", "SuspendProcesses", {"suspendedProcesses": "ScalingProcesses"}, _GROUP),
        Call(
            "autoscaling",
            "StartInstanceRefresh",
            {
                "instanceRefresh": ".",
                f"{_REFRESH}.instanceWarmup": To("InstanceWarmup", whole),
                f"{_REFRESH}.checkpointDelay": To("CheckpointDelay", whole),
            },
            _GROUP,
        ),
        Call("autoscaling", "PutWarmPool", {"warmPool": "."}, _GROUP),
        own="forceDelete forceDeleteWarmPool ignoreFailedScalingActivities minElbCapacity "
        "waitForCapacityTimeout waitForElbCapacity instanceRefresh.triggers",
    ),
    "aws:autoscaling/policy:Policy": rule(
        Call(
            "autoscaling",
            "PutScalingPolicy",
            {
                "name": "PolicyName",
                "stepAdjustments.metricIntervalLowerBound": To("MetricIntervalLowerBound", number),
                "stepAdjustments.metricIntervalUpperBound": To("MetricIntervalUpperBound", number),
                "targetTrackingConfiguration.customizedMetricSpecification.metricDimensions": (
                    "Dimensions"
                ),
            },
        )
    ),
}
