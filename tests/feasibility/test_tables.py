"""The tables: every row has a source, a date and a grade, and every kind is covered."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from modelport.config.targets import PLANNED_KINDS
from modelport.errors import PlanError
from modelport.feasibility import (
    KINDS,
    capabilities,
    capability,
    grpc_refusal,
    limits,
    limits_of,
    rollout_refusal,
    sources,
)
from modelport.feasibility.capabilities import CAPABILITIES, ROLLOUTS
from modelport.feasibility.limits import EVERY_KIND, UNITS

ROOT = Path(__file__).parents[2]

KINDS_OF_THE_ISSUE = {
    "aws.sagemaker", "gcp.vertex", "azure.ml", "aws.lambda", "gcp.cloud_run", "gcp.functions",
    "azure.functions", "azure.container_apps", "aws.ec2", "gcp.compute", "azure.vm",
    "aws.beanstalk", "aws.ecs", "gcp.app_engine", "azure.web_app", "heroku", "kubernetes", "docker",
    "local",
}  # fmt: skip


def test_every_kind_is_covered() -> None:
    assert set(KINDS) == KINDS_OF_THE_ISSUE
    assert {limit.kind for limit in limits()} == KINDS_OF_THE_ISSUE | {EVERY_KIND}
    for kind in KINDS:
        assert {"name", "request_time"} <= {limit.name for limit in limits_of(kind)} | (
            {"request_time"} if kind == "local" else set()
        )


def test_every_cell_of_the_matrix_is_there_and_nothing_else() -> None:
    assert set(capabilities()) == {(kind, name) for kind in KINDS for name in CAPABILITIES}


def test_every_fact_has_a_sentence_a_source_a_date_and_a_grade() -> None:
    facts = [*limits(), *capabilities().values()]
    for fact in facts:
        assert fact.grade in {"A", "B", "C"}
        assert date(2026, 1, 1) <= fact.source.as_of
        assert fact.source.title
        assert (
            re.fullmatch(r"https://\S+", fact.source.address)
            or (ROOT / fact.source.address).is_file()
        )
    sentences = [limit.bounds for limit in limits()]
    sentences += [item.sentence for item in capabilities().values()]
    for sentence in sentences:
        assert sentence
        assert not sentence.endswith(".")
        assert "|" not in sentence
    assert {fact.source.id for fact in facts} == set(sources())


def test_limits_are_numbers_with_known_units_or_none() -> None:
    seen: set[tuple[str, str, str]] = set()
    for limit in limits():
        key = (limit.kind, limit.name, limit.option)
        assert key not in seen
        seen.add(key)
        if limit.unit == "pattern":
            re.compile(limit.value)
        elif limit.value != "none":
            assert limit.unit in UNITS
            assert float(limit.value) >= 0


def test_capabilities_and_limits_agree_about_gpus() -> None:
    for kind in KINDS:
        none = any(limit.name == "gpu_memory" and limit.amount == 0 for limit in limits_of(kind))
        value = capability(kind, "gpu").value
        assert (value == "no") == none or kind == "aws.beanstalk", kind


def test_every_kind_can_at_least_replace_all_at_once() -> None:
    assert all(rollout_refusal(kind, "all_at_once") is None for kind in KINDS)


def test_grpc_is_refused_where_it_cannot_arrive() -> None:
    able = {kind for kind in KINDS if grpc_refusal(kind) is None}
    assert able == {"local", "gcp.cloud_run"}
    refused = grpc_refusal("heroku") or ""
    assert refused.startswith(
        "serving.protocols: grpc is not on heroku: the router passes requests on over HTTP/1.1 "
        "(Heroku HTTP routing, https://devcenter.heroku.com/articles/http-routing, "
    )
    assert refused.endswith(
        "; the nearest target with it is gcp.cloud_run; v2 is the same protocol over HTTP"
    )


def test_rollouts_are_those_of_the_config() -> None:
    assert set(ROLLOUTS) == {"all_at_once", "rolling", "blue_green", "canary", "shadow"}
    for word, near in ROLLOUTS.items():
        assert word not in near
        assert word == "all_at_once" or "all_at_once" in near[-1:]


def test_an_option_replaces_the_usual_limit() -> None:
    def payload(*options: str) -> list[str]:
        found = limits_of("aws.sagemaker", options)
        return [item.text for item in found if item.name == "payload" and item.kind != EVERY_KIND]

    assert payload() == ["25 MB"]
    assert payload("serverless") == ["4 MB"]
    with pytest.raises(PlanError, match=r"http_api: no option of aws\.sagemaker; known: async, "):
        limits_of("aws.sagemaker", ("http_api",))


def test_the_kinds_are_those_of_the_config() -> None:
    planned = set(PLANNED_KINDS)
    others = {name for name in planned if name.startswith("batch.")}
    assert planned - others - {"docker", "edge", "hybrid", "kubernetes"} <= set(KINDS)


def test_the_page_is_not_stale() -> None:
    program = [sys.executable, str(ROOT / "scripts" / "platform_docs.py"), "--check"]
    ran = subprocess.run(program, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
