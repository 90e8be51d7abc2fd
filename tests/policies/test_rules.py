"""Rules about components, servers and money: what passes, fails, and waits while unknown."""

from collections.abc import Callable
from typing import Any

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from modelport_policies import COST
from modelport_policies.pack import stack_findings
from modelport_policies.rule import Resource

Judge = Callable[..., list[str]]
LATER = UNKNOWN_STRING_VALUE
SECRET = "mp_Zk1vT0bQ9yWcR4uX7aLh2sE8dGm3nPq5jFt6iBxK"
SERVICE = "modelport:index:LocalService"
SERVER = "modelport:local:Server"
ENGINE = "modelport:docker:Service"
GROUP = "aws:cloudwatch/logGroup:LogGroup"
SHA = "0123456789abcdef" * 4

PASS: list[tuple[str, str, dict[str, Any]]] = [
    ("owner-present", SERVICE, {"owner": "diagnostics"}),
    ("owner-present", SERVICE, {"owner": LATER}),
    ("evaluation-passed", SERVICE, {"evaluation": "passed"}),
    ("evaluation-passed", SERVICE, {"evaluation": LATER}),
    ("better-than-baseline", SERVICE, {"metric": "f1", "score": 0.9, "baseline": 0.8}),
    ("better-than-baseline", SERVICE, {"metric": "rmse", "score": "53.1", "baseline": 77}),
    ("better-than-baseline", SERVICE, {"metric": LATER, "score": 0.1, "baseline": 0.8}),
    ("better-than-baseline", SERVICE, {"metric": "f1", "score": LATER, "baseline": 0.8}),
    ("better-than-baseline", SERVICE, {"metric": "f1", "score": 0.1, "baseline": LATER}),
    ("bundle-pinned-in-prod", SERVICE, {"pinned": True}),
    ("bundle-pinned-in-prod", SERVICE, {"pinned": LATER}),
    ("training-data-known", SERVICE, {"data_sha256": SHA}),
    ("training-data-known", SERVICE, {"data_sha256": LATER}),
    ("endpoint-public-needs-auth", SERVER, {"host": "127.0.0.1"}),
    ("endpoint-public-needs-auth", SERVER, {"host": "::1"}),
    ("endpoint-public-needs-auth", ENGINE, {"host": "127.0.0.1"}),
    ("endpoint-public-needs-auth", ENGINE, {"host": "0.0.0.0", "api_key": SECRET}),
    ("local-memory-limited", ENGINE, {"memory_bytes": 2**30}),
    ("local-log-bounded", ENGINE, {"log_bytes": 10 * 2**20}),
    ("endpoint-public-needs-auth", SERVER, {"host": "::ffff:127.0.0.1"}),
    ("endpoint-public-needs-auth", SERVER, {"host": "0.0.0.0", "api_key": SECRET}),
    ("endpoint-public-needs-auth", SERVER, {"host": "0.0.0.0", "api_key": LATER}),
    ("endpoint-public-needs-auth", SERVER, {"host": LATER}),
    ("endpoint-public-needs-tls", SERVER, {"host": "127.1.2.3"}),
    ("endpoint-public-needs-tls", SERVER, {"host": LATER}),
    ("endpoint-requests-bounded", SERVER, {"max_body_bytes": 1, "max_rows": 1_000_000}),
    ("endpoint-requests-bounded", SERVER, {"max_body_bytes": LATER, "max_rows": LATER}),
    ("log-retention-set", GROUP, {"retentionInDays": 7}),
    ("log-retention-set", GROUP, {"retentionInDays": 400}),
    ("log-retention-set", GROUP, {"retentionInDays": LATER}),
    ("local-log-bounded", SERVER, {"log_bytes": 2**30}),
    ("local-log-bounded", SERVER, {"log_bytes": 1}),
    ("local-log-bounded", SERVER, {"log_bytes": LATER}),
    ("local-memory-limited", SERVER, {"memory_bytes": 1}),
    ("local-memory-limited", SERVER, {"memory_bytes": LATER}),
    ("monthly-limit", SERVICE, {"monthly_usd": 1000}),
    ("monthly-limit", SERVICE, {"monthly_usd": LATER}),
    ("monthly-limit", SERVICE, {}),
    ("price-known", SERVICE, {"monthly_usd": 0}),
    ("price-known", SERVICE, {"monthly_usd": "83.95"}),
    ("price-known", SERVICE, {"monthly_usd": LATER}),
    ("stack-monthly-limit", SERVICE, {"monthly_usd": 5000}),
    ("stack-monthly-limit", SERVICE, {"monthly_usd": LATER}),
]

