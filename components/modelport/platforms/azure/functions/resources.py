"""The resources of kind `azure.functions`: storage, a Premium plan, an app with a slot."""

import pulumi

from modelport.platforms.azure.app import around, serve
from modelport.platforms.azure.functions.plan import AzureFunctionsPlan
from modelport.platforms.azure.identity import role
from modelport.platforms.azure.identity_names import STORAGE_BLOB_DATA_OWNER
from modelport.platforms.azure.storage import storage_account
from modelport.platforms.endpoint import Endpoint


def build(plan: AzureFunctionsPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; the host keeps its locks in a storage account, without a key."""
    made = around(
        plan,
        parent,
        tier="ElasticPremium",
        elastic=plan.replicas_max,
        adapter="azure_functions",
    )
    storage = storage_account(plan, made.where)
    role(
        plan,
        made.where,
        "keep-locks",
        STORAGE_BLOB_DATA_OWNER,
        storage.id,
        made.who.principal_id,
    )
    settings: dict[str, pulumi.Input[str]] = {
        "AzureWebJobsStorage__accountName": storage.name,
        "AzureWebJobsStorage__credential": "managedidentity",
        "AzureWebJobsStorage__clientId": made.who.client_id,
        "FUNCTIONS_EXTENSION_VERSION": "~4",
        "FUNCTIONS_WORKER_RUNTIME": "custom",
    }
    return serve(plan, made, kind="functionapp,linux,container", settings=settings)
