"""Texts of aws properties."""

import base64
from typing import Final

from modelport.offline import marks
from modelport.offline.aws_arns import arn_of
from modelport.offline.aws_identity import queue_url
from modelport.offline.place import text
from modelport.offline.subject import Subject, kebab
from modelport.offline.texts import Detail, Rule, first_match, host_name, rule, saying

_PREFIXES: Final = {
    "acl": "acl",
    "allocation": "eipalloc",
    "ami": "ami",
    "association": "rtbassoc",
    "defaultnetworkacl": "acl",
    "defaultroutetable": "rtb",
    "defaultsecuritygroup": "sg",
    "dhcpoptions": "dopt",
    "filesystem": "fs",
    "gateway": "igw",
    "image": "ami",
    "instance": "i",
    "internetgateway": "igw",
    "launchtemplate": "lt",
    "mainroutetable": "rtb",
    "natgateway": "nat",
    "networkinterface": "eni",
    "routetable": "rtb",
    "securitygroup": "sg",
    "securitygrouprule": "sgr",
    "snapshot": "snap",
    "subnet": "subnet",
    "volume": "vol",
    "vpc": "vpc",
    "vpcendpoint": "vpce",
    "vpcpeeringconnection": "pcx",
}
"""Prefixes of ids of EC2, by what the id is of."""


def _arn(detail: Detail) -> str:
    return arn_of(detail.subject, detail.resource_id)


def _other_arn(detail: Detail) -> str:
    """The ARN of something else: `kmsKeyArn`, `certificateArn`."""
    subject = detail.subject
    of = detail.name[:-3]
    if of.lower() == subject.kind.lower():
        return _arn(detail)
    place = subject.place
    head = f"arn:{place.partition}"
    where = f"{place.region}:{place.account}"
    what = kebab(of) or "resource"
    if what.endswith("kms-key"):
        return f"{head}:kms:{where}:key/{marks.guid(detail.about)}"
    if what.endswith("role"):
        return f"{head}:iam::{place.account}:role/{subject.name}"
    return f"{head}:{subject.module}:{where}:{what}/{subject.name}"


def _numbered(detail: Detail) -> str:
    """An id as EC2 gives them, where the name says of what."""
    of = detail.name[:-2].lower()
    prefix = _PREFIXES.get(of)
    return f"{prefix}-{marks.hex_id(detail.about)}" if prefix else marks.hex_id(detail.about)


def hosted_zone_id(about: str) -> str:
    """Id of a zone of Route 53."""
    return f"Z{marks.hex_id(about, 13).upper()}"


def registry_host(subject: Subject) -> str:
    """Host name of the account's container registry."""
    place = subject.place
    return marks.host(f"{place.account}.dkr.ecr.{place.region}.{place.dns_suffix}")


def _service_host(detail: Detail, service: str) -> str:
    place = detail.subject.place
    label = f"{detail.subject.name}-{marks.number(detail.about, 10**9, 2 * 10**9)}"
    return marks.host(f"{label}.{place.region}.{service}.{place.dns_suffix}")


def _dns_name(detail: Detail) -> str:
    if detail.subject.module in ("lb", "alb", "elb"):
        return _service_host(detail, "elb")
    return host_name(detail)


def _bucket_host(detail: Detail) -> str:
    place = detail.subject.place
    middle = f"s3.{place.region}" if "regional" in detail.name.lower() else "s3"
    return marks.host(f"{detail.subject.name}.{middle}.{place.dns_suffix}")


def _invocation(detail: Detail) -> str:
    place, function = detail.subject.place, _arn(detail)
    if detail.name.startswith("qualified"):
        function += f":{_lambda_version(detail.subject)}"
    head = f"arn:{place.partition}:apigateway:{place.region}:lambda:path/2015-03-31/functions"
    return f"{head}/{function}/invocations"


def _lambda_version(subject: Subject) -> str:
    return "1" if subject.inputs.get("publish") is True else "$LATEST"


