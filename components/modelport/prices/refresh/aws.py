"""AWS: the Price List bulk files, as csv: five lines about the file, then one row for each price.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html
"""

import csv
from collections.abc import Callable, Iterator, Mapping

from modelport.errors import ServiceError
from modelport.prices.refresh.fetching import Found, Source, lines_of

BASE = "https://pricing.us-east-1.amazonaws.com"
_HEAD = 5
"""Lines before the header."""
_NEEDED = {"termtype", "unit", "priceperunit", "startingrange"}
Row = Mapping[str, str]
Reader = Callable[[Row], tuple[str, str, str, float] | None]
"""Of a row: kind, service, name, and how many units the price is for; none for another one."""


def read_aws(source: Source, region: str) -> Found:
    """On-demand prices of machines, functions and tasks in a region.

    Raises:
        ServiceError: a file cannot be had, or is not of the form that is documented.
    """
    found = Found("aws")
    for offer, reader in _OFFERS.items():
        path = f"/offers/v1.0/aws/{offer}/current/{region}/index.csv"
        url = source.base.rstrip("/") + path
        count = len(found.prices)
        with lines_of(source, path) as lines:
            published, rows = _rows(url, lines)
            for row in rows:
                if row["termtype"] != "OnDemand" or row.get("currency", "USD") != "USD":
                    continue
                if row["startingrange"] not in {"", "0"}:
                    continue
                read = reader(row)
                if read is None:
                    continue
                kind, service, name, units = read
                usd = _usd(url, row) * units
                word = "machine" if kind == "machine" else "unit"
                found.add(word, service, name, region, usd, published, url)
        if len(found.prices) == count:
            raise ServiceError(f"{url}: holds no price that the book knows; nothing was changed")
    return found


def _rows(url: str, lines: Iterator[str]) -> tuple[str, Iterator[Row]]:
    """Date of a file and its rows, by the header's words in small letters without blanks."""
    # httpx cuts lines at more signs than a CSV file does, so a quoted one may go on.
    rows = csv.reader(f"{line}\n" for line in lines)
    head: dict[str, str] = {}
    try:
        for _ in range(_HEAD):
            name, _, value = ",".join(next(rows)).partition(",")
            head[name] = value
        names = [name.replace(" ", "").lower() for name in next(rows)]
    except (StopIteration, csv.Error):
        raise ServiceError(f"{url}: is no price list of AWS's") from None
    published = head.get("Publication Date", "")[:10]
    missing = sorted(_NEEDED - set(names))
    if missing or not published:
        what = f"no column {missing[0]}" if missing else "no Publication Date"
        raise ServiceError(f"{url}: has {what}; the form of the file has changed")
    return published, (dict(zip(names, row, strict=False)) for row in rows if row)


def _usd(url: str, row: Row) -> float:
    try:
        return float(row["priceperunit"])
    except ValueError:
        raise ServiceError(f"{url}: PricePerUnit {row['priceperunit']!r} is no number") from None


def _ec2(row: Row) -> tuple[str, str, str, float] | None:
    usage = row.get("usagetype", "")
    wanted = {
        "tenancy": "Shared",
        "operatingsystem": "Linux",
        "preinstalleds/w": "NA",
        "capacitystatus": "Used",
        "operation": "RunInstances",
        "unit": "Hrs",
    }
    if row.get("productfamily", "").startswith("Compute Instance"):
        if all(row.get(name, value) == value for name, value in wanted.items()):
            return "machine", "ec2", row.get("instancetype", ""), 1
        return None
    for ending, service, unit in (
        ("EBS:VolumeUsage.gp3", "ebs", "GB-month gp3"),
        ("EBS:VolumeUsage.gp2", "ebs", "GB-month gp2"),
        ("NatGateway-Hours", "nat-gateway", "gateway-hour"),
        ("NatGateway-Bytes", "nat-gateway", "GB processed"),
    ):
        if usage.endswith(ending):
            return "unit", service, unit, 1
    return None


def _sagemaker(row: Row) -> tuple[str, str, str, float] | None:
    name = row.get("instancename") or row.get("instancetype", "")
    hosting = row.get("component") == "Hosting" and row["unit"] == "Hrs"
    return ("machine", "sagemaker-hosting", name, 1) if hosting and name[:3] == "ml." else None


def _lambda(row: Row) -> tuple[str, str, str, float] | None:
    unit, many = {
        "AWS-Lambda-Requests": ("1M requests", 1e6),
        "AWS-Lambda-Duration": ("GB-second x86", 1),
        "AWS-Lambda-Duration-ARM": ("GB-second arm64", 1),
    }.get(row.get("group", ""), ("", 1))
    return ("unit", "lambda", unit, many) if unit else None


def _fargate(row: Row) -> tuple[str, str, str, float] | None:
    usage = row.get("usagetype", "")
    for ending, unit in (
        ("Fargate-vCPU-Hours:perCPU", "vCPU-hour"),
        ("Fargate-GB-Hours", "GB-hour"),
    ):
        if usage.endswith(ending) and "Windows" not in usage:
            return "unit", "ecs-fargate", unit, 1
    return None


_OFFERS: dict[str, Reader] = {
    "AmazonEC2": _ec2,
    "AmazonSageMaker": _sagemaker,
    "AWSLambda": _lambda,
    "AmazonECS": _fargate,
}
"""Files by the code of AWS's, and how their rows are read."""
