"""Prices of ordinary resources, from their inputs, against sums made by hand."""

from fnmatch import fnmatchcase
from typing import Any

import pytest

from modelport.prices import PriceBook
from modelport.report import make_report
from modelport.report.cost import Cost, cost_of, over_limit
from modelport.report.cost_section import headline
from modelport.report.pricing import Item
from modelport.report.pricing.simple import BY_USE, FREE, MONTHLY, UNKNOWN_USE
from modelport.report.pricing.types import _READ, PRICERS, bill_of  # pyright: ignore[reportPrivateUsage]
from modelport.report.recording import Step
from modelport.sdk import UnknownTokenError, nested, resource, tokens
from modelport.sdk.types import AnyType, ListType, MapType, ObjectType, Type, UnionType
from report.made import UNKNOWN_MARK, recording, step, urn

BOOK = PriceBook.default()
HOURS = 730


def cost(*steps: Step) -> Cost:
    return cost_of(recording(*steps), BOOK)


def new(token: str, inputs: Any, name: str = "it", region: str = "us-east-1", **more: Any) -> Step:
    return step(token, name, new=inputs, region=region, **more)


def ref(token: str, name: str) -> tuple[str, ...]:
    return (urn(token, name),)


TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
GROUP = "aws:autoscaling/group:Group"
DISK = {"ebs": {"volumeSize": 50, "volumeType": "gp3"}}


def test_an_instance_with_its_disk() -> None:
    """m5.large 0.096 USD an hour (AWS price API, 2026-07-20), gp3 0.08 USD for a GB-month."""
    found = cost(
        new("aws:ec2/instance:Instance", {
            "instanceType": "m5.large", "rootBlockDevice": {"volumeSize": 100, "volumeType": "gp3"},
        })
    )  # fmt: skip
    (price,) = found.resources
    assert (price.before, price.after, price.known) == (None, 78.08, True)
    assert price.idle_after == price.most_after == 78.08
    assert price.notes == ()
    assert headline(found) == "+78.08 USD a month, of which 78.08 USD idle"


def test_what_the_inputs_do_not_say_is_unpriced() -> None:
    found = cost(new("aws:ec2/instance:Instance", {"instanceType": "z9.large"}))
    (lacking,) = found.without_price
    assert lacking.why[0].startswith("ec2 z9.large (nearest known: ")
    assert lacking.why[1] == "a disk whose size the image decides"
    assert found.resources == ()
    assert found.after == 0


def test_a_group_costs_what_its_template_says_also_when_only_that_changes() -> None:
    """t3.large 0.0832, g5.xlarge 1.006 USD an hour (AWS price API, 2026-07-20)."""
    machines = {"t3.large": 0.0832, "g5.xlarge": 1.006}
    sizes = {"minSize": 1, "maxSize": 4, "desiredCapacity": 2}
    template = step(
        TEMPLATE, "t", "update", region="us-east-1",
        old={"instanceType": "t3.large", "blockDeviceMappings": [DISK]},
        new={"instanceType": "g5.xlarge", "blockDeviceMappings": [DISK]},
    )  # fmt: skip
    group = step(
        GROUP, "g", "same", old=sizes, new=sizes, region="us-east-1",
        references={"launchTemplate": ref(TEMPLATE, "t")},
    )  # fmt: skip
    (price,) = cost(template, group).resources
    before, after = (usd * HOURS + 4 for usd in machines.values())
    assert price.name == "g"
    assert price.changed
    assert price.before == pytest.approx(2 * before, abs=0.01)
    assert price.after == pytest.approx(2 * after, abs=0.01)
    assert price.idle_after == pytest.approx(after, abs=0.01)
    assert price.most_after == pytest.approx(4 * after, abs=0.01)


def test_a_price_that_depends_on_the_update_is_not_known() -> None:
    found = cost(new(GROUP, {"minSize": UNKNOWN_MARK, "maxSize": 2}))
    assert found.unknown == ("it",)
    assert found.resources[0].after is None
    assert headline(found) == "±0.00 USD a month; 1 price more known after the update"


def test_a_group_without_its_template_names_the_reason() -> None:
    (lacking,) = cost(new(GROUP, {"minSize": 1, "maxSize": 2})).without_price
    assert lacking.why == ("its launch template is not part of this stack",)


CONFIG = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
TARGET = "aws:appautoscaling/target:Target"


