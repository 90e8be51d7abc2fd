"""Plans of kind `local`: what is decided, and what is refused."""

from typing import Any

import pytest

from modelport.config import parse
from modelport.errors import PlanError
from modelport.plan import PlanContext
from modelport.platforms.local.plan import LocalPlan
from modelport.platforms.local.plan import plan as plan_local
from modelport_serving.record import Previous
from records import VERSION, record

DEV = PlanContext(stack="dev", environment="dev")
PROD = PlanContext(stack="prod", environment="prod")


def plan(context: PlanContext = DEV, f1: float = 0.97, **changes: Any) -> LocalPlan:
    values = {
        "bundle": "breast_cancer",
        "owner": "diagnostics",
        "target": {"kind": "local", "port": 3000},
        "gate": {"f1": {"min": 0.95}},
    } | changes
    config = parse({"deployments": {"cancer": values}}).deployments["cancer"]
    return plan_local("cancer", config, record(f1=f1), context)


def test_facts_are_what_a_reviewer_asks_for() -> None:
    assert plan().facts() == {
        "target": "local",
        "environment": "dev",
        "owner": "diagnostics",
        "bundle": "breast_cancer",
        "version": VERSION,
        "pinned": False,
        "evaluation": "passed",
        "metric": "f1",
        "score": 0.97,
        "baseline": 0.77,
        "data_sha256": "0" * 64,
        "auth": "api_key",
        "host": "127.0.0.1",
        "port": 3000,
        "workers": "auto",
        "rollout": "all_at_once",
        "monthly_usd": 0.0,
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1"])
def test_no_authentication_is_accepted_on_loopback(host: str) -> None:
    assert plan(auth="none", target={"port": 3000, "host": host}).auth == "none"


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.4", "::"])
def test_no_authentication_is_refused_elsewhere(host: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan(auth="none", target={"port": 3000, "host": host})
    assert str(caught.value) == (
        f"cancer: auth: none on {host} would let everyone on the network in "
        "(rule endpoint-public-needs-auth); write auth: api_key, or host: 127.0.0.1"
    )


def test_prod_must_name_a_digest() -> None:
    with pytest.raises(PlanError) as caught:
        plan(PROD)
    assert str(caught.value) == (
        "cancer: prod must name a digest, so that nothing changes unseen "
        "(rule bundle-pinned-in-prod); "
        f"write bundle: breast_cancer@{VERSION}"
    )
    assert plan(PROD, bundle="breast_cancer@3f2a").version == VERSION


def test_every_refusal_comes_at_once() -> None:
    with pytest.raises(PlanError) as caught:
        plan(PROD, f1=0.9, auth="none", target={"port": 3000, "host": "0.0.0.0"})
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert all(line.startswith("cancer: ") for line in lines)
    assert "did not pass its gate" in lines[2]


def test_the_limit_that_matters_most_is_a_fact() -> None:
    assert plan(workload={"payload": "32MB"}).facts()["limit"] == "payload 32 MB of 64 MiB (48 %)"
    assert "limit" not in plan().facts()


def test_a_workload_that_does_not_fit_is_refused_with_the_limit() -> None:
    with pytest.raises(PlanError) as caught:
        plan(workload={"payload": "100MB"})
    assert str(caught.value).startswith("cancer: workload.payload 100 MB is over the limit of ")


def test_a_fallback_is_shown_and_must_fit_the_model() -> None:
    fallback = {"answer": "benign", "after_seconds": 0.2}
    planned = plan(serving={"fallback": fallback})
    assert planned.facts()["fallback"] == "benign, after 0.2 s"
    with pytest.raises(PlanError, match=r"serving.fallback.answer: 'bening' is no label"):
        plan(serving={"fallback": {"answer": "bening"}})


def test_the_previous_version_must_be_carried_and_is_named() -> None:
    wanted = {"fallback": {"previous": True, "answer": "benign"}}
    with pytest.raises(PlanError) as caught:
        plan(serving=wanted)
    assert str(caught.value) == (
        f"cancer: serving.fallback.previous: breast_cancer@{VERSION} carries no previous version; "
        'write previous="breast_cancer@<version>" in bentos/breast_cancer/training.py, then run: '
        "modelport build breast_cancer"
    )
    made = record()
    previous = Previous(version="0dd0000000000000", model_sha256="0" * 64)
    lineage = made.lineage.model_copy(update={"previous": previous})
    values = {"bundle": "breast_cancer", "owner": "d", "target": {"kind": "local", "port": 3000}}
    config = parse({"deployments": {"cancer": values | {"serving": wanted}}}).deployments["cancer"]
    carrying = made.model_copy(update={"lineage": lineage})
    facts = plan_local("cancer", config, carrying, DEV).facts()
    assert facts["fallback"] == "the previous version, else benign"
    assert facts["fallback_version"] == "0dd0000000000000"


def test_graphql_needs_a_bundle_that_carries_its_library() -> None:
    with pytest.raises(PlanError, match=r"graphql: .* does not carry .*\(\"graphql-core\",\)"):
        plan(serving={"protocols": ["graphql"]})
    values = {
        "bundle": "breast_cancer",
        "owner": "diagnostics",
        "target": {"kind": "local", "port": 3000},
        "serving": {"protocols": ["graphql"]},
    }
    config = parse({"deployments": {"cancer": values}}).deployments["cancer"]
    carrying = record(f1=0.97).model_copy(update={"requirements": ("graphql_core",)})
    assert plan_local("cancer", config, carrying, DEV).serving.protocols == ("graphql",)
    plan(serving={"protocols": ["v2", "tensorflow", "azure_ml"]})


def test_what_is_captured_is_shown_and_must_fit_the_model() -> None:
    capture = {"percent": 10, "redact": ["radius"]}
    planned = plan(serving={"capture": capture})
    assert planned.facts()["capture"] == "10 % of the requests without radius"
    with pytest.raises(PlanError, match=r"serving.capture.redact: 'raduis' is no feature"):
        plan(serving={"capture": {"percent": 10, "redact": ["raduis"]}})


def test_grpc_needs_its_libraries_in_the_bundle() -> None:
    with pytest.raises(PlanError) as caught:
        plan(serving={"protocols": ["grpc"]})
    assert str(caught.value) == (
        f"cancer: serving.protocols: grpc: breast_cancer@{VERSION} does not carry what its server "
        'needs for it; write service_requirements=("h2", "protobuf") in '
        "bentos/breast_cancer/training.py, then run: modelport build breast_cancer"
    )
