"""Data sources of aws: answers that follow from its provider's config and the arguments."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Final

from modelport.offline import marks
from modelport.offline.aws_arns import arn_of
from modelport.offline.aws_texts import hosted_zone_id, registry_host
from modelport.offline.place import entries, items, text
from modelport.offline.policy_document import policy_document
from modelport.offline.subject import Subject
from modelport.provider.wire import Json

Answer = dict[str, Json]
_ZONES: Final = "abc"
_REGIONS: Final = (
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)
"""Some of the regions that every account has."""
_SIZES: Final = {
    "nano": 0,
    "micro": 1,
    "small": 2,
    "medium": 4,
    "large": 8,
    "xlarge": 16,
}
"""GiB of memory of general-purpose instances, by size; larger ones are multiples of `xlarge`."""


def aws_answer(subject: Subject) -> Answer:
    """What is known of an answer; the rest follows from names and types."""
    say = _TABLE.get(f"{subject.module}:{subject.kind}")
    return say(subject) if say else {}


def _caller(subject: Subject) -> Answer:
    place = subject.place
    return {
        "accountId": place.account,
        "arn": f"arn:{place.partition}:iam::{place.account}:user/offline",
        "id": place.account,
        "userId": f"AIDA{marks.PREFIX.upper()}0000000000",
    }


def _region(subject: Subject) -> Answer:
    region = text(subject.inputs, "region", "name") or subject.place.region
    return {
        "description": "Offline",
        "endpoint": marks.host(f"ec2.{region}.{subject.place.dns_suffix}"),
        "id": region,
        "name": region,
        "region": region,
    }


def _partition(subject: Subject) -> Answer:
    place = subject.place
    return {
        "dnsSuffix": place.dns_suffix,
        "id": place.partition,
        "partition": place.partition,
        "reverseDnsPrefix": ".".join(reversed(place.dns_suffix.split("."))),
    }


def _zones(subject: Subject) -> Answer:
    region = subject.place.region
    excluded = subject.inputs.get("excludeNames")
    names = [f"{region}{letter}" for letter in _ZONES]
    kept = [name for name in names if not isinstance(excluded, list) or name not in excluded]
    return {
        "groupNames": [region],
        "id": region,
        "names": kept,
        "zoneIds": [_zone_id(name) for name in kept],
    }


def _zone_id(name: str) -> str:
    """`us-east-1a` as `use1-az1`."""
    *area, direction, number = name[:-1].split("-")
    short = "".join(word[0] for word in re.findall("north|south|east|west|central", direction))
    return f"{''.join(area)}{short}{number}-az{_ZONES.index(name[-1]) + 1}"


def _image(subject: Subject) -> Answer:
    filters = [entries(item) for item in items(subject.inputs.get("filters"))]
    wanted = {text(item, "name"): items(item.get("values")) for item in filters}
    names = wanted.get("name", [])
    identifier = f"ami-{marks.hex_id(subject.about('id'))}"
    arm = "arm64" in str(wanted) or "arm64" in text(subject.inputs, "nameRegex")
    return {
        "architecture": "arm64" if arm else "x86_64",
        "arn": f"arn:{subject.place.partition}:ec2:{subject.place.region}::image/{identifier}",
        "blockDeviceMappings": [],
        "id": identifier,
        "imageId": identifier,
        "imageType": "machine",
        "name": str(names[0]).replace("*", "offline") if names else "offline-image",
        "rootDeviceName": "/dev/xvda",
        "rootDeviceType": "ebs",
        "rootSnapshotId": f"snap-{marks.hex_id(subject.about('snapshot'))}",
        "state": "available",
        "virtualizationType": "hvm",
    }


def _vpc(subject: Subject) -> Answer:
    identifier = text(subject.inputs, "id") or f"vpc-{marks.hex_id('default')}"
    return {
        "arn": arn_of(subject, identifier),
        "cidrBlock": "172.31.0.0/16",
        "default": subject.inputs.get("id") is None,
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "id": identifier,
        "instanceTenancy": "default",
        "ipv6CidrBlock": "",
        "state": "available",
    }


def _subnets(subject: Subject) -> Answer:
    return {
        "id": subject.place.region,
        "ids": [f"subnet-{marks.hex_id(f'default-{letter}')}" for letter in _ZONES],
    }


def _subnet(subject: Subject) -> Answer:
    identifier = text(subject.inputs, "id") or f"subnet-{marks.hex_id(subject.about('id'))}"
    # A subnet keeps its zone and its addresses, however it was found.
    index = marks.number(identifier, 0, len(_ZONES) - 1)
    known = [f"subnet-{marks.hex_id(f'default-{letter}')}" for letter in _ZONES]
    index = known.index(identifier) if identifier in known else index
    zone = f"{subject.place.region}{_ZONES[index]}"
    return {
        "arn": arn_of(subject, identifier),
        "availabilityZone": zone,
        "availabilityZoneId": _zone_id(zone),
        "availableIpAddressCount": 4091,
        "cidrBlock": f"172.31.{index * 16}.0/20",
        "defaultForAz": True,
        "id": identifier,
        "ipv6CidrBlock": "",
        "mapPublicIpOnLaunch": True,
        "outpostArn": "",
        "state": "available",
        "vpcId": f"vpc-{marks.hex_id('default')}",
    }


def _security_group(subject: Subject) -> Answer:
    identifier = text(subject.inputs, "id") or f"sg-{marks.hex_id(subject.about('id'))}"
    return {
        "arn": arn_of(subject, identifier),
        "id": identifier,
        "name": text(subject.inputs, "name") or "default",
        "vpcId": f"vpc-{marks.hex_id('default')}",
    }


def _registry_token(subject: Subject) -> Answer:
    return {
        "authorizationToken": base64.b64encode(b"AWS:offline").decode(),
        "expiresAt": "2099-01-01T00:00:00Z",
        "id": subject.place.region,
        "password": "offline",
        "proxyEndpoint": f"https://{registry_host(subject)}",
        "userName": "AWS",
    }


def _repository(subject: Subject) -> Answer:
    return {
        "arn": arn_of(subject),
        "id": subject.name,
        "mostRecentImageTags": ["latest"],
        "repositoryUrl": f"{registry_host(subject)}/{subject.name}",
    }


def _container_image(subject: Subject) -> Answer:
    name = text(subject.inputs, "repositoryName")
    sha = text(subject.inputs, "imageDigest") or f"sha256:{marks.hex_id(subject.about('sha'), 64)}"
    tag = text(subject.inputs, "imageTag")
    return {
        "id": sha,
        "imageDigest": sha,
        "imagePushedAt": 1_704_067_200,
        "imageSizeInBytes": 100_000_000,
        "imageTags": [tag or "latest"],
        "imageUri": f"{registry_host(subject)}/{name}@{sha}",
    }


def _parameter(subject: Subject) -> Answer:
    name = text(subject.inputs, "name")
    value = f"offline value of {name}"
    if "ami" in name:  # the public parameters of Amazon's images
        value = f"ami-{marks.hex_id(subject.about('value'))}"
    return {
        "arn": arn_of(subject),
        "id": name,
        "insecureValue": value,
        "type": "String",
        "value": value,
        "version": 1,
    }


def _key(subject: Subject) -> Answer:
    given = text(subject.inputs, "keyId").rsplit(":key/", 1)[-1]
    identifier = marks.guid(subject.about("id")) if given.startswith("alias/") else given
    place = subject.place
    return {
        "arn": f"arn:{place.partition}:kms:{place.region}:{place.account}:key/{identifier}",
        "enabled": True,
        "id": identifier,
        "keyManager": "CUSTOMER",
        "keySpec": "SYMMETRIC_DEFAULT",
        "keyState": "Enabled",
        "keyUsage": "ENCRYPT_DECRYPT",
        "multiRegionConfigurations": [],
        "origin": "AWS_KMS",
        "xksKeyConfigurations": [],
    }


def _alias(subject: Subject) -> Answer:
    arn, identifier = arn_of(subject), marks.guid(subject.about("key"))
    return {
        "arn": arn,
        "id": arn,
        "targetKeyArn": f"{arn.rsplit(':', 1)[0]}:key/{identifier}",
        "targetKeyId": identifier,
    }


def _role(subject: Subject) -> Answer:
    return {"arn": arn_of(subject), "id": subject.name, "maxSessionDuration": 3600, "path": "/"}


def _certificate(subject: Subject) -> Answer:
    arn = arn_of(subject)
    return {"arn": arn, "id": arn, "status": "ISSUED"}


def _zone(subject: Subject) -> Answer:
    given = text(subject.inputs, "zoneId")
    identifier = given or hosted_zone_id(subject.about("id"))
    servers = [marks.host(f"ns-{index}.awsdns-0{index}.com") for index in range(4)]
    return {
        "arn": arn_of(subject, identifier),
        "id": identifier,
        "name": text(subject.inputs, "name").rstrip(".") or marks.host("zone"),
        "nameServers": servers,
        "primaryNameServer": servers[0],
        "zoneId": identifier,
    }


def _zone_of_balancers(subject: Subject) -> Answer:
    """One for every region; an id of a zone and no more, as records demand."""
    return {"id": hosted_zone_id(f"balancers of {subject.place.region}")}


def _instance_type(subject: Subject) -> Answer:
    """Sizes by their names; only the processors of other families differ."""
    name = text(subject.inputs, "instanceType")
    size = name.partition(".")[2]
    times = size.removesuffix("xlarge") if size.endswith("xlarge") else ""
    factor = int(times) if times.isdigit() else 1
    gibibytes = _SIZES["xlarge"] * factor if size.endswith("xlarge") else _SIZES.get(size, 16)
    processors = 4 * factor if size.endswith("xlarge") else 2
    gpu = name[:1] in ("g", "p")
    return {
        "bareMetal": size.startswith("metal"),
        "currentGeneration": True,
        "defaultCores": max(1, processors // 2),
        "defaultVcpus": processors,
        "gpuses": [{"count": 1, "manufacturer": "NVIDIA", "memorySize": 16384, "name": "offline"}]
        if gpu
        else [],
        "id": name,
        "memorySize": gibibytes * 1024 or 512,
        "supportedArchitectures": ["arm64" if "g." in name.replace("gd.", "g.") else "x86_64"],
    }


def _secret_version(subject: Subject) -> Answer:
    secret, version = text(subject.inputs, "secretId"), marks.guid(subject.about("version"))
    place = subject.place
    head = f"arn:{place.partition}:secretsmanager:{place.region}:{place.account}:secret"
    arn = secret if secret.startswith("arn:") else f"{head}:{secret}-{marks.PREFIX}"
    return {
        "arn": arn,
        "id": f"{secret}|AWSCURRENT",
        "secretArn": arn,
        "secretBinary": "",
        "secretString": "{}",
        "versionId": text(subject.inputs, "versionId") or version,
        "versionStages": ["AWSCURRENT"],
    }


def _arn(subject: Subject) -> Answer:
    arn = text(subject.inputs, "arn")
    parts = [*arn.split(":", 5), *[""] * 5]
    keys = ("partition", "service", "region", "account", "resource")
    return {"id": arn, **dict(zip(keys, parts[1:6], strict=True))}


def _service_principal(subject: Subject) -> Answer:
    place, service = subject.place, text(subject.inputs, "serviceName")
    suffix = place.dns_suffix if service in ("ec2", "s3") else "amazonaws.com"
    name = f"{service}.{suffix}"
    return {"id": f"{service}.{place.region}.{suffix}", "name": name, "suffix": suffix}


def _default_tags(subject: Subject) -> Answer:
    tags = entries(subject.place.config.get("defaultTags")).get("tags")
    return {"id": subject.place.partition, "tags": entries(tags)}


def _policy(subject: Subject) -> Answer:
    return policy_document(subject.inputs)


def _regions(subject: Subject) -> Answer:
    return {"id": subject.place.partition, "names": list(_REGIONS)}


_TABLE: Final[Mapping[str, Callable[[Subject], Answer]]] = {
    "acm:Certificate": _certificate,
    "ec2:Ami": _image,
    "ec2:InstanceType": _instance_type,
    "ec2:SecurityGroup": _security_group,
    "ec2:Subnet": _subnet,
    "ec2:Subnets": _subnets,
    "ec2:Vpc": _vpc,
    "ecr:AuthorizationToken": _registry_token,
    "ecr:Image": _container_image,
    "ecr:Repository": _repository,
    "iam:PolicyDocument": _policy,
    "iam:Role": _role,
    "index:Arn": _arn,
    "index:AvailabilityZones": _zones,
    "index:CallerIdentity": _caller,
    "index:DefaultTags": _default_tags,
    "index:Partition": _partition,
    "index:Region": _region,
    "index:Regions": _regions,
    "index:ServicePrincipal": _service_principal,
    "kms:Alias": _alias,
    "kms:Key": _key,
    "lb:HostedZoneId": _zone_of_balancers,
    "route53:Zone": _zone,
    "secretsmanager:SecretVersion": _secret_version,
    "ssm:Parameter": _parameter,
}
"""By module and kind of what is asked for."""