def test_an_endpoint_of_sagemaker_by_its_configuration_and_its_scaling() -> None:
    """ml.m5.xlarge 0.23 USD an hour (AWS Price List API, 2026-09-28)."""
    settings = {
        "productionVariants": [
            {"variantName": "live", "instanceType": "ml.m5.xlarge", "initialInstanceCount": 2}
        ]
    }
    endpoint = new(
        ENDPOINT, {"endpointConfigName": UNKNOWN_MARK}, "e",
        references={"endpointConfigName": ref(CONFIG, "c")},
    )  # fmt: skip
    scaling = new(
        TARGET, {"minCapacity": 1, "maxCapacity": 3, "resourceId": UNKNOWN_MARK}, "s",
        references={"resourceId": ref(ENDPOINT, "e")},
    )  # fmt: skip
    alone = cost(new(CONFIG, settings, "c"), endpoint)
    scaled = cost(new(CONFIG, settings, "c"), endpoint, scaling)
    assert [price.after for price in alone.resources] == [335.80]
    assert alone.idle_after == 335.80
    assert (scaled.after, scaled.idle_after, scaled.resources[0].most_after) == (
        335.80, 167.90, 503.70,
    )  # fmt: skip
    assert scaled.free == 2


FUNCTION = "aws:lambda/function:Function"
KEPT = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"


def test_a_function_costs_by_use_and_its_kept_copies_all_the_time() -> None:
    """0.0000041667 USD for a GB-second that is held (AWS price list)."""
    function = new(FUNCTION, {"memorySize": 2048, "architectures": ["x86_64"]}, "f")
    kept = new(
        KEPT, {"provisionedConcurrentExecutions": 2}, "k",
        references={"functionName": ref(FUNCTION, "f")},
    )  # fmt: skip
    found = cost(function, kept)
    (used,) = found.by_use
    assert used.why == (
        "lambda: 0.2 USD for 1M requests",
        "lambda: 0.0000166667 USD for one GB-second x86 (2 GB)",
    )
    (price,) = found.resources
    assert price.idle_after == pytest.approx(2 * 2 * HOURS * 3600 * 0.0000041667, abs=0.01)


def test_tasks_on_fargate() -> None:
    """0.04048 USD for a vCPU-hour, 0.004445 for a GB-hour (infracost's golden, 2025-07-07)."""
    task = new("aws:ecs/taskDefinition:TaskDefinition", {"cpu": "1024", "memory": "4096"}, "t")
    service = new(
        "aws:ecs/service:Service", {"launchType": "FARGATE", "desiredCount": 3}, "s",
        references={"taskDefinition": ref("aws:ecs/taskDefinition:TaskDefinition", "t")},
    )  # fmt: skip
    assert cost(task, service).after == pytest.approx(3 * (29.55 + 12.98), abs=0.05)
    words = {"cpu": "1 vCPU", "memory": "4 GB"}
    same = new("aws:ecs/taskDefinition:TaskDefinition", words, "t")
    assert cost(same, service).after == cost(task, service).after
    own = service.model_copy(update={"new": {"launchType": "EC2", "desiredCount": 3}})
    assert cost(task, own).resources == ()
    assert cost(task, own).free == 2


def test_what_has_one_price_a_month() -> None:
    """A key 1 USD a month, an address 0.005 and a NAT gateway 0.045 USD an hour."""
    found = cost(
        new("aws:kms/key:Key", {}, "a"),
        new("aws:ec2/eip:Eip", {}, "b"),
        new("aws:ec2/natGateway:NatGateway", {"subnetId": "subnet-1"}, "c"),
    )
    assert [price.after for price in found.resources] == [1.00, 3.65, 32.85]
    assert found.resources[2].by_use == ("nat-gateway: 0.045 USD for one GB processed",)


def test_what_goes_no_longer_costs() -> None:
    gone = step("aws:kms/key:Key", op="delete", old={}, region="us-east-1")
    found = cost(gone, step("aws:ec2/eip:Eip", "left", op="read", new={}))
    assert (found.before, found.after, found.difference) == (1, 0, -1)
    assert headline(found) == "-1.00 USD a month, of which 1.00 USD idle"


def test_what_is_inside_a_component_with_a_price_is_not_counted_again() -> None:
    outer = step("me:index:Model", "m", custom=False, new={"monthly_usd": 50, "idle_usd": 50})
    inner = step(
        "modelport:index:ManagedEndpoint", "e", custom=False, parent=outer.urn,
        new={"monthly_usd": 40, "idle_usd": 40},
    )  # fmt: skip
    key = new("aws:kms/key:Key", {}, "key", parent=inner.urn)
    found = cost(outer, inner, key)
    assert (found.after, found.idle_after, found.resources) == (50, 50, ())
    plain = step("me:index:Group", "g", custom=False)
    assert cost(plain, new("aws:kms/key:Key", {}, parent=plain.urn)).after == 1


