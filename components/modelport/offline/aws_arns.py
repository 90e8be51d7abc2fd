"""ARNs: how AWS names its resources.

Formats are those of the Service Authorization Reference ("Resource types defined by …",
looked up 2026-11-21); types without an entry follow the example in the SDK's documentation.
"""

import re
from typing import Final

from modelport.offline import marks
from modelport.offline.import_examples import import_examples
from modelport.offline.place import text
from modelport.offline.subject import Subject, kebab

_SERVICES: Final = {
    "accessanalyzer": "access-analyzer",
    "acmpca": "acm-pca",
    "alb": "elasticloadbalancing",
    "amp": "aps",
    "apigatewayv2": "apigateway",
    "appintegrations": "app-integrations",
    "bedrockmodel": "bedrock",
    "cfg": "config",
    "cognito": "cognito-idp",
    "codestarconnections": "codestar-connections",
    "docdb": "rds",
    "ebs": "ec2",
    "efs": "elasticfilesystem",
    "elasticsearch": "es",
    "elb": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "emrcontainers": "emr-containers",
    "emrserverless": "emr-serverless",
    "kinesisanalyticsv2": "kinesisanalytics",
    "lb": "elasticloadbalancing",
    "lex": "lex",
    "location": "geo",
    "msk": "kafka",
    "mskconnect": "kafkaconnect",
    "mwaa": "airflow",
    "neptune": "rds",
    "networkfirewall": "network-firewall",
    "opensearch": "es",
    "opensearchingest": "osis",
    "paymentcryptography": "payment-cryptography",
    "pinpoint": "mobiletargeting",
    "resourcegroups": "resource-groups",
    "route53recoverycontrol": "route53-recovery-control",
    "s3outposts": "s3-outposts",
    "sagemaker": "sagemaker",
    "serverlessrepository": "serverlessrepo",
    "sesv2": "ses",
    "sfn": "states",
    "ssmcontacts": "ssm-contacts",
    "ssmincidents": "ssm-incidents",
    "ssoadmin": "sso",
    "timestreamquery": "timestream",
    "timestreamwrite": "timestream",
    "workspacesweb": "workspaces-web",
}
"""Modules of the SDK that are not called like their service in ARNs."""

_EC2: Final = {
    "Eip": ("eipalloc", "elastic-ip"),
    "FlowLog": ("fl", "vpc-flow-log"),
    "Instance": ("i", "instance"),
    "InternetGateway": ("igw", "internet-gateway"),
    "LaunchTemplate": ("lt", "launch-template"),
    "NatGateway": ("nat", "natgateway"),
    "NetworkAcl": ("acl", "network-acl"),
    "NetworkInterface": ("eni", "network-interface"),
    "RouteTable": ("rtb", "route-table"),
    "SecurityGroup": ("sg", "security-group"),
    "Snapshot": ("snap", "snapshot"),
    "Subnet": ("subnet", "subnet"),
    "Volume": ("vol", "volume"),
    "Vpc": ("vpc", "vpc"),
    "VpcEndpoint": ("vpce", "vpc-endpoint"),
    "VpcPeeringConnection": ("pcx", "vpc-peering-connection"),
    "TransitGateway": ("tgw", "transit-gateway"),
}
"""Prefix of the id and type in the ARN of what EC2 numbers."""

