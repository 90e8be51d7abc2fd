"""Names of roles and secrets on Azure, for plans; no Pulumi."""

import re

ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
NETWORK_CONNECTION_APPROVER = "b556d68e-0be0-4f35-a333-ad7ee1ce17ea"
STORAGE_BLOB_DATA_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
STORAGE_BLOB_DATA_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
"""Definitions: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles."""
_SECRET = re.compile(r"https://([a-z0-9-]+)\.vault\.azure\.net/secrets/.+", re.IGNORECASE)


def secret_refusals(secrets: dict[str, str]) -> list[str]:
    """References that are no address of a Key Vault's secret."""
    return [
        f"secrets.{name}: '{reference}' is no address of a Key Vault's secret, e.g. "
        "https://VAULT.vault.azure.net/secrets/NAME; the deployment's identity must be allowed "
        "to read it"
        for name, reference in sorted(secrets.items())
        if not _SECRET.fullmatch(reference)
    ]
