"""Logs: a bucket of its own for each deployment, kept for a time.

Cloud Logging keeps what reaches `_Default` for the time that the whole project has agreed on, so a
deployment's own retention needs a bucket and a sink:
https://cloud.google.com/logging/docs/buckets
"""

import pulumi_gcp as gcp

from modelport.platforms.gcp.plan import GooglePlan
from modelport.platforms.gcp.project import Project

KEPT_DAYS = {"dev": 14, "staging": 30, "prod": 90}
"""Days for which logs are kept."""


def keep_logs(plan: GooglePlan, where: Project, matching: str) -> str:
    """A bucket in the region, and what fills it; gives the command that shows the last lines.

    Args:
        plan: The deployment.
        where: Its project.
        matching: Filter in the query language of Cloud Logging.
    """
    bucket = gcp.logging.ProjectBucketConfig(
        f"{plan.name}-logs",
        project=plan.project,
        location=plan.region,
        bucket_id=plan.physical_name,
        description=f"Logs of {plan.physical_name}",
        retention_days=KEPT_DAYS[plan.environment],
        opts=where.opts,
    )
    gcp.logging.ProjectSink(
        f"{plan.name}-logs-sink",
        name=plan.physical_name,
        destination=bucket.bucket_id.apply(
            lambda name: (
                f"logging.googleapis.com/projects/{plan.project}/locations/{plan.region}"
                f"/buckets/{name}"
            )
        ),
        filter=matching,
        unique_writer_identity=True,
        opts=where.opts,
    )
    return f"gcloud logging read '{matching}' --project {plan.project} --limit 50"
