"""AWS: machines, endpoints, functions and services."""

from collections.abc import Callable

from modelport.prices import Case, Parts, unpriced
from modelport.prices.estimate import SECONDS, stands
from modelport.prices.machines import fargate, hourly, instances
from modelport.report.pricing.bill import Bill, boot_disk, nothing, without_price
from modelport.report.pricing.item import Item
from modelport.report.values import number

_TEMPLATE = ("aws:ec2/launchTemplate:LaunchTemplate",)
_LAUNCH = ("aws:ec2/launchConfiguration:LaunchConfiguration",)
_CONFIGURATION = ("aws:sagemaker/endpointConfiguration:EndpointConfiguration",)
_FUNCTION = "aws:lambda/function:Function"
_ALIAS = "aws:lambda/alias:Alias"
_TASK = ("aws:ecs/taskDefinition:TaskDefinition",)
_TARGET = ("aws:appautoscaling/target:Target",)
_SCALING = ("aws:apprunner/autoScalingConfigurationVersion:AutoScalingConfigurationVersion",)


def machine(item: Item) -> Bill:
    """One EC2 instance with its disk and its public address."""
    template = item.referred("launchTemplate", *_TEMPLATE)
    sku = item.text("instanceType") or (template.text("instanceType") if template else "")
    spot = item.type.endswith(":SpotInstanceRequest") or _spot(item) or _spot(template)
    case = item.case()
    parts = _instances(case, sku, spot=spot)
    if item.has("rootBlockDevice") or template is None:
        parts += _volume(item, "rootBlockDevice.volumeSize", "rootBlockDevice.volumeType")
    else:
        parts += _template_disk(case, template)
    for index in range(item.length("ebsBlockDevices")):
        path = f"ebsBlockDevices.{index}"
        parts += _volume(item, f"{path}.volumeSize", f"{path}.volumeType")
    if item.text("tenancy", "default") != "default":
        parts += unpriced(f"tenancy {item.text('tenancy')}")
    if item.flag("associatePublicIpAddress"):
        parts += _address(item)
    return Bill(parts)


def group(item: Item) -> Bill:
    """An Auto Scaling group, by the machine of its launch template."""
    case = item.case(item.amount("minSize"), item.amount("maxSize"), item.amount("desiredCapacity"))
    if item.has("mixedInstancesPolicy"):
        return without_price("which of its mixed instance types AWS takes is not known")
    template = item.referred("launchTemplate", *_TEMPLATE)
    launch = item.referred("launchConfiguration", *_LAUNCH)
    if template is not None:
        parts = _instances(case, template.text("instanceType"), spot=_spot(template))
        return Bill(parts + _template_disk(case, template))
    if launch is not None:
        size, kind = "rootBlockDevice.volumeSize", "rootBlockDevice.volumeType"
        parts = _instances(case, launch.text("instanceType"), spot=launch.has("spotPrice"))
        return Bill(parts + _disk(case, launch.amount(size), launch.text(kind)))
    return without_price("its launch template is not part of this stack")


def volume(item: Item) -> Bill:
    """One EBS volume."""
    return Bill(_volume(item, "size", "type"))


def endpoint(item: Item) -> Bill:
    """A SageMaker endpoint, by the variants of its configuration."""
    settings = item.referred("endpointConfigName", *_CONFIGURATION)
    if settings is None:
        return without_price("its endpoint configuration is not part of this stack")
    bill = Bill()
    for name in ("productionVariants", "shadowProductionVariants"):
        for index in range(settings.length(name)):
            bill += _variant(item, settings, f"{name}.{index}")
    return bill


