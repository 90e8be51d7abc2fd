"""Properties of every rule on generated inputs, unknown values at any place."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_policy.proxy import UNKNOWN_ARRAY_VALUE, UNKNOWN_STRING_VALUE, unknown_checking_proxy

from modelport_policies import COST, SECURITY
from modelport_policies.pack import findings, stack_findings
from modelport_policies.rule import Resource, Rule
from modelport_policies.values import entries, items, number, read, text

RULES = [*SECURITY, *COST]
KEYS = [
    "api_key", "baseline", "buildConfig", "containers", "data_sha256", "env", "environment",
    "environmentVariables", "envs", "evaluation", "host", "initContainers", "limits", "log_bytes",
    "max_body_bytes", "max_rows", "memory", "memory_bytes", "metric", "monthly_usd", "name",
    "onlineDeploymentProperties", "owner", "pinned", "primaryContainer", "properties", "resources",
    "retentionInDays", "score", "serviceConfig", "siteConfig", "spec", "template", "value",
    "variables", "jobTemplate", "appSettings",
]  # fmt: skip
"""What the rules read, so that generated trees reach deep into them."""

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


def replaced(sample: Any, path: tuple[Any, ...], value: object) -> Any:
    """A copy of a tree with another value at one place."""
    if not path:
        return value
    copy = deepcopy(sample)
    here = copy
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return copy


def places(tree: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a tree, the root left out."""
    found: list[tuple[Any, ...]] = [path] if path else []
    if isinstance(tree, dict):
        for key, value in cast("dict[str, object]", tree).items():
            found += places(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(cast("list[object]", tree)):
            found += places(value, (*path, index))
    return found


@each
@settings(max_examples=50)
@given(data=st.data())
def test_no_tree_breaks_a_rule(rule: Rule, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([rule.passes.type, *(t for t in rule.types if "*" not in t)]))
    properties = data.draw(st.dictionaries(names, trees, max_size=6))
    found = judge(rule, kind, properties)
    assert not any("could not be judged" in message for message in found)
    assert judge(rule, kind, properties) == found


@each
@settings(max_examples=50)
@given(data=st.data())
def test_nothing_at_any_place_of_an_example_breaks_a_rule(rule: Rule, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from([rule.passes, rule.fails]))
    properties = dict(sample.properties)
    path = data.draw(st.sampled_from(places(properties)))
    found = judge(rule, sample.type, replaced(properties, path, data.draw(trees)))
    assert not any("could not be judged" in message for message in found)


@each
def test_what_passes_does_not_fail_for_an_unknown_value(rule: Rule) -> None:
    """What is not known yet is judged later, not refused in every preview."""
    properties = dict(rule.passes.properties)
    for path in places(properties):
        tree = replaced(properties, path, UNKNOWN_STRING_VALUE)
        assert judge(rule, rule.passes.type, tree) == []


@each
@settings(max_examples=50)
@given(data=st.data())
def test_unrelated_properties_change_nothing(rule: Rule, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from([rule.passes, rule.fails]))
    unrelated = st.text(max_size=5).map(lambda name: f"zz{name}")
    more = data.draw(st.dictionaries(unrelated, trees, max_size=3))
    alone = judge(rule, sample.type, dict(sample.properties))
    assert judge(rule, sample.type, {**more, **sample.properties}) == alone
    assert judge(rule, sample.type, {**sample.properties, **more}) == alone


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
