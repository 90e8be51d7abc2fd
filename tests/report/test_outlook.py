"""What each deployment of a preview would be, in a few lines."""

from modelport.report.outlook import outlooks
from report.made import UNKNOWN_MARK, recording, step, urn

COMPONENT = "modelport:index:ManagedEndpoint"
FACTS = {
    "target": "aws.sagemaker",
    "bundle": "breast_cancer",
    "version": "3f2a0c4d5e6f7081",
    "size": "ml.m5.large",
    "replicas": "1 to 2",
    "monthly_usd": 88.36,
    "idle_usd": 88.21,
    "worst_case_usd": 1187.93,
    "per_1000_usd": 0.0002,
    "prices_as_of": "2024-07-01",
    "unpriced": "endpoint disk",
    "limit": "payload 1.05 of 25 MB (4 %)",
    "notes": "p99 is not watched",
}


def test_a_new_deployment() -> None:
    parent = urn(COMPONENT, "cancer")
    inner = urn("modelport:index:ModelImage", "cancer-image")
    seen = recording(
        step(COMPONENT, "cancer", custom=False, new=FACTS),
        step("modelport:index:ModelImage", "cancer-image", custom=False, parent=parent),
        step("aws:ecr/repository:Repository", "images", parent=inner),
        step("aws:sagemaker/endpoint:Endpoint", "endpoint", parent=parent),
        step("aws:iam/role:Role", "role", parent=parent),
        step("modelport:live:Verification", "live", parent=parent),
        step("aws:iam/role:Role", "somebody's"),
    )
    (found,) = outlooks(seen)
    assert found.resources == {"create": 3}
    assert found.lines() == [
        "cancer · aws.sagemaker · ml.m5.large x 1 to 2 · breast_cancer@3f2a0c4d",
        "  create 3: Repository, Endpoint, Role",
        "  88.36 USD a month (idle 88.21, at most 1,187.93); 0.0002 USD per 1,000 predictions; "
        "prices of 2024-07-01; without endpoint disk",
        "  limit: payload 1.05 of 25 MB (4 %)",
        "  note: p99 is not watched",
    ]


def test_what_stays_and_what_goes() -> None:
    same = recording(
        step(COMPONENT, "cancer", op="same", custom=False, old=FACTS, new=FACTS),
        step("aws:iam/role:Role", "role", op="same", parent=urn(COMPONENT, "cancer")),
    )
    assert outlooks(same)[0].lines()[1] == "  no changes"
    gone = recording(step(COMPONENT, "cancer", op="delete", custom=False, old=FACTS))
    assert outlooks(gone) == []


def test_what_is_not_known_is_left_out() -> None:
    facts = {"target": "local", "monthly_usd": UNKNOWN_MARK, "bundle": "b", "version": "1" * 16}
    (found,) = outlooks(recording(step(COMPONENT, "cancer", custom=False, new=facts)))
    assert found.monthly_usd is None
    assert len(found.lines()) == 2
