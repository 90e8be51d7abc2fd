"""Encryption: the key that the target names, or one of the deployment's own."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from modelport.platforms.gcp.plan import GooglePlan
from modelport.platforms.gcp.project import Project

_USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
_ROTATED_SECONDS = 90 * 86400
"""CIS Google Cloud 1.10."""


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """A key of Cloud KMS."""

    name: pulumi.Input[str]
    """`projects/…/locations/…/keyRings/…/cryptoKeys/…`."""
    ready: tuple[pulumi.Resource, ...]
    """What must be there before a service uses it."""


def encryption_key(plan: GooglePlan, where: Project, service: str) -> EncryptionKey:
    """The target's key, else one of its own, which rotates and which one service may use.

    Google keeps the names of key rings and keys for ever, so the engine gives the ring a name that
    is new each time: https://cloud.google.com/kms/docs/delete-kms-resources.

    Args:
        plan: The deployment.
        where: Its project.
        service: The service that encrypts with it, e.g. `aiplatform.googleapis.com`.
    """
    if plan.encryption_key:
        return EncryptionKey(plan.encryption_key, ())
    ring = gcp.kms.KeyRing(f"{plan.name}-keys", location=plan.region, opts=where.opts)
    key = gcp.kms.CryptoKey(
        f"{plan.name}-encryption",
        name=plan.physical_name,
        key_ring=ring.id,
        rotation_period=f"{_ROTATED_SECONDS}s",
        labels=plan.tags,
        opts=where.opts,
    )
    agent = gcp.projects.ServiceIdentity(
        f"{plan.name}-agent", project=plan.project, service=service, opts=where.opts
    )
    may_use = gcp.kms.CryptoKeyIAMMember(
        f"{plan.name}-agent-may-encrypt",
        crypto_key_id=key.id,
        role=_USE,
        member=agent.member,
        opts=where.opts,
    )
    return EncryptionKey(key.id, (may_use,))
