"""Rules about networks on Azure: what ways out of them cost."""

from modelport_policies.relations import at_most
from modelport_policies.rule import ADVICE_IN_DEV, Parameter, Rule, Sample

_NAT = "azure-native:network:NatGateway"

ONE_NAT_IN_DEV = Rule(
    id="cost-natgw-dev",
    title="In dev one NAT gateway is enough.",
    severity="low",
    types=(_NAT,),
    rationale="each costs about 33 USD a month before a byte goes through",
    fix="one NatGateway for all subnets in dev",
    sources=("Azure NAT Gateway pricing", "az-costguard NAT rules"),
    levels=ADVICE_IN_DEV,
    parameters={"most": Parameter(1, "largest number of NAT gateways in the stack")},
    passes=Sample(_NAT, {"natGatewayName": "a"}),
    fails=Sample(_NAT, {"natGatewayName": "a"}, beside=(Sample(_NAT, {"natGatewayName": "b"}),)),
    stack_check=at_most(_NAT, "NAT gateways; each costs about 33 USD a month"),
)

COST = (ONE_NAT_IN_DEV,)
