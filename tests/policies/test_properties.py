"""Properties of every rule on generated inputs, unknown values at any place."""

import os
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_policy.proxy import UNKNOWN_ARRAY_VALUE, UNKNOWN_STRING_VALUE, unknown_checking_proxy

from modelport_policies import RULES
from modelport_policies.pack import findings, stack_findings
from modelport_policies.rule import Resource, Rule, Sample
from modelport_policies.values import entries, items, number, read, text
from rule_variations import SECRET, bad, changed, good, judged, tree

KEYS = [
    "api_key", "baseline", "buildConfig", "containers", "data_sha256", "env", "environment",
    "environmentVariables", "envs", "evaluation", "host", "initContainers", "limits", "log_bytes",
    "max_body_bytes", "max_rows", "memory", "memory_bytes", "metric", "monthly_usd", "name",
    "onlineDeploymentProperties", "owner", "pinned", "primaryContainer", "properties", "resources",
    "retentionInDays", "score", "serviceConfig", "siteConfig", "spec", "template", "value",
    "variables", "jobTemplate", "appSettings",
]  # fmt: skip
"""What the rules read, so that generated trees reach deep into them."""

EXAMPLES = int(os.environ.get("MODELPORT_EXAMPLES", "40"))
"""Changed examples that each rule judges."""

later = st.sampled_from([UNKNOWN_STRING_VALUE, UNKNOWN_ARRAY_VALUE])
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["f1", "passed", "127.0.0.1", "0.0.0.0", "nan", "1e999", "API_KEY", "9" * 400]),
    later,
)
names = st.one_of(st.sampled_from(KEYS), st.text(max_size=4))
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=4)),
    max_leaves=12,
)
each = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def judge(rule: Rule, kind: str, properties: dict[str, Any]) -> list[str]:
    resource = Resource(kind, "cancer", "urn", unknown_checking_proxy(properties))
    return findings(rule, resource, {}) if rule.check else stack_findings(rule, [resource], {})


@settings(max_examples=50)
@given(properties=st.dictionaries(names, trees, max_size=6))
def test_no_tree_breaks_a_rule(properties: dict[str, Any]) -> None:
    """One tree for all rules: what decides is where its keys are those that a rule reads."""
    for rule in RULES:
        found = judge(rule, rule.passes.type, properties)
        assert not any("could not be judged" in message for message in found), rule.id
        assert judge(rule, rule.passes.type, properties) == found


@each
def test_nothing_at_any_place_of_an_example_breaks_a_rule(rule: Rule) -> None:
    """MODELPORT_EXAMPLES=10000 (make soak) asks each rule that often."""
    chance = Random(rule.id)
    for _ in range(EXAMPLES):
        sample = changed(chance, chance.choice((*good(rule), *bad(rule))))
        found = judged(rule, sample)
        assert not any("could not be judged" in message for message in found), sample
        assert not any(SECRET in message for message in found), sample


@each
def test_unrelated_properties_change_nothing(rule: Rule) -> None:
    chance = Random(rule.id)
    for sample in (*good(rule), *bad(rule)):
        alone = judged(rule, sample)
        more = {f"zz{index}": tree(chance) for index in range(3)}
        for properties in ({**more, **sample.properties}, {**sample.properties, **more}):
            assert judged(rule, Sample(sample.type, properties, sample.beside)) == alone


LISTS: list[tuple[str, str, Callable[[list[Any]], dict[str, Any]], Any]] = [
    (
        "container-memory-limited",
        "kubernetes:core/v1:Pod",
        lambda found: {"spec": {"containers": found}},
        {"name": "bad"},
    ),
    (
        "environment-no-plain-secrets",
        "kubernetes:core/v1:Pod",
        lambda found: {"spec": {"containers": [{"env": found}]}},
        {"name": "TOKEN", "value": "hunter2"},
    ),
    (
        "environment-no-plain-secrets",
        "gcp:cloudrunv2/service:Service",
        lambda found: {"template": {"containers": found}},
        {"envs": [{"name": "TOKEN", "value": "hunter2"}]},
    ),
    (
        "environment-no-plain-secrets",
        "aws:lambda/function:Function",
        lambda found: {
            "environment": {
                "variables": {f"N{place}_TOKEN": value for place, value in enumerate(found)}
            }
        },
        "hunter2",
    ),
]


@pytest.mark.parametrize(("rule", "kind", "around", "bad"), LISTS)
@given(before=st.lists(trees, max_size=3), after=st.lists(trees, max_size=3))
def test_neighbours_never_hide_a_finding(
    rule: str,
    kind: str,
    around: Callable[[list[Any]], dict[str, Any]],
    bad: Any,
    before: list[Any],
    after: list[Any],
) -> None:
    (chosen,) = [item for item in RULES if item.id == rule]
    others = len(judge(chosen, kind, around([*before, *after])))
    assert len(judge(chosen, kind, around([*before, bad, *after]))) == others + 1


@given(tree=trees, path=st.lists(st.one_of(names, st.integers(-5, 5)), max_size=4))
def test_reading_never_raises(tree: Any, path: list[str | int]) -> None:
    properties = unknown_checking_proxy({"here": tree})
    for look in (read, text, number):
        look(properties, "here", *path)
    list(entries(properties, "here", *path))
    list(items(properties, "here", *path))
