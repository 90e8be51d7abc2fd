"""An online endpoint in a private workspace of Azure Machine Learning, counted by its load."""

import pulumi
import pulumi_azure_native as azure

TAGS = {"owner": "diagnostics", "environment": "prod", "cost-center": "4711"}
REGION = "westeurope"
GROUP, WORKSPACE = "models", "models"
HERE = "/subscriptions/5f5f5f5f-5f5f-4f5f-8f5f-5f5f5f5f5f5f/resourceGroups/models/providers/"
VAULT = f"{HERE}Microsoft.KeyVault/vaults/models"
ml = azure.machinelearningservices

who = azure.managedidentity.UserAssignedIdentity(
    "model", resource_group_name=GROUP, location=REGION, tags=TAGS
)
workspace = ml.Workspace(
    "models",
    workspace_name=WORKSPACE,
    resource_group_name=GROUP,
    location=REGION,
    identity={"type": "UserAssigned", "user_assigned_identities": [who.id]},
    primary_user_assigned_identity=who.id,
    storage_account=f"{HERE}Microsoft.Storage/storageAccounts/models",
    key_vault=VAULT,
    container_registry=f"{HERE}Microsoft.ContainerRegistry/registries/models",
    application_insights=f"{HERE}Microsoft.Insights/components/models",
    system_datastores_auth_mode="identity",
    public_network_access="Disabled",
    managed_network={"isolation_mode": "AllowOnlyApprovedOutbound"},
    provision_network_now=True,
    v1_legacy_mode=False,
    encryption={
        "status": "Enabled",
        "key_vault_properties": {
            "key_vault_arm_id": VAULT,
            "key_identifier": "https://models.vault.azure.net/keys/workspace/1",
        },
    },
    tags=TAGS,
)
endpoint = ml.OnlineEndpoint(
    "model",
    endpoint_name="model",
    resource_group_name=GROUP,
    workspace_name=workspace.name,
    location=REGION,
    kind="Managed",
    identity={"type": "UserAssigned", "user_assigned_identities": [who.id]},
    properties={
        "auth_mode": "AADToken",
        "public_network_access": "Disabled",
    },
    tags=TAGS,
)
probe = ml.ProbeSettingsArgs(
    initial_delay="PT10S", period="PT10S", timeout="PT2S", failure_threshold=30
)
deployment = ml.OnlineDeployment(
    "blue",
    deployment_name="blue",
    endpoint_name=endpoint.name,
    resource_group_name=GROUP,
    workspace_name=workspace.name,
    location=REGION,
    kind="Managed",
    sku={"name": "Default", "capacity": 2},
    properties=ml.ManagedOnlineDeploymentArgs(
        endpoint_compute_type="Managed",
        environment_id="azureml:model:1",
        instance_type="Standard_D2as_v4",
        app_insights_enabled=True,
        egress_public_network_access="Disabled",
        liveness_probe=probe,
        readiness_probe=probe,
        scale_settings=ml.DefaultScaleSettingsArgs(scale_type="Default"),
    ),
    tags=TAGS,
)


def rule(operator: str, threshold: int, direction: str) -> azure.monitor.ScaleRuleArgs:
    """One instance more or less."""
    monitor = azure.monitor
    return monitor.ScaleRuleArgs(
        metric_trigger=monitor.MetricTriggerArgs(
            metric_name="CpuUtilizationPercentage",
            metric_resource_uri=deployment.id,
            operator=monitor.ComparisonOperationType(operator),
            threshold=threshold,
            statistic=monitor.MetricStatisticType.AVERAGE,
            time_aggregation=monitor.TimeAggregationType.AVERAGE,
            time_grain="PT1M",
            time_window="PT5M",
        ),
        scale_action=monitor.ScaleActionArgs(
            direction=monitor.ScaleDirection(direction),
            type=monitor.ScaleType.CHANGE_COUNT,
            value="1",
            cooldown="PT5M",
        ),
    )


azure.monitor.AutoscaleSetting(
    "blue",
    resource_group_name=GROUP,
    location=REGION,
    enabled=True,
    target_resource_uri=deployment.id,
    profiles=[
        azure.monitor.AutoscaleProfileArgs(
            name="by load",
            capacity=azure.monitor.ScaleCapacityArgs(minimum="2", maximum="5", default="2"),
            rules=[
                rule("GreaterThan", 70, "Increase"),
                rule("LessThan", 30, "Decrease"),
            ],
        )
    ],
    tags=TAGS,
)
pulumi.export("endpoint", endpoint.name)
