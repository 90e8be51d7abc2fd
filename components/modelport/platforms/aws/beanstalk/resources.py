"""The resources of kind `aws.beanstalk`: application, version, environment, what is around them."""

import pulumi
import pulumi_aws as aws

from modelport.platforms.aws.account import Account, account
from modelport.platforms.aws.alarms import watch
from modelport.platforms.aws.balancer import load_balancer_metrics
from modelport.platforms.aws.beanstalk.bucket import source_bucket
from modelport.platforms.aws.beanstalk.options import (
    Options,
    balancer_options,
    deployment_options,
    instance_options,
    settings,
)
from modelport.platforms.aws.beanstalk.plan import BeanstalkPlan
from modelport.platforms.aws.beanstalk.roles import LOGS, beanstalk_role, instance_profile
from modelport.platforms.aws.beanstalk.source import source_files
from modelport.platforms.aws.certificate import certificate, point_domain
from modelport.platforms.aws.encryption import encryption_key
from modelport.platforms.aws.image import ModelImage, model_image
from modelport.platforms.aws.logs import tail_command
from modelport.platforms.aws.network import (
    HTTP,
    TLS,
    ServingNetwork,
    let_in,
    security_group,
    service_group,
    serving_network,
)
from modelport.platforms.aws.place import reach
from modelport.platforms.container import caller_key, container_variables
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.proving import prove

_STACK = r"^64bit Amazon Linux 2023 v[0-9.]+ running Docker$"
_CONTAINER_LOG = "var/log/eb-docker/containers/eb-current-app/stdouterr.log"
_UPDATE_MINUTES = 45
"""Minutes that an update takes at most, without the time that a step is watched."""


