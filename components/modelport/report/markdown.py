"""Markdown: the report as a comment on a pull request."""

import re

from modelport.report import sections
from modelport.report.cost_section import headline
from modelport.report.document import Report
from modelport.report.escape import code, sentence
from modelport.report.limits import Limits

LARGEST = 65_000
"""Bytes of a comment; GitHub refuses one with more than 65,536 characters."""
MARKER = "<!-- modelport report -->"
"""First line, by which a job finds the comment that it wrote before."""
_STEPS = (
    Limits(),
    Limits(risks=100, entries=150, properties=15, findings=60, lines=30),
    Limits(risks=50, entries=80, properties=6, findings=30, lines=15),
    Limits(risks=25, entries=40, properties=3, findings=15, lines=8),
    Limits(risks=20, entries=20, properties=2, findings=10, lines=4, diagram=False),
    Limits(risks=8, entries=8, properties=1, findings=4, lines=1, diagram=False),
)
_MARKS = {"refused": "⛔", "failed": "❌", "look": "⚠️", "clear": "✅"}


def render_markdown(report: Report, largest: int = LARGEST) -> str:
    """The report as Markdown, shortened step by step until it fits.

    Args:
        report: What to show.
        largest: Bytes that it may have; what does not fit is left out, and that is said.
    """
    text = ""
    for limits in _STEPS:
        text = _render(report, limits)
        if len(text.encode()) <= largest:
            break
    return text


def _render(report: Report, limits: Limits) -> str:
    parts = (
        sections.errors,
        sections.points,
        sections.changes,
        sections.policies,
        sections.cost,
        sections.diagram,
        sections.outputs,
        sections.warnings,
    )
    lines = [*_top(report)]
    for part in parts:
        lines += part(report, limits)
    lines.append("<sub>Written by <code>modelport report</code>.</sub>")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _top(report: Report) -> list[str]:
    header = report.header
    where = f" ({code(header.environment)})" if header.environment else ""
    lines = [
        MARKER,
        f"## Preview of {code(header.project)}, stack {code(header.stack)}{where}\n",
        f"{report.summary}\n",
        f"{_MARKS[report.verdict.kind]} **Verdict: {report.verdict.text}.**\n",
        f"Compared: {code(header.base)} → {code(header.head)}\n",
    ]
    if report.cost.prices:
        lines.append(f"Cost: **{headline(report.cost)}**\n")
    lines += [f"> {sentence(note)}\n" for note in report.notes]
    return lines