def _code_hash(detail: Detail) -> str:
    return base64.b64encode(bytes.fromhex(marks.digest(detail.about))).decode()


def _version(detail: Detail) -> str:
    return _lambda_version(detail.subject) if detail.subject.kind == "Function" else "1"


def _unique_id(detail: Detail) -> str:
    starts = {"Role": "AROA", "User": "AIDA", "Policy": "ANPA", "InstanceProfile": "AIPA"}
    start = starts.get(detail.subject.kind, "AIDA")
    return start + marks.hex_id(detail.about, 16).upper()


def _status(detail: Detail) -> str:
    known = {"acm": "ISSUED", "autoscaling": "", "ec2": "available", "rds": "available"}
    return known.get(detail.subject.module, "ACTIVE")


def _name(detail: Detail) -> str:
    inputs, own = detail.subject.inputs, detail.subject.name
    if detail.subject.module == "kms" and detail.subject.kind == "Alias":
        return own if own.startswith("alias/") else f"alias/{own}"
    return text(inputs, "name", "bucket") or own


_RULES: Final[list[Rule]] = [
    rule("arn", _arn),
    rule("qualifiedarn", lambda detail: f"{_arn(detail)}:{_lambda_version(detail.subject)}"),
    rule("(qualified)?invokearn", _invocation),
    rule(
        "executionarn",
        lambda detail: (
            f"{_arn(detail).rpartition(':')[0]}".replace(
                f":apigateway:{detail.subject.place.region}:",
                f":execute-api:{detail.subject.place.region}:{detail.subject.place.account}",
            )
            + f":{detail.resource_id}"
        ),
    ),
    rule("arnsuffix", lambda detail: _arn(detail).rsplit(":", 1)[-1].removeprefix("loadbalancer/")),
    rule("arnwithoutrevision", lambda detail: _arn(detail).rpartition(":")[0]),
    rule("(deletion|expiration|deprecation)(date|time)", saying("")),
    rule("ipv6.*", saying("")),
    rule(".+arn", _other_arn),
    rule("region|bucketregion|awsregion", lambda detail: detail.subject.place.region),
    rule("partition", lambda detail: detail.subject.place.partition),
    rule(
        ".*(accountid|ownerid|registryid|awsaccount|owneraccount|accountowner)|owner",
        lambda detail: detail.subject.place.account,
    ),
    rule("availabilityzone(name)?", lambda detail: detail.subject.place.availability_zone),
    rule("availabilityzoneid", saying("use1-az1")),
    rule("hostedzoneid|zoneid", lambda detail: hosted_zone_id(detail.about)),
    rule(
        "repositoryurl|repositoryuri",
        lambda detail: f"{registry_host(detail.subject)}/{detail.subject.name}",
    ),
    rule("bucket(regional)?domainname", _bucket_host),
    rule("codesha256|sourcecodehash", _code_hash),
    rule("uniqueid|userid", _unique_id),
    rule("url", lambda detail: _url(detail)),
    rule("dnsname|cname", _dns_name),
    rule("version", _version),
    rule("latestversion|defaultversion", saying("1")),
    rule("state", lambda detail: _status(detail)),
    rule("status", _status),
    rule("name", _name),
    rule("type", lambda detail: _type(detail)),
    rule(".+id", _numbered),
]


def _url(detail: Detail) -> str:
    if detail.subject.module == "sqs":
        return queue_url(detail.subject)
    return f"https://{host_name(detail)}"


def _type(detail: Detail) -> str:
    known = {"Parameter": "String", "Instance": "t3.micro", "StateMachine": "STANDARD"}
    return known.get(detail.subject.kind, "offline-type")


def aws_text(detail: Detail) -> str | None:
    """What the name says in aws; none when it is like anywhere."""
    if detail.nested and detail.name.lower() in ("name", "arn", "url", "type", "version"):
        return None if detail.name.lower() != "arn" else _other_arn(detail)
    return first_match(_RULES, detail)
