"""Machines: the launch template and the Auto Scaling group of one revision."""

import base64

import pulumi
import pulumi_aws as aws

from modelport.platforms.aws.account import Account
from modelport.platforms.aws.ec2.plan import Ec2Plan
from modelport.platforms.aws.machine import machine_user_data
from modelport.platforms.aws.network import ServingNetwork
from modelport.resources import LiveRevision

_ROOT = "/dev/xvda"
"""Root disk of all images of Amazon Linux."""
_WARM_SECONDS = 60
"""Seconds for which the requests of a new instance do not count yet."""
_CAPACITY_MARGIN = 300
"""Seconds that a group may take beside what its slowest instance may."""
_HELD = ["desiredCapacity", "minElbCapacity"]
"""Load decides the count: what it has become since must not be set back."""


def launch_template(
    plan: Ec2Plan,
    where: Account,
    image: pulumi.Output[str],
    variables: dict[str, pulumi.Input[str]],
    logs: aws.cloudwatch.LogGroup,
    profile: aws.iam.InstanceProfile,
    members: aws.ec2.SecurityGroup,
) -> aws.ec2.LaunchTemplate:
    """What a machine of this revision is.

    Its image is the newest one of its kind when the revision begins, and is held from then on: a
    change of AWS's parameter must not replace machines by itself.
    """
    user_data = pulumi.Output.all(image, variables, logs.name).apply(
        lambda found: _user_data(plan, found[0], found[1], found[2])
    )
    tags = {**plan.tags, "model-version": plan.version, "Name": plan.physical_name}
    held = pulumi.ResourceOptions(ignore_changes=["imageId"])
    return aws.ec2.LaunchTemplate(
        f"{plan.name}-{plan.revision}-template",
        name=f"{plan.physical_name}-{plan.revision}",
        image_id=plan.ami or _newest(plan, where),
        instance_type=plan.instance,
        user_data=user_data,
        iam_instance_profile=aws.ec2.LaunchTemplateIamInstanceProfileArgs(arn=profile.arn),
        # One hop: the credentials of the machine do not reach into the container.
        metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled",
            http_tokens="required",
            http_put_response_hop_limit=1,
            instance_metadata_tags="disabled",
        ),
        block_device_mappings=[
            aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                device_name=_ROOT,
                ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                    volume_type="gp3",
                    volume_size=plan.disk_gib,
                    encrypted="true",
                    delete_on_termination="true",
                ),
            )
        ],
        network_interfaces=[
            aws.ec2.LaunchTemplateNetworkInterfaceArgs(
                device_index=0,
                associate_public_ip_address="false",
                delete_on_termination="true",
                security_groups=[members.id],
            )
        ],
        monitoring=aws.ec2.LaunchTemplateMonitoringArgs(enabled=plan.environment == "prod"),
        tag_specifications=[
            aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=what, tags=tags)
            for what in ("instance", "volume")
        ],
        tags={**plan.tags, "model-version": plan.version},
        opts=pulumi.ResourceOptions.merge(where.opts, held),
    )


def group(
    plan: Ec2Plan,
    where: Account,
    network: ServingNetwork,
    template: aws.ec2.LaunchTemplate,
    targets: aws.lb.TargetGroup,
    before: LiveRevision,
    after: list[pulumi.Resource],
) -> aws.autoscaling.Group:
    """The machines of this revision, as many as ran before; made when all of them are ready.

    A later revision has another group beside it. Within one revision a new version of the template
    (an image that was built anew, other tags) replaces them in turn.
    """
    count = before.replicas.apply(
        lambda running: min(max(running, plan.replicas_min), plan.replicas_max)
    )
    version = template.latest_version.apply(str)
    specification = (
        aws.autoscaling.GroupMixedInstancesPolicyLaunchTemplateLaunchTemplateSpecificationArgs(
            launch_template_id=template.id, version=version
        )
    )
    mixed = aws.autoscaling.GroupMixedInstancesPolicyArgs(
        launch_template=aws.autoscaling.GroupMixedInstancesPolicyLaunchTemplateArgs(
            launch_template_specification=specification
        ),
        instances_distribution=aws.autoscaling.GroupMixedInstancesPolicyInstancesDistributionArgs(
            on_demand_base_capacity=plan.replicas_min,
            on_demand_percentage_above_base_capacity=0,
            spot_allocation_strategy="price-capacity-optimized",
        ),
    )
    plain = aws.autoscaling.GroupLaunchTemplateArgs(id=template.id, version=version)
    return aws.autoscaling.Group(
        f"{plan.name}-{plan.revision}-group",
        name=f"{plan.physical_name}-{plan.revision}",
        launch_template=None if plan.spot else plain,
        mixed_instances_policy=mixed if plan.spot else None,
        capacity_rebalance=plan.spot,
        vpc_zone_identifiers=network.private,
        min_size=plan.replicas_min,
        max_size=plan.replicas_max,
        desired_capacity=count,
        target_group_arns=[targets.arn],
        health_check_type="ELB",
        health_check_grace_period=plan.start_timeout,
        default_instance_warmup=_WARM_SECONDS,
        min_elb_capacity=count,
        wait_for_capacity_timeout=f"{plan.start_timeout + _CAPACITY_MARGIN}s",
        instance_refresh=aws.autoscaling.GroupInstanceRefreshArgs(
            strategy="Rolling",
            preferences=aws.autoscaling.GroupInstanceRefreshPreferencesArgs(
                min_healthy_percentage=100,
                max_healthy_percentage=200,
                instance_warmup=str(_WARM_SECONDS),
                skip_matching=True,
            ),
        ),
        tags=[
            aws.autoscaling.GroupTagArgs(key=key, value=value, propagate_at_launch=False)
            for key, value in sorted({**plan.tags, "model-version": plan.version}.items())
        ],
        opts=pulumi.ResourceOptions.merge(
            where.after(*after), pulumi.ResourceOptions(ignore_changes=_HELD)
        ),
    )


def _user_data(plan: Ec2Plan, image: str, variables: dict[str, str], logs: str) -> str:
    text = machine_user_data(
        image=image,
        variables=variables,
        region=plan.region,
        log_group=logs,
        revision=plan.revision,
        gpu=plan.gpu,
    )
    return base64.b64encode(text.encode()).decode()


def _newest(plan: Ec2Plan, where: Account) -> pulumi.Output[str]:
    return aws.ssm.get_parameter_output(
        name=plan.ami_parameter,
        opts=where.asked,
    ).value
