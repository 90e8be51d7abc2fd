"""Computed: which outputs a service decides although a program may set them, and what changes them.

Facts are those of the providers' documentation (Terraform registry for aws and gcp, Azure REST
reference), looked up 2026-11-21.
"""

import re
from dataclasses import dataclass
from typing import Final

from modelport.offline import marks
from modelport.provider.wire import Json
from modelport.sdk.types import Property, ResourceSchema

CHOSEN: Final = {
    "aws:ec2/instance:Instance": frozenset({"privateIp", "subnetId", "availabilityZone"}),
    "aws:ec2/subnet:Subnet": frozenset({"availabilityZone", "availabilityZoneId"}),
    "aws:eks/cluster:Cluster": frozenset({"version"}),
    "aws:kms/key:Key": frozenset({"policy"}),
    "aws:rds/instance:Instance": frozenset({"port", "engineVersion"}),
    "azure-native:app:ContainerApp": frozenset({"latestRevisionName", "latestRevisionFqdn"}),
    "gcp:compute/address:Address": frozenset({"address"}),
    "gcp:compute/globalAddress:GlobalAddress": frozenset({"address"}),
}
"""Optional outputs that the service fills in when the program does not."""


_USUAL: Final[dict[str, dict[str, Json]]] = {
    "aws:lambda/function:Function": {
        "architectures": ["x86_64"],
        "ephemeralStorage": {"size": 512},
        "tracingConfig": {"mode": "PassThrough"},
    },
    "aws:ec2/vpc:Vpc": {"enableDnsSupport": True, "instanceTenancy": "default"},
    "gcp:compute/network:Network": {"mtu": 1460},
    "gcp:storage/bucket:Bucket": {"publicAccessPrevention": "inherited", "rpo": "DEFAULT"},
}
"""What a service takes when the program leaves a property out."""
_ABSENT: Final = {
    "aws:s3/bucket:Bucket": frozenset(
        {"accelerationStatus", "logging", "objectLockConfiguration", "policy", "versioning"}
        | {"replicationConfiguration", "website", "websiteDomain", "websiteEndpoint", "acl"}
    ),
    "gcp:storage/bucket:Bucket": frozenset({"website"}),
}
"""Outputs that are not there unless the program asks for them, whatever the SDK's types say."""


def usual_value(token: str, name: str) -> Json:
    """What the service takes for a property that is left out; none when nothing is known."""
    return _USUAL.get(token, {}).get(name)


def is_absent(schema: ResourceSchema, property_: Property) -> bool:
    """Whether an output is not there unless it is given, although its type says that it is."""
    return property_.name in _ABSENT.get(schema.token, frozenset())


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of some inputs changes among the outputs."""

    outputs: frozenset[str]
    inputs: frozenset[str] | None = None
    """Inputs whose change matters; none: any but tags."""
    condition: str | None = None
    """Input that must be true for it."""


_ANY: Final = frozenset({"tags", "tagsAll", "labels"})
_EFFECTS: Final = {
    "aws:ec2/launchTemplate:LaunchTemplate": [Effect(frozenset({"latestVersion"}))],
    "aws:lambda/function:Function": [
        Effect(frozenset({"lastModified"})),
        Effect(frozenset({"version", "qualifiedArn", "qualifiedInvokeArn"}), condition="publish"),
        Effect(
            frozenset({"codeSha256", "sourceCodeHash", "sourceCodeSize"}),
            frozenset({"code", "imageUri", "s3Bucket", "s3Key", "s3ObjectVersion"}),
        ),
    ],
    "aws:s3/bucketObject:BucketObject": [
        Effect(frozenset({"etag", "versionId"}), frozenset({"source", "content", "contentBase64"}))
    ],
    "aws:s3/bucketObjectv2:BucketObjectv2": [
        Effect(frozenset({"etag", "versionId"}), frozenset({"source", "content", "contentBase64"}))
    ],
    "aws:ssm/parameter:Parameter": [
        Effect(frozenset({"version"}), frozenset({"value", "insecureValue", "type"}))
    ],
    "azure-native:app:ContainerApp": [
        Effect(frozenset({"latestRevisionName", "latestRevisionFqdn"}), frozenset({"template"}))
    ],
    "gcp:cloudrunv2/service:Service": [
        Effect(frozenset({"latestCreatedRevision", "latestReadyRevision"}), frozenset({"template"}))
    ],
}
"""What changes with a change, beyond what names tell."""
_BY_NAME: Final = re.compile(
    r"etag|(.*[fF]ingerprint)|updateTime|generation|observedGeneration|"
    r"lastModified(Time|Date|On)?|(last)?[uU]pdated(At|Date|Time)?"
)
"""Outputs that change with every change, in any cloud."""


def is_chosen(schema: ResourceSchema, property_: Property) -> bool:
    """Whether the service fills in an optional output that was not given."""
    return property_.name in CHOSEN.get(schema.token, frozenset())


def affected(schema: ResourceSchema, changed: frozenset[str], inputs: dict[str, Json]) -> set[str]:
    """Outputs that differ after a change of these inputs; none when nothing changed."""
    if not changed:
        return set()
    found: set[str] = set()
    if not schema.token.startswith("aws:") or changed - _ANY:  # AWS keeps tags apart
        found = {name for name in schema.outputs if _BY_NAME.fullmatch(name)}
    for effect in _EFFECTS.get(schema.token, []):
        if effect.condition and inputs.get(effect.condition) is not True:
            continue
        matters = changed - _ANY if effect.inputs is None else changed & effect.inputs
        if matters:
            found |= effect.outputs
    return {name for name in found if name in schema.outputs and name not in inputs}


def counted(old: Json, new: Json) -> Json:
    """The next of a count, version or numbered text; else the newly invented value."""
    if isinstance(old, bool):
        return new
    if isinstance(old, int | float):
        return old + 1
    if isinstance(old, str) and old.isdigit() and len(old) < 9:
        return str(int(old) + 1)
    return new


def changes(old: dict[str, Json], new: dict[str, Json]) -> frozenset[str]:
    """Inputs that differ."""
    keys = {*old, *new}
    return frozenset(
        key
        for key in keys
        if not key.startswith("__") and marks.seed(old.get(key)) != marks.seed(new.get(key))
    )
