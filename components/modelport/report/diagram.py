"""Diagram: what changes and what it directly depends on, as a Mermaid flowchart."""

from collections.abc import Iterable

from modelport.report.changes import ORDER, component_of, kind_of
from modelport.report.escape import diagram_label
from modelport.report.recording import Recording, Step
from modelport.report.words import type_words

LARGEST = 40
"""Nodes above which resources are folded into their components."""
_COLOURS = {
    "replace": "fill:#ffd8a8,stroke:#d9480f,color:#000",
    "delete": "fill:#ffc9c9,stroke:#c92a2a,color:#000",
    "forget": "fill:#e9ecef,stroke:#495057,color:#000",
    "update": "fill:#fff3bf,stroke:#e67700,color:#000",
    "create": "fill:#d3f9d8,stroke:#2b8a3e,color:#000",
    "same": "fill:#ffffff,stroke:#adb5bd,color:#000",
}
_SIGNS = {
    "replace": "replaced",
    "delete": "deleted",
    "forget": "no longer managed",
    "update": "changed",
    "create": "created",
}


def diagram_of(recording: Recording) -> str:
    """The flowchart; empty when nothing changes. Arrows lead from a thing to what needs it."""
    steps = {step.urn: step for step in recording.steps}
    changed = {step.urn for step in recording.steps if step.custom and kind_of(step) in ORDER}
    if not changed:
        return ""
    needed = {urn for name in changed for urn in steps[name].depends_on if _drawn(steps.get(urn))}
    shown = sorted(changed | needed)
    if len(shown) > LARGEST:
        return _folded(steps, sorted(changed))
    names = {urn: f"n{index}" for index, urn in enumerate(shown)}
    lines = ["flowchart LR"]
    groups: dict[str, list[str]] = {}
    for urn in shown:
        component = component_of(steps[urn], steps)
        groups.setdefault(component.urn if component else "", []).append(urn)
    for index, (group, members) in enumerate(sorted(groups.items())):
        inside = [f"{names[urn]}{_node(steps[urn])}" for urn in members]
        if group:
            title = f"{diagram_label(steps[group].name)} · {_words(steps[group])}"
            lines += [
                f'  subgraph g{index}["{title}"]',
                *(f"    {line}" for line in inside),
                "  end",
            ]
        else:
            lines += [f"  {line}" for line in inside]
    for urn in shown:
        lines += [
            f"  {names[other]} --> {names[urn]}"
            for other in steps[urn].depends_on
            if other in names and other != urn
        ]
    return "\n".join([*lines, *_classes(_class(steps[urn]) for urn in shown)]) + "\n"


def _folded(steps: dict[str, Step], changed: list[str]) -> str:
    """One node for each component, and one for the rest, with how many of what."""
    groups: dict[str, list[str]] = {}
    for urn in changed:
        component = component_of(steps[urn], steps)
        groups.setdefault(component.urn if component else "", []).append(urn)
    ordered = sorted(groups, key=lambda group: (not group, -len(groups[group]), group))
    kept, rest = ordered[: LARGEST - 1], ordered[LARGEST - 1 :]
    names = {urn: f"n{index}" for index, urn in enumerate(kept)}
    of = {urn: group for group in kept for urn in groups[group]}
    lines, classes = ["flowchart LR"], list[str]()
    for group in kept:
        kinds = [kind_of(steps[urn]) for urn in groups[group]]
        gravest = min(kinds, key=ORDER.index)
        title = diagram_label(steps[group].name) if group else "other resources"
        counts = ", ".join(
            f"{kinds.count(kind)} {_SIGNS.get(kind, kind)}" for kind in ORDER if kind in kinds
        )
        classes.append(gravest if gravest in _COLOURS else "update")
        lines.append(f'  {names[group]}["{title}<br>{counts}"]:::{classes[-1]}')
    if rest:
        lines.append(f'  rest["and {len(rest)} more components"]')
    arrows = {
        (of[other], of[urn])
        for urn in of
        for other in steps[urn].depends_on
        if other in of and of[other] != of[urn]
    }
    lines += [f"  {names[start]} --> {names[end]}" for start, end in sorted(arrows)]
    return "\n".join([*lines, *_classes(classes)]) + "\n"


def _node(step: Step) -> str:
    kind = kind_of(step)
    sign = f"<br>{_SIGNS[kind]}" if kind in _SIGNS else ""
    return f'["{diagram_label(step.name)}<br>{_words(step)}{sign}"]:::{_class(step)}'


def _words(step: Step) -> str:
    return diagram_label(type_words(step.type))


def _class(step: Step) -> str:
    kind = kind_of(step)
    return kind if kind in _COLOURS else "update" if kind in ORDER else "same"


def _classes(used: Iterable[str]) -> list[str]:
    return [f"  classDef {name} {_COLOURS[name]}" for name in sorted(set(used))]


def _drawn(step: Step | None) -> bool:
    return step is not None and step.custom
