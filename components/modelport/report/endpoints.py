"""Endpoints: addresses that change, and whether requests fail meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass

from modelport.report.changes import kind_of
from modelport.report.recording import Step
from modelport.report.risk import Risk, Severity, Steps, risk
from modelport.report.values import MISSING, Mark, number, path_keys, read
from modelport.report.words import base_type, quote, type_words


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A type of resource that answers requests, or stands before what does."""

    address: tuple[str, ...] = ()
    """Inputs that are part of its address: when one changes, clients must change too."""
    update: str = ""
    """Why its platform changes it in place without an interruption; empty: nobody can say."""
    stops: tuple[str, ...] = ()
    """Inputs whose change in place interrupts it."""


_SHIFTS = "the platform starts what is new, and moves the traffic when it is ready"

ENDPOINTS: dict[str, Endpoint] = {
    "modelport:local:Server": Endpoint(
        ("host", "port"),
        "the new version is started and proved beside the live one, which answers until then",
        ("host", "port"),
    ),
    "modelport:docker:Service": Endpoint(
        ("host", "port"),
        "the new containers are started and proved beside the live ones, which answer until then",
        ("host", "port"),
    ),
    # https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
    "aws:sagemaker/endpoint:Endpoint": Endpoint(("name",), _SHIFTS),
    "aws:lambda/function:Function": Endpoint(("name",), _SHIFTS),
    "aws:lambda/functionUrl:FunctionUrl": Endpoint(("functionName", "qualifier")),
    "aws:apigatewayv2/api:Api": Endpoint(),
    "aws:apigateway/restApi:RestApi": Endpoint(),
    "aws:lb/loadBalancer:LoadBalancer": Endpoint(("name", "internal")),
    "aws:ecs/service:Service": Endpoint(("name",), _SHIFTS),
    "aws:ec2/instance:Instance": Endpoint(("privateIp",), "", ("instanceType", "userData")),
    "aws:ec2/eip:Eip": Endpoint(),
    "aws:elasticbeanstalk/environment:Environment": Endpoint(("cnamePrefix", "name")),
    "aws:cloudfront/distribution:Distribution": Endpoint((), "the old settings hold until then"),
    "gcp:vertex/aiEndpoint:AiEndpoint": Endpoint(("name", "location")),
    # https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration
    "gcp:cloudrunv2/service:Service": Endpoint(("name", "location"), _SHIFTS),
    "gcp:cloudrun/service:Service": Endpoint(("name", "location"), _SHIFTS),
    "gcp:cloudfunctionsv2/function:Function": Endpoint(("name", "location"), _SHIFTS),
    "gcp:compute/instance:Instance": Endpoint(("name",), "", ("machineType",)),
    "gcp:compute/address:Address": Endpoint(("address",)),
    "gcp:compute/globalAddress:GlobalAddress": Endpoint(("address",)),
    "gcp:compute/forwardingRule:ForwardingRule": Endpoint(("ipAddress", "portRange", "ports")),
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": Endpoint(("ipAddress", "portRange")),
    "azure-native:machinelearningservices:OnlineEndpoint": Endpoint(("endpointName", "location")),
    "azure-native:machinelearningservices:OnlineDeployment": Endpoint(("deploymentName",)),
    "azure-native:web:WebApp": Endpoint(("name",)),
    "azure-native:app:ContainerApp": Endpoint(("containerAppName",), _SHIFTS),
    "azure-native:containerinstance:ContainerGroup": Endpoint(("dnsNameLabel",)),
    "azure-native:compute:VirtualMachine": Endpoint((), "", ("hardwareProfile.vmSize",)),
    "azure-native:network:PublicIPAddress": Endpoint(("ipAddress",)),
    "azure-native:network:LoadBalancer": Endpoint(),
    "kubernetes:core/v1:Service": Endpoint(
        ("metadata.name", "spec.ports", "spec.clusterIP", "spec.type"), "its pods go on"
    ),
    "kubernetes:networking.k8s.io/v1:Ingress": Endpoint(
        ("spec.rules", "metadata.name"), "its pods go on"
    ),
    "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute": Endpoint(
        ("spec.hostnames", "metadata.name"), "its pods go on"
    ),
    "kubernetes:apps/v1:Deployment": Endpoint(),
    "kubernetes:apps/v1:StatefulSet": Endpoint(),
}
"""Types of endpoints; an address that the platform gives out has no input here."""

_PODS = {"kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet"}
_KEY = "modelport:auth:ApiKey"


def endpoint_risks(step: Step, steps: Steps) -> Iterator[Risk]:
    """Replaced, deleted, moved and interrupted endpoints, and keys that stop working."""
    del steps
    kind = kind_of(step)
    if step.type == _KEY and kind in {"replace", "delete"}:
        yield risk(
            step, "high", "endpoint",
            f"(API key) is {'replaced by another one' if kind == 'replace' else 'deleted'}",
            why="callers that send the old key are refused from then on",
            check="who calls it, and how they get the new key",
        )  # fmt: skip
    endpoint = ENDPOINTS.get(base_type(step.type))
    if endpoint is None:
        return
    if kind == "replace":
        yield _replaced(step)
    elif kind == "delete":
        yield risk(
            step, "high", "endpoint",
            f"({type_words(step.type)}) is deleted, and downtime is expected for good",
            why="clients get no answer there any more",
            check="that nobody calls it any more",
        )  # fmt: skip
    elif kind == "update":
        yield from _updated(step, endpoint)


