"""Rules about EC2: how a machine keeps its credentials, its disks and its addresses."""

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace

from modelport_policies.demands import all_of, is_left_out, is_not_true, is_one_of, is_set, is_true
from modelport_policies.rule import STRICT_IN_PROD, Reads, Resource, Rule, Sample, Settings
from modelport_policies.secret_words import looks_like_secret
from modelport_policies.values import text

_INSTANCE = "aws:ec2/instance:Instance"
_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
_GROUP = "aws:autoscaling/group:Group"
_KEYLESS = "so any program on it that fetches a given address hands out the machine's keys"
_PLAIN = "so a snapshot or a disk that is thrown away can be read"


def _no_secrets(resource: Resource, _: Settings) -> Iterator[str]:
    for key in ("userData", "userDataBase64"):
        script = text(resource.properties, key)
        if isinstance(script, str) and looks_like_secret(_decoded(script)):
            yield f"holds what looks like a secret in {key}"


def _decoded(script: str) -> str:
    try:
        return f"{script}\n{b64decode(script, validate=True).decode(errors='replace')}"
    except ValueError:
        return script


TOKENS_REQUIRED = Rule(
    id="ec2-imdsv2",
    title="A machine gives its credentials to those who ask with a token only.",
    severity="high",
    types=(_INSTANCE, _TEMPLATE),
    rationale="a model server that can be made to fetch an address otherwise hands out its keys",
    fix='metadata_options={http_tokens: "required"}',
    sources=("AWS Security Hub EC2.8 and EC2.170", "CIS AWS 6.0 6.7", "CKV_AWS_79"),
    passes=Sample(_INSTANCE, {"metadataOptions": {"httpTokens": "required"}}),
    fails=Sample(_INSTANCE, {"metadataOptions": {"httpTokens": "optional"}}),
    also_passes=(Sample(_TEMPLATE, {"metadataOptions": {"httpTokens": "required"}}),),
    also_fails=(Sample(_TEMPLATE, {}),),
    check=is_one_of("metadataOptions.httpTokens", ["required"], _KEYLESS),
    remedies={"metadataOptions.httpTokens": "required"},
)

NO_PUBLIC_ADDRESS = Rule(
    id="ec2-no-public-ip",
    title="A machine has no public address.",
    severity="high",
    types=(_INSTANCE,),
    rationale="with one the internet reaches every port that a rule forgets to close",
    fix="associate_public_ip_address=False, and a load balancer before it",
    sources=("AWS Security Hub EC2.9", "CKV_AWS_88"),
    passes=Sample(_INSTANCE, {"associatePublicIpAddress": False}),
    fails=Sample(_INSTANCE, {"associatePublicIpAddress": True}),
    check=is_not_true("associatePublicIpAddress", "so the internet reaches it"),
)

TEMPLATE_NO_PUBLIC_ADDRESS = replace(
    NO_PUBLIC_ADDRESS,
    id="ec2-launchtemplate-no-public-ip",
    title="Machines of a launch template have no public address.",
    types=(_TEMPLATE,),
    fix="network_interfaces=[{…, associate_public_ip_address: False}]",
    sources=("AWS Security Hub EC2.25",),
    passes=Sample(_TEMPLATE, {"networkInterfaces": [{"associatePublicIpAddress": "false"}]}),
    fails=Sample(_TEMPLATE, {"networkInterfaces": [{"associatePublicIpAddress": "true"}]}),
    check=is_not_true("networkInterfaces[].associatePublicIpAddress", "so the internet reaches it"),
)

DISKS_ENCRYPTED = Rule(
    id="ec2-root-volume-encrypted",
    title="A machine's disks are encrypted.",
    severity="high",
    types=(_INSTANCE,),
    rationale="models, data and logs on a snapshot can be copied by whoever may read it",
    fix="root_block_device={encrypted: True}, and the same in ebs_block_devices",
    sources=("AWS Security Hub EC2.3", "CKV_AWS_8"),
    passes=Sample(
        _INSTANCE,
        {
            "rootBlockDevice": {"encrypted": True},
            "ebsBlockDevices": [{"deviceName": "/dev/sdb", "encrypted": True}],
        },
    ),
    fails=Sample(_INSTANCE, {"rootBlockDevice": {"encrypted": False}}),
    also_fails=(
        Sample(
            _INSTANCE,
            {"rootBlockDevice": {"encrypted": True}, "ebsBlockDevices": [{"deviceName": "/dev/b"}]},
        ),
    ),
    check=all_of(
        is_true("rootBlockDevice.encrypted", _PLAIN),
        is_true("ebsBlockDevices[].encrypted", _PLAIN),
    ),
)

