"""Rules about security and cost; the packs beside this package are three-line entry points.

rule.py         what a rule is
values.py       reading properties when not everything is known
exemptions.py   who need not follow a rule, why and until when
pack.py         rules as a Pulumi policy pack
components.py   which components rules look at
workloads.py    where resource types keep their containers
secret_words.py how a secret gives itself away
ownership, evaluation, exposure, secrets, retention, limits, cost: the rules by subject
"""

from modelport_policies.cost import COST
from modelport_policies.evaluation import EVALUATION
from modelport_policies.exposure import EXPOSURE
from modelport_policies.limits import LIMITS
from modelport_policies.ownership import OWNERSHIP
from modelport_policies.retention import RETENTION
from modelport_policies.secrets import SECRETS

SECURITY = (*OWNERSHIP, *EVALUATION, *EXPOSURE, *SECRETS, *RETENTION, *LIMITS)
"""The pack `modelport-security`."""

__all__ = ["COST", "SECURITY"]