def build(plan: BeanstalkPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; application and environment never change their names."""
    where = account(plan, parent)
    key = encryption_key(plan, where)
    images = model_image(plan, where, key, architecture=plan.architecture)
    callers = caller_key(plan, where.opts)
    network = serving_network(plan, where, plan.place)
    bucket, closed = source_bucket(plan, where)
    application = aws.elasticbeanstalk.Application(
        f"{plan.name}-application", name=plan.physical_name, tags=plan.tags, opts=where.opts
    )
    version = _version(plan, where, application, images, bucket, closed)
    role, seeing = beanstalk_role(plan, where)
    profile, granted = instance_profile(plan, where, images.repository, bucket)
    proof = certificate(plan, where, plan.naming) if plan.naming.domain else None
    placed, rules = _placed(plan, where, network, port=HTTP if proof is None else TLS)
    options: list[Options] = [
        deployment_options(plan),
        instance_options(plan),
        balancer_options(plan, proof),
        placed,
        {
            "aws:elasticbeanstalk:environment": {"ServiceRole": role.arn},
            "aws:autoscaling:launchconfiguration": {"IamInstanceProfile": profile.name},
            "aws:elasticbeanstalk:application:environment": container_variables(plan, callers),
            "aws:elasticbeanstalk:application:environmentsecrets": plan.secrets,
        },
    ]
    after = [seeing, *granted, *rules, *network.parts]
    environment = _environment(plan, where, application, version, options, after)
    _watch(plan, where, environment)
    named = _named(plan, where, environment)
    host = plan.naming.domain or environment.endpoint_url
    url = pulumi.Output.format("{0}://{1}", "https" if plan.naming.domain else "http", host)
    names: dict[str, pulumi.Input[str]] = {
        "region": plan.region,
        "environment": plan.physical_name,
        "url": url,
        "reach": reach(plan.place, plan.naming),
    }
    return prove(
        plan,
        names=names,
        url=url,
        log=tail_command(plan, f"{LOGS}/{plan.physical_name}/{_CONTAINER_LOG}"),
        digest=images.digest,
        key=callers.value,
        replicas_min=plan.replicas_min,
        opts=where.after(environment, *named),
    )


def _version(
    plan: BeanstalkPlan,
    where: Account,
    application: aws.elasticbeanstalk.Application,
    images: ModelImage,
    bucket: aws.s3.Bucket,
    closed: list[pulumi.Resource],
) -> aws.elasticbeanstalk.ApplicationVersion:
    """A version is never changed: each revision has one of its own name, and a source."""
    source = images.reference.apply(
        lambda image: pulumi.AssetArchive(
            {path: pulumi.StringAsset(text) for path, text in source_files(plan, image).items()}
        )
    )
    made = aws.s3.BucketObjectv2(
        f"{plan.name}-{plan.revision}-source",
        bucket=bucket.id,
        key=f"{plan.revision}.zip",
        source=source,
        opts=where.after(*closed),
    )
    return aws.elasticbeanstalk.ApplicationVersion(
        f"{plan.name}-{plan.revision}-version",
        name=f"{plan.physical_name}-{plan.revision}",
        application=application.name,
        description=f"{plan.bundle} {plan.version}",
        bucket=bucket.id,
        key=made.key,
        tags={**plan.tags, "model-version": plan.version},
        opts=where.opts,
    )


def _environment(
    plan: BeanstalkPlan,
    where: Account,
    application: aws.elasticbeanstalk.Application,
    version: aws.elasticbeanstalk.ApplicationVersion,
    options: list[Options],
    after: list[pulumi.Resource],
) -> aws.elasticbeanstalk.Environment:
    """The environment begins with the newest Docker platform; managed updates move it on."""
    stack = aws.elasticbeanstalk.get_solution_stack_output(
        most_recent=True, name_regex=_STACK, opts=where.asked
    ).name
    minutes = f"{_UPDATE_MINUTES + plan.step_minutes}m"
    return aws.elasticbeanstalk.Environment(
        f"{plan.name}-environment",
        name=plan.physical_name,
        application=application.name,
        solution_stack_name=stack,
        tier="WebServer",
        version=version.name,
        settings=[setting for group in options for setting in settings(group)],
        wait_for_ready_timeout=minutes,
        tags=plan.tags,
        opts=pulumi.ResourceOptions.merge(
            where.after(*after),
            pulumi.ResourceOptions(
                ignore_changes=["solutionStackName"],
                custom_timeouts=pulumi.CustomTimeouts(create=minutes, update=minutes),
            ),
        ),
    )


def _placed(
    plan: BeanstalkPlan, where: Account, network: ServingNetwork, *, port: int
) -> tuple[Options, list[pulumi.Resource]]:
    """Subnets and security groups: only the load balancer reaches an instance, and only nginx."""
    outside = security_group(plan, where, network.vpc, "balancer", "load balancer")
    ranges = plan.place.callers or (network.range,)
    rules: list[pulumi.Resource] = [
        let_in(plan, where, outside, f"balancer-in-{port}-{index}", port, range=item)
        for index, item in enumerate(ranges)
    ]
    members, inner = service_group(plan, where, network, outside, HTTP)
    facing = plan.place.internet_facing
    options: Options = {
        "aws:ec2:vpc": {
            "VPCId": network.vpc,
            "Subnets": _joined(network.private),
            "ELBSubnets": _joined(network.public if facing else network.private),
            "ELBScheme": "public" if facing else "internal",
            "AssociatePublicIpAddress": "false",
        },
        "aws:autoscaling:launchconfiguration": {
            "DisableDefaultEC2SecurityGroup": "true",
            "SecurityGroups": members.id,
        },
        "aws:elbv2:loadbalancer": {
            "SecurityGroups": outside.id,
            "ManagedSecurityGroup": outside.id,
        },
    }
    return options, [*rules, *inner]


def _joined(subnets: list[pulumi.Input[str]]) -> pulumi.Output[str]:
    return pulumi.Output.all(*subnets).apply(lambda found: ",".join(sorted(found)))


def _named(
    plan: BeanstalkPlan, where: Account, environment: aws.elasticbeanstalk.Environment
) -> list[pulumi.Resource]:
    """The domain, where its zone is known; else nobody need be asked for the balancers' zone."""
    if plan.naming.hosted_zone is None:
        return []
    zone = aws.lb.get_hosted_zone_id_output(load_balancer_type="application", opts=where.asked)
    address = environment.endpoint_url
    return point_domain(plan, where, plan.naming, address=address, zone=zone.id)


def _watch(
    plan: BeanstalkPlan, where: Account, environment: aws.elasticbeanstalk.Environment
) -> None:
    """Alarms and a dashboard from what the load balancer measures."""
    suffix = environment.load_balancers.apply(
        lambda found: "".join(found[:1]).rpartition("loadbalancer/")[2]
    )
    metrics = load_balancer_metrics(suffix)
    watch(plan, where, metrics, accepted=plan.error_rate, slow=plan.slow_seconds)
