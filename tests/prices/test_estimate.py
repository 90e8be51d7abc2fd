"""Estimates against sums made by hand, or printed by infracost in its golden files."""

import pytest

from modelport.prices import Case, Estimate, Parts, PriceBook, Scale, Workload, facts, unpriced
from modelport.prices.around import (
    egress,
    encryption_keys,
    load_balancer,
    logs,
    monitoring,
    nat,
    private_endpoints,
    registry,
    secrets,
)
from modelport.prices.machines import accelerators, app_engine, disk, fargate, instances
from modelport.prices.serverless import (
    cloud_run,
    container_app,
    function_consumption,
    http_api,
    lambda_function,
)

QUIET = Workload(requests=0, milliseconds=100)


def case(
    provider: str,
    region: str,
    workload: Workload = QUIET,
    minimum: int = 1,
    maximum: int = 1,
    at_once: int = 1,
) -> Case:
    book = PriceBook.default()
    return Case(book, provider, region, workload, Scale(minimum, maximum, at_once))


def bill(*parts: Parts) -> list[float]:
    """Cents of every line."""
    return [round(line.usd_per_month, 2) for line in Estimate.of(*parts).lines]


def test_an_endpoint_of_sagemaker() -> None:
    """ml.m5.xlarge 0.23 USD an hour (AWS Price List API, 2026-09-28), 730 hours, 2 to 4 of them."""
    of = case("aws", "us-east-1", minimum=2, maximum=4)
    assert facts(Estimate.of(instances(of, "sagemaker-hosting", "ml.m5.xlarge"))) == {
        "monthly_usd": 335.80,
        "monthly_fixed_usd": 335.80,
        "per_1000_usd": 0,
        "idle_usd": 335.80,
        "worst_case_usd": 671.60,
        "prices_as_of": "2026-09-28",
        "unpriced": "endpoint data processing, endpoint disk",
    }


def test_a_lambda_function() -> None:
    """0.2 USD for 1M requests, 0.0000166667 for a GB-second (infracost's golden, 2024-07-01).

    3M requests of 1 GB for 0.2 s are 600,000 GB-seconds: 10.00 and 0.60 USD. 100 copies that are
    always busy are 262,800,000 GB-seconds and 1,314M requests: 4,380.01 and 262.80 USD.
    """
    of = case("aws", "us-east-1", Workload(3e6, 200), minimum=0, maximum=100)
    assert facts(Estimate.of(lambda_function(of, 1024))) == {
        "monthly_usd": 10.60,
        "monthly_fixed_usd": 0,
        "per_1000_usd": 0.0035,
        "idle_usd": 0,
        "worst_case_usd": 4642.81,
        "prices_as_of": "2024-07-01",
    }


def test_a_lambda_function_with_provisioned_concurrency() -> None:
    """infracost's aws/lambda_provisioned_concurrency_config_test: 9M GB-seconds held cost 30.00,
    1.75M that run in them 13.61, 10M requests 2.00.

    Here 2 copies of 1 GB are held for 2,628,000 s each, and 10M requests run for 0.175 s.
    """
    of = case("aws", "us-east-1", Workload(10e6, 175), minimum=2, maximum=2)
    held = round(30.00 / 9e6 * 2 * 2_628_000, 2)
    assert bill(lambda_function(of, 1024, architecture="arm64")) == [2.00, held, 13.61]


def test_more_than_provisioned_copies_can_serve_costs_the_full_price() -> None:
    """Half of the time fits: 0.0000097222 for it (AWS price list), 0.0000166667 for the rest."""
    seconds = 2 * 2_628_000
    of = case("aws", "us-east-1", Workload(seconds, 1000), minimum=1, maximum=4)
    _, held, inside, beyond = bill(lambda_function(of, 1024))
    assert held == round(0.0000041667 * 2_628_000, 2)
    assert inside == round(0.0000097222 * 2_628_000, 2)
    assert beyond == round(0.0000166667 * 2_628_000, 2)


def test_more_storage_of_a_lambda_function_costs() -> None:
    """0.0000000309 USD for a GB-second beyond 512 MB: 1M requests of 1 s with 10 GB more."""
    of = case("aws", "us-east-1", Workload(1e6, 1000), minimum=0)
    parts = lambda_function(of, 128, storage_mb=512 + 10240)
    assert parts.lines[-1].usd_per_month == pytest.approx(0.309)


