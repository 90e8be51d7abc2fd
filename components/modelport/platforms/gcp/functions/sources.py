"""Where a function's sources are kept, and who builds them."""

import pulumi
import pulumi_gcp as gcp

from modelport.plan.names import bounded
from modelport.platforms.gcp.functions.plan import FunctionsPlan
from modelport.platforms.gcp.identity import WRITE_LOGS
from modelport.platforms.gcp.image import untagged
from modelport.platforms.gcp.project import Project

_KEPT_SECONDS = 7 * 86400
_COPIES = "projects/_/buckets/gcf-v2-sources-"
"""Where Cloud Functions copies the sources of all functions before it builds them:
https://cloud.google.com/functions/docs/building."""
_READ_OBJECTS = "roles/storage.objectViewer"


def source_bucket(plan: FunctionsPlan, where: Project) -> gcp.storage.Bucket:
    """A bucket that nobody outside reaches; its names are unique in all of Google Cloud."""
    encryption = None
    if plan.encryption_key:
        encryption = gcp.storage.BucketEncryptionArgs(default_kms_key_name=plan.encryption_key)
    return gcp.storage.Bucket(
        f"{plan.name}-sources",
        name=bounded(f"{plan.project}-{plan.physical_name}", 63),
        location=plan.region,
        uniform_bucket_level_access=True,
        public_access_prevention="enforced",
        force_destroy=True,
        encryption=encryption,
        # What an update or a mistake removes can be had back for a week.
        soft_delete_policy=gcp.storage.BucketSoftDeletePolicyArgs(
            retention_duration_seconds=_KEPT_SECONDS
        ),
        labels=plan.tags,
        opts=where.opts,
    )


def build_account(
    plan: FunctionsPlan, where: Project, bucket: gcp.storage.Bucket
) -> tuple[gcp.artifactregistry.Repository, gcp.serviceaccount.Account, list[pulumi.Resource]]:
    """Who builds: reads the sources, writes the image and its log, and nothing else.

    https://cloud.google.com/functions/docs/securing/build-custom-sa
    """
    repository = gcp.artifactregistry.Repository(
        f"{plan.name}-images",
        repository_id=plan.physical_name,
        location=plan.region,
        format="DOCKER",
        kms_key_name=plan.encryption_key,
        cleanup_policies=[untagged()],
        labels=plan.tags,
        opts=where.opts,
    )
    builder = gcp.serviceaccount.Account(
        f"{plan.name}-builder",
        account_id=bounded(f"build-{plan.physical_name}", 30),
        display_name=f"Builds {plan.physical_name}",
        opts=where.opts,
    )
    allowed: list[pulumi.Resource] = [
        gcp.projects.IAMMember(
            f"{plan.name}-builder-may-log",
            project=plan.project,
            role=WRITE_LOGS,
            member=builder.member,
            opts=where.opts,
        ),
        gcp.artifactregistry.RepositoryIamMember(
            f"{plan.name}-builder-may-push",
            location=plan.region,
            repository=repository.name,
            role="roles/artifactregistry.writer",
            member=builder.member,
            opts=where.opts,
        ),
        gcp.storage.BucketIAMMember(
            f"{plan.name}-builder-may-read",
            bucket=bucket.name,
            role=_READ_OBJECTS,
            member=builder.member,
            opts=where.opts,
        ),
        gcp.projects.IAMMember(
            f"{plan.name}-builder-may-read-copies",
            project=plan.project,
            role=_READ_OBJECTS,
            member=builder.member,
            condition=gcp.projects.IAMMemberConditionArgs(
                title="copies of functions' sources",
                expression=f'resource.name.startsWith("{_COPIES}")',
            ),
            opts=where.opts,
        ),
    ]
    return repository, builder, allowed