def _variant(item: Item, settings: Item, path: str) -> Bill:
    if settings.has(f"{path}.serverlessConfig"):
        held = settings.amount(f"{path}.serverlessConfig.provisionedConcurrency")
        kept = unpriced("provisioned concurrency of SageMaker") if held else Parts()
        return Bill(kept, ("SageMaker serverless inference: no price known",))
    sku = settings.text(f"{path}.instanceType")
    if not sku:
        return without_price("a variant without an instance type")
    usual = settings.amount(f"{path}.initialInstanceCount", 1)
    scaling = f"{path}.managedInstanceScaling"
    least = settings.amount(f"{scaling}.minInstanceCount", usual)
    most = settings.amount(f"{scaling}.maxInstanceCount", usual)
    name = settings.text(f"{path}.variantName")
    for target in item.pointing("resourceId", *_TARGET):
        wanted = next(iter(target.every("resourceId")), None)
        if isinstance(wanted, str) and name and not wanted.endswith(f"/{name}"):
            continue
        least, most = target.amount("minCapacity"), target.amount("maxCapacity")
    case = item.case(least, most, usual)
    return Bill(instances(case, "sagemaker-hosting", sku))


def function(item: Item) -> Bill:
    """A Lambda function, which costs by use alone."""
    kind = _architecture(item)
    gib = item.amount("memorySize", 128) / 1024
    return Bill(
        by_use=(
            item.rate("lambda", "1M requests"),
            f"{item.rate('lambda', f'GB-second {kind}')} ({gib:g} GB)",
        )
    )


def provisioned(item: Item) -> Bill:
    """Copies of a function that are kept ready."""
    alias = item.referred("functionName", _ALIAS) or item.referred("qualifier", _ALIAS)
    called = item.referred("functionName", _FUNCTION)
    called = called or (alias.referred("functionName", _FUNCTION) if alias else None)
    if called is None:
        return without_price("its function is not part of this stack")
    kind = _architecture(called)
    held = item.amount("provisionedConcurrentExecutions")
    gib = called.amount("memorySize", 128) / 1024
    unit = f"GB-second provisioned {kind}"
    price = item.unit("lambda", unit)
    return Bill(
        stands(f"lambda {unit}", price, held * gib * SECONDS),
        (item.rate("lambda", f"GB-second {kind} while provisioned"),),
    )


def service(item: Item) -> Bill:
    """A service of ECS: its tasks on Fargate, nothing where they run on machines of the cluster."""
    providers = list(item.every("capacityProviderStrategies.*.capacityProvider"))
    if item.text("launchType") != "FARGATE" and not any(
        isinstance(name, str) and name.startswith("FARGATE") for name in providers
    ):
        return nothing("its tasks run on machines that are paid for by themselves")
    task = item.referred("taskDefinition", *_TASK)
    if task is None:
        return without_price("its task definition is not part of this stack")
    usual = item.amount("desiredCount", 0)
    least, most = usual, usual
    for target in item.pointing("resourceId", *_TARGET):
        least, most = target.amount("minCapacity"), target.amount("maxCapacity")
    vcpu, memory = _units(task.text("cpu"), "vcpu"), _units(task.text("memory"), "gb")
    vcpu, memory = vcpu or task.amount("cpu") / 1024, memory or task.amount("memory") / 1024
    if not vcpu or not memory:
        return without_price("a task definition without cpu and memory")
    if task.text("runtimePlatform.cpuArchitecture", "X86_64") == "X86_64":
        parts = fargate(item.case(least, most, usual), vcpu, memory)
    else:
        parts = unpriced("Fargate on arm64")
    if "FARGATE_SPOT" in providers:
        parts += unpriced("what FARGATE_SPOT costs less")
    if item.flag("networkConfiguration.assignPublicIp"):
        parts += _address(item, usual)
    return Bill(parts)


def runner(item: Item) -> Bill:
    """A service of App Runner: memory of its instances; processors only while they serve."""
    scaling = item.referred("autoScalingConfigurationArn", *_SCALING)
    least = scaling.amount("minSize", 1) if scaling else 1
    most = scaling.amount("maxSize", 25) if scaling else 25
    said = "instanceConfiguration.memory"
    memory = _units(item.text(said), "gb") or item.amount(said, 2048) / 1024
    unit = "GB-hour provisioned"
    price = item.unit("app-runner", unit)
    parts = hourly(item.case(least, most), f"app-runner {unit}", price, memory)
    return Bill(parts, (item.rate("app-runner", "vCPU-hour active"),))


