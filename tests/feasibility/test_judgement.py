"""Judgement: golden sentences, and rules that hold for every workload."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelport.config.workload import Workload
from modelport.errors import PlanError
from modelport.feasibility import KINDS, Judgement, judge, limits, rollout_refusal, tightest
from modelport.feasibility.kinds import nearest_first

LAMBDA = (
    "AWS Lambda quotas, https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, "
    "2026-11-21"
)

GOLDEN = [
    (
        "aws.lambda",
        Workload(payload="20MB"),
        "workload.payload 20 MB is over the limit of aws.lambda, 6 MB "
        f"(request body of a synchronous call; {LAMBDA}); "
        "the nearest target that holds it is aws.sagemaker (25 MB)",
    ),
    (
        "gcp.vertex",
        Workload(payload="20MB"),
        "workload.payload 20 MB is over the limit of gcp.vertex, 10 MB "
        "(request body on a dedicated endpoint; Vertex AI: choose an endpoint type, "
        "https://cloud.google.com/vertex-ai/docs/predictions/choose-endpoint-type, 2026-11-21); "
        "the nearest target that holds it is gcp.cloud_run (32 MiB)",
    ),
    (
        "heroku",
        Workload(p99="45s"),
        "workload.p99 45 s is over the limit of heroku, 30 s "
        "(first byte of an answer; Heroku request timeout, "
        "https://devcenter.heroku.com/articles/request-timeout, 2026-11-21); "
        "the nearest target that holds it is aws.beanstalk (4000 s)",
    ),
    (
        "aws.lambda",
        Workload(gpu_memory="16GB"),
        "workload.gpu_memory 16 GB: aws.lambda has none "
        f"(functions have no GPU; {LAMBDA}); "
        "the nearest target that holds it is aws.sagemaker (1128 GB)",
    ),
    (
        "gcp.cloud_run",
        Workload(model_size="40GiB"),
        "workload.model_size 42.9 GB is over the limit of gcp.cloud_run, 32 GiB "
        "(memory of an instance; Cloud Run quotas, https://cloud.google.com/run/quotas, "
        "2026-11-21); the nearest target that holds it is aws.ecs (120 GB)",
    ),
    (
        "aws.ec2",
        Workload(payload="100MB"),
        "workload.payload 100 MB is over the limit of every target, 64 MiB "
        "(request body that the server inside every bundle takes; Modelport, what a stack may "
        "set, components/modelport/config/deployment.py, 2026-11-21); "
        "no kind of target surely holds it",
    ),
]


@pytest.mark.parametrize(("kind", "workload", "sentence"), GOLDEN)
def test_refusals(kind: str, workload: Workload, sentence: str) -> None:
    assert judge(kind, workload).refusals == (sentence,)


@pytest.mark.parametrize(
    ("payload", "shown"), [("6.0001MB", "6.0001 MB"), ("6000001B", "6.000001 MB")]
)
def test_a_use_never_looks_like_the_limit_it_is_over(payload: str, shown: str) -> None:
    (refusal,) = judge("aws.lambda", Workload(payload=payload)).refusals
    assert refusal.startswith(f"workload.payload {shown} is over the limit of aws.lambda, 6 MB (")
    assert judge("aws.lambda", Workload(payload="6MB")).feasible


def test_what_is_not_verified_only_warns() -> None:
    found = judge("gcp.app_engine", Workload(payload="40MB"))
    assert found.feasible
    (warning,) = found.warnings
    assert warning.startswith("workload.payload 40 MB is over the limit of gcp.app_engine, 32 MB (")
    assert warning.endswith("; this limit is not verified, so try it before you rely on it")


def test_what_a_quota_raises_only_warns() -> None:
    found = judge("azure.ml", Workload(rate=900, payload="10KB", p99="50ms"))
    assert found.feasible
    assert [warning.split(" is over")[0] for warning in found.warnings] == [
        "workload.rate 900 /s",
        "workload.rate x workload.payload 9 MB/s",
    ]
    assert all(warning.endswith("can raise it") for warning in found.warnings)


def test_options_change_the_limits() -> None:
    slow = Workload(p99="45s")
    assert judge("aws.lambda", slow).feasible
    assert not judge("aws.lambda", slow, options=("http_api",)).feasible
    assert judge("aws.sagemaker", Workload(p99="10m"), options=("async",)).feasible


def test_names_and_environment() -> None:
    found = judge("azure.ml", Workload(), name="a_name_that_is_much_too_long_for_it")
    assert [refusal.split(" (Azure")[0] for refusal in found.refusals] == [
        "name 'a_name_that_is_much_too_long_for_it': azure.ml takes at most 32 characters as name "
        "of an endpoint",
        "name 'a_name_that_is_much_too_long_for_it': azure.ml takes only "
        "[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9] as name of an endpoint",
    ]
    assert judge("azure.ml", Workload(), name="cancer-prod") == Judgement((), (), ())
    assert not judge("aws.lambda", Workload(), environment_bytes=4001).feasible
    assert judge("aws.lambda", Workload(), environment_bytes=4000).feasible


def test_the_tightest_limit_is_a_fact() -> None:
    found = tightest("aws.lambda", Workload(payload="5.2MB", p99="2s", model_size="1GB"))
    assert found is not None
    assert found.text == "limit: payload 5.2 of 6 MB (87 %)"
    other = tightest("gcp.cloud_run", Workload(payload="30MB"))
    assert other is not None
    assert other.text == "limit: payload 30 MB of 32 MiB (89 %)"
    assert tightest("aws.lambda", Workload()) is None
    assert judge("aws.lambda", Workload(payload="5.2MB")).notes == (
        "limit: payload 5.2 of 6 MB (87 %)",
    )


def test_cold_starts_are_notes() -> None:
    assert judge("gcp.cloud_run", Workload(cold_start="none")).notes == (
        "workload.cold_start none: gcp.cloud_run must keep an instance running, which costs idle",
    )
    assert judge("azure.ml", Workload(cold_start="10s")).notes == (
        "workload.cold_start 10 s: azure.ml never scales to zero, so this saves nothing; "
        "a managed online deployment keeps an instance",
    )


def test_rollouts_that_a_platform_does_not_have() -> None:
    assert rollout_refusal("aws.lambda", "canary") is None
    assert rollout_refusal("heroku", "canary") == (
        "rollout canary: heroku does not have it, the router shares requests evenly among the "
        "dynos of one release (Heroku HTTP routing, "
        "https://devcenter.heroku.com/articles/http-routing, 2026-11-21); "
        "the nearest that heroku has is all_at_once; the nearest target with canary is "
        "aws.beanstalk"
    )


@pytest.mark.parametrize("kind", ["aws.lamda", "", "*"])
def test_unknown_kinds_are_named(kind: str) -> None:
    with pytest.raises(PlanError, match=r"not in the tables of platforms; known: aws\.sagemaker, "):
        judge(kind, Workload(payload="1MB"))


def test_nearest_is_cloud_and_component_then_cloud_then_component() -> None:
    order = [kind.name for kind in nearest_first("azure.functions")]
    assert order[0] == "azure.container_apps"
    assert set(order[1:4]) == {"azure.ml", "azure.vm", "azure.web_app"}
    assert set(order[4:7]) == {"aws.lambda", "gcp.cloud_run", "gcp.functions"}


SIZES = {"payload", "answer", "model_size", "gpu_memory"}
amounts = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.integers(1, 10**13) for name in SIZES},
        "p99": st.integers(1, 10**8),
        "rate": st.integers(1, 10**7),
    },
)
kinds = st.sampled_from(list(KINDS))


def workload(facts: dict[str, int]) -> Workload:
    units = {"p99": "ms"} | dict.fromkeys(SIZES, "B")
    return Workload.model_validate(
        {name: f"{value}{units[name]}" if name in units else value for name, value in facts.items()}
    )


@settings(max_examples=60, deadline=None)
@given(kinds, amounts, st.data())
def test_more_of_anything_never_makes_it_feasible(
    kind: str, facts: dict[str, int], data: st.DataObject
) -> None:
    more = {
        name: value * data.draw(st.integers(1, 1000)) if value < 10**6 else value
        for name, value in facts.items()
    }
    if not judge(kind, workload(facts)).feasible:
        assert not judge(kind, workload(more)).feasible


@settings(max_examples=60, deadline=None)
@given(kinds, amounts)
def test_a_fact_that_is_left_out_never_refuses(kind: str, facts: dict[str, int]) -> None:
    full = judge(kind, workload(facts))
    for name in facts:
        fewer = judge(kind, workload({key: facts[key] for key in facts if key != name}))
        assert len(fewer.refusals) <= len(full.refusals)
        assert not any(f"workload.{name} " in refusal for refusal in fewer.refusals)


@settings(max_examples=60, deadline=None)
@given(kinds, amounts)
def test_the_nearest_target_truly_holds_it(kind: str, facts: dict[str, int]) -> None:
    wanted = workload(facts)
    for refusal in judge(kind, wanted).refusals:
        found = re.search(r"the nearest target that holds it is (\S+) \(", refusal)
        if found is not None:
            other = judge(found[1], wanted)
            assert other.refusals == ()
            assert other.warnings == ()
            assert found[1] != kind


@settings(max_examples=60, deadline=None)
@given(kinds, amounts)
def test_refusals_rest_on_firm_and_verified_limits_and_are_one_sentence(
    kind: str, facts: dict[str, int]
) -> None:
    weak = {limit.bounds for limit in limits() if not limit.refuses}
    strong = {limit.bounds for limit in limits() if limit.refuses}
    for refusal in judge(kind, workload(facts)).refusals:
        assert refusal[0].islower()
        assert not refusal.endswith(".")
        assert "\n" not in refusal
        assert not any(f"({bounds}; " in refusal for bounds in weak - strong)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_known_says_nothing(kind: str) -> None:
    assert judge(kind, Workload()) == Judgement((), (), ())
