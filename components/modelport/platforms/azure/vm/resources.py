"""The resources of kind `azure.vm`: a scale set, its gateway, and what heals and scales it."""

import base64

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.alarms import Metrics, watch
from modelport.platforms.azure.autoscale import autoscale
from modelport.platforms.azure.group import Group, group
from modelport.platforms.azure.identity import identity, may_pull
from modelport.platforms.azure.image import model_image
from modelport.platforms.azure.logs import log_workspace, send_logs
from modelport.platforms.azure.network import ServingNetwork, serving_network
from modelport.platforms.azure.vm.gateway import gateway
from modelport.platforms.azure.vm.plan import AzureVmPlan
from modelport.platforms.cloud_init import cloud_init
from modelport.platforms.container import PORT, READY, caller_key, container_variables
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.proving import prove
from modelport.resources import LoginKey

_c = azure.compute
_METRICS = Metrics(
    namespace="Microsoft.Network/applicationGateways",
    requests="TotalRequests",
    failures="ResponseStatus",
    latency="ApplicationGatewayTotalTime",
    latency_per_second=1000,
    failed={"HttpStatusGroup": "5xx"},
)
"""https://learn.microsoft.com/azure/application-gateway/monitor-application-gateway-reference."""
_SIGN_IN = (
    "az login --identity --client-id {client} --output none && az acr login --name {registry}"
)
_PACKAGES = ("docker.io", "azure-cli")
_HOMES = "/home"


