"""Rules about what Google's serving platforms may call, and what images they take."""

from collections.abc import Iterator

from modelport_policies.conditions import is_there
from modelport_policies.demands import is_one_of
from modelport_policies.rule import ADVICE, Reads, Resource, Rule, Sample, Settings
from modelport_policies.values import UNKNOWN, flag, read

_SERVICE = "gcp:cloudrunv2/service:Service"
_FUNCTION = "gcp:cloudfunctionsv2/function:Function"
_NETWORK = ("vpcConnector", "directVpcNetworkInterfaces")


def _unsigned(resource: Resource, _: Settings) -> Iterator[str]:
    default, own = (
        read(resource.properties, "binaryAuthorization", name) for name in ("useDefault", "policy")
    )
    if UNKNOWN in (default, own) or flag(default) is True:
        return
    if not isinstance(own, str) or not own:
        yield "sets no binaryAuthorization.useDefault, so it runs images that nobody attested"


def _outside(resource: Resource, _: Settings) -> Iterator[str]:
    if not any(is_there("serviceConfig", name)(resource.properties) for name in _NETWORK):
        yield "sets no serviceConfig.vpcConnector, so it is in no network of one's own"


CALLS_THROUGH_NETWORK = Rule(
    id="cloudrun-vpc-egress",
    title="What a Cloud Run service calls, it calls through a network of one's own.",
    severity="medium",
    types=(_SERVICE,),
    rationale="firewalls and logs of the network then see where requests go",
    fix='template={…, vpc_access: {…, egress: "ALL_TRAFFIC"}}',
    sources=("organisation policy run.allowedVPCEgress",),
    levels=ADVICE,
    passes=Sample(_SERVICE, {"template": {"vpcAccess": {"egress": "ALL_TRAFFIC"}}}),
    fails=Sample(_SERVICE, {"template": {"vpcAccess": {"egress": "PRIVATE_RANGES_ONLY"}}}),
    check=is_one_of(
        "template.vpcAccess.egress", ["ALL_TRAFFIC"], "so its calls pass no firewall of one's own"
    ),
)

ATTESTED = Rule(
    id="cloudrun-binauthz",
    title="Cloud Run takes images that somebody attested.",
    severity="medium",
    types=(_SERVICE,),
    rationale="whoever may deploy could otherwise run any image, also one that nobody checked",
    fix="binary_authorization={use_default: True}",
    sources=("organisation policy run.allowedBinaryAuthorizationPolicies",),
    levels=ADVICE,
    reads=(Reads("binaryAuthorization.useDefault", "fails"),),
    passes=Sample(_SERVICE, {"binaryAuthorization": {"useDefault": True}}),
    fails=Sample(_SERVICE, {"binaryAuthorization": {"useDefault": False}}),
    also_passes=(Sample(_SERVICE, {"binaryAuthorization": {"policy": "projects/p/policies/a"}}),),
    check=_unsigned,
)

FUNCTION_IN_NETWORK = Rule(
    id="function-vpc",
    title="A function is in a network of one's own.",
    severity="medium",
    types=(_FUNCTION,),
    rationale="firewalls and logs of the network then see where requests go",
    fix="service_config={…, vpc_connector: connector.id}",
    sources=(
        "prowler cloudfunction_function_inside_vpc",
        "organisation policy cloudfunctions.requireVPCConnector",
    ),
    levels=ADVICE,
    reads=(Reads("serviceConfig.vpcConnector", "fails"),),
    passes=Sample(_FUNCTION, {"serviceConfig": {"vpcConnector": "projects/p/connectors/c"}}),
    fails=Sample(_FUNCTION, {"serviceConfig": {"vpcConnector": ""}}),
    check=_outside,
)

SECURITY = (CALLS_THROUGH_NETWORK, ATTESTED, FUNCTION_IN_NETWORK)
