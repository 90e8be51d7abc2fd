"""Google Cloud: machines, groups of them, services and deployed models."""

import re

from modelport.prices import Case, Parts, unpriced
from modelport.prices.machines import accelerators, app_engine, hourly, instances
from modelport.prices.serverless import cloud_run
from modelport.prices.sizes import accelerator_sku
from modelport.report.pricing.amounts import memory_gib
from modelport.report.pricing.bill import Bill, boot_disk, without_price
from modelport.report.pricing.item import Item

_TEMPLATES = (
    "gcp:compute/instanceTemplate:InstanceTemplate",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
)
_SCALERS = (
    "gcp:compute/autoscaler:Autoscaler",
    "gcp:compute/regionAutoscaler:RegionAutoscaler",
)
_MOST = 100
"""Instances at most of a service or function that says nothing else:
https://cloud.google.com/run/docs/configuring/max-instances."""
_SEPARATE = ("n1-",)
"""Families whose accelerators are billed beside the machine; others' prices hold them:
https://cloud.google.com/compute/gpus-pricing."""


def machine(item: Item) -> Bill:
    """One instance of Compute Engine with the disk that it starts from."""
    case = item.case()
    boot = "bootDisk.initializeParams"
    parts = _instances(item, case)
    if item.has("bootDisk.source"):
        return Bill(parts)  # a disk of its own, which is priced by itself
    return Bill(parts + _disk(case, item.amount(f"{boot}.size"), item.text(f"{boot}.type")))


def group(item: Item) -> Bill:
    """A managed instance group, by its template."""
    template = item.referred("versions", *_TEMPLATES)
    if template is None:
        return without_price("its instance template is not part of this stack")
    usual = item.amount("targetSize")
    least, most = usual, usual
    for scaler in item.pointing("target", *_SCALERS):
        least = scaler.amount("autoscalingPolicy.minReplicas")
        most = scaler.amount("autoscalingPolicy.maxReplicas")
    case = item.case(least, most, usual)
    parts = _instances(template, case)
    for index in range(template.length("disks")):
        path = f"disks.{index}"
        if not template.has(f"{path}.source"):
            size, kind = template.amount(f"{path}.diskSizeGb"), template.text(f"{path}.diskType")
            parts += _disk(case, size, kind)
    return Bill(parts)


def volume(item: Item) -> Bill:
    """One disk."""
    return Bill(_disk(item.case(), item.amount("size"), item.text("type")))


def service(item: Item) -> Bill:
    """A service of Cloud Run: what it keeps, and what requests cost."""
    path = "template.containers"
    vcpu = memory = 0.0
    by_request = True
    for index in range(item.length(path)):
        resources = f"{path}.{index}.resources"
        vcpu += _vcpu(item.text(f"{resources}.limits.cpu", "1"))
        memory += memory_gib(item.text(f"{resources}.limits.memory", "512Mi"))
        by_request = by_request and item.flag(f"{resources}.cpuIdle", default=True)
    gpu = item.text("template.nodeSelector.accelerator")
    least = max(
        item.amount("template.scaling.minInstanceCount"), item.amount("scaling.minInstanceCount")
    )
    most = item.amount("template.scaling.maxInstanceCount") or _MOST
    manual = item.amount("scaling.manualInstanceCount")
    case = item.case(manual or least, manual or most)
    if not vcpu:
        return without_price("a service without containers")
    if by_request and not gpu:
        kept = cloud_run(case, vcpu, memory)
        return Bill(_kept(kept), _rates(item, vcpu, memory))
    return Bill(cloud_run(case, vcpu, memory, billing="instance", gpu=gpu))


def function(item: Item) -> Bill:
    """A function of the second generation, which runs on Cloud Run."""
    path = "serviceConfig"
    memory = memory_gib(item.text(f"{path}.availableMemory", "256M"))
    least = item.amount(f"{path}.minInstanceCount")
    most = item.amount(f"{path}.maxInstanceCount") or _MOST
    cpu = item.text(f"{path}.availableCpu")
    if not cpu:
        use = (item.rate("cloud-run", "1M requests"), "processors: as many as go with its memory")
        return Bill(unpriced("instances that are kept, of unknown size") if least else Parts(), use)
    vcpu = _vcpu(cpu)
    kept = cloud_run(item.case(least, most), vcpu, memory)
    return Bill(_kept(kept), _rates(item, vcpu, memory))