# {p}: `arn:` and partition, {r}: region, {a}: account, {ra}: both.
_FORMATS: Final = {
    "acm/certificate:Certificate": "{p}:acm:{ra}:certificate/{guid}",
    "apigateway/restApi:RestApi": "{p}:apigateway:{r}::/restapis/{id}",
    "apigatewayv2/api:Api": "{p}:apigateway:{r}::/apis/{id}",
    "apprunner/service:Service": "{p}:apprunner:{ra}:service/{name}/{hex32}",
    "autoscaling/group:Group": (
        "{p}:autoscaling:{ra}:autoScalingGroup:{guid}:autoScalingGroupName/{name}"
    ),
    "autoscaling/policy:Policy": (
        "{p}:autoscaling:{ra}:scalingPolicy:{guid}"
        ":autoScalingGroupName/{autoscalingGroupName}:policyName/{name}"
    ),
    "batch/computeEnvironment:ComputeEnvironment": "{p}:batch:{ra}:compute-environment/{name}",
    "batch/jobDefinition:JobDefinition": "{p}:batch:{ra}:job-definition/{name}:{revision}",
    "batch/jobQueue:JobQueue": "{p}:batch:{ra}:job-queue/{name}",
    "cloudfront/distribution:Distribution": "{p}:cloudfront::{a}:distribution/{id}",
    "cloudwatch/dashboard:Dashboard": "{p}:cloudwatch::{a}:dashboard/{name}",
    "cloudwatch/eventBus:EventBus": "{p}:events:{ra}:event-bus/{name}",
    "cloudwatch/eventRule:EventRule": "{p}:events:{ra}:rule/{name}",
    "cloudwatch/logGroup:LogGroup": "{p}:logs:{ra}:log-group:{name}",
    "cloudwatch/logStream:LogStream": "{p}:logs:{ra}:log-group:{logGroupName}:log-stream:{name}",
    "cloudwatch/metricAlarm:MetricAlarm": "{p}:cloudwatch:{ra}:alarm:{name}",
    "cloudwatch/compositeAlarm:CompositeAlarm": "{p}:cloudwatch:{ra}:alarm:{name}",
    "cognito/userPool:UserPool": "{p}:cognito-idp:{ra}:userpool/{id}",
    "dynamodb/table:Table": "{p}:dynamodb:{ra}:table/{name}",
    "ecr/repository:Repository": "{p}:ecr:{ra}:repository/{name}",
    "ecs/capacityProvider:CapacityProvider": "{p}:ecs:{ra}:capacity-provider/{name}",
    "ecs/cluster:Cluster": "{p}:ecs:{ra}:cluster/{name}",
    "ecs/service:Service": "{p}:ecs:{ra}:service/{cluster}/{name}",
    "ecs/taskDefinition:TaskDefinition": "{p}:ecs:{ra}:task-definition/{family}:{revision}",
    "efs/fileSystem:FileSystem": "{p}:elasticfilesystem:{ra}:file-system/{id}",
    "eks/addon:Addon": "{p}:eks:{ra}:addon/{clusterName}/{addonName}/{guid}",
    "eks/cluster:Cluster": "{p}:eks:{ra}:cluster/{name}",
    "eks/fargateProfile:FargateProfile": "{p}:eks:{ra}:fargateprofile/{clusterName}/{name}/{guid}",
    "eks/nodeGroup:NodeGroup": "{p}:eks:{ra}:nodegroup/{clusterName}/{name}/{guid}",
    "elasticbeanstalk/application:Application": "{p}:elasticbeanstalk:{ra}:application/{name}",
    "elasticbeanstalk/applicationVersion:ApplicationVersion": (
        "{p}:elasticbeanstalk:{ra}:applicationversion/{application}/{name}"
    ),
    "elasticbeanstalk/environment:Environment": (
        "{p}:elasticbeanstalk:{ra}:environment/{application}/{name}"
    ),
    "iam/group:Group": "{p}:iam::{a}:group{path}{name}",
    "iam/instanceProfile:InstanceProfile": "{p}:iam::{a}:instance-profile{path}{name}",
    "iam/openIdConnectProvider:OpenIdConnectProvider": "{p}:iam::{a}:oidc-provider/{url}",
    "iam/policy:Policy": "{p}:iam::{a}:policy{path}{name}",
    "iam/role:Role": "{p}:iam::{a}:role{path}{name}",
    "iam/samlProvider:SamlProvider": "{p}:iam::{a}:saml-provider/{name}",
    "iam/serverCertificate:ServerCertificate": "{p}:iam::{a}:server-certificate{path}{name}",
    "iam/user:User": "{p}:iam::{a}:user{path}{name}",
    "kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": (
        "{p}:firehose:{ra}:deliverystream/{name}"
    ),
    "kinesis/stream:Stream": "{p}:kinesis:{ra}:stream/{name}",
    "kms/alias:Alias": "{p}:kms:{ra}:{name}",
    "kms/key:Key": "{p}:kms:{ra}:key/{guid}",
    "lambda/alias:Alias": "{p}:lambda:{ra}:function:{functionName}:{name}",
    "lambda/codeSigningConfig:CodeSigningConfig": "{p}:lambda:{ra}:code-signing-config:csc-{hex17}",
    "lambda/eventSourceMapping:EventSourceMapping": "{p}:lambda:{ra}:event-source-mapping:{guid}",
    "lambda/function:Function": "{p}:lambda:{ra}:function:{name}",
    "lambda/layerVersion:LayerVersion": "{p}:lambda:{ra}:layer:{layerName}:{revision}",
    "rds/cluster:Cluster": "{p}:rds:{ra}:cluster:{name}",
    "rds/instance:Instance": "{p}:rds:{ra}:db:{name}",
    "rds/subnetGroup:SubnetGroup": "{p}:rds:{ra}:subgrp:{name}",
    "route53/zone:Zone": "{p}:route53:::hostedzone/{id}",
    "s3/accessPoint:AccessPoint": "{p}:s3:{ra}:accesspoint/{name}",
    "s3/bucket:Bucket": "{p}:s3:::{name}",
    "s3/bucketObject:BucketObject": "{p}:s3:::{bucket}/{key}",
    "s3/bucketObjectv2:BucketObjectv2": "{p}:s3:::{bucket}/{key}",
    "s3/bucketV2:BucketV2": "{p}:s3:::{name}",
    "sagemaker/domain:Domain": "{p}:sagemaker:{ra}:domain/{id}",
    "sagemaker/endpointConfiguration:EndpointConfiguration": (
        "{p}:sagemaker:{ra}:endpoint-config/{name}"
    ),
    "secretsmanager/secret:Secret": "{p}:secretsmanager:{ra}:secret:{name}-{hex6}",
    "sfn/activity:Activity": "{p}:states:{ra}:activity:{name}",
    "sfn/stateMachine:StateMachine": "{p}:states:{ra}:stateMachine:{name}",
    "sns/topic:Topic": "{p}:sns:{ra}:{name}",
    "sns/topicSubscription:TopicSubscription": "{topic}:{guid}",
    "sqs/queue:Queue": "{p}:sqs:{ra}:{name}",
    "ssm/parameter:Parameter": "{p}:ssm:{ra}:parameter{slashed}",
}
_KINDS: Final = {"application": "app", "network": "net", "gateway": "gwy"}
_HEX = re.compile(r"(?=.*\d)[0-9a-f]{8,}")
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PREFIXED = re.compile(r"([a-z]{1,12}-)[0-9a-f]{8,}")


