"""Changes: one entry for each resource that changes, in an order that a reader can use."""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field

from modelport.report.facts import fact_words
from modelport.report.recording import Change, Model, Recording, Step
from modelport.report.values import SECRET, is_mark, path_keys
from modelport.report.words import KNOWN_LATER, quote, shown, shown_pair, type_words

ORDER = ("replace", "delete", "forget", "update", "create", "import", "read", "refresh")
"""Kinds of change, those to look at first first."""
_NO_REASON = "no property forces it, so it is likely that something that it needs is replaced"
STACK = "the stack itself"
"""Group of resources that belong to no component."""


class Property(Model):
    """One property that changes."""

    path: str
    """Path in the resource's inputs."""
    old: str
    """Value before, in words; `none` when it was not set."""
    new: str
    """Value after; `known after the update` when nobody can say yet."""
    replaces: bool
    """Whether it cannot be changed in place."""


class Entry(Model):
    """One resource that changes."""

    urn: str
    """The engine's name of the resource."""
    name: str
    """Name in the program."""
    type: str
    """Type token."""
    kind: str
    """`replace`, `delete`, `forget`, `update`, `create`, `import`, `read` or `refresh`."""
    group: str
    """Component that it belongs to, or `the stack itself`."""
    group_type: str
    """That component's type in words; empty for the stack."""
    what: str
    """The type in words."""
    component: bool
    """Whether it is a component: a group of resources, nothing by itself."""
    reasons: tuple[str, ...] = ()
    """Why it is replaced."""
    deletes_first: bool | None = None
    """Of a replacement: whether the old one goes before the new one is there."""
    facts: tuple[str, ...] = ()
    """What a component says about the change, in words."""
    properties: tuple[Property, ...] = ()
    """Properties that change."""


class Counts(Model):
    """How many resources change, components not counted."""

    created: int = Field(ge=0)
    """Created or taken over."""
    updated: int = Field(ge=0)
    """Changed in place."""
    replaced: int = Field(ge=0)
    """Deleted and made anew."""
    deleted: int = Field(ge=0)
    """Deleted."""
    forgotten: int = Field(ge=0)
    """No longer managed, but left as they are."""
    same: int = Field(ge=0)
    """Not changed."""


def kind_of(step: Step) -> str:
    """The change in one of the words of `ORDER`, or `same`."""
    if step.op == "delete" and step.retain_old:
        return "forget"
    if step.op in {"discard", "remove", "retain"}:
        return "forget"
    return step.op


def entries_of(recording: Recording) -> tuple[Entry, ...]:
    """Everything that changes: by component, and in it the gravest first."""
    steps = {step.urn: step for step in recording.steps}
    found = [
        _entry(step, steps) for step in recording.steps if kind_of(step) in ORDER and _worth(step)
    ]
    gravest: dict[str, int] = {}
    for entry in found:
        place = ORDER.index(entry.kind)
        gravest[entry.group] = min(place, gravest.get(entry.group, place))
    return tuple(
        sorted(
            found,
            key=lambda entry: (
                gravest[entry.group],
                entry.group,
                not (entry.component and entry.name == entry.group),
                ORDER.index(entry.kind),
                entry.name,
                entry.urn,
            ),
        )
    )


def counts_of(recording: Recording) -> Counts:
    """How many of what; components are groups and not counted."""
    kinds = [kind_of(step) for step in recording.steps if step.custom]
    return Counts(
        created=kinds.count("create") + kinds.count("import"),
        updated=kinds.count("update") + kinds.count("refresh"),
        replaced=kinds.count("replace"),
        deleted=kinds.count("delete"),
        forgotten=kinds.count("forget"),
        same=kinds.count("same"),
    )


def component_of(step: Step, steps: Mapping[str, Step]) -> Step | None:
    """The outermost component that a resource is part of; a component is part of itself."""
    found = None if step.custom else step
    while step.parent in steps:
        step = steps[step.parent]
        if not step.custom:
            found = step
    return found


def _worth(step: Step) -> bool:
    """A component that only comes or goes says nothing that its parts do not, unless it has facts.

    The same holds for one that the engine calls updated for an unnamed reason.
    """
    return step.custom or bool(step.changes) or bool(fact_words(step))


def _entry(step: Step, steps: Mapping[str, Step]) -> Entry:
    kind = kind_of(step)
    component = component_of(step, steps)
    facts = () if step.custom else fact_words(step)
    return Entry(
        urn=step.urn,
        name=step.name,
        type=step.type,
        kind=kind,
        group=component.name if component else STACK,
        group_type=type_words(component.type) if component else "",
        what=type_words(step.type),
        component=not step.custom,
        reasons=replace_reasons(step, steps) if kind == "replace" else (),
        deletes_first=step.deletes_first if kind == "replace" else None,
        facts=facts,
        properties=() if facts else tuple(_properties(step.changes)),
    )


def replace_reasons(step: Step, steps: Mapping[str, Step]) -> tuple[str, ...]:
    """Why a resource is replaced, in sentences."""
    forcing = [change.path for change in step.changes if change.replaces]
    paths = forcing or list(step.replaced_for)
    roots = {str(keys[0]) for keys in map(path_keys, paths) if keys}
    referred = {urn for root in roots for urn in step.references.get(root, ())}
    needed = sorted(
        steps[urn].name
        for urn in (referred if paths else {*step.depends_on, step.parent})
        if urn in steps and steps[urn].op == "replace"
    )
    reasons: list[str] = []
    if paths:
        reasons.append(f"{_listed(paths)} cannot be changed in place")
    if needed:
        verb = "is" if len(needed) == 1 else "are"
        reasons.append(f"it refers to {_listed(needed)}, which {verb} replaced")
    return tuple(reasons) or (_NO_REASON,)


def _listed(names: list[str]) -> str:
    quoted = [quote(name) for name in names]
    return " and ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))


def _properties(changes: Sequence[Change]) -> Iterable[Property]:
    for change in changes:
        old, new = shown_pair(change.old, change.new)
        if old == new and is_mark(change.old, SECRET):
            new = "another secret"
        elif old == new and old != KNOWN_LATER:
            new = "another value that looks the same once random digits are left out"
        yield Property(
            path=change.path,
            old=shown(None) if change.kind == "add" else old,
            new=shown(None) if change.kind == "delete" else new,
            replaces=change.replaces,
        )
