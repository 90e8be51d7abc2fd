"""What the plans of the kinds on Azure share."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import Any

from modelport.config import Deployment
from modelport.config.targets.azure.base import AzureTarget
from modelport.plan import CloudPlan
from modelport.plan.watching import error_rate, slow_seconds

_NAMES = uuid.UUID("5f0d9a56-9b0e-5c7d-8a44-6d6f64656c70")
"""Namespace of the GUIDs that Azure wants as names."""
_WINDOW_SECONDS = 300
_FEWEST = 5.0
"""Failed requests in a window that are too many where nothing is known of the rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AzurePlan(CloudPlan):
    """One deployment on Azure, decided."""

    subscription: str | None
    resource_group: str | None
    failures: float
    """Failed requests in five minutes that wake somebody; metric alerts know no shares."""
    slow_seconds: float | None

    def compact(self, longest: int) -> str:
        """A name of lower-case letters and digits alone, for what is unique in all of Azure."""
        plain = re.sub(r"[^a-z0-9]", "", self.physical_name)
        where = f"{self.subscription}/{self.resource_group}/{self.region}/{self.physical_name}"
        digest = hashlib.sha256(where.encode()).hexdigest()[:6]
        return plain[: longest - 6] + digest

    def guid(self, what: str) -> str:
        """A GUID as a name, the same every time."""
        return str(uuid.uuid5(_NAMES, f"{self.stack}/{self.physical_name}/{what}"))


def azure_fields(config: Deployment, target: AzureTarget) -> dict[str, Any]:
    """The fields of an `AzurePlan` beside those of a `CloudPlan`."""
    rate = config.workload.rate
    accepted = error_rate(config.rollout)
    failures = max(_FEWEST, round(accepted * rate * _WINDOW_SECONDS)) if rate else _FEWEST
    return {
        "subscription": target.subscription,
        "resource_group": target.resource_group,
        "failures": failures,
        "slow_seconds": slow_seconds(config),
    }