def arn_of(subject: Subject, resource_id: str = "") -> str:
    """The ARN of a resource; `resource_id` is its id where the ARN holds it."""
    tail = subject.token.removeprefix("aws:").replace("alb/", "lb/")
    if tail.startswith("lb/"):
        return _load_balancing(subject)
    if tail in _FORMATS:
        return _FORMATS[tail].format_map(_Fields(subject, resource_id))
    if subject.module == "ec2" and subject.kind in _EC2:
        identifier = resource_id or ec2_id(subject) or ""
        return f"{_head(subject, 'ec2')}:{_EC2[subject.kind][1]}/{identifier}"
    for example in import_examples(subject.token):
        if example.startswith("arn:") and example.count(":") >= 5 and "," not in example:
            return _like(example, subject)
    return f"{_head(subject, service_of(subject))}:{kebab(subject.kind)}/{subject.name}"


def service_of(subject: Subject) -> str:
    """The service's name in ARNs."""
    return _SERVICES.get(subject.module, subject.module)


def ec2_id(subject: Subject) -> str | None:
    """The id of what EC2 numbers, e.g. `vpc-0ff11e…`; none for other types."""
    found = _EC2.get(subject.kind) if subject.module in ("ec2", "ebs") else None
    return f"{found[0]}-{marks.hex_id(subject.about('id'))}" if found else None