def test_machines_of_google_cloud() -> None:
    """n1-standard-4 and one T4, a disk of 0.04 USD for a GiB-month, two to five of them."""
    template = "gcp:compute/instanceTemplate:InstanceTemplate"
    manager = "gcp:compute/instanceGroupManager:InstanceGroupManager"
    inputs = {
        "machineType": "n1-standard-4",
        "guestAccelerators": [{"type": "nvidia-tesla-t4", "count": 1}],
        "disks": [{"boot": True, "diskSizeGb": 50, "diskType": "pd-standard"}],
    }
    group = new(
        manager, {"zone": "us-central1-a", "versions": [{"instanceTemplate": UNKNOWN_MARK}]}, "g",
        region="", references={"versions": ref(template, "t")},
    )  # fmt: skip
    scaler = new(
        "gcp:compute/autoscaler:Autoscaler",
        {"autoscalingPolicy": {"minReplicas": 2, "maxReplicas": 5}}, "s",
        references={"target": ref(manager, "g")},
    )  # fmt: skip
    found = cost(new(template, inputs, "t"), group, scaler)
    (price,) = found.resources
    machine = BOOK.hourly("gcp", "compute-engine", "n1-standard-4", "us-central1")
    gpu = BOOK.hourly("gcp", "compute-engine-gpu", "nvidia-tesla-t4", "us-central1")
    assert machine is not None
    assert gpu is not None
    one = (machine.usd + gpu.usd) * HOURS + 2
    assert price.idle_after == pytest.approx(2 * one, abs=0.01)
    assert price.most_after == pytest.approx(5 * one, abs=0.01)
    assert price.notes == ()


def test_cloud_run_keeps_what_its_minimum_says() -> None:
    """0.0000025 USD for a second of a waiting vCPU and GiB (firebase-tools)."""
    run = "gcp:cloudrunv2/service:Service"
    inputs: dict[str, Any] = {
        "location": "europe-west1",
        "template": {
            "containers": [{"resources": {"limits": {"cpu": "2000m", "memory": "1Gi"}}}],
            "scaling": {"minInstanceCount": 1, "maxInstanceCount": 3},
        },
    }
    (price,) = cost(new(run, inputs, region="")).resources
    assert price.idle_after == pytest.approx(3 * 2_628_000 * 0.0000025, abs=0.01)
    inputs["template"]["nodeSelector"] = {"accelerator": "nvidia-l4"}
    (with_gpu,) = cost(new(run, inputs, region="")).resources
    assert with_gpu.idle_after is not None
    assert with_gpu.idle_after > 100


def test_azure_by_plan_scale_set_app_and_deployment() -> None:
    group = new("azure-native:resources:ResourceGroup", {"location": "East US"}, "rg", region="")
    inside: dict[str, Any] = {"references": {"resourceGroupName": (group.urn,)}, "region": ""}
    plan = new(
        "azure-native:web/v20240401:AppServicePlan",
        {"reserved": True, "sku": {"name": "P1v3", "capacity": 2}}, "plan", **inside,
    )  # fmt: skip
    windows = new("azure-native:web:AppServicePlan", {"sku": {"name": "P1v3"}}, "win", **inside)
    use = new("azure-native:web:AppServicePlan", {"sku": {"name": "Y1"}}, "use", **inside)
    machines = new(
        "azure-native:compute:VirtualMachineScaleSet",
        {"sku": {"name": "Standard_D2s_v5", "capacity": 3}}, "vms", **inside,
    )  # fmt: skip
    model = new(
        "azure-native:machinelearningservices:OnlineDeployment",
        {"properties": {"instanceType": "Standard_D2s_v3"}, "sku": {"capacity": 2}}, "ml", **inside,
    )  # fmt: skip
    found = cost(group, plan, windows, use, machines, model)
    prices = {price.name: price for price in found.resources}
    for name, service, sku, count in (
        ("plan", "app-service-plan-linux", "P1v3", 2),
        ("vms", "vm", "Standard_D2s_v5", 3),
        ("ml", "azure-ml-compute", "Standard_D2s_v3", 2),
    ):
        listed = BOOK.hourly("azure", service, sku, "eastus")
        assert listed is not None
        assert prices[name].after == pytest.approx(listed.usd * HOURS * count, abs=0.01)
        assert not any("not known" in note for note in prices[name].notes if name != "ml")
    assert [one.name for one in found.without_price] == ["win"]
    assert [one.name for one in found.by_use] == ["use"]


