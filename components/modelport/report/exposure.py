"""Exposure: who can reach a resource after the change that could not before.

Every finder gives what it sees in the inputs of one type: an opening by its path, or a place that
cannot be judged before the update. What was open before is not said again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from modelport.report.changes import kind_of
from modelport.report.iam_document import allowed_statements, is_everyone
from modelport.report.recording import Step
from modelport.report.risk import Risk, Steps, risk
from modelport.report.values import UNKNOWN, Json, Mark, at, each, entries, items, read, texts
from modelport.report.words import base_type, quote, type_words

_EVERYWHERE = {"0.0.0.0/0", "::/0", "*", "Internet", "Any", "any"}
_EVERYONE = {"allUsers", "allAuthenticatedUsers"}
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@dataclass(frozen=True, slots=True)
class Opening:
    """One way in."""

    path: str
    """Where it is written."""
    says: str | None
    """What it means, as the rest of a sentence; none: it could not be judged."""


Finder = Callable[[Json], Iterator[Opening]]


def exposure_risks(step: Step, steps: Steps) -> Iterator[Risk]:
    """Openings that the change makes, and places where nobody can say before the update."""
    del steps
    kind = kind_of(step)
    if (
        kind == "delete"
        and base_type(step.type) == "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    ):
        yield _risk(step, "is deleted, and with it what keeps a bucket from becoming public")
    if kind not in {"create", "update", "replace", "import"}:
        return
    before = {found.says for found in _openings(step.type, step.old) if found.says}
    unclear: set[str] = set()
    for found in _openings(step.type, step.new):
        if found.says is None:
            unclear.add(found.path)
        elif found.says not in before:
            yield _risk(step, found.says)
    old_unclear = {found.path for found in _openings(step.type, step.old) if found.says is None}
    for path in sorted(unclear - old_unclear):
        yield risk(
            step, "medium", "exposure",
            f"({type_words(step.type)}): who can reach it could not be judged before the update, "
            f"for {quote(path)} is not known yet",
            why="it may be open to everyone",
            check="what the value will be",
            judged=False,
        )  # fmt: skip


def _risk(step: Step, says: str) -> Risk:
    return risk(
        step, "high", "exposure", f"({type_words(step.type)}) {says}",
        why="people and programs that nobody invited can try to get in",
        check="that it is meant to be public, and what else keeps strangers out",
    )  # fmt: skip


def _openings(type_token: str, inputs: Json) -> Iterator[Opening]:
    if not entries(inputs):
        return
    token = base_type(type_token)
    finder = _FINDERS.get(token)
    if finder is not None:
        yield from finder(inputs)
    for kind, path, values, says in _SETTINGS:
        if kind == token:
            yield from _setting(inputs, path, values, says)
    if token.startswith("gcp:"):
        yield from _members(inputs)
    if token.startswith("aws:") and not token.startswith("aws:iam/"):
        yield from _documents(inputs)


def _setting(inputs: Json, path: str, values: frozenset[object], says: str) -> Iterator[Opening]:
    for value in each(inputs, path):
        if value is UNKNOWN:
            yield Opening(path.replace(".*", "[]"), None)
        elif not isinstance(value, Mark | dict | list) and value in values:
            yield Opening(path, says)


def _networks(inputs: Json, path: str, says: str) -> Iterator[Opening]:
    """Address ranges at a path that hold everyone."""
    for value in each(inputs, path):
        ranges = items(value) if isinstance(value, list) else (value,)
        for index, _ in enumerate(ranges):
            found = at(value, (index,)) if isinstance(value, list) else value
            if found is UNKNOWN:
                yield Opening(path.replace(".*", "[]"), None)
            elif isinstance(found, str) and found in _EVERYWHERE:
                yield Opening(path, says)


_OPEN = "is open to every address on the internet"


def _security_group(inputs: Json) -> Iterator[Opening]:
    for rule in items(read(inputs, "ingress")):
        ports = _ports(rule, "fromPort", "toPort")
        for path in ("cidrBlocks", "ipv6CidrBlocks"):
            yield from _networks(rule, path, f"{_OPEN}{ports}")
    if read(inputs, "ingress") is UNKNOWN:
        yield Opening("ingress", None)


def _security_group_rule(inputs: Json) -> Iterator[Opening]:
    if read(inputs, "type") != "egress":
        for path in ("cidrBlocks", "ipv6CidrBlocks", "cidrIpv4", "cidrIpv6"):
            yield from _networks(inputs, path, f"{_OPEN}{_ports(inputs, 'fromPort', 'toPort')}")


def _public_access_block(inputs: Json) -> Iterator[Opening]:
    for key in _BLOCKS:
        if read(inputs, key) is not True:
            known = read(inputs, key) is not UNKNOWN
            yield Opening(
                key, f"does not keep the bucket private: `{key}` is off" if known else None
            )


def _firewall(inputs: Json) -> Iterator[Opening]:
    if read(inputs, "direction") == "EGRESS" or not items(read(inputs, "allows")):
        return
    limited = ("sourceRanges", "sourceTags", "sourceServiceAccounts")
    if all(isinstance(read(inputs, path), Mark) for path in limited):
        unknown = any(read(inputs, path) is UNKNOWN for path in limited)
        yield Opening("sourceRanges", None if unknown else f"{_OPEN}, for it names no sources")
    yield from _networks(inputs, "sourceRanges", _OPEN)


def _instance(inputs: Json) -> Iterator[Opening]:
    for interface in items(read(inputs, "networkInterfaces")):
        if items(read(interface, "accessConfigs")):
            yield Opening("networkInterfaces", "gets a public address")


def _azure_rules(inputs: Json) -> Iterator[Opening]:
    for rule in (*items(read(inputs, "securityRules")), inputs):
        if read(rule, "direction") == "Inbound" and read(rule, "access") == "Allow":
            for path in ("sourceAddressPrefix", "sourceAddressPrefixes"):
                yield from _networks(rule, path, _OPEN)


def _kubernetes_service(inputs: Json) -> Iterator[Opening]:
    kind = read(inputs, "spec.type")
    if kind is UNKNOWN:
        yield Opening("spec.type", None)
    notes = entries(read(inputs, "metadata.annotations"))
    internal = any("internal" in f"{key} {value}".lower() for key, value in notes.items())
    ranges = texts(read(inputs, "spec.loadBalancerSourceRanges"))
    if kind == "LoadBalancer" and not internal and (not ranges or ranges & _EVERYWHERE):
        yield Opening("spec.type", "gets an address that may be public (type LoadBalancer)")
    if kind == "NodePort":
        yield Opening("spec.type", "is open on every node of the cluster (type NodePort)")


def _kubernetes_cluster(inputs: Json) -> Iterator[Opening]:
    public = read(inputs, "vpcConfig.endpointPublicAccess")
    ranges = read(inputs, "vpcConfig.publicAccessCidrs")
    if public is UNKNOWN or ranges is UNKNOWN:
        yield Opening("vpcConfig.publicAccessCidrs", None)
    elif public is not False and (not texts(ranges) or texts(ranges) & _EVERYWHERE):
        yield Opening("vpcConfig", "has an administration address that everyone can reach")


def _local_server(inputs: Json) -> Iterator[Opening]:
    host = read(inputs, "host")
    if host is UNKNOWN:
        yield Opening("host", None)
    elif isinstance(host, str) and not host.startswith("127.") and host not in {"::1", "localhost"}:
        yield Opening("host", f"listens on {quote(host)}, where other machines can reach it")


def _members(inputs: Json) -> Iterator[Opening]:
    for path in ("member", "members", "entity"):
        value = read(inputs, path)
        if value is UNKNOWN:
            yield Opening(path, None)
        for member in sorted(texts(value) & _EVERYONE):
            yield Opening(path, f"lets everyone in (`{member}`)")


def _documents(inputs: Json) -> Iterator[Opening]:
    """Policies on AWS resources: an allowed statement for every principal, without a condition."""
    for path in ("policy",):
        value = read(inputs, path)
        if value is UNKNOWN:
            yield Opening(path, None)
        for statement in allowed_statements(value):
            if is_everyone(statement) and not statement.get("Condition"):
                yield Opening(path, "has a policy that lets everyone in (`Principal *`)")


def _ports(rule: Json, first: str, last: str) -> str:
    low, high = read(rule, first), read(rule, last)
    if not isinstance(low, int) or not isinstance(high, int):
        return ""
    return f" on port {low}" if low == high else f" on ports {low} to {high}"


_FINDERS: Mapping[str, Finder] = {
    "aws:ec2/securityGroup:SecurityGroup": _security_group,
    "aws:ec2/securityGroupRule:SecurityGroupRule": _security_group_rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _security_group_rule,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _public_access_block,
    "aws:eks/cluster:Cluster": _kubernetes_cluster,
    "gcp:compute/firewall:Firewall": _firewall,
    "gcp:compute/instance:Instance": _instance,
    "azure-native:network:NetworkSecurityGroup": _azure_rules,
    "azure-native:network:SecurityRule": _azure_rules,
    "kubernetes:core/v1:Service": _kubernetes_service,
    "modelport:docker:Service": _local_server,
    "modelport:local:Server": _local_server,
}
_ON: frozenset[object] = frozenset({True})
_ACLS: frozenset[object] = frozenset({"public-read", "public-read-write", "authenticated-read"})
_SETTINGS: tuple[tuple[str, str, frozenset[object], str], ...] = (
    ("aws:lambda/functionUrl:FunctionUrl", "authorizationType", frozenset({"NONE"}),
     "answers everyone without asking who they are (`authorizationType NONE`)"),
    ("aws:lambda/permission:Permission", "principal", frozenset({"*"}),
     "lets everyone call the function (`principal *`)"),
    ("aws:apigatewayv2/route:Route", "authorizationType", frozenset({"NONE"}),
     "answers everyone without asking who they are (`authorizationType NONE`)"),
    ("aws:s3/bucket:Bucket", "acl", _ACLS, "can be read by strangers (acl)"),
    ("aws:s3/bucketAcl:BucketAcl", "acl", _ACLS, "lets strangers read the bucket (acl)"),
    ("aws:lb/loadBalancer:LoadBalancer", "internal", frozenset({False}),
     "has a public address (internal is false)"),
    ("aws:rds/instance:Instance", "publiclyAccessible", _ON, "has a public address"),
    ("aws:ec2/instance:Instance", "associatePublicIpAddress", _ON, "gets a public address"),
    ("gcp:cloudrunv2/service:Service", "invokerIamDisabled", _ON,
     "answers everyone without asking who they are (`invokerIamDisabled`)"),
    ("gcp:sql/databaseInstance:DatabaseInstance",
     "settings.ipConfiguration.authorizedNetworks.*.value", frozenset(_EVERYWHERE), _OPEN),
    ("azure-native:storage:StorageAccount", "allowBlobPublicAccess", _ON,
     "allows containers that everyone can read (`allowBlobPublicAccess`)"),
    ("azure-native:storage:BlobContainer", "publicAccess", frozenset({"Blob", "Container"}),
     "can be read by everyone (`publicAccess`)"),
    ("azure-native:machinelearningservices:OnlineEndpoint",
     "onlineEndpointProperties.publicNetworkAccess", frozenset({"Enabled"}),
     "can be reached from the internet (`publicNetworkAccess`)"),
    ("azure-native:app:ContainerApp", "configuration.ingress.external", _ON,
     "can be reached from the internet (ingress is external)"),
    ("azure-native:containerinstance:ContainerGroup", "ipAddress.type", frozenset({"Public"}),
     "gets a public address"),
)  # fmt: skip
"""Type, input, values that open it, and what that means."""