def invent_like(part: str, subject: Subject, instead: str) -> str:
    """A made-up part of an id in the form of an example; `instead` where it is just a name."""
    if _GUID.fullmatch(part):
        return marks.guid(subject.about("id"))
    if prefixed := _PREFIXED.fullmatch(part):
        return f"{prefixed.group(1)}{marks.hex_id(subject.about('id'))}"
    if _HEX.fullmatch(part):
        return marks.hex_id(subject.about("id"), max(8, len(part)))
    if part.isdigit():
        return marks.AWS_ACCOUNT if len(part) >= 10 else "1"
    return instead


def _head(subject: Subject, service: str) -> str:
    place = subject.place
    return f"arn:{place.partition}:{service}:{place.region}:{place.account}"


def _load_balancing(subject: Subject) -> str:
    digits = marks.hex_id(subject.about("arn"), 16)
    head = _head(subject, "elasticloadbalancing")
    if subject.kind == "LoadBalancer":
        kind = _KINDS.get(text(subject.inputs, "loadBalancerType"), "app")
        return f"{head}:loadbalancer/{kind}/{subject.name}/{digits}"
    if subject.kind == "TargetGroup":
        return f"{head}:targetgroup/{subject.name}/{digits}"
    above = text(subject.inputs, "loadBalancerArn", "listenerArn")
    kind = "listener" if subject.kind == "Listener" else kebab(subject.kind)
    if above.count(":") >= 5:
        path = above.split(":", 5)[5].partition("/")[2]
        return f"{above.rsplit(':', 1)[0]}:{kind}/{path}/{digits}"
    return f"{head}:{kind}/app/{subject.name}/{digits}"


def _like(example: str, subject: Subject) -> str:
    """The example with this resource's region, account, name and made-up ids."""
    parts = example.split(":", 5)
    place = subject.place
    parts[1] = place.partition
    parts[3] = place.region if parts[3] else ""
    parts[4] = place.account if parts[4] else ""
    pieces = re.split(r"([/:])", parts[5])
    values = pieces[::2]
    pieces[::2] = [
        value if index % 2 == 0 and len(values) > 1 else invent_like(value, subject, subject.name)
        for index, value in enumerate(values)
    ]
    return ":".join([*parts[:5], "".join(pieces)])


class _Fields(dict[str, str]):
    """What stands in braces in a format; what is not special comes from the inputs."""

    def __init__(self, subject: Subject, resource_id: str) -> None:
        place = subject.place
        path = text(subject.inputs, "path") or "/"
        name = subject.name
        super().__init__(
            p=f"arn:{place.partition}",
            r=place.region,
            a=place.account,
            ra=f"{place.region}:{place.account}",
            id=resource_id,
            name=name,
            path=path,
            slashed=name if name.startswith("/") else f"/{name}",
            guid=marks.guid(subject.about("arn")),
            hex6=marks.hex_id(subject.about("arn"), 6),
            hex17=marks.hex_id(subject.about("arn"), 17),
            hex32=marks.hex_id(subject.about("arn"), 32),
            url=text(subject.inputs, "url").removeprefix("https://"),
            revision=str(revision(subject)),
            cluster=text(subject.inputs, "cluster").rsplit("/", 1)[-1] or "default",
            topic=_topic(subject),
        )
        self._inputs = subject.inputs
        self._name = name

    def __missing__(self, key: str) -> str:
        given = text(self._inputs, key)
        return (given.rsplit(":", 1)[-1] if given.startswith("arn:") else given) or self._name


def revision(subject: Subject) -> int:
    """A revision that differs between two contents, as a replacement's does."""
    return marks.number(subject.about("revision"), 1, 999)


def _topic(subject: Subject) -> str:
    topic = subject.inputs.get("topic")
    return topic if isinstance(topic, str) else f"{_head(subject, 'sns')}:{subject.name}"