TEMPLATE_DISKS_ENCRYPTED = replace(
    DISKS_ENCRYPTED,
    id="ec2-launchtemplate-ebs-encrypted",
    title="Disks of a launch template are encrypted.",
    types=(_TEMPLATE,),
    fix='block_device_mappings=[{…, ebs: {encrypted: "true"}}]',
    sources=("AWS Security Hub EC2.181",),
    passes=Sample(_TEMPLATE, {"blockDeviceMappings": [{"ebs": {"encrypted": "true"}}]}),
    fails=Sample(_TEMPLATE, {"blockDeviceMappings": [{"ebs": {"encrypted": "false"}}]}),
    also_fails=(),
    check=is_true("blockDeviceMappings[].ebs.encrypted", _PLAIN),
)

NO_SCRIPT_SECRETS = Rule(
    id="ec2-no-userdata-secrets",
    title="No secret stands in the script that a machine starts with.",
    severity="critical",
    types=(_INSTANCE, _TEMPLATE),
    rationale="every program on the machine, and whoever may describe it, reads that script",
    fix="fetch it at start from Secrets Manager or Parameter Store, by the machine's role",
    sources=("CKV_AWS_46", "prowler ec2_instance_secrets_user_data"),
    reads=(Reads("userData", "passes"), Reads("userDataBase64", "passes")),
    passes=Sample(_INSTANCE, {"userData": "#!/bin/sh\ndocker run cancer"}),
    fails=Sample(_INSTANCE, {"userData": "docker login -p x https://me:hunter22@registry"}),
    also_fails=(
        Sample(_TEMPLATE, {"userData": "cGFzc3dvcmQ9aHVudGVyMjI="}),
        Sample(_INSTANCE, {"userDataBase64": "cGFzc3dvcmQ9aHVudGVyMjI="}),
    ),
    check=_no_secrets,
)

ROLE_GIVEN = Rule(
    id="ec2-instance-profile",
    title="A machine has a role of its own.",
    severity="medium",
    types=(_INSTANCE,),
    rationale="without one somebody puts keys on it, which never end and are copied",
    fix="iam_instance_profile=profile.name",
    sources=("prowler ec2_instance_profile_attached",),
    levels=STRICT_IN_PROD,
    passes=Sample(_INSTANCE, {"iamInstanceProfile": "cancer"}),
    fails=Sample(_INSTANCE, {"instanceType": "t3.small"}),
    check=is_set("iamInstanceProfile", "so its programs need keys that never end"),
)

FROM_TEMPLATE = Rule(
    id="asg-launch-template",
    title="A group of machines is made from a launch template.",
    severity="medium",
    types=(_GROUP,),
    rationale="a launch configuration cannot ask for tokens, new types or several of them",
    fix="launch_template={id: template.id, version: …}",
    sources=("AWS Security Hub AutoScaling.9", "CKV_AWS_315"),
    levels=STRICT_IN_PROD,
    passes=Sample(_GROUP, {"launchTemplate": {"id": "lt-1"}}),
    fails=Sample(_GROUP, {"launchConfiguration": "cancer"}),
    check=is_left_out("launchConfiguration", "which AWS no longer extends"),
)

SECURITY = (
    TOKENS_REQUIRED,
    NO_PUBLIC_ADDRESS,
    TEMPLATE_NO_PUBLIC_ADDRESS,
    DISKS_ENCRYPTED,
    TEMPLATE_DISKS_ENCRYPTED,
    NO_SCRIPT_SECRETS,
    ROLE_GIVEN,
    FROM_TEMPLATE,
)
