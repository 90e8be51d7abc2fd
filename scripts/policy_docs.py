"""Write docs/policies.md from the rules; with --check only say whether it is stale."""

import json
import sys
from collections.abc import Iterator, Sequence

from generated_page import ROOT, write_or_check

from modelport_policies import COST, SECURITY
from modelport_policies.exemptions import SHORTEST_REASON
from modelport_policies.rule import Rule, Sample

PAGE = ROOT / "docs" / "policies.md"
PACKS: dict[str, Sequence[Rule]] = {"security": SECURITY, "cost": COST}

INTRODUCTION = """\
<!-- Written by scripts/policy_docs.py from policies/modelport_policies; do not edit. -->

# Policies

Every preview and every update is judged by two packs of rules: `policies/security` and
`policies/cost`. After `. ./activate` they run without being asked for. In a program of your own:

```sh
pulumi preview --policy-pack policies/security --policy-pack policies/cost
```

**Levels.** A *mandatory* rule stops a preview, and stops an update before the resource that
breaks it is touched. An *advisory* rule only speaks. Which level holds follows from
`modelport:environment` in the stack's config; else from the stack's name when that is `dev`,
`staging` or `prod`; else a stack of this project counts as dev and any other program as prod.

**Stack rules** (marked below) look at all resources together. On an update the engine asks them
only after everything was made, so let a preview come first, as plain `pulumi up` does.

**What is not known yet.** In a preview some values are still open, such as a key that is about
to be made. Rules judge what is known and leave the rest to the update, where it is known; an
open value never hides another finding. A rule that breaks counts as violated.

**Secrets.** The engine shows policies every secret in plain, so messages name properties and
never show texts that a program chose.

## Settings and exemptions

A pack reads `dev.json`, `staging.json` or `prod.json` in its folder when it is there, after the
environment:

```json
{
  "monthly-limit": {"monthly_usd": 250},
  "log-retention-set": "disabled",
  "endpoint-public-needs-tls": {
    "enforcementLevel": "advisory",
    "exemptions": [
      {"resource": "demo*", "reason": "fair stand, no data", "expires": "2027-01-31"}
    ]
  }
}
```

Parameters are listed with each rule, and `"all": "advisory"` sets the level of all. An exemption
names resources (`*` is a wildcard), a reason of at least SHORTEST letters, and its last day; an
expired one counts no more, and the finding says so. A file of your own instead of these comes
with `--policy-pack-config FILE`, one for each `--policy-pack` in the same order.
"""

WRITING = """\
## Writing a rule

A rule is one `Rule` in the file of its subject in `policies/modelport_policies`:

```python
def _check(resource: Resource, settings: Settings) -> Iterator[str]:
    size = number(resource.properties, "log_bytes")
    if size is MISSING:
        yield "has no log_bytes, so its log grows without an end"
    elif size is not UNKNOWN and size > float(settings["max_log_bytes"]):
        yield f"has log_bytes {size:g}"
```

- **Read with `values`** (`read`, `text`, `number`, `entries`, `items`) and nothing else. They
  answer with a value, `MISSING` or `UNKNOWN`. The policy SDK raises at the first unknown value
  and drops the rule for that resource, so a plain `resource.properties["x"]` fails open.
- **Yield one sentence for each thing that is wrong**, beginning with a verb; the resource's name
  is put before it. Name the property. Show numbers and words from a fixed list, never other text.
- **Say nothing about `UNKNOWN`.** The update asks again.
- **Read what is really made.** Rules about exposure, identity, encryption and secrets read the
  providers' resources. A component's facts are its own word: good for owner, evaluation and cost.
- **Prefer resource rules.** They stop an update before anything is made; stack rules do not.
- **Give it everything**: why, fix (what to write, in the user's own config), sources, levels, and
  one example each of a resource that follows it and one that does not. Tests run both, also in
  the real engine, and this page shows them.
- Add it to its file's tuple, run `python scripts/policy_docs.py`, and add cases to
  `tests/policies`: passing, failing, missing, unknown, of another type, and for lists also empty
  and with only the second element wrong.
"""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION.replace("SHORTEST", str(SHORTEST_REASON)), "## Rules\n", _overview()]
    for pack, rules in PACKS.items():
        parts.append(f"## Pack `{pack}`\n")
        parts.extend("\n".join(_section(rule)) + "\n" for rule in rules)
    return "\n".join([*parts, WRITING])


def _overview() -> str:
    lines = ["| rule | severity | dev | staging | prod |", "|---|---|---|---|---|"]
    for rules in PACKS.values():
        for rule in rules:
            levels = rule.levels
            cells = [f"[`{rule.id}`](#{rule.id})", rule.severity]
            cells += [levels.dev, levels.staging, levels.prod]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _section(rule: Rule) -> Iterator[str]:
    yield f"### `{rule.id}`\n"
    yield f"**{rule.title}**{' (stack rule)' if rule.stack_check else ''}\n"
    yield f"- Severity: {rule.severity}"
    yield (
        f"- Level: {rule.levels.dev} in dev, {rule.levels.staging} in staging, "
        f"{rule.levels.prod} in prod"
    )
    yield f"- Why: {rule.rationale}"
    yield f"- Fix: {rule.fix}"
    yield f"- Sources: {'; '.join(rule.sources)}"
    yield f"- Looks at: {', '.join(f'`{kind}`' for kind in rule.types)}"
    for name, item in rule.parameters.items():
        yield f"- Parameter `{name}`: {item.about}; {item.default} when not set"
    yield f"\n```yaml\n# fails\n{_example(rule.fails)}\n# passes\n{_example(rule.passes)}\n```"


def _example(sample: Sample) -> str:
    return f"{sample.type}: {json.dumps(sample.properties)}"


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, page(), "policy_docs.py", sys.argv[1:]))
