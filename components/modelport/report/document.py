"""Document: the report as data, which is also its JSON form."""

from typing import Literal

from modelport.report.changes import Counts, Entry, counts_of, entries_of
from modelport.report.cost import Cost, cost_of, over_limit
from modelport.report.diagram import diagram_of
from modelport.report.recording import (
    Diagnostic,
    Finding,
    Header,
    Model,
    Output,
    Recording,
    Step,
)
from modelport.report.risk import Risk
from modelport.report.risks import risks_of
from modelport.report.words import counted, quote, readable
from modelport.sdk import PACKAGES
from modelport.sdk_provider.replacement import known

_LEVELS = ("mandatory", "remediate", "advisory")
_SEVERITIES = ("critical", "high", "medium", "low")
OFFLINE = (
    "This preview ran offline, without an account. Shape, wiring, policies and cost were checked; "
    "quotas, permissions and the platform's behaviour were not: not verified (offline)."
)


class Verdict(Model):
    """The report in one word and one sentence."""

    kind: Literal["refused", "failed", "look", "clear"]
    """`refused`: a mandatory policy says no. `failed`: the preview did not come to its end.
    `look`: a person should look. `clear`: nothing needs attention."""
    text: str
    """The sentence."""


class Report(Model):
    """What a preview would change, and what to look at; equal recordings give equal reports."""

    format: Literal["modelport-report/1"] = "modelport-report/1"
    """Format and its version."""
    header: Header
    """What was compared with what."""
    verdict: Verdict
    """The report in one word."""
    summary: str
    """What would happen, in plain language."""
    notes: tuple[str, ...]
    """What this preview did not check, or did not get to."""
    counts: Counts
    """How many resources change."""
    risks: tuple[Risk, ...]
    """What to look at, the worst first."""
    changes: tuple[Entry, ...]
    """Every resource that changes."""
    policies: tuple[Finding, ...]
    """What policies said: mandatory ones first, then by severity."""
    packs: tuple[str, ...]
    """Policy packs that ran."""
    cost: Cost
    """Price before and after."""
    outputs: tuple[Output, ...]
    """Outputs of the stack that change; secrets and unknown values are said in words."""
    diagnostics: tuple[Diagnostic, ...]
    """Errors and warnings."""
    diagram: str
    """Mermaid flowchart of what changes; empty when nothing does."""

    @property
    def refused(self) -> bool:
        """Whether a mandatory policy says no."""
        return any(finding.level == "mandatory" for finding in self.policies)

    @property
    def attention(self) -> tuple[Risk, ...]:
        """The risks that need a person: all but the low ones that could be judged."""
        return tuple(risk for risk in self.risks if risk.urgent)

    def to_json(self) -> str:
        """The report as one JSON document."""
        return self.model_dump_json(indent=2) + "\n"


def make_report(recording: Recording) -> Report:
    """Judge a recording; the same one always gives the same report."""
    counts = counts_of(recording)
    risks = risks_of(recording)
    policies = tuple(sorted(recording.findings, key=_policy_place))
    changes = entries_of(recording)
    cost = cost_of(recording)
    return Report(
        header=recording.header,
        verdict=_verdict(recording, risks, cost),
        summary=_summary(recording, counts),
        notes=tuple(_notes(recording)),
        counts=counts,
        risks=risks,
        changes=changes,
        policies=policies,
        packs=recording.packs,
        cost=cost,
        outputs=tuple(
            output.model_copy(update={"old": readable(output.old), "new": readable(output.new)})
            for output in recording.outputs
        ),
        diagnostics=tuple(
            sorted(
                recording.diagnostics, key=lambda item: (item.severity, item.text, item.urn or "")
            )
        ),
        diagram=diagram_of(recording),
    )


def _verdict(recording: Recording, risks: tuple[Risk, ...], cost: Cost) -> Verdict:
    if over := over_limit(cost, recording.header.limit_usd):
        return Verdict(kind="refused", text=over.partition(": ")[0])
    refusals = sum(finding.level == "mandatory" for finding in recording.findings)
    if refusals:
        said = counted(refusals, "point")
        return Verdict(kind="refused", text=f"refused by policy in {said}; it cannot be deployed")
    if not recording.complete:
        return Verdict(kind="failed", text="the preview did not come to its end, see the errors")
    points = [risk for risk in risks if risk.urgent]
    advice = len(recording.findings)
    if points or advice:
        said = [counted(len(points), "point")] if points else []
        said += [f"{counted(advice, 'piece', 'pieces')} of policy advice"] if advice else []
        return Verdict(kind="look", text=f"look at {' and '.join(said)} below")
    return Verdict(kind="clear", text="nothing needs attention")


def _summary(recording: Recording, counts: Counts) -> str:
    parts = [
        f"{counted(number, 'thing')} {'is' if number == 1 else 'are'} {verb}"
        for number, verb in (
            (counts.created, "created"),
            (counts.updated, "changed in place"),
            (counts.replaced, "replaced (deleted and made anew)"),
            (counts.deleted, "deleted"),
            (counts.forgotten, "no longer managed, but left as they are"),
        )
        if number
    ]
    if not parts and any(step.op != "same" for step in recording.steps):
        happens = "only descriptions change, no thing that runs"
    elif not parts:
        happens = "nothing changes"
    else:
        happens = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    stay = f"; {counts.same} {'stays' if counts.same == 1 else 'stay'} as they are"
    rest = stay.replace("they are", "it is") if counts.same == 1 else stay
    return (
        f"If this is deployed, {happens}{rest if counts.same else ''}. "
        "Nothing has been changed yet."
    )


def _notes(recording: Recording) -> list[str]:
    notes: list[str] = []
    if recording.header.offline:
        notes.append(OFFLINE)
    if not recording.complete:
        notes.append("The preview stopped early, so what is listed may be only a part of it.")
    if not recording.packs:
        notes.append("No policy pack ran, so no rules were checked.")
    unsure = sorted(
        {step.type for step in recording.steps if step.op == "update" and _may_replace(step)}
        if recording.header.offline
        else ()
    )
    if unsure:
        named = ", ".join(quote(type_) for type_ in unsure[:_NAMED])
        more = f" and {len(unsure) - _NAMED} more" if len(unsure) > _NAMED else ""
        notes.append(
            f"Which changes replace {named}{more} is not fully known offline: what is said to be "
            "changed in place may be replaced."
        )
    return notes


_NAMED = 5
"""Types that a note names."""


def _may_replace(step: Step) -> bool:
    package = step.type.split(":", 1)[0]
    return step.custom and package in PACKAGES and not known(step.type)


def _policy_place(finding: Finding) -> tuple[int, int, str, str, str, str]:
    return (
        _LEVELS.index(finding.level) if finding.level in _LEVELS else len(_LEVELS),
        _SEVERITIES.index(finding.severity)
        if finding.severity in _SEVERITIES
        else len(_SEVERITIES),
        finding.pack,
        finding.policy,
        finding.urn or "",
        finding.message,
    )
