"""What the plans of the kinds on Google Cloud share."""

from dataclasses import dataclass
from typing import Any

from modelport.config.targets.gcp.base import GoogleTarget
from modelport.plan import CloudPlan
from modelport.plan.names import bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class GooglePlan(CloudPlan):
    """One deployment on Google Cloud, decided."""

    project: str
    encryption_key: str | None

    @property
    def account_id(self) -> str:
        """Id of the service account: at most 30 characters, and a letter first."""
        return bounded(self.physical_name, 30)


def google_fields(target: GoogleTarget) -> dict[str, Any]:
    """The fields of a `GooglePlan` beside those of a `CloudPlan`."""
    return {"project": target.project, "encryption_key": target.encryption_key}
