"""Sections: the parts of the report in Markdown, each shortened honestly when it must be."""

import re
from collections.abc import Iterator

from modelport.report.changes import STACK, Entry
from modelport.report.cost_section import cost_lines
from modelport.report.document import Report
from modelport.report.escape import block, code, html_code, sentence
from modelport.report.limits import JSON, Limits, left_out
from modelport.report.recording import Finding, Output
from modelport.report.risk import Risk
from modelport.report.words import counted, shortened, shown

_KINDS = {
    "replace": "replaced",
    "delete": "deleted",
    "forget": "no longer managed",
    "update": "changed",
    "create": "created",
    "import": "taken over",
    "read": "looked up",
    "refresh": "read again",
}
_MARKS = {"high": "🔴", "medium": "🟠", "low": "⚪"}
_LEGEND = "🔴 grave, 🟠 less so, ❔ could not be judged before the update.\n"
_FEW = 3
"""Properties that are shown without a click."""


def points(report: Report, limits: Limits) -> Iterator[str]:
    """What to look at."""
    if not report.risks:
        return
    urgent = report.attention
    small = [risk for risk in report.risks if not risk.urgent]
    yield "### What to look at\n"
    if not urgent:
        yield "Nothing serious.\n"
    else:
        yield _LEGEND
    for risk in urgent[: limits.risks]:
        yield _risk(risk)
    yield from left_out(len(urgent), limits.risks, "point")
    if small:
        yield ""
        yield f"<details><summary>{counted(len(small), 'small point')}</summary>\n"
        for risk in small[: limits.risks]:
            yield _risk(risk)
        yield from left_out(len(small), limits.risks, "point")
        yield "\n</details>\n"
    else:
        yield ""


def changes(report: Report, limits: Limits) -> Iterator[str]:
    """What changes, by component."""
    yield "### What changes\n"
    if not report.changes:
        yield "Nothing.\n"
        return
    kept = report.changes[: limits.entries]
    group = None
    for entry in kept:
        if entry.group != group:
            group = entry.group
            yield ""
            title = f"**{STACK}**" if group == STACK else f"**{code(group)}**"
            yield f"{title}{f' ({sentence(entry.group_type)})' if entry.group_type else ''}\n"
        yield from _entry(entry, limits)
    yield from left_out(len(report.changes), limits.entries, "resource")
    yield ""


def policies(report: Report, limits: Limits) -> Iterator[str]:
    """What policies said."""
    yield "### Policies\n"
    packs = ", ".join(code(pack) for pack in report.packs)
    if not report.policies:
        yield f"Every rule of {packs} holds.\n" if packs else "No policy pack ran.\n"
        return
    for finding in report.policies[: limits.findings]:
        yield _finding(finding)
    yield from left_out(len(report.policies), limits.findings, "finding")
    yield ""


def cost(report: Report, limits: Limits) -> Iterator[str]:
    """Price before and after."""
    yield from cost_lines(report.cost, limits)


def diagram(report: Report, limits: Limits) -> Iterator[str]:
    """The picture."""
    if not report.diagram:
        return
    if not limits.diagram:
        yield "The diagram is left out to keep this short; the JSON report has it.\n"
        return
    yield "<details><summary>Diagram: what changes, and what it needs</summary>\n"
    yield f"```mermaid\n{report.diagram}```\n"
    yield "</details>\n"


def outputs(report: Report, limits: Limits) -> Iterator[str]:
    """Outputs of the stack."""
    if not report.outputs:
        return
    number = counted(len(report.outputs), "output")
    yield f"<details><summary>{number} of the stack</summary>\n"
    for output in report.outputs[: limits.lines]:
        yield _output(output)
    yield from left_out(len(report.outputs), limits.lines, "output")
    yield "\n</details>\n"


def errors(report: Report, limits: Limits) -> Iterator[str]:
    """Errors of the program and of the engine."""
    found = [item for item in report.diagnostics if item.severity == "error"]
    if not found:
        return
    yield "### Errors\n"
    for item in found[: limits.lines]:
        yield block(item.text)
    yield from left_out(len(found), limits.lines, "error")
    yield ""


def warnings(report: Report, limits: Limits) -> Iterator[str]:
    """Warnings."""
    found = [item for item in report.diagnostics if item.severity == "warning"]
    if not found:
        return
    yield f"<details><summary>{counted(len(found), 'warning')}</summary>\n"
    for item in found[: limits.lines]:
        yield block(item.text, 500)
    yield from left_out(len(found), limits.lines, "warning")
    yield "\n</details>\n"


def _risk(risk: Risk) -> str:
    """Name first in code; what follows holds words of ours and values of the program."""
    mark = _MARKS[risk.severity] if risk.judged else "❔"
    return (
        f"- {mark} **{code(risk.name)}** {sentence(risk.what)}.\n"
        f"  *Why:* {sentence(risk.why)}. *Check:* {sentence(risk.check)}."
    )


def _entry(entry: Entry, limits: Limits) -> Iterator[str]:
    kind = _KINDS[entry.kind]
    line = f"- **{kind}** {code(entry.name)}"
    yield line + ("" if entry.component else f" ({sentence(entry.what)})")
    for fact in entry.facts[: limits.properties]:
        yield f"  - {sentence(fact)}"
    if entry.reasons:
        yield f"  - why: {sentence(shortened('; '.join(entry.reasons), 1000))}"
    if entry.deletes_first is not None:
        order = (
            "the old one is deleted first" if entry.deletes_first else "the new one is made first"
        )
        yield f"  - order: {order}"
    if entry.properties:
        yield from _properties(entry, limits)


def _properties(entry: Entry, limits: Limits) -> Iterator[str]:
    hidden = len(entry.properties) > _FEW  # far from the reasons above it
    lines = [
        f"{code(item.path)}: {code(item.old)} → {code(item.new)}"
        + (" (cannot be changed in place)" if item.replaces and hidden else "")
        for item in entry.properties[: limits.properties]
    ]
    left = len(entry.properties) - len(lines)
    if left:
        lines.append(f"… and {counted(left, 'more property', 'more properties')}, {JSON}")
    if not hidden:
        yield from (f"  - {line}" for line in lines)
        return
    number = counted(len(entry.properties), "property", "properties")
    yield f"  <details><summary>{number}</summary>\n"
    yield from (f"  - {line}" for line in lines)
    yield "\n  </details>"


def _finding(finding: Finding) -> str:
    level = "⛔ **refused**" if finding.level == "mandatory" else "💡 advice"
    severity = f", {html_code(finding.severity)}" if finding.severity else ""
    first, _, rest = finding.message.partition("\n")
    lines = [line.strip() for line in rest.splitlines() if line.strip()]
    said = "".join(f"\n  - {_explained(line)}" for line in lines)
    return f"- {level}{severity} · {code(finding.policy)}: {code(first)}{said}"


def _explained(line: str) -> str:
    """A line of a rule's explanation; those of ours begin with one of three words."""
    found = re.match(r"(why|fix|source):\s+(.+)", line)
    return f"{found.group(1)}: {code(found.group(2))}" if found else code(line)


def _output(output: Output) -> str:
    old = shown(None) if output.kind == "add" else shown(output.old)
    new = shown(None) if output.kind == "delete" else shown(output.new)
    return f"- {code(output.name)}: {code(old)} → {code(new)}"
