"""Packs: environments, exemptions, settings, and rules that break."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy import EnforcementLevel

from modelport_policies import COST, SECURITY
from modelport_policies.exemptions import parse_exemptions
from modelport_policies.pack import environment, findings, read_settings, stack_findings
from modelport_policies.rule import Resource, Settings

Judge = Callable[..., list[str]]
OWNER = next(rule for rule in SECURITY if rule.id == "owner-present")
STACK = next(rule for rule in COST if rule.id == "stack-monthly-limit")
SERVICE = "modelport:index:LocalService"


@pytest.mark.parametrize(
    ("config", "stack", "expected"),
    [
        ({"modelport:environment": "staging"}, "prod", "staging"),
        ({"modelport:environment": "dev"}, "anything", "dev"),
        ({"modelport:environment": "production"}, "dev", "prod"),
        ({"modelport:environment": ""}, "dev", "prod"),
        ({"modelport:deployments": "{}"}, "prod", "prod"),
        ({"modelport:deployments": "{}"}, "test", "dev"),
        ({}, "staging", "staging"),
        ({}, "acme/models/dev", "dev"),
        ({"aws:region": "eu-west-1"}, "test", "prod"),
        ({}, "", "prod"),
    ],
)
def test_the_environment_is_found_or_the_strictest(
    config: dict[str, object], stack: str, expected: str
) -> None:
    assert environment(config, stack) == expected


def exemption(**changes: object) -> dict[str, object]:
    whole: dict[str, object] = {
        "resource": "canc*",
        "reason": "fair stand, no data",
        "expires": "2999-12-31",
    }
    return {key: value for key, value in (whole | changes).items() if value is not None}


def test_an_exemption_holds_for_what_it_names(judge: Judge) -> None:
    assert judge("owner-present", SERVICE, {}, exemptions=[exemption()]) == []
    assert judge("owner-present", SERVICE, {}, exemptions=[exemption(reason="10 letters")]) == []
    assert judge("owner-present", SERVICE, {}, exemptions=[exemption(resource="other")])
    assert judge("owner-present", SERVICE, {}, exemptions=[])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"expires": "2020-01-31"}, "its exemption ended on 2020-01-31"),
        ({"expires": None}, "its exemption has no valid day in 'expires'"),
        ({"expires": "soon"}, "its exemption has no valid day in 'expires'"),
        ({"reason": None}, "its exemption gives no reason of 10 letters"),
        ({"reason": "   ok     "}, "its exemption gives no reason of 10 letters"),
        ({"reason": ["a"] * 20}, "its exemption gives no reason of 10 letters"),
    ],
)
def test_an_exemption_that_does_not_count_says_why(
    judge: Judge, changes: dict[str, object], problem: str
) -> None:
    (found,) = judge("owner-present", SERVICE, {}, exemptions=[exemption(**changes)])
    assert found.splitlines()[0] == f"cancer names no owner ({problem})"


@pytest.mark.parametrize("written", ["all", {"resource": "*"}, 7, ["*"], [None]])
def test_exemptions_of_another_shape_exempt_nothing(judge: Judge, written: object) -> None:
    (found,) = judge("owner-present", SERVICE, {}, exemptions=written)
    assert "exemption" in found.splitlines()[0]


def test_an_exemption_holds_on_its_last_day() -> None:
    settings = {"exemptions": [exemption(expires="2026-03-31")]}
    assert parse_exemptions(settings, date(2026, 3, 31))[0].problem == ""
    assert parse_exemptions(settings, date(2026, 4, 1))[0].problem != ""


def test_a_rule_that_breaks_is_a_finding_beside_those_before_it() -> None:
    def broken(resource: Resource, _: Settings) -> Iterator[str]:
        yield "is wrong"
        raise RuntimeError(f"secret {resource.properties['key']}")

    resource = Resource(SERVICE, "cancer", "urn", {"key": "hunter2"})
    first, second = findings(replace(OWNER, check=broken), resource, {})
    assert first.startswith("cancer is wrong\n")
    assert "could not be judged: the rule broke with RuntimeError in test_pack.py, line" in second
    assert "hunter2" not in first + second


def test_a_stack_rule_that_breaks_is_a_finding() -> None:
    resource = Resource(SERVICE, "cancer", "urn", {"monthly_usd": 1})
    (found,) = stack_findings(STACK, [resource], {"monthly_usd": "much"})
    assert found.startswith("the stack could not be judged: the rule broke with ValueError in cost")


def test_a_rule_leaves_other_types_alone() -> None:
    assert findings(OWNER, Resource("aws:s3/bucket:Bucket", "cancer", "urn", {}), {}) == []
    assert findings(STACK, Resource(SERVICE, "cancer", "urn", {}), {}) == []
    assert stack_findings(OWNER, [Resource(SERVICE, "cancer", "urn", {})], {}) == []


def test_settings_beside_the_pack(tmp_path: Path) -> None:
    file = tmp_path / "prod.json"
    assert read_settings(file) == {}
    written: dict[str, Any] = {
        "all": "advisory",
        "owner-present": {"enforcementLevel": "mandatory", "exemptions": [exemption()]},
        "monthly-limit": {"monthly_usd": 50},
    }
    file.write_text(json.dumps(written))
    assert read_settings(file) == {
        "all": EnforcementLevel.ADVISORY,
        "owner-present": {
            "enforcementLevel": EnforcementLevel.MANDATORY,
            "exemptions": [exemption()],
        },
        "monthly-limit": {"monthly_usd": 50},
    }


@pytest.mark.parametrize("text", ["[]", "{", '{"owner-present": 7}', '{"owner-present": "strict"}'])
def test_settings_that_cannot_be_read_stop_the_pack(tmp_path: Path, text: str) -> None:
    file = tmp_path / "prod.json"
    file.write_text(text)
    with pytest.raises(ValueError):
        read_settings(file)
