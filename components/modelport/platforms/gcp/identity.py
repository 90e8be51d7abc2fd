"""Identity: a service account for what runs the model, which may do what it must and no more."""

import pulumi
import pulumi_gcp as gcp

from modelport.platforms.gcp.image import ModelImage
from modelport.platforms.gcp.plan import GooglePlan
from modelport.platforms.gcp.project import Project

WRITE_LOGS = "roles/logging.logWriter"
WRITE_METRICS = "roles/monitoring.metricWriter"
READ_IMAGES = "roles/artifactregistry.reader"
READ_SECRET = "roles/secretmanager.secretAccessor"  # noqa: S105 - the name of a role


def service_account(plan: GooglePlan, where: Project, *roles: str) -> gcp.serviceaccount.Account:
    """An account with these roles in the project, without a key."""
    account = gcp.serviceaccount.Account(
        f"{plan.name}-account",
        account_id=plan.account_id,
        display_name=f"Runs {plan.physical_name}",
        opts=where.opts,
    )
    for role in roles:
        gcp.projects.IAMMember(
            f"{plan.name}-may-{role.rpartition('.')[2].lower()}",
            project=plan.project,
            role=role,
            member=account.member,
            opts=where.opts,
        )
    _read_secrets(plan, where, account)
    return account


def may_pull(
    plan: GooglePlan, where: Project, images: ModelImage, account: gcp.serviceaccount.Account
) -> gcp.artifactregistry.RepositoryIamMember:
    """Let an account read the images of one repository."""
    return gcp.artifactregistry.RepositoryIamMember(
        f"{plan.name}-may-pull",
        location=plan.region,
        repository=images.repository.name,
        role=READ_IMAGES,
        member=account.member,
        opts=where.opts,
    )


def _read_secrets(
    plan: GooglePlan, where: Project, account: gcp.serviceaccount.Account
) -> list[pulumi.Resource]:
    return [
        gcp.secretmanager.SecretIamMember(
            f"{plan.name}-may-read-{variable.lower().replace('_', '-')}",
            secret_id=reference.partition("/versions/")[0],
            role=READ_SECRET,
            member=account.member,
            opts=where.opts,
        )
        for variable, reference in sorted(plan.secrets.items())
    ]
