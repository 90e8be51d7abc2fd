"""What a person is told to look at, and that what is not known is said."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.report.data_types import DATA_TYPES
from modelport.report.endpoints import ENDPOINTS
from modelport.report.recording import Change, Step
from modelport.report.risks import JUDGES
from report import made
from report.made import GROUP, SERVER, UNKNOWN_MARK, of, step, updated

BUCKET = "aws:s3/bucket:Bucket"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
# -- data


@pytest.mark.parametrize(
    ("kind", "inputs", "severity", "says"),
    [
        (BUCKET, {}, "medium", "that fails unless it is empty"),
        (BUCKET, {"forceDestroy": True}, "high", "what it holds is lost"),
        ("aws:rds/instance:Instance", {"deletionProtection": True}, "medium", "refuses"),
        ("aws:rds/instance:Instance", {"deletionProtection": False}, "high", "is lost"),
        ("aws:kms/key:Key", {}, "medium", "is soon lost"),
        ("gcp:sql/databaseInstance:DatabaseInstance", {}, "high", "is lost"),
        ("azure-native:storage/v20230101:BlobContainer", {}, "high", "is lost"),
        ("azure-native:keyvault:Vault", {}, "medium", "is soon lost"),
        ("kubernetes:core/v1:Namespace", {}, "high", "is lost"),
    ],
)
@pytest.mark.parametrize("op", ["delete", "replace"])
def test_data_that_goes(
    kind: str, inputs: dict[str, Any], severity: str, says: str, op: str
) -> None:
    (risk,) = of("data", step(kind, op=op, old=inputs, new={}))
    assert risk.severity == severity
    assert says in risk.what
    assert risk.judged


def test_what_decides_on_the_loss_is_not_known() -> None:
    for gone in (
        step("kubernetes:core/v1:PersistentVolumeClaim", op="delete", old={}),
        step(BUCKET, op="delete", old={"forceDestroy": UNKNOWN_MARK}),
    ):
        (risk,) = of("data", gone)
        assert not risk.judged
        assert "could be lost" in risk.what


def test_protected_and_retained_data() -> None:
    (protected,) = of("data", step(BUCKET, op="delete", old={}, protect_old=True))
    assert "the update stops here" in protected.what
    (kept,) = of("data", step(BUCKET, op="delete", old={}, retain_old=True))
    assert (kept.severity, "no longer managed" in kept.what) == ("low", True)
    (replaced,) = of("data", step(BUCKET, op="replace", old={}, new={}, retain_old=True))
    assert "the old one is kept" in replaced.what


@pytest.mark.parametrize("kind", DATA_TYPES)
def test_every_type_with_data_says_something_when_it_goes(kind: str) -> None:
    assert of("data", step(kind, op="delete", old={}))
    assert not of("data", step(kind, op="create", new={}))


# -- endpoints


@pytest.mark.parametrize("kind", ENDPOINTS)
@pytest.mark.parametrize("op", ["replace", "delete", "update"])
def test_every_endpoint_says_whether_downtime_is_expected(kind: str, op: str) -> None:
    said = " ".join(risk.what for risk in of("endpoint", step(kind, op=op, old={}, new={})))
    assert (
        "downtime is expected" in said
        or "downtime is not expected" in said
        or ("could not be judged" in said)
    )


def test_a_replacement_that_deletes_first_interrupts() -> None:
    kind = "aws:sagemaker/endpoint:Endpoint"
    (first,) = of("endpoint", step(kind, op="replace", old={}, new={}, deletes_first=True))
    (second,) = of("endpoint", step(kind, op="replace", old={}, new={}))
    assert "downtime is expected" in first.what
    assert "downtime is not expected" in second.what
    assert first.severity == second.severity == "high"


@pytest.mark.parametrize(
    ("path", "expected"), [("version", False), ("port", True), ("host", True), ("workers", False)]
)
def test_a_local_server_is_interrupted_by_another_address_only(path: str, expected: bool) -> None:
    said = " ".join(risk.what for risk in of("endpoint", updated(SERVER, path, 1, 2, new={})))
    assert ("downtime is expected" in said) is expected
    assert ("gets another address" in said) is expected


@pytest.mark.parametrize(
    ("spec", "path", "says", "judged"),
    [
        ({"strategy": {"type": "Recreate"}}, "spec.template.x", "downtime is expected", True),
        ({"strategy": {"type": "RollingUpdate"}}, "spec.template.x", "not expected", True),
        ({}, "spec.replicas", "not expected", True),
        ({"strategy": {"type": UNKNOWN_MARK}}, "spec.template.x", "could not be judged", False),
        (
            {"strategy": {"rollingUpdate": {"maxUnavailable": 1}}, "replicas": 1},
            "spec.template.x", "its only pod may end", True,
        ),
        (
            {"strategy": {"rollingUpdate": {"maxUnavailable": "25%"}}, "replicas": 1},
            "spec.template.x", "not expected", True,
        ),
    ],
)  # fmt: skip
def test_the_strategy_of_a_deployment_decides(
    spec: dict[str, Any], path: str, says: str, judged: bool
) -> None:
    (risk,) = of("endpoint", updated(DEPLOYMENT, path, "a", "b", new={"spec": spec}))
    assert says in risk.what
    assert risk.judged is judged


def test_a_new_key_locks_callers_out() -> None:
    (risk,) = of("endpoint", step("modelport:auth:ApiKey", op="replace", old={}, new={}))
    assert "refused" in risk.why


# -- secrets, safeguards, scale, versions


def test_a_secret_that_turned_plain_is_grave() -> None:
    (risk,) = of("secret", step(BUCKET, op="update", old={}, new={}, turned_plain=("tags.key",)))
    assert (risk.severity, "`tags.key`" in risk.what) == ("high", True)


def test_safeguards_that_go() -> None:
    gone = updated("aws:rds/instance:Instance", "deletionProtection", True, False)
    assert "loses a safeguard" in of("safeguard", gone)[0].what
    later = updated("aws:rds/instance:Instance", "deletionProtection", True, UNKNOWN_MARK)
    assert not of("safeguard", later)[0].judged
    assert not of("safeguard", updated(BUCKET, "forceDestroy", True, False))
    assert of("safeguard", updated(BUCKET, "forceDestroy", False, True))
    (open_now,) = of("safeguard", step(BUCKET, op="same", protect_old=True))
    assert "no longer protected" in open_now.what


@pytest.mark.parametrize(
    ("path", "old", "new", "severity"),
    [
        ("spec.replicas", 2, 4, "medium"),
        ("spec.replicas", 2, 3, None),
        ("spec.replicas", 2, 0, "high"),
        ("scaling.minInstanceCount", 2, 0, "low"),
        ("desiredCount", 1, UNKNOWN_MARK, "medium"),
        ("instanceType", "ml.m5.large", "ml.p3.2xlarge", "low"),
    ],
)
def test_scale(path: str, old: Any, new: Any, severity: str | None) -> None:
    found = of("scale", updated("x:y:Z", path, old, new))
    assert [risk.severity for risk in found] == ([severity] if severity else [])


def component(old: dict[str, Any], new: dict[str, Any]) -> Step:
    return step("modelport:index:LocalService", "cancer", "update", custom=False, old=old, new=new)


@pytest.mark.parametrize(
    ("old", "new", "severity"),
    [
        (100, 105, None),
        (100, 150, "low"),
        (100, 200, "medium"),
        (0, 50, "medium"),
        (200, 100, None),
    ],
)
def test_the_price(old: float, new: float, severity: str | None) -> None:
    found = of("scale", component({"monthly_usd": old}, {"monthly_usd": new}))
    assert [risk.severity for risk in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("metric", "old", "new", "severity"),
    [
        ("f1", 0.9, 0.95, "low"),
        ("f1", 0.9, 0.8, "medium"),
        ("mae", 3, 2, "low"),
        ("mae", 2, 3, "medium"),
    ],
)
def test_another_version_with_its_scores(
    metric: str, old: float, new: float, severity: str
) -> None:
    facts = {"monthly_usd": 0, "metric": metric}
    (risk,) = of(
        "model",
        component(
            {**facts, "version": "a" * 16, "score": old},
            {**facts, "version": "b" * 16, "score": new},
        ),
    )
    assert risk.severity == severity
    assert "`aaaaaaaa…` → `bbbbbbbb…`" in risk.what


def test_going_back_is_said() -> None:
    facts = {"monthly_usd": 0}
    service = component({**facts, "version": "b"}, {**facts, "version": "a"})
    server = step(SERVER, op="update", parent=service.urn, releases=("a", "b"), old={}, new={})
    (risk,) = of("model", service, server)
    assert "goes back to a model version that was live before" in risk.what


# -- all of them

KEYS = st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5)
    | st.sampled_from([UNKNOWN_MARK, made.SECRET_MARK]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
TYPES = sorted({*DATA_TYPES, *ENDPOINTS, GROUP, "aws:iam/policy:Policy", "gcp:a/b:IAMMember"})
PATHS = [
    "spec.replicas",
    "ingress",
    "policy",
    "host",
    "instanceType",
    "deletionProtection",
    "a[0].b",
]


@given(
    st.sampled_from(TYPES),
    st.sampled_from(["create", "update", "replace", "delete", "same", "read"]),
    st.dictionaries(st.sampled_from(["ingress", "policy", "spec", "member", "host"]), JSON),
    st.dictionaries(st.sampled_from(["ingress", "policy", "spec", "member", "role"]), JSON),
    st.sampled_from(PATHS),
    JSON,
)
def test_no_judge_breaks_whatever_the_inputs_are(
    kind: str, op: str, old: dict[str, Any], new: dict[str, Any], path: str, value: Any
) -> None:
    change = Change(path=path, kind="update", old=value, new=old)
    one = step(kind, op=op, old=old, new=new, changes=(change,))
    for judge in JUDGES:
        for risk in judge(one, {one.urn: one}):
            assert risk.why
            assert risk.check
            assert risk.judged or "could" in risk.what or "may" in risk.what or "known" in risk.what
