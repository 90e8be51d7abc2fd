"""Rules about virtual machines, scale sets and their networks on Azure."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from modelport_policies.demands import is_no, is_none_of, is_one_of, is_true
from modelport_policies.machine_types import has_gpu, is_old
from modelport_policies.openings import admin_ports, is_everywhere
from modelport_policies.rule import (
    ADVICE,
    ADVICE_IN_DEV,
    DEV_ONLY,
    STRICT_IN_PROD,
    Reads,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.secret_words import looks_like_secret
from modelport_policies.values import UNKNOWN, items, read, text

_MACHINE = "azure-native:compute:VirtualMachine"
_SET = "azure-native:compute:VirtualMachineScaleSet"
_GROUP = "azure-native:network:NetworkSecurityGroup"
_RULE = "azure-native:network:SecurityRule"
_AUTOSCALE = "azure-native:monitor:AutoscaleSetting"
_LOGIN = "disablePasswordAuthentication"


def _windows(properties: Mapping[str, Any], *path: str) -> bool:
    found = read(properties, *path, "windowsConfiguration")
    return found is UNKNOWN or isinstance(found, Mapping)


def _holds_secret(script: str) -> bool:
    try:
        return looks_like_secret(b64decode(script, validate=True).decode(errors="replace"))
    except ValueError:
        return looks_like_secret(script)


def _administration(resource: Resource, _: Settings) -> Iterator[str]:
    if resource.type == _RULE:
        yield from _opened(resource.properties, "")
    for index, rule in items(resource.properties, "securityRules"):
        if isinstance(rule, Mapping):
            yield from _opened(rule, f" in securityRules[{index}]")


def _opened(rule: Mapping[str, Any], place: str) -> Iterator[str]:
    if text(rule, "access") != "Allow" or text(rule, "direction") != "Inbound":
        return
    sources = [read(rule, "sourceAddressPrefix")]
    sources += [value for _, value in items(rule, "sourceAddressPrefixes")]
    if not any(is_everywhere(value) for value in sources):
        return
    if text(rule, "protocol") in ("Icmp", "Udp", "Esp", "Ah"):
        return
    ranges = [read(rule, "destinationPortRange")]
    ranges += [value for _, value in items(rule, "destinationPortRanges")]
    ports = [port for each in ranges for port in _admin(each)]
    if ports:
        yield f"opens {', '.join(ports)} to the internet{place}"


def _admin(ports: object) -> list[str]:
    if ports == "*":
        return admin_ports(0, 65535)
    low, _dash, high = str(ports).partition("-")
    if not (low.isdecimal() and (high or low).isdecimal()) or len(str(ports)) > 11:
        return []
    return admin_ports(float(low), float(high or low))


def _shrinks(resource: Resource, _: Settings) -> Iterator[str]:
    for where, profile in items(resource.properties, "profiles"):
        if not isinstance(profile, Mapping):
            continue
        for index, rule in items(profile, "rules"):
            if not isinstance(rule, Mapping):
                continue
            way = text(rule, "metricTrigger", "operator"), text(rule, "scaleAction", "direction")
            place = f"profiles[{where}].rules[{index}]"
            if way in (("LessThan", "Increase"), ("LessThanOrEqual", "Increase")):
                yield f"adds machines when the load is low, in {place}: an idle endpoint grows"
            elif way in (("GreaterThan", "Decrease"), ("GreaterThanOrEqual", "Decrease")):
                yield f"removes machines when the load is high, in {place}"


def _profile(operator: str, direction: str) -> dict[str, Any]:
    rule = {
        "metricTrigger": {"metricName": "Cpu", "operator": operator, "threshold": 30},
        "scaleAction": {"direction": direction, "type": "ChangeCount", "cooldown": "PT5M"},
    }
    return {"profiles": [{"name": "load", "rules": [rule]}]}


NO_PASSWORD = Rule(
    id="azvm-no-password",
    title="Nobody logs in to a machine with a password.",
    severity="high",
    types=(_MACHINE,),
    rationale="a password is guessed by programs that do nothing else, day and night",
    fix="os_profile={linux_configuration: {disable_password_authentication: True, ssh: {…}}}",
    sources=("CKV_AZURE_1", "CKV_AZURE_149", "CKV_AZURE_178"),
    passes=Sample(_MACHINE, {"osProfile": {"linuxConfiguration": {_LOGIN: True}}}),
    fails=Sample(_MACHINE, {"osProfile": {"linuxConfiguration": {_LOGIN: False}}}),
    also_passes=(Sample(_MACHINE, {"osProfile": {"windowsConfiguration": {}}}),),
    check=is_true(
        f"osProfile.linuxConfiguration.{_LOGIN}",
        "so a password lets people in",
        unless=lambda properties: _windows(properties, "osProfile"),
    ),
)

SET_NO_PASSWORD = replace(
    NO_PASSWORD,
    id="azvmss-no-password",
    title="Nobody logs in to machines of a scale set with a password.",
    types=(_SET,),
    fix="virtual_machine_profile={os_profile: {linux_configuration: {…: True}}}",
    sources=("CKV_AZURE_49",),
    passes=Sample(
        _SET,
        {"virtualMachineProfile": {"osProfile": {"linuxConfiguration": {_LOGIN: True}}}},
    ),
    fails=Sample(
        _SET,
        {"virtualMachineProfile": {"osProfile": {"linuxConfiguration": {_LOGIN: False}}}},
    ),
    also_passes=(
        Sample(_SET, {"virtualMachineProfile": {"osProfile": {"windowsConfiguration": {}}}}),
    ),
    check=is_true(
        f"virtualMachineProfile.osProfile.linuxConfiguration.{_LOGIN}",
        "so a password lets people in",
        unless=lambda properties: _windows(properties, "virtualMachineProfile", "osProfile"),
    ),
)

ENCRYPTED = Rule(
    id="azvm-encryption-at-host",
    title="A machine's disks are encrypted where they are, temporary ones included.",
    severity="medium",
    types=(_MACHINE,),
    rationale="models and requests in a temporary disk or a cache are otherwise in plain",
    fix="security_profile={encryption_at_host: True}; the feature is registered once",
    sources=("CKV_AZURE_97",),
    levels=ADVICE,
    passes=Sample(_MACHINE, {"securityProfile": {"encryptionAtHost": True}}),
    fails=Sample(_MACHINE, {"securityProfile": {"encryptionAtHost": False}}),
    check=is_true("securityProfile.encryptionAtHost", "so caches and temporary disks are in plain"),
)

TRUSTED_START = Rule(
    id="azvm-trusted-launch",
    title="A machine measures what it starts.",
    severity="medium",
    types=(_MACHINE,),
    rationale="what changed the system before it started is seen by nothing that runs in it",
    fix='security_profile={security_type: "TrustedLaunch"}',
    sources=("prowler vm_trusted_launch_enabled",),
    levels=STRICT_IN_PROD,
    passes=Sample(_MACHINE, {"securityProfile": {"securityType": "TrustedLaunch"}}),
    fails=Sample(_MACHINE, {"hardwareProfile": {"vmSize": "Standard_D2s_v5"}}),
    check=is_one_of(
        "securityProfile.securityType",
        ["TrustedLaunch", "ConfidentialVM"],
        "so its start is not measured",
    ),
)

NO_SCRIPT_SECRETS = Rule(
    id="azvm-no-customdata-secrets",
    title="No secret stands in what a machine starts with.",
    severity="critical",
    types=(_MACHINE,),
    rationale="every program on the machine reads it",
    fix="fetch it at start from Key Vault, by the machine's identity",
    sources=("CKV_AZURE_45",),
    passes=Sample(_MACHINE, {"osProfile": {"customData": "ZG9ja2VyIHJ1biBjYW5jZXI="}}),
    fails=Sample(_MACHINE, {"osProfile": {"customData": "cGFzc3dvcmQ9aHVudGVyMjI="}}),
    check=is_no("osProfile.customData", _holds_secret, "what looks like a secret"),
)

PATCHED = Rule(
    id="azvmss-auto-os-patch",
    title="Machines of a scale set take updates of their system.",
    severity="low",
    types=(_SET,),
    rationale="holes in the system stay open until somebody thinks of them",
    fix="upgrade_policy={automatic_os_upgrade_policy: {enable_automatic_os_upgrade: True}}",
    sources=("CKV_AZURE_95",),
    levels=ADVICE,
    passes=Sample(
        _SET,
        {"upgradePolicy": {"automaticOSUpgradePolicy": {"enableAutomaticOSUpgrade": True}}},
    ),
    fails=Sample(_SET, {"upgradePolicy": {"mode": "Rolling"}}),
    check=is_true(
        "upgradePolicy.automaticOSUpgradePolicy.enableAutomaticOSUpgrade",
        "so holes in the system stay open",
    ),
)

NO_OPEN_ADMINISTRATION = Rule(
    id="az-nsg-no-open-admin",
    title="The internet reaches no port of administration.",
    severity="critical",
    types=(_GROUP, _RULE),
    rationale="such ports are found within minutes, and behind some nobody asks for a password",
    fix='source_address_prefix="VirtualNetwork", or Azure Bastion in place of SSH',
    sources=("CKV_AZURE_9", "CKV_AZURE_10"),
    reads=(
        Reads("securityRules[].sourceAddressPrefix", "passes"),
        Reads("securityRules[].sourceAddressPrefixes[]", "passes"),
        Reads("sourceAddressPrefix", "passes"),
        Reads("sourceAddressPrefixes[]", "passes"),
    ),
    passes=Sample(
        _GROUP,
        {
            "securityRules": [
                {
                    "access": "Allow",
                    "direction": "Inbound",
                    "protocol": "Tcp",
                    "sourceAddressPrefix": "VirtualNetwork",
                    "destinationPortRange": "22",
                }
            ]
        },
    ),
    fails=Sample(
        _GROUP,
        {
            "securityRules": [
                {
                    "access": "Allow",
                    "direction": "Inbound",
                    "protocol": "Tcp",
                    "sourceAddressPrefix": "*",
                    "destinationPortRange": "22",
                }
            ]
        },
    ),
    also_passes=tuple(
        Sample(
            _RULE,
            {
                "access": "Allow",
                "direction": "Inbound",
                "protocol": "Tcp",
                "sourceAddressPrefix": "Internet",
                "destinationPortRange": "22",
            }
            | change,
        )
        for change in (
            {"access": "Deny"},
            {"direction": "Outbound"},
            {"protocol": "Udp"},
            {"destinationPortRange": "443"},
        )
    ),
    also_fails=tuple(
        Sample(
            _RULE,
            {
                "access": "Allow",
                "direction": "Inbound",
                "protocol": "*",
                "sourceAddressPrefix": "Internet",
                "destinationPortRange": "22",
            }
            | change,
        )
        for change in (
            {},
            {"destinationPortRange": "*"},
            {"destinationPortRange": "8000-9000"},
            {"destinationPortRange": None, "destinationPortRanges": ["443", "3389"]},
            {"sourceAddressPrefix": None, "sourceAddressPrefixes": ["10.0.0.0/8", "0.0.0.0/0"]},
        )
    ),
    check=_administration,
)

SCALES_THE_RIGHT_WAY = Rule(
    id="azure-autoscale-direction",
    title="Autoscaling adds machines when the load is high, and removes them when it is low.",
    severity="high",
    types=(_AUTOSCALE,),
    rationale="the other way round an idle endpoint grows until its largest size, every night",
    fix='scale_action={…, direction: "Decrease"} beside operator: "LessThan"',
    sources=("Azure Monitor, 'Best practices for autoscale'",),
    reads=(
        Reads("profiles[].rules[].scaleAction.direction", "passes"),
        Reads("profiles[].rules[].metricTrigger.operator", "passes"),
    ),
    passes=Sample(_AUTOSCALE, _profile("LessThan", "Decrease")),
    fails=Sample(_AUTOSCALE, _profile("LessThan", "Increase")),
    also_passes=(Sample(_AUTOSCALE, _profile("GreaterThan", "Increase")),),
    also_fails=(
        Sample(_AUTOSCALE, _profile("LessThanOrEqual", "Increase")),
        Sample(_AUTOSCALE, _profile("GreaterThan", "Decrease")),
        Sample(_AUTOSCALE, _profile("GreaterThanOrEqual", "Decrease")),
    ),
    check=_shrinks,
)

NO_GPU_IN_DEV = Rule(
    id="cost-azvm-no-gpu-dev",
    title="In dev no machine has a GPU.",
    severity="high",
    types=(_MACHINE,),
    rationale="a GPU costs 400 to 70,000 USD a month, and in dev it waits most of the day",
    fix='hardware_profile={vm_size: "Standard_D2s_v5"} in dev',
    sources=("az-costguard Idle GPU VM",),
    levels=DEV_ONLY,
    passes=Sample(_MACHINE, {"hardwareProfile": {"vmSize": "Standard_D2s_v5"}}),
    fails=Sample(_MACHINE, {"hardwareProfile": {"vmSize": "Standard_NC24ads_A100_v4"}}),
    check=is_no(
        "hardwareProfile.vmSize",
        lambda name: has_gpu("azure", name),
        "a GPU, paid for day and night",
    ),
)

SET_NO_GPU_IN_DEV = replace(
    NO_GPU_IN_DEV,
    id="cost-azvmss-no-gpu-dev",
    title="In dev no machine of a scale set has a GPU.",
    types=(_SET,),
    fix='sku={name: "Standard_D2s_v5", …} in dev',
    passes=Sample(_SET, {"sku": {"name": "Standard_D2s_v5"}}),
    fails=Sample(_SET, {"sku": {"name": "Standard_NC24ads_A100_v4"}}),
    check=is_no("sku.name", lambda name: has_gpu("azure", name), "a GPU, paid for day and night"),
)

NO_OLD_GENERATION = Rule(
    id="cost-azvm-old-generation",
    title="No machine is of a generation that has a cheaper successor.",
    severity="low",
    types=(_MACHINE,),
    rationale="the successor does the same work for less, and is not taken away one day",
    fix="Standard_D2s_v5 for D2s_v2",
    sources=("Azure, 'Previous generations of virtual machine sizes'",),
    levels=ADVICE,
    passes=Sample(_MACHINE, {"hardwareProfile": {"vmSize": "Standard_D2s_v5"}}),
    fails=Sample(_MACHINE, {"hardwareProfile": {"vmSize": "Standard_DS2_v2"}}),
    check=is_no("hardwareProfile.vmSize", lambda name: is_old("azure", name), "an old generation"),
)

CHEAP_DISK_IN_DEV = Rule(
    id="cost-azdisk-sku",
    title="In dev a machine's disk is not of the dearest kind.",
    severity="low",
    types=(_MACHINE,),
    rationale="a premium disk costs three times a standard one of the same size",
    fix='managed_disk={storage_account_type: "StandardSSD_LRS"} in dev',
    sources=("az-costguard disk rules",),
    levels=ADVICE_IN_DEV,
    passes=Sample(
        _MACHINE,
        {"storageProfile": {"osDisk": {"managedDisk": {"storageAccountType": "StandardSSD_LRS"}}}},
    ),
    fails=Sample(
        _MACHINE,
        {"storageProfile": {"osDisk": {"managedDisk": {"storageAccountType": "Premium_LRS"}}}},
    ),
    check=is_none_of(
        "storageProfile.osDisk.managedDisk.storageAccountType",
        ("Premium_LRS", "PremiumV2_LRS", "Premium_ZRS", "UltraSSD_LRS"),
        "which costs three times as much",
    ),
)

SECURITY = (
    NO_PASSWORD,
    SET_NO_PASSWORD,
    ENCRYPTED,
    TRUSTED_START,
    NO_SCRIPT_SECRETS,
    PATCHED,
    NO_OPEN_ADMINISTRATION,
)
RELIABILITY = (SCALES_THE_RIGHT_WAY,)
COST = (NO_GPU_IN_DEV, SET_NO_GPU_IN_DEV, NO_OLD_GENERATION, CHEAP_DISK_IN_DEV)
