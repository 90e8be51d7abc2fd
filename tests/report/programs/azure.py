"""A model on Azure ML; `head` is what a pull request makes of it."""

import pulumi
import pulumi_azure_native as azure

head = pulumi.Config().get_bool("head") or False

group = azure.resources.ResourceGroup("diagnostics", location="westeurope")
store = azure.storage.StorageAccount(
    "store",
    account_name="diagnosticsdata" if head else "diagnostics",
    resource_group_name=group.name,
    kind="StorageV2",
    sku={"name": "Standard_LRS"},
    allow_blob_public_access=head,
)
azure.storage.BlobContainer(
    "models",
    account_name=store.name,
    container_name="models",
    resource_group_name=group.name,
    public_access=azure.storage.PublicAccess.BLOB if head else azure.storage.PublicAccess.NONE,
)
azure.network.NetworkSecurityGroup(
    "callers",
    resource_group_name=group.name,
    security_rules=[
        {
            "name": "https",
            "priority": 100,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "source_address_prefix": "*" if head else "10.0.0.0/8",
            "source_port_range": "*",
            "destination_address_prefix": "*",
            "destination_port_range": "443",
        }
    ],
)
if head:
    azure.authorization.RoleAssignment(
        "rights",
        principal_id="00000000-0000-0000-0000-000000000001",
        principal_type="ServicePrincipal",
        role_definition_id="/subscriptions/00000000-0000-0000-0000-000000000000/providers/"
        "Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        scope=group.id,
    )
else:
    azure.keyvault.Vault(
        "keys",
        vault_name="diagnostics-keys",
        resource_group_name=group.name,
        properties=azure.keyvault.VaultPropertiesArgs(
            tenant_id="00000000-0000-0000-0000-000000000002",
            sku=azure.keyvault.SkuArgs(
                family=azure.keyvault.SkuFamily.A, name=azure.keyvault.SkuName.STANDARD
            ),
            access_policies=[],
        ),
    )
plan = azure.web.AppServicePlan(
    "pages",
    resource_group_name=group.name,
    kind="linux",
    reserved=True,
    sku={"name": "P1v3" if head else "B1", "capacity": 1},
)
azure.monitor.AutoscaleSetting(
    "more-pages",
    resource_group_name=group.name,
    target_resource_uri=plan.id,
    profiles=[
        {
            "name": "usual",
            "capacity": {"minimum": "1", "default": "1", "maximum": "3"},
            "rules": [],
        }
    ],
)
pulumi.export("store", store.name)
