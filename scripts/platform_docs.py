"""Write docs/platforms.md from the tables; with --check only say whether it is stale."""

import sys
from collections.abc import Iterator

from generated_page import ROOT, write_or_check

from modelport.feasibility import (
    KINDS,
    Limit,
    capability,
    limits,
    sources,
)
from modelport.feasibility.capabilities import CAPABILITIES
from modelport.feasibility.limits import EVERY_KIND

PAGE = ROOT / "docs" / "platforms.md"

INTRODUCTION = """\
<!-- Written by scripts/platform_docs.py from the tables of feasibility; do not edit. -->

# Platforms

What each kind of target can do and how much it takes. A deployment may say what it expects:

```yaml
workload: {p99: 200ms, payload: 20MB, answer: 1MB, rate: 50, model_size: 1.5GB, cold_start: 10s}
```

A preview then refuses a target that cannot hold it, in one sentence with the limit, its source and
its date, and names the nearest target that can: of the same cloud and component first, then of the
same cloud, then of the same component, then any. What is left out refuses nothing.

**Grades.** A: the vendor's page or SDK says so. B: somebody quotes the vendor. C: known, but not
verified; a limit of grade C only warns. A limit that is not *firm* is a default or a quota that
can be raised, and only warns too. A rollout that a platform does not have is refused whatever the
grade. A vendor's MB is read as 1,000,000 bytes.
"""

MARKS = {"yes": "yes", "no": "no", "partly": "partly"}


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, "## Capabilities\n", *_matrices(), "## Limits\n", _shared()]
    for kind in KINDS:
        parts.append("\n".join(_section(kind)) + "\n")
    parts.append("## Sources\n\n" + "\n".join(_sources()) + "\n")
    return "\n".join(parts)


def _matrices() -> Iterator[str]:
    """One matrix for each component, so that a line fits a screen."""
    for component in dict.fromkeys(kind.component for kind in KINDS.values()):
        names = [kind.name for kind in KINDS.values() if kind.component == component]
        lines = [f"### `{component}`\n", _row(["", *(f"`{name}`" for name in names)])]
        lines.append(_row(["---"] * (len(names) + 1)))
        for word in CAPABILITIES:
            marks = [MARKS[capability(name, word).value] for name in names]
            lines.append(_row([f"`{word}`", *marks]))
        yield "\n".join(lines) + "\n"


def _shared() -> str:
    rows = [limit for limit in limits() if limit.kind == EVERY_KIND]
    return "Of every target:\n\n" + "\n".join(_limits(rows)) + "\n"


def _section(kind: str) -> Iterator[str]:
    yield f"### `{kind}`\n"
    yield from _limits([limit for limit in limits() if limit.kind == kind])
    yield "\n| capability | | how, or why not | source | grade |"
    yield _row(["---"] * 5)
    for word in CAPABILITIES:
        item = capability(kind, word)
        source = f"[{item.source.id}](#sources)"
        yield _row([f"`{word}`", MARKS[item.value], item.sentence, source, item.grade])


def _limits(rows: list[Limit]) -> Iterator[str]:
    yield "| limit | option | value | firm | what it bounds | source | grade |"
    yield _row(["---"] * 7)
    for limit in rows:
        yield _row(
            [
                f"`{limit.name}`",
                f"`{limit.option}`" if limit.option else "",
                f"`{limit.value}`" if limit.unit == "pattern" else limit.text,
                "yes" if limit.firm else "no",
                limit.bounds,
                f"[{limit.source.id}](#sources)",
                limit.grade,
            ]
        )


def _sources() -> Iterator[str]:
    yield "| id | page | as of |"
    yield _row(["---"] * 3)
    for source in sources().values():
        # Addresses of this repository start at its root, the page lies in docs/.
        address = source.address if "://" in source.address else f"../{source.address}"
        yield _row([source.id, f"[{source.title}]({address})", str(source.as_of)])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, page(), "platform_docs.py", sys.argv[1:]))
