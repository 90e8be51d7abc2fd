"""What the plans of the kinds on Google Cloud share."""

import re
from dataclasses import dataclass
from typing import Any

from modelport.config import Deployment
from modelport.config.targets.gcp.base import GoogleTarget
from modelport.plan import CloudPlan
from modelport.plan.names import bounded
from modelport.plan.watching import error_rate, slow_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class GooglePlan(CloudPlan):
    """One deployment on Google Cloud, decided."""

    project: str
    encryption_key: str | None
    error_rate: float
    """Share of failed requests that wakes somebody."""
    slow_seconds: float | None
    """p99 in seconds that does; none where the model's own is not known."""

    @property
    def account_id(self) -> str:
        """Id of the service account: at most 30 characters, and a letter first."""
        return bounded(self.physical_name, 30)


def google_fields(config: Deployment, target: GoogleTarget) -> dict[str, Any]:
    """The fields of a `GooglePlan` beside those of a `CloudPlan`."""
    return {
        "project": target.project,
        "encryption_key": target.encryption_key,
        "error_rate": error_rate(config.rollout),
        "slow_seconds": slow_seconds(config),
    }


def secret_refusals(config: Deployment) -> list[str]:
    """Secrets whose address is not one of Secret Manager's, one sentence each."""
    return [
        f"secrets.{variable}: {reference} is no secret of Secret Manager; write "
        "projects/PROJECT/secrets/NAME/versions/NUMBER"
        for variable, reference in sorted(config.secrets.items())
        if not _SECRET.fullmatch(reference)
    ]


_SECRET = re.compile(r"projects/[a-z0-9.:-]+/secrets/[A-Za-z0-9_-]+(/versions/([0-9]+|latest))?")
