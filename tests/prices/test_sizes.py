"""Every size that a component accepts has a price, or its plan names it as unpriced."""

import re
import subprocess
import sys
from typing import Any, get_args

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelport.config import TARGETS
from modelport.config.targets.azure.vm import has_nvidia_gpus
from modelport.errors import PlanError
from modelport.platforms.aws.instance_types import has_nvidia
from modelport.prices import PriceBook
from modelport.prices.sizes import SIZED, Sized
from platforms.planning import planned
from stories.transcript import ROOT

BOOK = PriceBook.default()
REGIONS = {"aws": "us-east-1", "gcp": "us-central1", "azure": "eastus", "heroku": "us"}
KEYS = {"instance", "machine", "plan", "dyno", "accelerator", "gpu"}
BY_KEY = {(sized.kind, sized.key): sized for sized in SIZED}


def target(sized: Sized, value: str) -> dict[str, Any]:
    """A target of a size, with what the size needs beside it."""
    found: dict[str, Any] = {"kind": sized.kind, sized.key: value}
    if "region" in TARGETS[sized.kind].model_fields:
        found["region"] = REGIONS[sized.provider]
    if sized.provider == "gcp":
        found["project"] = "clinic-1"
    if sized.kind == "aws.ec2" and has_nvidia(value):
        found["accelerator"] = "nvidia"
    if sized.kind == "azure.vm" and has_nvidia_gpus(value):
        found["accelerator"] = "nvidia"
    if sized.key == "accelerator":
        found["machine"] = "g2-standard-4" if value.lower().endswith("l4") else "n1-standard-4"
    if sized.key == "gpu":
        found |= {"cpu": 4, "memory_mib": 16384}
    return found


def priced(sized: Sized, value: str) -> bool | None:
    """Whether a size has a price; none when the component refuses it.

    One that has no price must be named in the plan's facts.
    """
    public = {"exposure": "public"} if sized.kind == "heroku" else {}
    try:
        facts = planned(target(sized, value), **public).facts()
    except PlanError:
        return None
    sku = sized.sku(value)
    named = f"{sized.service} {sku}" in facts.get("unpriced", "")
    known = BOOK.hourly(sized.provider, sized.service, sku, REGIONS[sized.provider]) is not None
    assert named is not known, f"{sized.kind} {value}: priced {known}, named unpriced {named}"
    return known


def of_vendors(service: str, shape: str) -> list[str]:
    """Every value of a type of AWS's, as its own SDK has it."""
    model = botocore.session.get_session().get_service_model(service)
    return list(getattr(model.shape_for(shape), "enum"))  # noqa: B009 - its class has no type


def test_every_key_that_names_a_size_is_known() -> None:
    there = {
        (kind, key)
        for kind, model in TARGETS.items()
        for key, field in model.model_fields.items()
        if key in KEYS and kind not in {"kubernetes"}
        if set(get_args(field.annotation)) != {"none", "nvidia"}  # whether, not which
    }
    assert there == set(BY_KEY)


@pytest.mark.parametrize("sized", SIZED, ids=lambda sized: f"{sized.kind}-{sized.key}")
def test_every_listed_value_is_priced_or_named(sized: Sized) -> None:
    """The values that the config lists, and all of the book that its pattern accepts."""
    field = TARGETS[sized.kind].model_fields[sized.key]
    listed = [value for value in get_args(field.annotation) if value != "none"]
    pattern = next((item.pattern for item in field.metadata if hasattr(item, "pattern")), None)
    if pattern:
        skus = [machine.sku for machine in BOOK.machines(sized.provider, sized.service)]
        listed = [sku for sku in skus if re.fullmatch(pattern, sku)]
    assert listed
    outcomes = [priced(sized, value) for value in listed]
    if pattern:
        assert True in outcomes
        assert False not in outcomes


OF_AWS = [
    ("aws.ec2", "ec2", "InstanceType"),
    ("aws.beanstalk", "ec2", "InstanceType"),
    ("aws.sagemaker", "sagemaker", "ProductionVariantInstanceType"),
]


def outcomes(kind: str, service: str, shape: str, each: int) -> list[bool | None]:
    return [priced(BY_KEY[kind, "instance"], name) for name in of_vendors(service, shape)[::each]]


@pytest.mark.parametrize(("kind", "service", "shape"), OF_AWS)
def test_types_of_aws_are_priced_named_or_refused(kind: str, service: str, shape: str) -> None:
    """Some of them, evenly; `soak` has all."""
    found = outcomes(kind, service, shape, 8)
    assert {True, False} <= set(found)


@pytest.mark.soak
@pytest.mark.parametrize(("kind", "service", "shape"), OF_AWS)
def test_all_types_of_aws_are_priced_named_or_refused(kind: str, service: str, shape: str) -> None:
    found = outcomes(kind, service, shape, 1)
    assert len(found) > 250
    assert found.count(True) > 30


@settings(max_examples=30)
@given(
    sized=st.sampled_from([item for item in SIZED if item.key in {"instance", "machine"}]),
    data=st.data(),
)
def test_what_nobody_has_heard_of_is_named(sized: Sized, data: st.DataObject) -> None:
    field = TARGETS[sized.kind].model_fields[sized.key]
    pattern = next(item.pattern for item in field.metadata if hasattr(item, "pattern"))
    priced(sized, data.draw(st.from_regex(pattern, fullmatch=True)))


@pytest.mark.parametrize(
    "kind", [kind for kind in TARGETS if kind not in {sized.kind for sized in SIZED}]
)
def test_kinds_without_sizes_have_a_price_of_all_processors_and_memory(kind: str) -> None:
    if kind in {"local", "docker", "kubernetes"}:
        return  # machines of one's own
    values = {"kind": kind, "region": REGIONS[kind.partition(".")[0]]}
    if kind.startswith("gcp"):
        values["project"] = "clinic-1"
    facts = planned(values).facts()
    assert facts["monthly_usd"] >= 0
    assert "hour" not in facts.get("unpriced", "")
    assert "second" not in facts.get("unpriced", "")


def test_the_page_is_that_of_the_book() -> None:
    program = [sys.executable, str(ROOT / "scripts" / "price_docs.py"), "--check"]
    ran = subprocess.run(program, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
