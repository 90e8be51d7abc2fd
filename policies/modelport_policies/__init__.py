"""Rules about security, cost and reliability; the packs beside this package are short entry points.

rule.py         what a rule is
values.py       reading properties when not everything is known
paths.py        the places of a property, through lists and objects
demands.py      checks of repeated shapes: is true, is one of, is within
relations.py    which resource of a stack belongs to which
conditions.py   what excuses a resource from a demand
documents.py    AWS's policy documents
openings.py     which networks and ports let the whole internet in
remedies.py     a resource's properties, mended
exemptions.py   who need not follow a rule, why and until when
pack.py         rules as a Pulumi policy pack
components.py   which components rules look at
workloads.py    where resource types keep their containers
secret_words.py how a secret gives itself away
aws/, gcp/, azure/, kubernetes/, docker/   rules about resources of a platform, by subject
ownership, evaluation, exposure, secrets, retention, limits, scaling, tags, cost: rules over all
platforms
"""

from collections.abc import Mapping, Sequence

from modelport_policies import aws, azure, docker, gcp, kubernetes
from modelport_policies.cost import COST as COMPONENT_COST
from modelport_policies.evaluation import EVALUATION
from modelport_policies.exposure import EXPOSURE
from modelport_policies.limits import LIMITS
from modelport_policies.ownership import OWNERSHIP
from modelport_policies.retention import RETENTION
from modelport_policies.rule import Rule
from modelport_policies.scaling import SCALING
from modelport_policies.secrets import SECRETS
from modelport_policies.tags import TAGS

SECURITY: tuple[Rule, ...] = (
    *OWNERSHIP,
    *EVALUATION,
    *EXPOSURE,
    *SECRETS,
    *RETENTION,
    *LIMITS,
    *aws.SECURITY,
    *azure.SECURITY,
    *gcp.SECURITY,
    *kubernetes.SECURITY,
    *docker.SECURITY,
)
"""The pack `modelport-security`."""
COST: tuple[Rule, ...] = (
    *COMPONENT_COST,
    *SCALING,
    *TAGS,
    *aws.COST,
    *azure.COST,
    *gcp.COST,
    *kubernetes.COST,
)
"""The pack `modelport-cost`."""
RELIABILITY: tuple[Rule, ...] = (
    *aws.RELIABILITY,
    *azure.RELIABILITY,
    *gcp.RELIABILITY,
    *kubernetes.RELIABILITY,
    *docker.RELIABILITY,
)
"""The pack `modelport-reliability`."""
PACKS: Mapping[str, Sequence[Rule]] = {
    "cost": COST,
    "reliability": RELIABILITY,
    "security": SECURITY,
}
"""Every pack by the name of its folder."""
RULES: tuple[Rule, ...] = tuple(rule for rules in PACKS.values() for rule in rules)
"""All rules."""

__all__ = ["COST", "PACKS", "RELIABILITY", "RULES", "SECURITY"]
