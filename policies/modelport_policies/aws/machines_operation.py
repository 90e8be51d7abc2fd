"""Rules about machines on AWS in operation: how they survive a zone, and what they cost."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from modelport_policies.demands import has_at_least, is_none_of, is_one_of, within
from modelport_policies.machine_types import has_gpu, is_old
from modelport_policies.rule import (
    ADVICE,
    DEV_ONLY,
    STRICT_IN_PROD,
    Parameter,
    Reads,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import UNKNOWN, items, read, text

_INSTANCE = "aws:ec2/instance:Instance"
_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
_GROUP = "aws:autoscaling/group:Group"
_VOLUME = "aws:ebs/volume:Volume"
_CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
_TYPES = (_INSTANCE, _TEMPLATE, _CONFIGURATION)
_READ = (Reads("instanceType", "passes"), Reads("productionVariants[].instanceType", "passes"))


def _machines(
    finds: Callable[[str], bool], words: str, resource: Resource, _: Settings
) -> Iterator[str]:
    """One sentence for each machine type of a resource that is of a kind."""
    if text(resource.properties, "tags", "gpu-approved") in ("true", UNKNOWN):
        return
    machine = text(resource.properties, "instanceType")
    if isinstance(machine, str) and finds(machine):
        yield f"has an instanceType {words}"
    for index, variant in items(resource.properties, "productionVariants"):
        machine = text(variant, "instanceType") if isinstance(variant, Mapping) else UNKNOWN
        if isinstance(machine, str) and finds(machine):
            yield f"has in productionVariants[{index}] an instanceType {words}"


def _no_balancer(properties: Mapping[str, Any]) -> bool:
    return not any(True for _ in items(properties, "targetGroupArns"))


def _not_mixed(properties: Mapping[str, Any]) -> bool:
    return not isinstance(read(properties, "mixedInstancesPolicy"), Mapping)


def _large(machine: str) -> bool:
    size = machine.rsplit(".", 1)[-1]
    count = size.removesuffix("xlarge")
    return size == "metal" or (size.endswith("xlarge") and count.isdecimal() and int(count) > 4)


TWO_ZONES = Rule(
    id="asg-multi-az",
    title="A group of machines is in two subnets or more.",
    severity="medium",
    types=(_GROUP,),
    rationale="with one subnet the model is down when its zone is",
    fix="vpc_zone_identifiers=[two subnets of different zones]",
    sources=("AWS Security Hub AutoScaling.2", "prowler autoscaling_group_multiple_az"),
    levels=STRICT_IN_PROD,
    passes=Sample(_GROUP, {"vpcZoneIdentifiers": ["subnet-1", "subnet-2"]}),
    fails=Sample(_GROUP, {"vpcZoneIdentifiers": ["subnet-1"]}),
    check=has_at_least("vpcZoneIdentifiers", 2, "so it is down when that zone is"),
)

HEALTH_BY_BALANCER = Rule(
    id="asg-elb-health",
    title="A group behind a balancer replaces machines that the balancer finds broken.",
    severity="medium",
    types=(_GROUP,),
    rationale="a machine that runs while its server hangs is otherwise left there",
    fix='health_check_type="ELB"',
    sources=("AWS Security Hub AutoScaling.1", "CKV_AWS_153 (analogue)"),
    levels=STRICT_IN_PROD,
    passes=Sample(_GROUP, {"targetGroupArns": ["arn:a"], "healthCheckType": "ELB"}),
    fails=Sample(_GROUP, {"targetGroupArns": ["arn:a"], "healthCheckType": "EC2"}),
    also_passes=(Sample(_GROUP, {"healthCheckType": "EC2"}),),
    check=is_one_of(
        "healthCheckType", ["ELB"], "so a server that hangs is left there", unless=_no_balancer
    ),
)

NO_GPU_IN_DEV = Rule(
    id="cost-no-gpu-in-dev",
    title="In dev no machine has a GPU that nobody agreed to.",
    severity="high",
    types=_TYPES,
    rationale="a GPU costs 400 to 70,000 USD a month, and in dev it waits most of the day",
    fix='a machine without one, or the tag "gpu-approved": "true" when somebody agreed',
    sources=("cleancloud ec2_gpu_idle", "az-costguard Idle GPU VM"),
    levels=DEV_ONLY,
    reads=_READ,
    passes=Sample(_INSTANCE, {"instanceType": "t3.small"}),
    fails=Sample(_INSTANCE, {"instanceType": "g5.xlarge"}),
    also_passes=(
        Sample(_INSTANCE, {"instanceType": "g5.xlarge", "tags": {"gpu-approved": "true"}}),
        Sample(_CONFIGURATION, {"productionVariants": [{"instanceType": "ml.m5.large"}]}),
    ),
    also_fails=(
        Sample(_TEMPLATE, {"instanceType": "p4d.24xlarge"}),
        Sample(_CONFIGURATION, {"productionVariants": [{"instanceType": "ml.inf2.xlarge"}]}),
    ),
    check=partial(_machines, partial(has_gpu, "aws"), "with a GPU, which costs day and night"),
)

NO_OLD_GENERATION = Rule(
    id="cost-old-generation",
    title="No machine is of a generation that has a cheaper successor.",
    severity="low",
    types=_TYPES,
    rationale="the successor does the same work for less, and is not taken away one day",
    fix="t3 for t2, m7i for m4, c7i for c4, g5 for g3 and p2",
    sources=("Amazon EC2, 'Previous Generation Instances'", "steampipe-mod-aws-thrifty"),
    levels=ADVICE,
    reads=_READ,
    passes=Sample(_INSTANCE, {"instanceType": "m7i.large"}),
    fails=Sample(_INSTANCE, {"instanceType": "t2.micro"}),
    also_fails=(
        Sample(_CONFIGURATION, {"productionVariants": [{"instanceType": "ml.c4.xlarge"}]}),
    ),
    check=partial(
        _machines, partial(is_old, "aws"), "of an old generation, which costs more for less"
    ),
)

NOT_LARGE = Rule(
    id="cost-oversized-cpu",
    title="A machine is not larger than it must be.",
    severity="low",
    types=_TYPES,
    rationale="two small machines cost what a large one does, and scale and fail in halves",
    fix="a size up to 4xlarge, or several machines",
    sources=("AWS Compute Optimizer", "steampipe-mod-aws-thrifty ec2_instance_allowed_types"),
    levels=ADVICE,
    reads=_READ,
    passes=Sample(_INSTANCE, {"instanceType": "m7i.4xlarge"}),
    fails=Sample(_INSTANCE, {"instanceType": "m7i.8xlarge"}),
    also_passes=(Sample(_INSTANCE, {"instanceType": "m7i.xlarge"}),),
    also_fails=(Sample(_INSTANCE, {"instanceType": "m7i.metal"}),),
    check=partial(_machines, _large, "over 4xlarge, which costs whether it is used or not"),
)

VOLUME_TYPE = Rule(
    id="cost-ebs-gp3",
    title="A volume is of the type that costs least for what it does.",
    severity="low",
    types=(_VOLUME,),
    rationale="gp3 costs a fifth less than gp2 for the same size, and its speed is chosen",
    fix='type="gp3"',
    sources=("Amazon EBS pricing", "steampipe-mod-aws-thrifty gp2"),
    levels=ADVICE,
    passes=Sample(_VOLUME, {"type": "gp3"}),
    fails=Sample(_VOLUME, {"type": "gp2"}),
    check=is_none_of("type", ("gp2", "io1", "standard"), "which costs more than gp3"),
    remedies={"type": "gp3"},
)

ROOT_TYPE = Rule(
    id="cost-ebs-root-gp3",
    title="A machine's first disk is of the type that costs least for what it does.",
    severity="low",
    types=(_INSTANCE,),
    rationale="gp3 costs a fifth less than gp2 for the same size, and its speed is chosen",
    fix='root_block_device={volume_type: "gp3"}',
    sources=("Amazon EBS pricing", "steampipe-mod-aws-thrifty gp2"),
    levels=ADVICE,
    passes=Sample(_INSTANCE, {"rootBlockDevice": {"volumeType": "gp3"}}),
    fails=Sample(_INSTANCE, {"rootBlockDevice": {"volumeType": "gp2"}}),
    check=is_none_of(
        "rootBlockDevice.volumeType", ("gp2", "io1", "standard"), "which costs more than gp3"
    ),
)

VOLUME_SIZE = Rule(
    id="cost-ebs-size",
    title="A machine's first disk is not larger than it must be.",
    severity="low",
    types=(_INSTANCE,),
    rationale="a disk is paid for by its size, empty or full",
    fix="root_block_device={volume_size: 50}",
    sources=("steampipe-mod-aws-thrifty ebs_volume_max_size_gb",),
    levels=ADVICE,
    parameters={"max_gb": Parameter(200, "largest first disk in GB; images for GPUs need 500")},
    passes=Sample(_INSTANCE, {"rootBlockDevice": {"volumeSize": 50}}),
    fails=Sample(_INSTANCE, {"rootBlockDevice": {"volumeSize": 1000}}),
    check=within(
        "rootBlockDevice.volumeSize", None, "max_gb", "paid for when empty", absent="passes"
    ),
)

SPOT_MIXED = Rule(
    id="cost-asg-mixed-spot",
    title="A group of machines with a mix takes some of them from spare capacity.",
    severity="low",
    types=(_GROUP,),
    rationale="spare machines cost 60 to 70 % less, and a model server keeps no state",
    fix="instances_distribution={on_demand_percentage_above_base_capacity: 50}",
    sources=("Amazon EC2 Auto Scaling, 'Auto Scaling groups with multiple instance types'",),
    levels=ADVICE,
    parameters={"most": Parameter(50, "largest share of full-price machines in percent")},
    passes=Sample(
        _GROUP,
        {
            "mixedInstancesPolicy": {
                "instancesDistribution": {"onDemandPercentageAboveBaseCapacity": 50}
            }
        },
    ),
    fails=Sample(
        _GROUP,
        {
            "mixedInstancesPolicy": {
                "instancesDistribution": {"onDemandPercentageAboveBaseCapacity": 100}
            }
        },
    ),
    also_passes=(Sample(_GROUP, {"launchTemplate": {"id": "lt-1"}}),),
    check=within(
        "mixedInstancesPolicy.instancesDistribution.onDemandPercentageAboveBaseCapacity",
        None,
        "most",
        "so the mix saves nothing",
        unless=_not_mixed,
    ),
)

RELIABILITY = (TWO_ZONES, HEALTH_BY_BALANCER)
COST = (
    NO_GPU_IN_DEV,
    NO_OLD_GENERATION,
    NOT_LARGE,
    VOLUME_TYPE,
    ROOT_TYPE,
    VOLUME_SIZE,
    SPOT_MIXED,
)