def test_an_http_api_bills_large_requests_more_than_once() -> None:
    """1 USD for 1M requests of up to 512 KB (infracost's golden, 2024-07-01)."""
    small = case("aws", "us-east-1", Workload(1e6, 100, request_bytes=512 * 1024))
    large = case("aws", "us-east-1", Workload(1e6, 100, request_bytes=512 * 1024 + 1))
    assert (bill(http_api(small)), bill(http_api(large))) == ([1.00], [2.00])


def test_cloud_run_billed_by_request() -> None:
    """infracost's google/cloud_run_v2_service_test, europe-west3: 1,800,000 vCPU-seconds cost
    60.48, 900,000 GiB-seconds 3.15, 500,000 requests 0.20 USD.
    """
    of = case("gcp", "europe-west3", Workload(500_000, 1800), minimum=0, maximum=10)
    assert bill(cloud_run(of, 2, 1)) == [0.20, 60.48, 3.15]
    assert Estimate.of(cloud_run(of, 2, 1)).idle_usd == 0


def test_cloud_run_billed_by_instance() -> None:
    """infracost's google/cloud_run_v2_service_test: 5,256,000 vCPU-seconds cost 113.53 USD,
    2,628,000 GiB-seconds 6.31: one instance with 2 vCPU and 1 GiB for a month.
    """
    of = case("gcp", "europe-west3", Workload(1000, 100), minimum=1, maximum=3)
    found = Estimate.of(cloud_run(of, 2, 1, billing="instance"))
    assert [round(line.usd_per_month, 2) for line in found.lines] == [113.53, 6.31]
    assert found.per_1000_usd == 0
    assert found.worst_case_usd == pytest.approx(3 * found.idle_usd)


def test_requests_that_share_an_instance_share_its_seconds() -> None:
    """100 requests at once on instances that serve 80: two of them are busy all month."""
    load = Workload(100 * 2_628_000, 1000)
    of = case("gcp", "us-central1", load, minimum=0, maximum=10, at_once=80)
    cpu = cloud_run(of, 1, 1).lines[1]
    assert cpu.quantity == pytest.approx(2 * 2_628_000)


def test_instances_that_wait_cost_less_on_cloud_run() -> None:
    """0.0000025 USD for a vCPU-second and a GiB-second of a waiting instance (firebase-tools)."""
    of = case("gcp", "us-central1", minimum=2, maximum=2)
    found = Estimate.of(cloud_run(of, 1, 0.5))
    assert found.idle_usd == pytest.approx(2 * 2_628_000 * 0.0000025 * 1.5)
    assert found.worst_case_usd > found.idle_usd


def test_a_gpu_of_cloud_run_needs_billing_by_instance() -> None:
    of = case("gcp", "us-central1")
    parts = cloud_run(of, 4, 16, billing="instance", gpu="nvidia-l4")
    assert bill(parts)[-1] == round(0.67 * 730, 2)
    with pytest.raises(ValueError, match="needs billing by instance"):
        cloud_run(of, 4, 16, gpu="nvidia-l4")


def test_a_container_app() -> None:
    """infracost's azure/container_app_test, westeurope: 2,320,000 vCPU-seconds cost 78.88 USD,
    4,640,000 GiB-seconds 18.56; waiting 3,942,000 and 7,884,000 cost 15.77 and 31.54;
    3M requests 1.68.
    """
    wait = case("azure", "westeurope", minimum=3, maximum=3)
    assert bill(container_app(wait, 0.5, 1)) == [0.00, 0.00, 15.77, 0.00, 31.54]
    work = case("azure", "westeurope", Workload(2.32e6, 1000), minimum=0, maximum=3)
    assert bill(container_app(work, 1, 2))[1:] == [78.88, 18.56]
    many = case("azure", "westeurope", Workload(3e6, 1), minimum=0, maximum=3)
    assert bill(container_app(many, 1, 2))[0] == 1.68


def test_a_function_of_azure() -> None:
    """0.000016 USD for a GB-second, 0.2 for 1M executions (infracost's golden, 2024-07-01)."""
    of = case("azure", "eastus", Workload(1e6, 1000), minimum=0)
    assert bill(function_consumption(of, 0.5)) == [8.00, 0.20]
    short = case("azure", "eastus", Workload(1e6, 1), minimum=0)
    assert bill(function_consumption(short, 0.5))[0] == 0.80


