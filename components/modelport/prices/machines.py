"""What is billed by the hour: instances of all kinds, tasks, dynos, disks."""

from dataclasses import replace

from modelport.prices.book import Price
from modelport.prices.estimate import HOURS, Case, Parts, stands, unpriced

_DISKS = {
    "aws": ("ebs", "GB-month", "gp3"),
    "gcp": ("persistent-disk", "GiB-month", "pd-balanced"),
    "azure": ("managed-disk", "GiB-month", "StandardSSD_LRS"),
}
"""Service, unit and kind of the disk that machines start from."""
_BESIDE = {"sagemaker-hosting": ("endpoint data processing", "endpoint disk")}
"""What a service bills beside its machines, and the book has no price of."""


def instances(
    case: Case, service: str, sku: str, *, hours: float = HOURS, spot_share: float = 0
) -> Parts:
    """Machines of one size, of any service that has such: `ec2`, `sagemaker-hosting`, `dyno`.

    Args:
        case: Workload and scale.
        service: Service of the price book.
        sku: Size, in the provider's words.
        hours: Hours of the month in which they run, at most 730.
        spot_share: Share of them that may be taken away; at maximum scale none of them is counted
            as such, because none may be had then.
    """
    price = case.book.hourly(case.provider, service, sku, case.region)
    beside = unpriced(*_BESIDE.get(service, ()))
    if price is None:
        return unpriced(_unknown(case, service, sku)) + beside
    now, idle = case.standing * hours, case.scale.minimum * hours
    parts = stands(
        f"{service} {sku}",
        price,
        now * (1 - spot_share),
        idle=idle * (1 - spot_share),
        most=case.scale.maximum * hours,
    )
    if spot_share:
        spot = case.book.spot(case.provider, service, sku, case.region) or _without_spot(price, sku)
        what = f"{service} {sku} spot"
        parts += stands(what, spot, now * spot_share, idle=idle * spot_share, most=0)
    return parts + beside


def accelerators(case: Case, service: str, sku: str, count: float) -> Parts:
    """Accelerators that are billed beside each machine: `compute-engine-gpu`, `cloud-run-gpu`."""
    price = case.book.hourly(case.provider, service, sku, case.region)
    if price is None:
        return unpriced(_unknown(case, service, sku))
    return hourly(case, f"{service} {sku}", price, count)


def hourly(case: Case, what: str, price: Price | None, each: float) -> Parts:
    """A line with `each` units for every hour of every instance."""
    return stands(
        what,
        price,
        case.standing * each * HOURS,
        idle=case.scale.minimum * each * HOURS,
        most=case.scale.maximum * each * HOURS,
    )


def fargate(case: Case, vcpu: float, memory_gib: float) -> Parts:
    """Tasks on Fargate with Linux and x86; 20 GB of disk are part of them."""
    return _sizes(case, "ecs-fargate", vcpu, memory_gib)


def app_engine(case: Case, vcpu: float, memory_gib: float, disk_gib: float = 10) -> Parts:
    """Instances of the App Engine flexible environment, which never has none.

    Memory counts without the 0.4 GiB that the environment adds for itself.
    """
    price = case.book.unit("gcp", "app-engine-flexible", "GB-month disk", case.region)
    disks = hourly(case, "app-engine-flexible disk", price, disk_gib / HOURS)
    return _sizes(case, "app-engine-flexible", vcpu, memory_gib) + disks


def disk(case: Case, gib: float, kind: str = "") -> Parts:
    """A disk of `gib` GiB for every instance: of a `kind` in the provider's words, or balanced."""
    if case.provider not in _DISKS:
        return unpriced("disk")
    service, unit, usual = _DISKS[case.provider]
    chosen = kind or usual
    price = case.book.unit(case.provider, service, f"{unit} {chosen}", case.region)
    return hourly(case, f"disk {chosen}", price, gib / HOURS)


def _sizes(case: Case, service: str, vcpu: float, memory_gib: float) -> Parts:
    parts = Parts()
    for unit, each in (("vCPU-hour", vcpu), ("GB-hour", memory_gib)):
        price = case.book.unit(case.provider, service, unit, case.region)
        parts += hourly(case, f"{service} {unit}", price, each)
    return parts


def _without_spot(price: Price, sku: str) -> Price:
    said = f"no spot price of {sku} is known: its full price counts"
    return replace(price, exact=False, said=said, elsewhere=None)


def _unknown(case: Case, service: str, sku: str) -> str:
    nearest = case.book.nearest(case.provider, service, sku)
    return f"{service} {sku} (nearest known: {nearest})" if nearest else f"{service} {sku}"