FAIL: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("owner-present", SERVICE, {}, ["names no owner"]),
    ("owner-present", SERVICE, {"owner": None}, ["names no owner"]),
    ("owner-present", SERVICE, {"owner": ["a"]}, ["names no owner"]),
    ("owner-present", SERVICE, {"owner": " ToDo "}, ["has the owner 'ToDo', which is nobody"]),
    ("evaluation-passed", SERVICE, {}, ["has no evaluation record"]),
    ("evaluation-passed", SERVICE, {"evaluation": True}, ["has no evaluation record"]),
    (
        "evaluation-passed",
        SERVICE,
        {"evaluation": SECRET},
        ["has an evaluation record that does not say 'passed'"],
    ),
    (
        "better-than-baseline",
        SERVICE,
        {"metric": "f1", "score": 0.7, "baseline": 0.7},
        ["has f1 0.7, no better than its baseline's 0.7"],
    ),
    (
        "better-than-baseline",
        SERVICE,
        {"metric": "mae", "score": 9, "baseline": 8},
        ["has mae 9, no better than its baseline's 8"],
    ),
    ("better-than-baseline", SERVICE, {}, ["does not publish metric, score and baseline"]),
    (
        "better-than-baseline",
        SERVICE,
        {"metric": "f1", "score": float("nan"), "baseline": 0.5},
        ["does not publish metric, score and baseline"],
    ),
    (
        "better-than-baseline",
        SERVICE,
        {"metric": SECRET, "score": 1, "baseline": 0},
        ["names a metric that is none of accuracy, f1, mae, precision, r2, recall, rmse, roc_auc"],
    ),
    (
        "bundle-pinned-in-prod",
        SERVICE,
        {"pinned": False},
        ["takes the newest bundle, so another one may be live tomorrow"],
    ),
    (
        "bundle-pinned-in-prod",
        SERVICE,
        {"pinned": "true"},
        ["takes the newest bundle, so another one may be live tomorrow"],
    ),
    (
        "bundle-pinned-in-prod",
        SERVICE,
        {},
        ["does not say whether its bundle is named by digest"],
    ),
    *[
        (
            "training-data-known",
            SERVICE,
            properties,
            ["does not say in data_sha256 from which data its model was trained"],
        )
        for properties in ({}, {"data_sha256": SECRET}, {"data_sha256": 7})
    ],
    (
        "endpoint-public-needs-auth",
        SERVER,
        {"host": "0.0.0.0", "api_key": None},
        ["listens on 0.0.0.0 and asks nobody who they are"],
    ),
    (
        "endpoint-public-needs-auth",
        SERVER,
        {"host": "::", "api_key": ""},
        ["listens on :: and asks nobody who they are"],
    ),
    (
        "endpoint-public-needs-auth",
        SERVER,
        {"host": SECRET, "api_key": 5},
        ["listens on a host that is no IP address and asks nobody who they are"],
    ),
    (
        "endpoint-public-needs-auth",
        SERVER,
        {},
        ["listens on an address that it does not name and asks nobody who they are"],
    ),
    (
        "endpoint-public-needs-tls",
        SERVER,
        {"host": "192.0.2.7", "api_key": SECRET},
        ["listens on 192.0.2.7 with plain HTTP"],
    ),
    (
        "endpoint-requests-bounded",
        SERVER,
        {"max_body_bytes": 2**40},
        ["has max_body_bytes 1099511627776, not between 1 and 67108864 bytes", "has no max_rows"],
    ),
    (
        "endpoint-requests-bounded",
        SERVER,
        {"max_body_bytes": LATER, "max_rows": 0},
        ["has max_rows 0, not between 1 and 1000000 rows"],
    ),
    (
        "endpoint-requests-bounded",
        SERVER,
        {"max_body_bytes": SECRET, "max_rows": 5},
        ["has no max_body_bytes"],
    ),
    *[
        (
            "log-retention-set",
            GROUP,
            properties,
            ["sets no retentionInDays, so it keeps logs for ever"],
        )
        for properties in ({}, {"retentionInDays": 0}, {"retentionInDays": True})
    ],
    (
        "log-retention-set",
        GROUP,
        {"retentionInDays": 3653},
        ["has retentionInDays 3653, not between 7 and 400"],
    ),
    ("local-log-bounded", SERVER, {}, ["has no log_bytes, so its log grows without an end"]),
    (
        "local-log-bounded",
        SERVER,
        {"log_bytes": 2**31},
        ["has log_bytes 2147483648, not between 1 and 1073741824"],
    ),
    *[
        (
            "local-memory-limited",
            SERVER,
            properties,
            ["has no memory_bytes, so its workers take what they like"],
        )
        for properties in ({}, {"memory_bytes": -1}, {"memory_bytes": {}})
    ],
    (
        "monthly-limit",
        SERVICE,
        {"monthly_usd": 1000.5},
        ["costs 1000.50 USD a month, over the limit of 1000.00"],
    ),
    ("price-known", SERVICE, {}, ["does not say in monthly_usd what it costs"]),
    ("price-known", SERVICE, {"monthly_usd": "nan"}, ["does not say in monthly_usd what it costs"]),
    (
        "price-known",
        SERVICE,
        {"monthly_usd": SECRET},
        ["does not say in monthly_usd what it costs"],
    ),
    ("price-known", SERVICE, {"monthly_usd": -1}, ["has a monthly_usd below 0"]),
]


