"""A scale set on Azure that nobody logs in to with a password, counted by its load."""

import pulumi_azure_native as azure

TAGS = {"owner": "diagnostics", "environment": "prod", "cost-center": "4711"}
REGION, GROUP = "westeurope", "models"
NETWORK = (
    "/subscriptions/5f5f5f5f-5f5f-4f5f-8f5f-5f5f5f5f5f5f/resourceGroups/network/providers"
    "/Microsoft.Network/virtualNetworks/models/subnets/machines"
)

guard = azure.network.NetworkSecurityGroup(
    "machines",
    resource_group_name=GROUP,
    location=REGION,
    security_rules=[
        {
            "name": "model",
            "priority": 100,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "source_address_prefix": "VirtualNetwork",
            "source_port_range": "*",
            "destination_address_prefix": "VirtualNetwork",
            "destination_port_range": "3000",
        }
    ],
    tags=TAGS,
)
machines = azure.compute.VirtualMachineScaleSet(
    "model",
    vm_scale_set_name="model",
    resource_group_name=GROUP,
    location=REGION,
    sku={"name": "Standard_D2s_v5", "tier": "Standard", "capacity": 2},
    zones=["1", "2", "3"],
    upgrade_policy={
        "mode": azure.compute.UpgradeMode.ROLLING,
        "automatic_os_upgrade_policy": {"enable_automatic_os_upgrade": True},
    },
    virtual_machine_profile={
        "os_profile": {
            "computer_name_prefix": "model",
            "admin_username": "models",
            "linux_configuration": {
                "disable_password_authentication": True,
                "ssh": {
                    "public_keys": [
                        {"path": "~/.ssh/authorized_keys", "key_data": "ssh-rsa AAAAB3NzaC1"}
                    ]
                },
            },
        },
        "storage_profile": {
            "image_reference": {
                "publisher": "Canonical",
                "offer": "ubuntu-24_04-lts",
                "sku": "server",
                "version": "latest",
            },
            "os_disk": {
                "create_option": "FromImage",
                "managed_disk": {"storage_account_type": "StandardSSD_LRS"},
            },
        },
        "security_profile": {
            "encryption_at_host": True,
            "security_type": "TrustedLaunch",
            "uefi_settings": {"secure_boot_enabled": True, "v_tpm_enabled": True},
        },
        "network_profile": {
            "network_interface_configurations": [
                {
                    "name": "interface",
                    "primary": True,
                    "network_security_group": {"id": guard.id},
                    "ip_configurations": [{"name": "address", "subnet": {"id": NETWORK}}],
                }
            ]
        },
    },
    tags=TAGS,
)


def rule(operator: str, threshold: int, direction: str) -> azure.monitor.ScaleRuleArgs:
    """One machine more or less."""
    monitor = azure.monitor
    return monitor.ScaleRuleArgs(
        metric_trigger=monitor.MetricTriggerArgs(
            metric_name="Percentage CPU",
            metric_resource_uri=machines.id,
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
    "model",
    resource_group_name=GROUP,
    location=REGION,
    enabled=True,
    target_resource_uri=machines.id,
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