@pytest.mark.parametrize(
    ("provider", "region", "service", "sku", "count", "usd"),
    [
        # 252.58 and 62.85 USD for two instances of EP1 (infracost azure/function_linux_app_test)
        ("azure", "eastus", "functions-premium", "EP1", 2, 315.43),
        # 113.15 USD (infracost azure/service_plan_test)
        ("azure", "eastus", "app-service-plan-linux", "P1v3", 1, 113.15),
        # 70.08 USD (infracost azure/machine_learning_compute_instance_test)
        ("azure", "eastus", "azure-ml-compute", "Standard_D2s_v3", 1, 70.08),
        # 50 USD a month (devcenter.heroku.com, 2023-02-06)
        ("heroku", "us", "dyno", "standard-2x", 2, 100.00),
        # 0.1095 USD an hour (Vertex AI's table of online prediction, 2026-09)
        ("gcp", "us-central1", "vertex-ai-prediction", "n1-standard-2", 1, 79.94),
        # 0.192 USD an hour (Azure retail price API, 2026-06-18)
        ("azure", "eastus", "vm", "Standard_D4s_v5", 3, 420.48),
    ],
)
def test_machines_of_all_kinds(
    provider: str, region: str, service: str, sku: str, count: int, usd: float
) -> None:
    of = case(provider, region, minimum=count, maximum=count)
    assert bill(instances(of, service, sku)) == [usd]


def test_spot_machines_cost_less_until_none_can_be_had() -> None:
    """m5.large: 0.096 USD an hour, 0.04366 as spot (2026-07-20): 2 of each, 8 at most."""
    of = case("aws", "us-east-1", minimum=4, maximum=8)
    found = Estimate.of(instances(of, "ec2", "m5.large", spot_share=0.5))
    assert found.idle_usd == pytest.approx(2 * 0.096 * 730 + 2 * 0.04366 * 730)
    assert found.worst_case_usd == pytest.approx(8 * 0.096 * 730)


def test_a_machine_without_a_spot_price_counts_in_full_and_says_so() -> None:
    of = case("aws", "us-east-1")
    found = Estimate.of(instances(of, "ec2", "m7i.large", spot_share=1))
    assert found.idle_usd == pytest.approx(0.1008 * 730)
    assert found.said == ("no spot price of m7i.large is known: its full price counts",)


def test_machines_that_run_for_some_hours_only() -> None:
    of = case("aws", "us-east-1")
    assert bill(instances(of, "ec2", "m5.large", hours=100)) == [9.60]


def test_a_load_that_needs_more_machines_has_more_of_them() -> None:
    """Three requests are under way at any time, and one machine serves one at once."""
    load = Workload(3 * 2_628_000, 1000)
    of = case("aws", "us-east-1", load, minimum=1, maximum=10)
    found = Estimate.of(instances(of, "ec2", "m5.large"))
    assert found.monthly_fixed_usd == pytest.approx(3 * found.idle_usd)


def test_accelerators_are_billed_beside_their_machine() -> None:
    """0.35 USD an hour for a T4 (Google's price pages, 2026-02-24)."""
    of = case("gcp", "us-central1")
    assert bill(accelerators(of, "compute-engine-gpu", "nvidia-tesla-t4", 2)) == [511.00]
    assert bill(accelerators(of, "vertex-ai-prediction-gpu", "nvidia-tesla-t4", 1)) == [293.82]
    assert accelerators(of, "compute-engine-gpu", "nvidia-t4", 1).unpriced == (
        "compute-engine-gpu nvidia-t4 (nearest known: nvidia-l4)",
    )


def test_tasks_of_fargate() -> None:
    """infracost's aws/ecs_service_test: 1 vCPU costs 29.55 USD a month, 2 GB 6.49."""
    assert bill(fargate(case("aws", "us-east-1"), 1, 2)) == [29.55, 6.49]


def test_app_engine() -> None:
    """0.0526 USD for a vCPU-hour, 0.0071 for a GB-hour, 0.041 for a GB of disk a month."""
    assert bill(app_engine(case("gcp", "us-central1"), 2, 4)) == [76.80, 20.73, 0.41]


