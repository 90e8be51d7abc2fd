"""Storage: an account for what a platform keeps beside a deployment."""

import pulumi_azure_native as azure

from modelport.platforms.azure.group import Group
from modelport.platforms.azure.plan import AzurePlan


def storage_account(plan: AzurePlan, where: Group) -> azure.storage.StorageAccount:
    """No keys, no public blobs, TLS alone."""
    return azure.storage.StorageAccount(
        f"{plan.name}-storage",
        account_name=plan.compact(24),
        resource_group_name=where.name,
        location=plan.region,
        kind="StorageV2",
        sku=azure.storage.SkuArgs(name="Standard_LRS"),
        allow_blob_public_access=False,
        allow_shared_key_access=False,
        enable_https_traffic_only=True,
        minimum_tls_version="TLS1_2",
        tags=plan.tags,
        opts=where.opts,
    )
