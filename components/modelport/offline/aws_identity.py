"""Ids of aws resources, as its provider gives them."""

import re
from typing import Final

from modelport.offline import marks
from modelport.offline.aws_arns import arn_of, ec2_id, invent_like
from modelport.offline.import_examples import import_examples
from modelport.offline.place import text
from modelport.offline.subject import Subject

_BY_ARN: Final = frozenset(
    {
        "acm/certificate:Certificate",
        "apprunner/service:Service",
        "batch/computeEnvironment:ComputeEnvironment",
        "batch/jobDefinition:JobDefinition",
        "batch/jobQueue:JobQueue",
        "ecs/capacityProvider:CapacityProvider",
        "ecs/cluster:Cluster",
        "ecs/service:Service",
        "iam/openIdConnectProvider:OpenIdConnectProvider",
        "iam/policy:Policy",
        "iam/samlProvider:SamlProvider",
        "lambda/alias:Alias",
        "lambda/layerVersion:LayerVersion",
        "secretsmanager/secret:Secret",
        "sfn/activity:Activity",
        "sfn/stateMachine:StateMachine",
        "sns/topic:Topic",
        "sns/topicSubscription:TopicSubscription",
    }
)
"""Types whose id is their ARN."""
_FORMATS: Final = {
    "apigateway/restApi:RestApi": "{hex10}",
    "apigatewayv2/api:Api": "{hex10}",
    "appautoscaling/policy:Policy": "{name}",
    "appautoscaling/target:Target": "{resourceId}",
    "cloudfront/distribution:Distribution": "E{HEX13}",
    "cognito/userPool:UserPool": "{region}_{hex9}",
    "ecs/taskDefinition:TaskDefinition": "{family}",
    "efs/fileSystem:FileSystem": "fs-{hex17}",
    "elasticbeanstalk/environment:Environment": "e-{hex10}",
    "iam/rolePolicy:RolePolicy": "{role}:{name}",
    "iam/rolePolicyAttachment:RolePolicyAttachment": "{role}/{policyArn}",
    "iam/userPolicy:UserPolicy": "{user}:{name}",
    "kms/key:Key": "{guid}",
    "lambda/eventSourceMapping:EventSourceMapping": "{guid}",
    "lambda/permission:Permission": "{statementId}",
    "route53/record:Record": "{zoneId}_{name}_{type}",
    "route53/zone:Zone": "Z{HEX13}",
    "ec2/mainRouteTableAssociation:MainRouteTableAssociation": "rtbassoc-{hex17}",
    "ec2/route:Route": "r-{routeTableId}{digits}",
    "ec2/routeTableAssociation:RouteTableAssociation": "rtbassoc-{hex17}",
    "ec2/securityGroupRule:SecurityGroupRule": "sgrule-{digits}",
    "s3/bucketObject:BucketObject": "{bucket}/{key}",
    "s3/bucketObjectv2:BucketObjectv2": "{bucket}/{key}",
    "sagemaker/domain:Domain": "d-{hex12}",
    "secretsmanager/secretVersion:SecretVersion": "{secretId}|{guid}",
    "vpc/securityGroupEgressRule:SecurityGroupEgressRule": "sgr-{hex17}",
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule": "sgr-{hex17}",
}
"""Ids that the examples of the documentation do not show as they are."""


def aws_id(subject: Subject) -> str:
    """The id of a new resource."""
    tail = subject.token.removeprefix("aws:")
    if tail == "sqs/queue:Queue":
        return queue_url(subject)
    if tail in _BY_ARN or subject.module in ("lb", "alb"):
        return arn_of(subject)
    if tail in _FORMATS:
        return _FORMATS[tail].format_map(_Fields(subject))
    numbered = ec2_id(subject)
    if numbered:
        return numbered
    for example in import_examples(subject.token):
        return _like(example, subject)
    return subject.name


def queue_url(subject: Subject) -> str:
    """Address of a queue of SQS."""
    place = subject.place
    name = marks.host(f"sqs.{place.region}.{place.dns_suffix}")
    return f"https://{name}/{place.account}/{subject.name}"


def _like(example: str, subject: Subject) -> str:
    """An id in the form of the documentation's example."""
    if example.startswith("arn:"):
        return arn_of(subject)
    pieces = re.split(r"([/:,|])", example)
    if len(pieces) == 1:
        return invent_like(example, subject, subject.name)
    parents = [
        value
        for key in sorted(subject.inputs)
        if key.endswith(("Id", "Name", "Identifier")) and (value := text(subject.inputs, key))
    ]
    count = len(pieces[::2])
    for index in range(count - 1):
        above = parents[index] if index < len(parents) else subject.name
        pieces[index * 2] = above.rsplit("/", 1)[-1]
    pieces[-1] = invent_like(pieces[-1], subject, subject.name)
    return "".join(pieces)


class _Fields(dict[str, str]):
    """What stands in braces; what is not made up comes from the inputs."""

    def __init__(self, subject: Subject) -> None:
        about = subject.about("id")
        super().__init__(
            {f"hex{length}": marks.hex_id(about, length) for length in (9, 10, 12, 17)},
            HEX13=marks.hex_id(about, 13).upper(),
            digits=str(marks.number(about, 1_000_000_000, 4_294_967_295)),
            guid=marks.guid(about),
            name=subject.name,
            region=subject.place.region,
        )
        self._subject = subject

    def __missing__(self, key: str) -> str:
        return text(self._subject.inputs, key) or self._subject.name