def _widened(step: Step, path: str) -> bool:
    """A Kubernetes Service of any type has what ClusterIP has: its address inside stays."""
    return path == "spec.type" and read(step.old, path) in (MISSING, "ClusterIP")


def _replaced(step: Step) -> Risk:
    what = f"({type_words(step.type)}) is replaced"
    if step.type in _PODS:
        address = "its clients reach it through a Service, whose address stays"
    else:
        address = "the new one can have another address, and clients of the old one fail"
    if step.deletes_first:
        return risk(
            step, "high", "endpoint",
            f"{what}; downtime is expected, for the old one is deleted before the new one is made",
            why=address,
            check="when few requests come, and whether clients know the new address",
        )  # fmt: skip
    return risk(
        step, "high" if step.type not in _PODS else "medium", "endpoint",
        f"{what}; downtime is not expected for clients that move to the new one, "
        "for it is made before the old one is deleted",
        why=address,
        check="whether clients find the new address, and from when on",
    )  # fmt: skip


def _updated(step: Step, endpoint: Endpoint) -> Iterator[Risk]:
    what = f"({type_words(step.type)}) is changed in place"
    moved = [path for path in _touched(step, endpoint.address) if not _widened(step, path)]
    stops = _touched(step, endpoint.stops)
    if moved:
        yield risk(
            step, "high", "endpoint",
            f"({type_words(step.type)}) gets another address: {_listed(moved)} changes",
            why="clients that use the old one fail",
            check="whether clients know the new address",
        )  # fmt: skip
    if base_type(step.type) in _PODS:
        yield _pods(step, what)
    elif stops:
        yield risk(
            step, "high" if step.type == "modelport:local:Server" else "medium", "endpoint",
            f"{what}; downtime is expected, for a change of {_listed(stops)} stops it first",
            why="requests fail until it is back",
            check="when few requests come",
        )  # fmt: skip
    elif endpoint.update:
        yield risk(
            step, "low", "endpoint",
            f"{what}; downtime is not expected: {endpoint.update}",
            why="it answers requests",
            check="nothing, unless the list of changes shows something that you do not expect",
        )  # fmt: skip
    else:
        yield risk(
            step, "medium", "endpoint",
            f"{what}; whether requests fail meanwhile could not be judged before the update",
            why="that is up to the platform, and to what else changes",
            check="the platform's documentation on the properties that change",
            judged=False,
        )  # fmt: skip


def _pods(step: Step, what: str) -> Risk:
    """Kubernetes: the strategy decides (kubernetes.io/docs/concepts/workloads/controllers)."""
    template = any(change.path.startswith("spec.template") for change in step.changes)
    strategy = read(step.new, "spec.strategy.type")
    replicas = number(read(step.new, "spec.replicas")) or 1
    unavailable = read(step.new, "spec.strategy.rollingUpdate.maxUnavailable")
    if not template:
        return _pods_risk(step, "low", f"{what}; downtime is not expected: its pods go on")
    if isinstance(strategy, Mark) and strategy is not MISSING:
        said = f"{what}; whether requests fail meanwhile could not be judged before the update"
        return _pods_risk(step, "medium", said, judged=False)
    if strategy == "Recreate":
        return _pods_risk(
            step, "high", f"{what}; downtime is expected: strategy Recreate ends all pods first"
        )
    if step.type.endswith(":StatefulSet"):
        if replicas <= 1:
            return _pods_risk(
                step, "high", f"{what}; downtime is expected: its only pod ends before the next"
            )
        return _pods_risk(step, "low", f"{what}; downtime is not expected: one pod after the other")
    if replicas <= 1 and number(unavailable):
        return _pods_risk(
            step, "high", f"{what}; downtime is expected: its only pod may end before the next"
        )
    return _pods_risk(
        step, "low",
        f"{what}; downtime is not expected: new pods come up before old ones end",
    )  # fmt: skip


def _pods_risk(step: Step, severity: Severity, what: str, *, judged: bool = True) -> Risk:
    return risk(
        step, severity, "endpoint", what,
        why="its pods answer requests",
        check="that its pods have a readiness probe, and handle the signal to end",
        judged=judged,
    )  # fmt: skip


def _listed(paths: list[str]) -> str:
    return ", ".join(quote(path) for path in paths)


def _touched(step: Step, paths: tuple[str, ...]) -> list[str]:
    """Which of these inputs, or what is inside them, changes."""
    changed = [".".join(str(key) for key in path_keys(change.path)) for change in step.changes]
    return [path for path in paths if any(c == path or c.startswith(f"{path}.") for c in changed)]
