"""An Azure Container App inside its environment, which pulls by identity."""

import pulumi
import pulumi_azure_native as azure

TAGS = {"owner": "diagnostics", "environment": "prod", "cost-center": "4711"}
REGION = "westeurope"
SUBNET = (
    "/subscriptions/5f5f5f5f-5f5f-4f5f-8f5f-5f5f5f5f5f5f/resourceGroups/network/providers"
    "/Microsoft.Network/virtualNetworks/models/subnets/apps"
)
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"

group = azure.resources.ResourceGroup("models", location=REGION, tags=TAGS)
logs = azure.operationalinsights.Workspace(
    "models",
    resource_group_name=group.name,
    location=REGION,
    sku={"name": "PerGB2018"},
    retention_in_days=90,
    workspace_capping={"daily_quota_gb": 5},
    tags=TAGS,
)
who = azure.managedidentity.UserAssignedIdentity(
    "model", resource_group_name=group.name, location=REGION, tags=TAGS
)
registry = azure.containerregistry.Registry(
    "models",
    resource_group_name=group.name,
    location=REGION,
    sku={"name": "Premium"},
    admin_user_enabled=False,
    anonymous_pull_enabled=False,
    public_network_access="Disabled",
    policies={"retention_policy": {"status": "enabled", "days": 7}},
    tags=TAGS,
)
pull = azure.authorization.RoleAssignment(
    "pull",
    scope=registry.id,
    principal_id=who.principal_id,
    principal_type="ServicePrincipal",
    role_definition_id=f"/providers/Microsoft.Authorization/roleDefinitions/{ACR_PULL}",
)
environment = azure.app.ManagedEnvironment(
    "models",
    resource_group_name=group.name,
    location=REGION,
    app_logs_configuration={"destination": "azure-monitor"},
    vnet_configuration={"infrastructure_subnet_id": SUBNET, "internal": True},
    tags=TAGS,
)
azure.monitor.DiagnosticSetting(
    "models",
    resource_uri=environment.id,
    workspace_id=logs.id,
    logs=[{"category_group": "allLogs", "enabled": True}],
)
azure.app.ContainerApp(
    "model",
    resource_group_name=group.name,
    location=REGION,
    managed_environment_id=environment.id,
    identity={"type": "UserAssigned", "user_assigned_identities": [who.id]},
    configuration={
        "active_revisions_mode": "Single",
        "registries": [{"server": registry.login_server, "identity": who.id}],
        "secrets": [
            {
                "name": "api-key",
                "key_vault_url": "https://clinic.vault.azure.net/secrets/api-key",
                "identity": who.id,
            }
        ],
        "ingress": {
            "external": False,
            "allow_insecure": False,
            "target_port": 3000,
            "transport": "http",
        },
    },
    template={
        "containers": [
            {
                "name": "model",
                "image": registry.login_server.apply(
                    lambda host: f"{host}/model@sha256:" + "5f" * 32
                ),
                "resources": {"cpu": 1, "memory": "2Gi"},
                "env": [{"name": "API_KEY", "secret_ref": "api-key"}],
                "probes": [
                    {"type": kind, "http_get": {"path": path, "port": 3000}}
                    for kind, path in (
                        ("Startup", "/readyz"),
                        ("Readiness", "/readyz"),
                        ("Liveness", "/livez"),
                    )
                ],
            }
        ],
        "scale": {"min_replicas": 1, "max_replicas": 5},
    },
    tags=TAGS,
    opts=pulumi.ResourceOptions(depends_on=[pull]),
)
