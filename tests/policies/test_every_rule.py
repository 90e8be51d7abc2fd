"""Every rule, tried with the variations of its own examples."""

from typing import Any

import pytest

from modelport_policies import RULES
from modelport_policies.pack import remedy
from modelport_policies.rule import Resource, Rule, Sample
from rule_variations import (
    SECRET,
    UNKNOWN,
    bad,
    good,
    judged,
    lists_of,
    of_wrong_type,
    values_at,
    with_value,
    without,
)

each = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
EXEMPT: dict[str, Any] = {
    "resource": "sample-*", "reason": "fair stand, no data", "expires": "2999-01-01",
}  # fmt: skip


@each
def test_examples_are_what_they_say(rule: Rule) -> None:
    assert rule.severity in ("low", "medium", "high", "critical")
    for sample in good(rule):
        assert judged(rule, sample) == [], sample
    for sample in bad(rule):
        found = judged(rule, sample)
        assert found, sample
        assert not any("could not be judged" in message for message in found)
    assert len(judged(rule, rule.fails)) == 1


@each
def test_what_is_not_set_has_the_verdict_that_the_rule_names(rule: Rule) -> None:
    for read in rule.properties:
        if values_at(rule.passes, read.path):
            found = judged(rule, without(rule.passes, read.path))
            assert bool(found) is (read.absent == "fails"), (read, found)


@each
def test_what_is_of_another_type_counts_as_not_set(rule: Rule) -> None:
    for read in rule.properties:
        if values_at(rule.passes, read.path):
            other = with_value(rule.passes, read.path, of_wrong_type(rule, read))
            found = judged(rule, other)
            assert bool(found) is (read.absent == "fails"), (read, found)


@each
def test_what_is_unknown_is_left_to_the_update(rule: Rule) -> None:
    for sample in good(rule):
        for read in rule.properties:
            steps = read.path.split(".")
            for depth in range(1, len(steps) + 1):
                path = ".".join(steps[:depth]).removesuffix("[]")
                assert judged(rule, with_value(sample, path, UNKNOWN)) == [], path
    for sample in bad(rule):
        later = sample
        for read in rule.properties:
            later = with_value(later, read.path, UNKNOWN)
        if rule.properties:
            assert judged(rule, later) == []


@each
def test_no_message_shows_a_secret(rule: Rule) -> None:
    for sample in (*good(rule), *bad(rule)):
        for read in rule.properties:
            for value in (SECRET, [SECRET], {SECRET: SECRET}):
                for message in judged(rule, with_value(sample, read.path, value)):
                    assert SECRET not in message
                    assert "could not be judged" not in message


@each
def test_an_exemption_silences_it(rule: Rule) -> None:
    for sample in bad(rule):
        assert judged(rule, sample, exemptions=[EXEMPT]) == []
        late = judged(rule, sample, exemptions=[{**EXEMPT, "expires": "2020-01-31"}])
        assert len(late) == len(judged(rule, sample))
        if not rule.stack_check:
            assert all("its exemption ended on 2020-01-31" in message for message in late)


@each
def test_neighbours_in_a_list_hide_nothing(rule: Rule) -> None:
    for sample in bad(rule):
        for read in rule.properties:
            for path in lists_of(read.path):
                for elements in values_at(sample, path):
                    right = [item for found in values_at(rule.passes, path) for item in found[:1]]
                    alone = len(judged(rule, with_value(sample, path, elements)))
                    for first in ([], right, [UNKNOWN]):
                        mixed = with_value(sample, path, [*first, *elements])
                        assert len(judged(rule, mixed)) == alone, (path, first)


@each
def test_an_empty_list_has_nothing_wrong_in_it(rule: Rule) -> None:
    for read in rule.properties:
        for path in lists_of(read.path):
            found = judged(rule, with_value(rule.passes, path, []))
            assert found == [] or read.absent == "fails", path


@each
def test_a_remedy_mends_what_the_rule_finds_and_nothing_else(rule: Rule) -> None:
    for sample in bad(rule) if rule.remedies else ():
        mended = _mended(rule, sample)
        assert mended is not None
        assert judged(rule, Sample(sample.type, mended)) == []
        assert {key for key in mended if mended[key] != sample.properties.get(key)} <= {
            path.split(".")[0].removesuffix("[]") for path in rule.remedies
        }
    for sample in good(rule):
        assert _mended(rule, sample) is None


def _mended(rule: Rule, sample: Sample) -> dict[str, Any] | None:
    copied = with_value(sample, "zz", None)
    properties = {key: value for key, value in copied.properties.items() if key != "zz"}
    found = remedy(rule, Resource(sample.type, "sample", "urn", properties), {})
    return None if found is None else dict(found)
