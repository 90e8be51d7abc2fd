"""Words and limits of the rules, written down a second time and tried.

`GOLDEN=write pytest tests/policies/test_demands_on_record.py` writes them anew; what changed is
reviewed against the rule's sources, for a wrong word in a list looks like a right one.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from modelport_policies import RULES
from modelport_policies.demands import Demand
from modelport_policies.rule import Rule
from rule_variations import judged, values_at, with_value

RECORD = Path(__file__).parent / "golden" / "demands.json"
STEP = 0.0001
each = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def demands(rule: Rule) -> tuple[Demand, ...]:
    return tuple(getattr(rule.check, "demands", ()))


def limit(rule: Rule, bound: float | str | None) -> float | None:
    return rule.parameters[bound].default if isinstance(bound, str) else bound


def described(rule: Rule) -> list[dict[str, Any]]:
    return [
        {
            "path": demand.path,
            "absent": demand.absent,
            "accepts": sorted(demand.accepts),
            "refuses": sorted(demand.refuses),
            "low": limit(rule, demand.low),
            "high": limit(rule, demand.high),
        }
        for demand in demands(rule)
    ]


def test_the_record_can_be_written() -> None:
    if os.environ.get("GOLDEN") == "write":
        found = {rule.id: described(rule) for rule in RULES if described(rule)}
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


@each
def test_words_and_limits_are_those_on_record(rule: Rule) -> None:
    recorded = json.loads(RECORD.read_text()).get(rule.id, [])
    assert recorded == described(rule)
    for item in recorded:
        path = item["path"]
        for word in item["accepts"]:
            assert judged(rule, with_value(rule.passes, path, word)) == [], word
        for word in item["refuses"]:
            assert judged(rule, with_value(rule.fails, path, word)), word
        if any(isinstance(value, list) for value in values_at(rule.passes, path)):
            continue  # how many there are, not how much
        for bound, wrong in ((item["low"], -STEP), (item["high"], STEP)):
            if bound is not None:
                assert judged(rule, with_value(rule.passes, path, bound)) == []
                assert judged(rule, with_value(rule.passes, path, bound + wrong))
