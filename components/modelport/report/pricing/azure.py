"""Azure: machines, plans, container apps and deployments of models."""

from modelport.prices import Case, Parts, unpriced
from modelport.prices.machines import disk, hourly, instances
from modelport.prices.serverless import container_app
from modelport.report.pricing.amounts import memory_gib
from modelport.report.pricing.bill import Bill, boot_disk, nothing, without_price
from modelport.report.pricing.item import Item

_SCALERS = ("azure-native:monitor:AutoscaleSetting",)
_BY_USE = {"Y1", "FC1"}
_FREE = {"F1", "SHARED"}
_MOST = 10
"""Replicas at most of a container app that says nothing else:
https://learn.microsoft.com/azure/container-apps/scale-app."""


def machine(item: Item) -> Bill:
    """One virtual machine with its disk."""
    sku = item.text("hardwareProfile.vmSize")
    if not sku:
        return without_price("a machine whose size is not known")
    spot = 1 if item.text("priority") in {"Spot", "Low"} else 0
    case = item.case()
    disks = _os_disk(item, case, "storageProfile.osDisk")
    return Bill(instances(case, "vm", sku, spot_share=spot) + disks)


def scale_set(item: Item) -> Bill:
    """A scale set, by the capacity of its size and the settings that scale it."""
    sku = item.text("sku.name")
    if not sku:
        return without_price("a machine whose size is not known")
    spot = 1 if item.text("virtualMachineProfile.priority") in {"Spot", "Low"} else 0
    least, most, usual = _counts(item, item.amount("sku.capacity"))
    case = item.case(least, most, usual)
    disks = _os_disk(item, case, "virtualMachineProfile.storageProfile.osDisk")
    return Bill(instances(case, "vm", sku, spot_share=spot) + disks)


def volume(item: Item) -> Bill:
    """One managed disk."""
    size = item.amount("diskSizeGB")
    if not size:
        return without_price("a disk whose size is not known")
    return Bill(disk(item.case(), size, item.text("sku.name", "Standard_LRS")))


def plan(item: Item) -> Bill:
    """A plan of App Service or Functions: its machines."""
    sku = item.text("sku.name")
    if sku in _FREE:
        return nothing("a plan of the free tier")
    if sku in _BY_USE:
        return Bill(by_use=_function_rates(item))
    if not sku:
        return without_price("a plan whose size is not known")
    premium = sku.upper().startswith("EP")
    least, most, usual = _counts(item, item.amount("sku.capacity", 1))
    if premium:
        most = max(most, item.amount("maximumElasticWorkerCount", most))
    service = "functions-premium" if premium else "app-service-plan-linux"
    if not premium and not item.flag("reserved"):
        return without_price(f"app service plan {sku} with Windows")
    return Bill(instances(item.case(least, most, usual), service, sku))


def app(item: Item) -> Bill:
    """A container app of the consumption plan."""
    profile = item.text("workloadProfileName", "Consumption")
    if profile != "Consumption":
        return nothing(f"it runs on the machines of the profile {profile} of its environment")
    path = "template.containers"
    vcpu = memory = 0.0
    for index in range(item.length(path)):
        vcpu += item.amount(f"{path}.{index}.resources.cpu", 0.5)
        memory += memory_gib(item.text(f"{path}.{index}.resources.memory", "1Gi"))
    if not vcpu:
        return without_price("an app without containers")
    least = item.amount("template.scale.minReplicas")
    most = item.amount("template.scale.maxReplicas", _MOST)
    name = "container-apps"
    return Bill(
        container_app(item.case(least, most), vcpu, memory),
        (
            item.rate(name, "1M requests"),
            f"{item.rate(name, 'vCPU-second active')} ({vcpu:g} vCPU)",
            f"{item.rate(name, 'GiB-second active')} ({memory:g} GiB)",
        ),
    )


def deployment(item: Item) -> Bill:
    """A deployment behind an online endpoint of Azure ML."""
    sku = item.text("properties.instanceType")
    if not sku:
        return without_price("a deployment whose instance type is not known")
    least, most, usual = _counts(item, item.amount("sku.capacity", 1))
    return Bill(instances(item.case(least, most, usual), "azure-ml-compute", sku))


def registry(item: Item) -> Bill:
    """A registry of images."""
    unit = f"{item.text('sku.name', 'Basic')} registry-hour"
    price = item.unit("container-registry", unit)
    return Bill(hourly(item.case(), f"container-registry {unit}", price, 1))


def gateway(item: Item) -> Bill:
    """An application gateway of the second version."""
    kind = item.text("sku.name")
    if kind != "Standard_v2":
        return without_price(f"application gateway {kind or 'whose size is not known'}")
    price = item.unit("application-gateway", "gateway-hour")
    parts = hourly(item.case(), "application-gateway gateway-hour", price, 1)
    return Bill(parts, (item.rate("application-gateway", "CU-hour"),))


def cluster(item: Item) -> Bill:
    """A cluster of AKS: its tier, and the machines of its pools."""
    unit = {
        "Standard": "cluster-hour Standard tier / uptime SLA",
        "Premium": "cluster-hour Premium tier",
    }.get(item.text("sku.tier", "Free"))
    parts = Parts()
    if unit:
        parts += hourly(item.case(), f"aks {unit}", item.unit("aks", unit), 1)
    for index in range(item.length("agentPoolProfiles")):
        parts += _pool(item, f"agentPoolProfiles.{index}.")
    return Bill(parts)


def pool(item: Item) -> Bill:
    """A pool of machines of a cluster."""
    return Bill(_pool(item, ""))


def _pool(item: Item, path: str) -> Parts:
    sku = item.text(f"{path}vmSize")
    if not sku:
        return unpriced("a pool of machines whose size is not known")
    usual = item.amount(f"{path}count", 1)
    case = item.case(
        item.amount(f"{path}minCount", usual), item.amount(f"{path}maxCount", usual), usual
    )
    spot = 1 if item.text(f"{path}scaleSetPriority") == "Spot" else 0
    return instances(case, "vm", sku, spot_share=spot) + unpriced("disks of the nodes")


def _counts(item: Item, capacity: float) -> tuple[float, float, float]:
    """Instances at least, at most and usually, by the settings that scale them."""
    for setting in item.pointing("targetResourceUri", *_SCALERS):
        path = "profiles.0.capacity"
        if setting.has(path):
            least, most = setting.amount(f"{path}.minimum"), setting.amount(f"{path}.maximum")
            return least, most, min(max(capacity, least), most)
    return capacity, capacity, capacity


def _os_disk(item: Item, case: Case, path: str) -> Parts:
    kind = item.text(f"{path}.managedDisk.storageAccountType", "Standard_LRS")
    return boot_disk(case, item.amount(f"{path}.diskSizeGB"), kind)


def _function_rates(item: Item) -> tuple[str, ...]:
    name = "functions-consumption"
    return (item.rate(name, "1M executions"), item.rate(name, "GB-second"))