def test_a_region_that_is_not_known_counts_as_the_dearest_and_says_so() -> None:
    (price,) = cost(new("aws:kms/key:Key", {}, region="")).resources
    assert price.after == 1
    assert price.notes == ("prices of us-east-1 count, the region is not known: kms key-month",)


def test_a_stack_above_its_limit_is_refused_with_its_dearest_parts() -> None:
    steps = [new("aws:ec2/natGateway:NatGateway", {}, name) for name in "abcd"]
    seen = recording(*steps, new("aws:kms/key:Key", {}, "key"))
    found = cost_of(seen, BOOK)
    said = (
        "the stack would cost 132.40 USD a month, over modelport:limits.monthly_usd (132.39): "
        "a 32.85, b 32.85, c 32.85"
    )
    assert over_limit(found, 132.39) == said
    assert (over_limit(found, 132.40), over_limit(found, None)) == ("", "")
    header = seen.header.model_copy(update={"limit_usd": 132.39})
    verdict = make_report(seen.model_copy(update={"header": header})).verdict
    assert (verdict.kind, verdict.text) == ("refused", said.partition(": ")[0])


@pytest.mark.parametrize(
    "token", sorted({*PRICERS, *MONTHLY, *BY_USE, *UNKNOWN_USE, *_READ}), ids=str
)
def test_every_type_is_one_of_an_sdk(token: str) -> None:
    if not token.startswith("modelport:"):
        assert resource(token).token == token


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in FREE if pattern[0] in "ag"])
def test_every_pattern_names_a_type(pattern: str) -> None:
    package = pattern.partition(":")[0]
    assert any(fnmatchcase(token, pattern) for token in tokens(package)), pattern


@pytest.mark.parametrize("token", sorted(PRICERS))
def test_pricers_read_only_what_the_sdk_has(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each path that is read, whatever the inputs are, is an input of its type."""
    read: set[tuple[str, str]] = set()
    plain = Item._read  # pyright: ignore[reportPrivateUsage]

    def noted(self: Item, path: str) -> object:
        read.add((self.type, path))
        return [{}] if path in LISTS else plain(self, path)

    def there(self: Item, path: str) -> bool:
        read.add((self.type, path))
        return path not in SKIPPED

    monkeypatch.setattr(Item, "_read", noted)
    monkeypatch.setattr(Item, "has", there)
    others = [new(other, {}, f"o{index}") for index, other in enumerate(sorted(_READ | {FUNCTION}))]
    references = {
        name: tuple(other.urn for other in others)
        for name in (
            "launchTemplate", "launchConfiguration", "endpointConfigName", "functionName",
            "qualifier", "taskDefinition", "autoScalingConfigurationArn", "versions",
        )
    }  # fmt: skip
    one = new(token, {}, references=references)
    steps = {item.urn: item for item in (one, *others)}
    bill_of(Item(one, "new", steps, BOOK))
    wrong = [
        (type_, path)
        for type_, path in read
        if not type_.startswith(("modelport:", "kubernetes:")) and not is_input(type_, path)
    ]
    assert wrong == []


LISTS = {
    "ebsBlockDevices", "productionVariants", "shadowProductionVariants", "blockDeviceMappings",
    "disks", "guestAccelerators", "template.containers", "agentPoolProfiles",
}  # fmt: skip
SKIPPED = {"mixedInstancesPolicy", "disks.0.source", "bootDisk.source"} | {
    f"{name}.0.serverlessConfig" for name in ("productionVariants", "shadowProductionVariants")
}


def is_input(token: str, path: str) -> bool:
    """Whether an SDK's resource has an input at a dotted path."""
    try:
        properties = resource(token).inputs
    except UnknownTokenError:
        return False
    keys = path.split(".")
    for index, key in enumerate(keys):
        if key.isdecimal():
            continue
        if key not in properties:
            return False
        kind = properties[key].type
        if index + 1 < len(keys):
            inner = _inside(kind)
            if inner is None:
                return True  # a map with free keys
            properties = inner
    return True


def _inside(kind: Type) -> Any:
    if isinstance(kind, ObjectType):
        return nested(kind.ref)
    if isinstance(kind, ListType):
        return _inside(kind.item)
    if isinstance(kind, UnionType):
        return next((found for option in kind.options if (found := _inside(option))), None)
    assert isinstance(kind, MapType | AnyType) or kind is not None
    return None
