"""What holds of every estimate, whatever is asked for."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.prices import Case, Estimate, Parts, PriceBook, Scale, Workload, facts, unpriced
from modelport.prices.around import egress, encryption_keys, load_balancer, logs, nat, registry
from modelport.prices.machines import app_engine, disk, fargate, instances
from modelport.prices.serverless import (
    cloud_run,
    container_app,
    function_consumption,
    http_api,
    lambda_function,
)

BOOK = PriceBook.default()
Build = Callable[[Case], Parts]
BUILDS: dict[str, tuple[str, str, Build]] = {
    "ec2": ("aws", "us-east-1", lambda of: instances(of, "ec2", "m5.large", spot_share=0.25)),
    "sagemaker": ("aws", "us-west-2", lambda of: instances(of, "sagemaker-hosting", "ml.m5.large")),
    "fargate": ("aws", "us-east-1", lambda of: fargate(of, 1, 2)),
    "lambda": ("aws", "us-east-1", lambda of: lambda_function(of, 2048, storage_mb=1024)),
    "lambda arm": ("aws", "us-west-2", lambda of: lambda_function(of, 512, architecture="arm64")),
    "cloud run": ("gcp", "us-central1", lambda of: cloud_run(of, 1, 2)),
    "cloud run gpu": (
        "gcp",
        "europe-west4",
        lambda of: cloud_run(of, 4, 16, billing="instance", gpu="nvidia-l4"),
    ),
    "app engine": ("gcp", "us-central1", lambda of: app_engine(of, 2, 4)),
    "vertex": (
        "gcp",
        "asia-east1",
        lambda of: instances(of, "vertex-ai-prediction", "g2-standard-4"),
    ),
    "container apps": ("azure", "westeurope", lambda of: container_app(of, 1, 2)),
    "functions": ("azure", "eastus", lambda of: function_consumption(of, 0.5)),
    "dynos": ("heroku", "us", lambda of: instances(of, "dyno", "standard-1x")),
    "unknown": ("aws", "us-east-1", lambda of: instances(of, "ec2", "nothing")),
}


def around(of: Case) -> Parts:
    parts = (egress(of), logs(of, 500), registry(of, 2), encryption_keys(of), load_balancer(of))
    return sum((*parts, nat(of), disk(of, 20), http_api(of)), Parts())


workloads = st.builds(
    Workload,
    requests=st.sampled_from([0, 1, 1000]) | st.floats(0, 1e10),
    milliseconds=st.floats(0.1, 1e6),
    request_bytes=st.floats(0, 1e8),
    response_bytes=st.floats(0, 1e8),
)
scales = st.tuples(st.integers(0, 20), st.integers(0, 80), st.integers(1, 200)).map(
    lambda drawn: Scale(drawn[0], drawn[0] + drawn[1], drawn[2])
)


def estimate(name: str, workload: Workload, scale: Scale) -> Estimate:
    provider, region, build = BUILDS[name]
    of = Case(BOOK, provider, region, workload, scale)
    return Estimate.of(build(of), around(of))


def near_or_above(above: float, below: float) -> bool:
    """Whether one sum is not below another, but for rounding."""
    return above >= below - 1e-9 * max(1, abs(below))


@pytest.mark.parametrize("name", BUILDS)
@given(workload=workloads, scale=scales)
def test_nothing_is_negative_and_the_worst_case_is_the_worst(
    name: str, workload: Workload, scale: Scale
) -> None:
    found = estimate(name, workload, scale)
    assert all(
        min(line.quantity, line.idle_quantity, line.most_quantity, line.price.usd) >= 0
        for line in found.lines
    )
    assert near_or_above(found.worst_case_usd, found.idle_usd)
    if Case(BOOK, "aws", "us-east-1", workload, scale).needed <= scale.maximum:
        assert near_or_above(found.worst_case_usd, found.monthly_usd)


@pytest.mark.parametrize("name", BUILDS)
@given(workload=workloads, scale=scales)
def test_a_month_is_what_is_fixed_and_its_requests(
    name: str, workload: Workload, scale: Scale
) -> None:
    found = estimate(name, workload, scale)
    parts = found.monthly_fixed_usd + workload.requests / 1000 * found.per_1000_usd
    assert found.monthly_usd == pytest.approx(parts)


@pytest.mark.parametrize("name", BUILDS)
@given(workload=workloads, scale=scales, more=st.integers(1, 50))
def test_more_instances_at_most_never_cost_less(
    name: str, workload: Workload, scale: Scale, more: int
) -> None:
    larger = replace(scale, maximum=scale.maximum + more)
    small, large = estimate(name, workload, scale), estimate(name, workload, larger)
    assert near_or_above(large.worst_case_usd, small.worst_case_usd)
    assert near_or_above(large.monthly_usd, small.monthly_usd)


@pytest.mark.parametrize("name", BUILDS)
@given(workload=workloads, scale=scales, more=st.integers(1, 20))
def test_more_instances_that_are_always_there_never_cost_less_when_idle(
    name: str, workload: Workload, scale: Scale, more: int
) -> None:
    larger = replace(scale, minimum=scale.minimum + more, maximum=scale.maximum + more)
    small, large = estimate(name, workload, scale), estimate(name, workload, larger)
    assert near_or_above(large.idle_usd, small.idle_usd)


@pytest.mark.parametrize("name", BUILDS)
@given(workload=workloads, scale=scales, factor=st.floats(1, 10))
def test_more_requests_never_cost_less(
    name: str, workload: Workload, scale: Scale, factor: float
) -> None:
    busier = replace(workload, requests=workload.requests * factor)
    small, large = estimate(name, workload, scale), estimate(name, busier, scale)
    assert near_or_above(large.monthly_usd, small.monthly_usd)
    assert large.idle_usd == pytest.approx(small.idle_usd)


@given(st.sampled_from(sorted(BUILDS)), workloads, scales, st.lists(st.text(max_size=5)))
def test_what_has_no_price_changes_no_sum(
    name: str, workload: Workload, scale: Scale, names: list[str]
) -> None:
    found = estimate(name, workload, scale)
    more = Estimate.of(Parts(found.lines, found.unpriced), unpriced(*names))
    assert more.lines == found.lines
    assert len(more.unpriced) >= len(found.unpriced)
    assert facts(more) | {"unpriced": ""} == facts(found) | {"unpriced": ""}


@given(st.sampled_from(sorted(BUILDS)), workloads, scales)
def test_the_same_case_has_the_same_facts(name: str, workload: Workload, scale: Scale) -> None:
    assert facts(estimate(name, workload, scale)) == facts(estimate(name, workload, scale))