def test_a_load_balancer() -> None:
    """0.0225 USD an hour, 0.008 for an LCU-hour; 1,000 LCU-hours cost 8.00 in infracost's
    aws/lb_test: here 1,000 GB, which are 1,000 of them.
    """
    large = case("aws", "us-east-1", Workload(1e6, 1, 400_000, 600_000))
    assert bill(load_balancer(large))[1] == 8.00
    assert load_balancer(large).lines[0].usd_per_month == pytest.approx(16.425)
    small = case("aws", "us-east-1", Workload(90e6, 1, 10, 10))
    assert bill(load_balancer(small))[1] == 8.00


def test_what_stands_around_on_aws() -> None:
    """All from infracost's goldens but alarms and dashboards (a cost tool's table)."""
    of = case("aws", "us-east-1", Workload(1e6, 100, response_bytes=1e6))
    assert bill(egress(of)) == [90.00]
    assert bill(logs(of, 1000)) == [0.50]
    assert bill(registry(of, 5)) == [0.50]
    assert bill(encryption_keys(of, 2)) == [2.00]
    assert bill(secrets(of, 2)) == [0.80]
    assert bill(monitoring(of, alarms=3, dashboards=1)) == [0.30, 3.00]
    assert bill(nat(of, bytes_per_request=1e6)) == [32.85, 45.00]
    assert bill(private_endpoints(of, 2)) == [14.60]
    assert bill(disk(of, 40)) == [3.20]


def test_ways_out_of_a_google_network_are_billed_by_machine() -> None:
    """infracost's google/compute_router_nat_test: 2,920 VM-hours cost 4.09 USD."""
    assert bill(nat(case("gcp", "us-central1", minimum=4, maximum=4))) == [4.09]


def test_a_registry_of_azure_is_billed_by_tier() -> None:
    """5 and 50 USD for 30 days (infracost's azure/container_registry_test)."""
    of = case("azure", "eastus")
    assert bill(registry(of, 5)) == [5.07]
    assert bill(registry(of, 5, tier="Premium")) == [50.69]


def test_a_machine_without_a_price_is_named_and_not_counted() -> None:
    of = case("aws", "us-east-1")
    found = Estimate.of(instances(of, "ec2", "m5.larg"), instances(of, "ec2", "m5.large"))
    assert found.unpriced == ("ec2 m5.larg (nearest known: m5.large)",)
    assert found.monthly_usd == pytest.approx(0.096 * 730)


def test_what_no_provider_has_a_price_of_is_named() -> None:
    of = case("heroku", "us", Workload(1e6, 100, response_bytes=1e6))
    parts = [
        load_balancer(of),
        logs(of, 100),
        disk(of, 10),
        nat(of),
        registry(of, 1),
        encryption_keys(of),
        secrets(of),
        monitoring(of, alarms=1),
        private_endpoints(of, 1),
        egress(of),
    ]
    found = Estimate.of(*parts)
    assert found.lines == ()
    assert found.unpriced == (
        "load balancer",
        "logs",
        "disk",
        "nat gateway",
        "image registry",
        "encryption key",
        "secrets",
        "alarms",
        "private endpoints",
    )
    assert facts(found)["prices_as_of"] == "no prices"


def test_facts_say_what_is_not_exact_or_not_dated() -> None:
    of = case("gcp", "us-central1", minimum=0)
    found = facts(Estimate.of(encryption_keys(of), instances(of, "compute-engine", "e2-medium")))
    assert found["prices_as_of"] == "2026-02-24, and 1 undated"
    elsewhere = case("aws", "eu-west-1")
    assert facts(Estimate.of(encryption_keys(elsewhere)))["price_notes"] == (
        "prices of us-east-1 count, those of eu-west-1 are not known: kms key-month"
    )
    assert facts(Estimate.of(unpriced("a, b"), unpriced("a, b")))["unpriced"] == "a; b"


@pytest.mark.parametrize(("minimum", "maximum", "at_once"), [(-1, 1, 1), (2, 1, 1), (0, 1, 0)])
def test_a_scale_must_hold_together(minimum: int, maximum: int, at_once: int) -> None:
    with pytest.raises(ValueError, match="must hold"):
        Scale(minimum, maximum, at_once)


def test_a_workload_takes_time_and_is_not_below_0() -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        Workload(1, 0)
    with pytest.raises(ValueError, match="must not be below 0"):
        Workload(-1, 1)