@pytest.mark.parametrize(("rule", "kind", "properties"), PASS)
def test_passes(judge: Judge, rule: str, kind: str, properties: dict[str, Any]) -> None:
    assert judge(rule, kind, properties) == []


@pytest.mark.parametrize(("rule", "kind", "properties", "expected"), FAIL)
def test_fails(
    judge: Judge, rule: str, kind: str, properties: dict[str, Any], expected: list[str]
) -> None:
    found = judge(rule, kind, properties)
    assert [message.splitlines()[0] for message in found] == [f"cancer {text}" for text in expected]
    for value in (SECRET, "hunter2", "AccountKey", "BEGIN", "1234"):
        assert value not in "".join(found)


def test_parameters_move_the_limits(judge: Judge) -> None:
    assert judge("monthly-limit", SERVICE, {"monthly_usd": 50}, monthly_usd=49)
    assert not judge("monthly-limit", SERVICE, {"monthly_usd": 2000}, monthly_usd=2000.0)
    assert judge("log-retention-set", GROUP, {"retentionInDays": 30}, min_days=90)


def test_a_stack_is_the_sum_of_its_outermost_parts() -> None:
    def part(name: str, usd: object, parent: str = "") -> Resource:
        return Resource(SERVICE, name, f"urn:{name}", {"monthly_usd": usd}, parent)

    (rule,) = [rule for rule in COST if rule.id == "stack-monthly-limit"]
    whole = [
        part("a", 3000),
        part("b", 2000),
        part("inside", 900, "urn:b"),
        part("credit", -500),
        part("later", LATER),
        Resource("aws:s3/bucket:Bucket", "other", "urn:other", {"monthly_usd": 10**6}),
    ]
    assert stack_findings(rule, whole, {}) == []
    (message,) = stack_findings(rule, [*whole, part("c", 1)], {})
    assert message.splitlines()[0] == (
        "the stack costs 5001.00 USD a month, over the limit of 5000.00; "
        "the dearest part is a at 3000.00"
    )
    exempt = {"resource": "c", "reason": "paid by another team", "expires": "2999-01-01"}
    assert stack_findings(rule, [*whole, part("c", 1)], {"exemptions": [exempt]}) == []


@pytest.mark.parametrize(
    ("metric", "less"),
    [
        ("accuracy", False),
        ("f1", False),
        ("mae", True),
        ("precision", False),
        ("r2", False),
        ("recall", False),
        ("rmse", True),
        ("roc_auc", False),
    ],
)
def test_better_means_more_or_less_and_never_equal(judge: Judge, metric: str, less: bool) -> None:
    low, high = {"score": 0.4, "baseline": 0.6}, {"score": 0.6, "baseline": 0.4}
    better, worse = (low, high) if less else (high, low)
    assert judge("better-than-baseline", SERVICE, {"metric": metric, **better}) == []
    for refused in (worse, {"score": 0.5, "baseline": 0.5}):
        assert len(judge("better-than-baseline", SERVICE, {"metric": metric, **refused})) == 1
