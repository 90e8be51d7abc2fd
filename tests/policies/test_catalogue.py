"""The catalogue: every rule is complete, and its examples are what they say."""

from dataclasses import replace

import pytest
from pulumi_policy import EnforcementLevel, ResourceValidationPolicy, StackValidationPolicy

from modelport_policies import COST, RULES, SECURITY
from modelport_policies.pack import policies
from modelport_policies.rule import ADVICE_IN_DEV, DEV_ONLY, MANDATORY, Environment, Levels, Rule

ENVIRONMENTS: list[Environment] = ["dev", "staging", "prod"]
each = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


@each
def test_a_rule_says_all_that_its_reader_needs(rule: Rule) -> None:
    assert rule.title.endswith(".")
    assert rule.sources
    assert all([rule.rationale, rule.fix, rule.types])
    first, *rest = rule.message("cancer is wrong").splitlines()
    assert first == "cancer is wrong"
    assert [line.split(":")[0].strip() for line in rest] == ["why", "fix", "source"]
    assert not rule.concerns("random:index/randomId:RandomId")


def test_ids_are_unique_over_the_packs() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_no_environment_is_stricter_than_prod_but_for_what_only_dev_can_do_without() -> None:
    order = ["disabled", "advisory", "mandatory"]
    for rule in RULES:
        found = [order.index(rule.levels.at(where)) for where in ENVIRONMENTS]
        assert found == sorted(found) or (
            rule in COST and rule.levels in (DEV_ONLY, ADVICE_IN_DEV)
        ), rule.id


def test_what_is_severe_blocks_in_prod() -> None:
    """Advice may be ignored for ever, so nothing that is critical is only advice."""
    for rule in SECURITY:
        assert rule.severity != "critical" or rule.levels == MANDATORY, rule.id


@pytest.mark.parametrize("where", ENVIRONMENTS)
def test_policies_carry_the_level_of_the_environment(where: Environment) -> None:
    for rule, policy in zip(RULES, policies(RULES, where), strict=True):
        assert policy.name == rule.id
        assert policy.description == rule.title
        assert policy.enforcement_level == EnforcementLevel(rule.levels.at(where))
        kind = ResourceValidationPolicy if rule.check else StackValidationPolicy
        assert isinstance(policy, kind)
        assert policy.config_schema is not None
        assert set(policy.config_schema.properties) == {"exemptions", *rule.parameters}


def test_a_rule_needs_exactly_one_check() -> None:
    for rule in RULES:
        with pytest.raises(ValueError, match="a check or a stack_check"):
            replace(rule, check=None, stack_check=None)


def test_levels() -> None:
    assert [Levels("disabled", "advisory").at(where) for where in ENVIRONMENTS] == [
        "disabled",
        "advisory",
        "mandatory",
    ]
