"""What is billed by the request and its duration: functions, and containers that scale to zero."""

from dataclasses import dataclass
from typing import Literal

from modelport.prices.book import Price
from modelport.prices.estimate import SECONDS, Case, Parts, requested, stands
from modelport.prices.machines import accelerators, hourly

_INCLUDED_STORAGE_MB = 512
"""Temporary storage that every Lambda function has without a price."""


@dataclass(frozen=True, slots=True)
class _Resource:
    """Processors or memory that are billed for each second, more while requests are served."""

    active: str
    idle: str
    each: float


def lambda_function(
    case: Case,
    memory_mb: int,
    *,
    architecture: Literal["x86", "arm64"] = "x86",
    storage_mb: int = _INCLUDED_STORAGE_MB,
) -> Parts:
    """A Lambda function: the scale's minimum is provisioned concurrency, its maximum reserved.

    Requests count as served by provisioned copies as far as these have time over the whole month;
    what peaks send to others costs more than that.
    """
    gib, seconds = memory_mb / 1024, case.workload.seconds
    provisioned, most = case.scale.minimum, case.scale.maximum
    workload = case.workload
    burst = workload.rate and workload.spread != "even"
    at_once = workload.at_once_at_peak if burst else workload.at_once
    share = min(1, provisioned / at_once) if at_once else 1
    share = share if provisioned else 0
    parts = per_million(case, "lambda", "1M requests")
    if provisioned:
        held = provisioned * gib * SECONDS
        unit = f"GB-second provisioned {architecture}"
        parts += stands(f"lambda {unit}", _price(case, "lambda", unit), held)
        unit = f"GB-second {architecture} while provisioned"
        price = _price(case, "lambda", unit)
        parts += requested(case, f"lambda {unit}", price, gib * seconds * share, most=held)
    if share < 1 or most > provisioned:
        unit = f"GB-second {architecture}"
        beyond = (most - provisioned) * gib * SECONDS
        price = _price(case, "lambda", unit)
        parts += requested(case, f"lambda {unit}", price, gib * seconds * (1 - share), most=beyond)
    if storage_mb > _INCLUDED_STORAGE_MB:
        unit = "GB-second ephemeral storage"
        added = (storage_mb - _INCLUDED_STORAGE_MB) / 1024
        parts += requested(case, f"lambda {unit}", _price(case, "lambda", unit), added * seconds)
    return parts


def http_api(case: Case) -> Parts:
    """An HTTP API in front of a function; one request for each 512 KB that comes in."""
    started = max(1, -(-case.workload.request_bytes // (512 * 1024)))
    return per_million(case, "api-gateway-http", "1M requests", started)


def cloud_run(
    case: Case,
    vcpu: float,
    memory_gib: float,
    *,
    billing: Literal["request", "instance"] = "request",
    gpu: str = "",
) -> Parts:
    """A Cloud Run service, or a function of the second generation, which runs there.

    Args:
        case: Workload and scale.
        vcpu: Processors of one instance.
        memory_gib: Memory of one instance in GiB.
        billing: `request`: instances cost while they serve, and less while they wait;
            `instance`: they cost as long as they are there, and requests cost nothing.
        gpu: Accelerator of each instance, `nvidia-l4`; it needs billing by instance.
    """
    if gpu and billing == "request":
        raise ValueError(f"gpu {gpu} of Cloud Run needs billing by instance, not by request")
    sizes = (("vCPU-second", vcpu), ("GiB-second", memory_gib))
    parts = Parts()
    if billing == "request":
        resources = [
            _Resource(f"{unit} request-based", f"{unit} idle", each) for unit, each in sizes
        ]
        return _by_activity(case, "cloud-run", resources)
    for unit, each in sizes:
        price = _price(case, "cloud-run", f"{unit} instance-based")
        parts += hourly(case, f"cloud-run {unit} instance-based", price, each * 3600)
    return parts + (accelerators(case, "cloud-run-gpu", gpu, 1) if gpu else Parts())


def container_app(case: Case, vcpu: float, memory_gib: float) -> Parts:
    """A container app of Azure's consumption plan; replicas that wait cost less."""
    sizes = (("vCPU-second", vcpu), ("GiB-second", memory_gib))
    resources = [_Resource(f"{unit} active", f"{unit} idle", each) for unit, each in sizes]
    return _by_activity(case, "container-apps", resources)


def function_consumption(case: Case, memory_gib: float) -> Parts:
    """A function of Azure's consumption plan, which keeps no instance; billed from 0.1 s on."""
    each = memory_gib * max(case.workload.seconds, 0.1)
    service, unit = "functions-consumption", "GB-second"
    parts = requested(case, f"{service} {unit}", _price(case, service, unit), each)
    return parts + per_million(case, service, "1M executions")


def per_million(case: Case, service: str, unit: str, each: float = 1) -> Parts:
    """A line for requests, `each` of them billed for one that is served."""
    return requested(case, f"{service} {unit}", _price(case, service, unit), each / 1e6)


def _by_activity(case: Case, service: str, resources: list[_Resource]) -> Parts:
    """Seconds in which instances serve, and the others of those that are always there."""
    workload, scale = case.workload, case.scale
    alone = workload.requests * workload.seconds
    # Requests that one instance serves at once share its seconds; at a peak of which no rate is
    # known, none does.
    busy = min(alone, max(case.needed, 1) * SECONDS)
    if workload.rate and workload.spread != "even":
        together = min(scale.at_once, max(workload.at_once_at_peak, 1))
        busy = min(alone, max(alone / together, busy))
    if workload.spread == "peak":
        busy = alone
    per_request = busy / workload.requests if workload.requests else workload.seconds
    held = scale.minimum * SECONDS
    parts = per_million(case, service, "1M requests")
    for resource in resources:
        each = resource.each
        parts += requested(
            case,
            f"{service} {resource.active}",
            _price(case, service, resource.active),
            per_request * each,
            most=scale.maximum * SECONDS * each,
        )
        if held:
            parts += stands(
                f"{service} {resource.idle}",
                _price(case, service, resource.idle),
                max(held - busy, 0) * each,
                idle=held * each,
                most=0,
            )
    return parts


def _price(case: Case, service: str, unit: str) -> Price | None:
    return case.book.unit(case.provider, service, unit, case.region)