def build(plan: AzureVmPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; a new model is a new set-up of the machines, replaced in batches."""
    where = group(plan, parent)
    key = caller_key(plan, where.opts)
    images = model_image(plan, where)
    who = identity(plan, where)
    pull = may_pull(plan, where, images, who)
    network = serving_network(plan, where, plan.machines_subnet, plan.gateway_subnet)
    front, url = gateway(plan, where, network, who)
    user_data = pulumi.Output.all(
        images.reference, container_variables(plan, key), who.client_id, images.registry.name
    ).apply(lambda found: _user_data(plan, *found))
    machines = _scale_set(plan, where, network, who, front, user_data, pull)
    if plan.replicas_min != plan.replicas_max:
        autoscale(
            plan,
            where,
            f"{plan.name}-scale",
            plan.physical_name,
            machines.id,
            metric="Percentage CPU",
            percent=plan.cpu_target,
        )
    logs = log_workspace(plan, where)
    send_logs(plan, where, logs, front.id)
    watch(plan, where, _METRICS, front.id)
    names: dict[str, pulumi.Input[str]] = {
        "subscription": where.subscription,
        "group": where.name,
        "scale_set": plan.physical_name,
        "url": url,
        "exposure": plan.exposure,
    }
    log = pulumi.Output.format(
        "az vmss run-command invoke --command-id RunShellScript --name {0} --resource-group {1} "
        "--instance-id 0 --scripts 'journalctl -u modelport -n 50'",
        plan.physical_name,
        where.name,
    )
    return prove(
        plan,
        names=names,
        url=url,
        log=log,
        key=key.value,
        replicas_min=plan.replicas_min,
        opts=where.after(machines),
    )


def _user_data(
    plan: AzureVmPlan, image: str, variables: dict[str, str], client: str, registry: str
) -> str:
    text = cloud_init(
        image=image,
        sign_in=[_SIGN_IN.format(client=client, registry=registry)],
        variables=variables,
        gpu=plan.gpu,
        packages=_PACKAGES,
    )
    return base64.b64encode(text.encode()).decode()


def _scale_set(
    plan: AzureVmPlan,
    where: Group,
    network: ServingNetwork,
    who: azure.managedidentity.UserAssignedIdentity,
    front: azure.network.ApplicationGateway,
    user_data: pulumi.Output[str],
    pull: pulumi.Resource,
) -> azure.compute.VirtualMachineScaleSet:
    opts = where.after(pull)
    if plan.replicas_min != plan.replicas_max:
        # The autoscale setting counts.
        opts = pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(ignore_changes=["sku.capacity"])
        )
    profile = _c.VirtualMachineScaleSetVMProfileArgs(
        priority="Spot" if plan.spot else "Regular",
        eviction_policy="Delete" if plan.spot else None,
        os_profile=_system(plan, where, user_data),
        storage_profile=_storage(plan),
        network_profile=_interfaces(plan, network, front),
        extension_profile=_c.VirtualMachineScaleSetExtensionProfileArgs(extensions=[_health()]),
        security_profile=_c.SecurityProfileArgs(
            security_type="TrustedLaunch",
            uefi_settings=_c.UefiSettingsArgs(secure_boot_enabled=True, v_tpm_enabled=True),
        ),
    )
    return _c.VirtualMachineScaleSet(
        f"{plan.name}-machines-set",
        vm_scale_set_name=plan.physical_name,
        resource_group_name=where.name,
        location=plan.region,
        orchestration_mode="Uniform",
        sku=_c.SkuArgs(name=plan.machine, tier="Standard", capacity=plan.replicas_min),
        identity=_c.VirtualMachineScaleSetIdentityArgs(
            type=_c.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[who.id]
        ),
        overprovision=False,
        upgrade_policy=_c.UpgradePolicyArgs(
            mode=_c.UpgradeMode.ROLLING,
            rolling_upgrade_policy=_c.RollingUpgradePolicyArgs(
                max_batch_instance_percent=plan.batch_percent,
                max_unhealthy_instance_percent=plan.batch_percent,
                max_unhealthy_upgraded_instance_percent=plan.batch_percent,
                pause_time_between_batches="PT30S",
                max_surge=True,
                rollback_failed_instances_on_policy_breach=True,
            ),
        ),
        automatic_repairs_policy=_c.AutomaticRepairsPolicyArgs(enabled=True, grace_period="PT10M"),
        virtual_machine_profile=profile,
        tags={**plan.tags, "model-version": plan.version, "revision": plan.revision},
        opts=opts,
    )


def _system(
    plan: AzureVmPlan, where: Group, user_data: pulumi.Output[str]
) -> azure.compute.VirtualMachineScaleSetOSProfileArgs:
    """Azure wants a password or an RSA key with every machine: a key that lets nobody in.

    https://learn.microsoft.com/azure/virtual-machines/linux/create-ssh-keys-detailed
    """
    key = LoginKey(f"{plan.name}-unused-login", deployment=plan.name, opts=where.opts)
    user = "modelport"
    return _c.VirtualMachineScaleSetOSProfileArgs(
        computer_name_prefix="model",
        admin_username=user,
        custom_data=user_data,
        linux_configuration=_c.LinuxConfigurationArgs(
            disable_password_authentication=True,
            provision_vm_agent=True,
            ssh=_c.SshConfigurationArgs(
                public_keys=[
                    _c.SshPublicKeyArgs(
                        path=f"{_HOMES}/{user}/.ssh/authorized_keys", key_data=key.value
                    )
                ]
            ),
        ),
    )


def _storage(plan: AzureVmPlan) -> azure.compute.VirtualMachineScaleSetStorageProfileArgs:
    return _c.VirtualMachineScaleSetStorageProfileArgs(
        image_reference=_c.ImageReferenceArgs(
            publisher="Canonical", offer="ubuntu-24_04-lts", sku="server", version="latest"
        ),
        os_disk=_c.VirtualMachineScaleSetOSDiskArgs(
            create_option="FromImage",
            caching=_c.CachingTypes.READ_WRITE,
            disk_size_gb=plan.disk_gib,
            managed_disk=_c.VirtualMachineScaleSetManagedDiskParametersArgs(
                storage_account_type="StandardSSD_LRS"
            ),
        ),
    )


def _interfaces(
    plan: AzureVmPlan, network: ServingNetwork, front: azure.network.ApplicationGateway
) -> azure.compute.VirtualMachineScaleSetNetworkProfileArgs:
    """No public address; the gateway finds the machines by its pool."""
    pool = front.id.apply(lambda found: f"{found}/backendAddressPools/machines")
    address = _c.VirtualMachineScaleSetIPConfigurationArgs(
        name="address",
        primary=True,
        subnet=_c.ApiEntityReferenceArgs(id=network.machines),
        application_gateway_backend_address_pools=[_c.SubResourceArgs(id=pool)],
    )
    interface = _c.VirtualMachineScaleSetNetworkConfigurationArgs(
        name="interface",
        primary=True,
        network_security_group=_c.SubResourceArgs(id=network.guard.id),
        ip_configurations=[address],
    )
    return _c.VirtualMachineScaleSetNetworkProfileArgs(network_interface_configurations=[interface])


def _health() -> azure.compute.VirtualMachineScaleSetExtensionArgs:
    """Upgrades and repairs go by what the model says of itself."""
    return _c.VirtualMachineScaleSetExtensionArgs(
        name="health",
        publisher="Microsoft.ManagedServices",
        type="ApplicationHealthLinux",
        type_handler_version="2.0",
        auto_upgrade_minor_version=True,
        settings={
            "protocol": "http",
            "port": PORT,
            "requestPath": READY,
            "intervalInSeconds": 5,
            "numberOfProbes": 2,
        },
    )
