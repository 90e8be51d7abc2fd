"""The resources of kind `aws.lambda`: function, versions, the alias that is live, and its entry.

Every change of the function publishes a version, whose description names the revision: unlike
variables it comes with the list of all versions, and unlike an alias for each revision it costs
nothing and cannot be left over. The alias is made at the first version and then belongs to
`modelport.resources.Traffic`: an update ignores where it points.
"""

import pulumi
import pulumi_aws as aws

from modelport.platforms.aws.account import Account, account
from modelport.platforms.aws.alarms import Metrics, watch
from modelport.platforms.aws.encryption import encryption_key
from modelport.platforms.aws.identity import (
    Statement,
    decrypt,
    document,
    granted_role,
    write_logs,
)
from modelport.platforms.aws.image import ModelImage, model_image
from modelport.platforms.aws.lambda_.entry import entry_of
from modelport.platforms.aws.lambda_.plan import ALIAS, LambdaPlan
from modelport.platforms.aws.logs import log_group, tail_command
from modelport.platforms.aws.network import TLS, let_out, security_group
from modelport.platforms.aws.place import EVERYWHERE
from modelport.platforms.container import caller_key, container_variables
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.proving import prove

_MOVED = ["functionVersion", "routingConfig"]
"""What a rollout moves."""
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}


def build(plan: LambdaPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; a new version gets no request until the alias is moved."""
    where = account(plan, parent)
    key = encryption_key(plan, where)
    images = model_image(plan, where, key, architecture=plan.architecture)
    callers = caller_key(plan, where.opts)
    logs_name = f"/aws/lambda/{plan.physical_name}"
    group = log_group(plan, where, key, logs_name)
    statements = [
        *write_logs(group),
        *decrypt(key),
        *(_join_network(plan, where) if plan.subnets else []),
    ]
    # Lambda takes on a role in nobody's name, so there is no account to compare.
    role, granted = granted_role(
        plan, where, "lambda.amazonaws.com", statements, confused_deputy=False
    )
    pulling = _let_pull(plan, where, images)
    function = aws.lambda_.Function(
        f"{plan.name}-function",
        name=plan.physical_name,
        description=f"model {plan.version}, revision {plan.revision}",
        package_type="Image",
        image_uri=images.reference,
        architectures=[_ARCHITECTURES[plan.architecture]],
        role=role.arn,
        memory_size=plan.memory_mib,
        timeout=plan.timeout,
        ephemeral_storage=aws.lambda_.FunctionEphemeralStorageArgs(size=plan.tmp_mib),
        reserved_concurrent_executions=plan.replicas_max,
        publish=True,
        environment=aws.lambda_.FunctionEnvironmentArgs(
            variables=container_variables(plan, callers)
        ),
        kms_key_arn=key.arn,
        logging_config=aws.lambda_.FunctionLoggingConfigArgs(
            log_format="Text", log_group=group.name
        ),
        vpc_config=_network(plan, where),
        tags={**plan.tags, "model-version": plan.version},
        opts=where.after(pulling, *granted),
    )
    alias = aws.lambda_.Alias(
        f"{plan.name}-alias",
        name=ALIAS,
        description="what callers call; modelport moves it from version to version",
        function_name=function.name,
        function_version=function.version,
        opts=pulumi.ResourceOptions.merge(
            where.opts, pulumi.ResourceOptions(ignore_changes=_MOVED)
        ),
    )
    warm = _warm(plan, where, alias)
    entry = entry_of(plan, where, key, alias)
    metrics = _metrics(plan)
    watch(plan, where, metrics, accepted=plan.error_rate, slow=plan.slow_seconds)
    names: dict[str, pulumi.Input[str]] = {
        "region": plan.region,
        "function": plan.physical_name,
        "ask": entry.ask,
        "url": entry.url,
        # A change of the function that is none of the revision publishes too, and must be moved to.
        "newest": function.version,
    }
    return prove(
        plan,
        names=names,
        url=entry.url,
        log=tail_command(plan, logs_name),
        digest=images.digest,
        key=callers.value,
        moves_traffic=True,
        replicas_min=plan.replicas_min or None,
        opts=where.after(*warm, *entry.parts),
    )


def _let_pull(plan: LambdaPlan, where: Account, images: ModelImage) -> aws.ecr.RepositoryPolicy:
    """Lambda pulls the image itself, for this function alone.

    https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
    """
    pull: Statement = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        "Condition": {
            "ArnLike": {
                "aws:SourceArn": [
                    where.arn("lambda", f"function:{plan.physical_name}"),
                    where.arn("lambda", f"function:{plan.physical_name}:*"),
                ]
            }
        },
    }
    return aws.ecr.RepositoryPolicy(
        f"{plan.name}-images-policy",
        repository=images.repository.name,
        policy=document([pull]),
        opts=where.opts,
    )


def _warm(plan: LambdaPlan, where: Account, alias: aws.lambda_.Alias) -> list[pulumi.Resource]:
    """Copies that wait; they follow the alias from version to version, by its weights."""
    if plan.replicas_min == 0:
        return [alias]
    warm = aws.lambda_.ProvisionedConcurrencyConfig(
        f"{plan.name}-warm",
        function_name=alias.function_name,
        qualifier=alias.name,
        provisioned_concurrent_executions=plan.replicas_min,
        opts=where.opts,
    )
    return [alias, warm]


def _network(plan: LambdaPlan, where: Account) -> aws.lambda_.FunctionVpcConfigArgs | None:
    """Subnets to call out of; Lambda never calls in through them."""
    if plan.vpc is None:
        return None
    group = security_group(plan, where, plan.vpc, "service", "what runs the model")
    let_out(plan, where, group, "service-out", TLS, range=EVERYWHERE)
    return aws.lambda_.FunctionVpcConfigArgs(
        subnet_ids=list(plan.subnets), security_group_ids=[group.id]
    )


def _join_network(plan: LambdaPlan, where: Account) -> list[Statement]:
    """What Lambda needs to put a function into subnets, and the function itself may not do.

    These actions name no resource: https://docs.aws.amazon.com/lambda/latest/dg/
    configuration-vpc.html.
    """
    actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ]
    itself = where.arn("lambda", f"function:{plan.physical_name}")
    return [
        {"Effect": "Allow", "Action": actions, "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": actions,
            "Resource": "*",
            "Condition": {"ArnEquals": {"lambda:SourceFunctionArn": itself}},
        },
    ]


def _metrics(plan: LambdaPlan) -> Metrics:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html."""
    by_url = plan.entry == "url"
    return Metrics(
        namespace="AWS/Lambda",
        dimensions={
            "FunctionName": plan.physical_name,
            "Resource": f"{plan.physical_name}:{ALIAS}",
        },
        requests="UrlRequestCount" if by_url else "Invocations",
        errors="Url5xxCount" if by_url else "Errors",
        latency="UrlRequestLatency" if by_url else "Duration",
        latency_per_second=1000,
    )