def _dedicated(item: Item, path: str, *, spot: bool) -> Bill:
    """Machines of Vertex AI whose counts and size are at `path`."""
    if not item.has(path):
        return without_price("which machines are taken is not known")
    machine_path = f"{path}.machineSpec"
    least = item.amount(f"{path}.minReplicaCount", 1)
    case = item.case(least, item.amount(f"{path}.maxReplicaCount", least))
    return Bill(
        vertex_machines(
            case,
            item.text(f"{machine_path}.machineType"),
            item.text(f"{machine_path}.acceleratorType"),
            item.amount(f"{machine_path}.acceleratorCount", 1),
            spot=spot,
        )
    )


def garden(item: Item) -> Bill:
    """An endpoint with a model of Model Garden."""
    path = "deployConfig.dedicatedResources"
    return _dedicated(item, path, spot=item.flag(f"{path}.spot"))


def pool(item: Item) -> Bill:
    """Machines that several deployed models share."""
    return _dedicated(item, "dedicatedResources", spot=False)


def vertex_machines(case: Case, sku: str, gpu: str, count: float, *, spot: bool) -> Parts:
    """Machines of Vertex AI, each with its accelerators."""
    if not sku:
        return unpriced("a machine whose type is not known")
    parts = instances(case, "vertex-ai-prediction", sku)
    has_gpu = gpu and gpu.upper() not in {"NONE", "ACCELERATOR_TYPE_UNSPECIFIED"}
    if has_gpu and sku.startswith(_SEPARATE):
        parts += accelerators(case, "vertex-ai-prediction-gpu", accelerator_sku(gpu), count)
    return parts + (unpriced("what spot machines cost less") if spot else Parts())


def flexible(item: Item) -> Bill:
    """A version of App Engine's flexible environment."""
    manual = item.amount("manualScaling.instances")
    least = manual or item.amount("automaticScaling.minTotalInstances", 2)
    most = manual or item.amount("automaticScaling.maxTotalInstances", 20)
    vcpu, memory = item.amount("resources.cpu", 1), item.amount("resources.memoryGb", 0.6)
    case = item.case(least, most)
    return Bill(app_engine(case, vcpu, memory, item.amount("resources.diskGb", 10)))


def rule(item: Item) -> Bill:
    """A forwarding rule of a load balancer."""
    parts = hourly(
        item.case(),
        "load-balancer rule-hour",
        item.unit("load-balancer", "rule-hour"),
        1,
    )
    return Bill(parts, (item.rate("load-balancer", "GB processed"),))


def _vcpu(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(m?)", text.strip())
    return 0 if found is None else float(found[1]) / (1000 if found[2] else 1)


def _kept(parts: Parts) -> Parts:
    """Lines that stand there or can; those of requests are said apart."""
    lines = tuple(line for line in parts.lines if line.quantity or line.most_quantity)
    return Parts(lines, parts.unpriced)


def _rates(item: Item, vcpu: float, memory: float) -> tuple[str, ...]:
    name = "cloud-run"
    return (
        item.rate(name, "1M requests"),
        f"{item.rate(name, 'vCPU-second request-based')} ({vcpu:g} vCPU)",
        f"{item.rate(name, 'GiB-second request-based')} ({memory:g} GiB)",
    )


def _instances(item: Item, case: Case) -> Parts:
    sku = item.text("machineType").rpartition("/")[2]
    if not sku:
        return unpriced("a machine whose type is not known")
    spot = (
        item.flag("scheduling.preemptible") or item.text("scheduling.provisioningModel") == "SPOT"
    )
    parts = instances(case, "compute-engine", sku, spot_share=1 if spot else 0)
    for index in range(item.length("guestAccelerators")):
        path = f"guestAccelerators.{index}"
        gpu = item.text(f"{path}.type").rpartition("/")[2]
        if sku.startswith(_SEPARATE):
            parts += accelerators(case, "compute-engine-gpu", gpu, item.amount(f"{path}.count", 1))
    return parts


def _disk(case: Case, gib: float, kind: str) -> Parts:
    return boot_disk(case, gib, kind.rpartition("/")[2] or "pd-standard")
