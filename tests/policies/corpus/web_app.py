"""A web app on Azure inside a network, whose callers show certificates."""

import pulumi_azure_native as azure

TAGS = {"owner": "diagnostics", "environment": "prod", "cost-center": "4711"}
REGION = "westeurope"
SUBNET = (
    "/subscriptions/5f5f5f5f-5f5f-4f5f-8f5f-5f5f5f5f5f5f/resourceGroups/network/providers"
    "/Microsoft.Network/virtualNetworks/models/subnets/web"
)

group = azure.resources.ResourceGroup("web", location=REGION, tags=TAGS)
who = azure.managedidentity.UserAssignedIdentity(
    "web", resource_group_name=group.name, location=REGION, tags=TAGS
)
plan = azure.web.AppServicePlan(
    "web",
    resource_group_name=group.name,
    location=REGION,
    kind="linux",
    reserved=True,
    sku={"name": "P1v3", "tier": "PremiumV3", "capacity": 2},
    zone_redundant=True,
    tags=TAGS,
)
azure.web.WebApp(
    "web",
    resource_group_name=group.name,
    location=REGION,
    kind="app,linux",
    server_farm_id=plan.id,
    https_only=True,
    public_network_access="Disabled",
    client_cert_enabled=True,
    client_cert_mode=azure.web.ClientCertMode.REQUIRED,
    virtual_network_subnet_id=SUBNET,
    identity={
        "type": azure.web.ManagedServiceIdentityType.USER_ASSIGNED,
        "user_assigned_identities": [who.id],
    },
    key_vault_reference_identity=who.id,
    site_config={
        "linux_fx_version": "PYTHON|3.12",
        "min_tls_version": "1.2",
        "scm_min_tls_version": "1.2",
        "ftps_state": "Disabled",
        "remote_debugging_enabled": False,
        "http20_enabled": True,
        "always_on": True,
        "health_check_path": "/readyz",
        "vnet_route_all_enabled": True,
        "cors": {"allowed_origins": ["https://clinic.example.com"]},
        "app_settings": [
            {"name": "WORKERS", "value": "2"},
            {
                "name": "API_KEY",
                "value": "@Microsoft.KeyVault(SecretUri=https://clinic.vault.azure.net"
                "/secrets/api-key)",
            },
        ],
    },
    tags=TAGS,
)