def balancer(item: Item) -> Bill:
    """A load balancer: an application's has a price."""
    kind = item.text("loadBalancerType", "application")
    if kind != "application":
        return without_price(f"load balancer of type {kind}")
    price = item.unit("alb", "load balancer-hour")
    parts = hourly(item.case(), "alb load balancer-hour", price, 1)
    return Bill(parts, (item.rate("alb", "LCU-hour"),))


def door(item: Item) -> Bill:
    """An endpoint of a VPC: interfaces cost in every subnet, gateways nothing."""
    if item.text("vpcEndpointType", "Gateway") == "Gateway":
        return nothing("gateway endpoints cost nothing")
    unit = "interface endpoint ENI-hour"
    count = item.length("subnetIds") or item.length("subnetConfigurations")
    if item.text("vpcEndpointType") != "Interface" or not count:
        return without_price("an endpoint whose subnets are not known")
    price = item.unit("vpc-endpoint", unit)
    return Bill(hourly(item.case(), f"vpc-endpoint {unit}", price, count))


def nodes(item: Item) -> Bill:
    """A group of machines of an EKS cluster."""
    if item.has("launchTemplate") and not item.has("instanceTypes"):
        template = item.referred("launchTemplate", *_TEMPLATE)
        sku = template.text("instanceType") if template else ""
    else:
        sku = item.text("instanceTypes.0", "t3.medium")
    scaling = "scalingConfig"
    case = item.case(
        item.amount(f"{scaling}.minSize"),
        item.amount(f"{scaling}.maxSize"),
        item.amount(f"{scaling}.desiredSize"),
    )
    parts = _instances(case, sku, spot=item.text("capacityType") == "SPOT")
    return Bill(parts + unpriced("disks of the nodes"))


def parameter(item: Item) -> Bill:
    """A parameter of Systems Manager: standard ones cost nothing."""
    tier = item.text("tier", "Standard")
    return nothing("a standard parameter") if tier == "Standard" else without_price(f"tier {tier}")


def sized(path: str) -> Callable[[Item], Bill]:
    """What the book has no price of, named by the size that stands at `path`."""

    def named(item: Item) -> Bill:
        service = item.type.split(":")[1].partition("/")[0]
        size = item.text(path, "of a size that is not said")
        return without_price(f"the price book has no {service} {size}")

    return named


def _instances(case: Case, sku: str, *, spot: bool) -> Parts:
    if not sku:
        return unpriced("an instance whose type is not known")
    return instances(case, "ec2", sku, spot_share=1 if spot else 0)


def _spot(item: Item | None) -> bool:
    return item is not None and item.text("instanceMarketOptions.marketType") == "spot"


def _template_disk(case: Case, template: Item) -> Parts:
    parts = Parts()
    for index in range(template.length("blockDeviceMappings")):
        path = f"blockDeviceMappings.{index}.ebs"
        parts += _disk(
            case, template.amount(f"{path}.volumeSize"), template.text(f"{path}.volumeType")
        )
    return parts if parts.lines or parts.unpriced else _disk(case, 0, "")


def _volume(item: Item, size: str, kind: str) -> Parts:
    return _disk(item.case(), item.amount(size), item.text(kind))


def _disk(case: Case, gib: float, kind: str) -> Parts:
    return boot_disk(case, gib, kind or "gp2")


def _address(item: Item, count: float = 1) -> Parts:
    price = item.unit("public-ipv4", "address-hour")
    return hourly(item.case(), "public-ipv4 address-hour", price, count)


def _architecture(item: Item) -> str:
    return "arm64" if item.text("architectures.0") == "arm64" else "x86"


def _units(text: str, word: str) -> float:
    """An amount with its unit, e.g. `2` of `2 GB`; 0 when it has none."""
    plain = text.lower().replace(" ", "")
    return number(plain.removesuffix(word)) or 0 if plain.endswith(word) else 0
