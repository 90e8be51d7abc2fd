"""Fixtures of the policy tests."""

from collections.abc import Callable
from typing import Any

import pytest
from pulumi_policy.proxy import unknown_checking_proxy

from modelport_policies import RULES
from modelport_policies.pack import findings, stack_findings
from modelport_policies.rule import Resource


@pytest.fixture
def judge() -> Callable[..., list[str]]:
    """What a rule says about one resource, whose properties come as the SDK hands them over."""
    rules = {rule.id: rule for rule in RULES}

    def judged(rule: str, kind: str, properties: dict[str, Any], **settings: Any) -> list[str]:
        resource = Resource(kind, "cancer", "urn", unknown_checking_proxy(properties))
        chosen = rules[rule]
        if chosen.check:
            return findings(chosen, resource, settings)
        return stack_findings(chosen, [resource], settings)

    return judged
