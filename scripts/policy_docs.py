"""Write docs/policies.md from the rules; with --check only say whether it is stale."""

import json
import sys
from collections.abc import Iterator, Sequence

from generated_page import ROOT, write_or_check

from modelport_policies import PACKS
from modelport_policies.exemptions import SHORTEST_REASON
from modelport_policies.rule import Rule, Sample

PAGE = ROOT / "docs" / "policies.md"

MARK = "<!-- Written by scripts/policy_docs.py from policies/modelport_policies; do not edit. -->\n"
INTRODUCTION = """\
<!-- Written by scripts/policy_docs.py from policies/modelport_policies; do not edit. -->

# Policies

Every preview and every update is judged by three packs of rules: [security](policies-security.md),
[cost](policies-cost.md) and [reliability](policies-reliability.md). After `. ./activate` they run
without being asked for. A program needs no component of Modelport: copy the folders
`policies/security`, `policies/cost` and `policies/reliability` beside it, and

```sh
pulumi preview --policy-pack policies/security --policy-pack policies/cost \\
  --policy-pack policies/reliability
```

[A story](stories/five-sins.md) plays that. [How to add a rule](adding-a-policy.md).

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

**Somebody meant it.** What is public on purpose carries the tag or label `exposure: public`;
rules about private addresses then say nothing. Modelport's components set it from
`exposure: public` in the deployment. A number of machines that is meant to stay carries
`scaling: fixed`, as components set it where `replicas` has one number for `min` and `max`. A GPU
in dev carries `gpu-approved: "true"`.

## Remedies

Some rules can mend what they find, where nothing else changes by it: a TLS floor, encryption, the
retention of logs, a switch that closes something. They never do unless asked to, rule by rule:

```json
{"kms-rotation": "remediate", "webapp-tls12": "remediate"}
```

The level `remediate` changes the resource before it is made and says so; what cannot be mended
counts as mandatory. Rules that have a remedy say so below. An unknown value is left as it is, and
a secret stays one.

## What stands behind a rule

Each names its source: a check of a trusted scanner (`CKV_…`, prowler, Security Hub, CIS), a
vendor's page, or a standard. Its tests are made of its own examples: what passes, fails, is
missing, unknown, of another type, a secret, exempt, and second in a list. [Mutation
testing](../bench/results/README.md) says how many small mistakes in the rules these tests find,
and how long all rules take.
"""


def page() -> str:
    """The page of all rules, in one line each."""
    parts = [INTRODUCTION.replace("SHORTEST", str(SHORTEST_REASON))]
    for pack, rules in PACKS.items():
        parts += [f"## Rules of `{pack}`\n", _overview(pack, rules)]
    return "\n".join(parts)


def pack_page(pack: str, rules: Sequence[Rule]) -> str:
    """The page of one pack, with all that a reader needs of each rule."""
    title = f"# Pack `{pack}`\n\n[Levels, settings, exemptions and remedies](policies.md)\n"
    return "\n".join([MARK, title, *("\n".join(_section(rule)) + "\n" for rule in rules)])


def _overview(pack: str, rules: Sequence[Rule]) -> str:
    lines = [
        "| rule | what must hold | severity | dev | staging | prod |",
        "|---|---|---|---|---|---|",
    ]
    for rule in rules:
        levels = rule.levels
        cells = [f"[`{rule.id}`](policies-{pack}.md#{rule.id})", rule.title, rule.severity]
        cells += [levels.dev, levels.staging, levels.prod]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _section(rule: Rule) -> Iterator[str]:
    yield f"## `{rule.id}`\n"
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
    for read in rule.properties:
        yield f"- Property `{read.path}`; when it is not set the rule {_verdict(read.absent)}"
    for name, item in rule.parameters.items():
        yield f"- Parameter `{name}`: {item.about}; {item.default} when not set"
    if rule.remedies:
        values = ", ".join(
            f"`{path}: {json.dumps(value)}`" for path, value in rule.remedies.items()
        )
        yield f"- Remedy when switched on: {values}"
    yield f"\n```yaml\n# fails\n{_example(rule.fails)}\n# passes\n{_example(rule.passes)}\n```"


def _verdict(absent: str) -> str:
    return "is broken" if absent == "fails" else "holds"


def _example(sample: Sample) -> str:
    shown = (sample, *sample.beside)
    return "\n".join(f"{item.type}: {json.dumps(item.properties)}" for item in shown)


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or say which is stale."""
    pages = {PAGE: page()}
    for pack, rules in PACKS.items():
        pages[PAGE.with_name(f"policies-{pack}.md")] = pack_page(pack, rules)
    return max(
        write_or_check(path, text, "policy_docs.py", arguments) for path, text in pages.items()
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
