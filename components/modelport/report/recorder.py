"""Recorder: listens to a preview and makes its recording."""

import os
import re
from collections.abc import Mapping
from typing import Any, cast

from pulumi.automation import events

from modelport.engine.texts import clean, is_summary, without_paths, without_values
from modelport.report.pricing import is_read
from modelport.report.property_changes import property_changes
from modelport.report.recording import Diagnostic, Finding, Header, Output, Recording, Step
from modelport.report.values import (
    ENGINE_SECRET,
    SECRET,
    Json,
    at,
    blinded,
    blinded_pair,
    has_secret,
    is_mark,
    mapped,
)
from modelport_policies import RULES

_STACK = "pulumi:pulumi:Stack"
_REPLACING = {
    "create-replacement": "replace",
    "delete-replaced": "replace",
    "import-replacement": "replace",
    "read-replacement": "replace",
    "discard-replaced": "replace",
    "remove-pending-replace": "replace",
}
"""The engine tells a replacement as several steps; a reader sees one."""
_SEVERITIES = {rule.id: rule.severity for rule in RULES}
"""The Automation API drops a finding's severity; those of our own rules are known."""
_RANDOM = {
    "aws": r"-[0-9a-f]{7}",
    "gcp": r"-[0-9a-f]{7}",
    "azure-native": r"[0-9a-f]{8}",
    "kubernetes": r"-[0-9a-f]{8}",
}
"""What each provider adds to a resource's name when the program gives none."""
_RELEASES = 100
_REGION_VARIABLES = {
    "aws": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "azure-native": ("ARM_LOCATION",),
    "gcp": ("GOOGLE_REGION", "CLOUDSDK_COMPUTE_REGION"),
}
"""Where the providers look for a region that the stack does not name."""


class Recorder:
    """An `on_event` callback; `recording()` gives what it heard.

    It keeps what the engine says and decides nothing before the end, for events come in an order
    that differs from run to run.
    """

    def __init__(self, header: Header) -> None:
        self._header = header
        self._steps: dict[str, list[tuple[int, events.StepEventMetadata]]] = {}
        self._stack: tuple[int, events.StepEventMetadata] | None = None
        self._findings: set[tuple[str, str, str, str | None, str, str | None]] = set()
        self._diagnostics: set[tuple[str, str, str | None]] = set()
        self._regions: dict[str, str] = {}
        self._packs: set[str] = set()
        self._ended = False
        self._failed = False
        self._dependencies: dict[str, Mapping[str, tuple[str, ...]]] = {}

    def __call__(self, event: events.EngineEvent) -> None:
        """Take one event."""
        if event.resource_pre_event:
            self._step(event.sequence, event.resource_pre_event.metadata)
        elif event.res_outputs_event:
            self._outputs(event.sequence, event.res_outputs_event.metadata)
        elif event.policy_event:
            self._policy(event.policy_event)
        elif event.diagnostic_event:
            self._diagnostic(event.diagnostic_event)
        elif event.summary_event:
            self._ended = True
            packs = event.summary_event.policy_packs
            self._packs |= {name.split("|", 1)[0] for name in packs}

    def learn_plan(self, plan: Mapping[str, Any]) -> None:
        """Take over who depends on whom, which events do not say.

        Args:
            plan: The file that `preview(plan=FILE)` wrote, read as JSON.
        """
        for urn, resource in plan.get("resourcePlans", {}).items():
            self._dependencies[urn] = _dependencies(resource.get("goal") or {})

    def learn_state(self, deployment: Mapping[str, Any]) -> None:
        """Take it over from what is deployed, for want of a plan: the engine writes none on errors.

        Args:
            deployment: The `deployment` of an exported stack.
        """
        for resource in deployment.get("resources") or ():
            if not resource.get("delete"):
                self._dependencies.setdefault(resource["urn"], _dependencies(resource))

    def recording(self) -> Recording:
        """What was heard so far, sorted."""
        steps = [self._one(urn, told) for urn, told in sorted(self._steps.items())]
        found = Recording(
            header=self._header,
            complete=self._ended and not self._failed,
            steps=tuple(steps),
            findings=tuple(
                Finding(pack=pack, policy=name, level=level, severity=severity, message=text, urn=u)
                for pack, name, level, severity, text, u in sorted(self._findings, key=_no_none)
            ),
            packs=tuple(sorted(self._packs)),
            diagnostics=tuple(
                Diagnostic.model_validate({"severity": severity, "text": text, "urn": urn})
                for severity, text, urn in sorted(self._diagnostics, key=_no_none)
            ),
            outputs=self._stack_outputs(),
        )
        return _without_random_names(found)

    def _step(self, sequence: int, metadata: events.StepEventMetadata) -> None:
        if metadata.type.startswith("pulumi:providers:"):
            self._regions[metadata.urn] = _region(metadata)
        if metadata.type == _STACK or _is_default_provider(metadata):
            return
        self._steps.setdefault(metadata.urn, []).append((sequence, metadata))

    def _outputs(self, sequence: int, metadata: events.StepEventMetadata) -> None:
        """The last outputs of the stack are those that its program asked for."""
        if metadata.type == _STACK and (self._stack is None or sequence > self._stack[0]):
            self._stack = (sequence, metadata)

    def _policy(self, event: events.PolicyEvent) -> None:
        # The first line is the rule's title, which is the same for every finding.
        title, _, said = clean(event.message).partition("\n")
        self._findings.add(
            (
                event.policy_pack_name,
                event.policy_name,
                event.enforcement_level,
                getattr(event, "severity", None) or _SEVERITIES.get(event.policy_name),
                without_paths(said or title),
                event.resource_urn,
            )
        )

    def _diagnostic(self, event: events.DiagnosticEvent) -> None:
        if event.severity not in {"error", "warning"} or event.ephemeral:
            return
        text = without_values(clean(event.message).removeprefix("error: "))
        if event.severity == "error":
            self._failed = True
        if text and not is_summary(text):
            self._diagnostics.add((event.severity, without_paths(text), event.urn or None))

    def _one(self, urn: str, told: list[tuple[int, events.StepEventMetadata]]) -> Step:
        """The steps of one resource as one."""
        told = sorted(told, key=lambda item: item[0])
        operations = [str(metadata.op.value) for _, metadata in told]
        main = _telling([metadata for _, metadata in told])
        old, new = main.old, main.new
        state = cast("events.StepEventStateMetadata", new or old)
        op = _REPLACING.get(str(main.op.value), str(main.op.value))
        before, after, plain = blinded_pair(_inputs(old), _inputs(new))
        by_property = self._dependencies.get(urn, {})
        priced = bool(state.custom) and is_read(main.type)
        keeps = op != "same" or not state.custom or priced  # of what stays, else nothing is read
        return Step(
            urn=urn,
            type=main.type,
            op=op,
            parent=state.parent,
            custom=bool(state.custom),
            provider=_package(state.provider),
            region=self._region(state.provider) if priced else "",
            deletes_first=_deletes_first(operations),
            replaced_for=tuple(sorted(main.keys or ())),
            protect_old=bool(old and old.protect),
            protect_new=bool(new and new.protect),
            retain_old=bool(old and old.retain_on_delete),
            retain_new=bool(new and new.retain_on_delete),
            old=before if keeps else None,
            new=after if keeps else None,
            releases=_releases(old),
            changes=property_changes(main, before, after) if op in {"update", "replace"} else (),
            turned_plain=tuple(plain),
            secrets=has_secret(before) or has_secret(after),
            depends_on=tuple(sorted({item for urns in by_property.values() for item in urns})),
            references={key: urns for key, urns in by_property.items() if key},
        )

    def _region(self, provider: str) -> str:
        """Region of a provider reference, `urn::id`; else what its command line would take."""
        package = _package(provider)
        found = self._regions.get(provider.rpartition("::")[0], "")
        names = (name for name in _REGION_VARIABLES.get(package, ()) if os.environ.get(name))
        return found or os.environ.get(next(names, ""), "")

    def _stack_outputs(self) -> tuple[Output, ...]:
        if self._stack is None:
            return ()
        metadata = self._stack[1]
        old = dict(metadata.old.outputs or {}) if metadata.old else {}
        new = dict(metadata.new.outputs or {}) if metadata.new else {}
        before, after, _ = blinded_pair(old, new)
        was, will = cast("dict[str, Json]", before), cast("dict[str, Json]", after)
        return tuple(
            Output(
                name=name,
                kind="add" if name not in was else "update" if name in will else "delete",
                old=was.get(name),
                new=will.get(name),
            )
            for name in sorted({*was, *will})
            if was.get(name) != will.get(name)
        )


def _dependencies(resource: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What a resource of a plan or a state needs, by property; the rest under the empty name."""
    by_property = {
        key: tuple(sorted(set(urns)))
        for key, urns in sorted((resource.get("propertyDependencies") or {}).items())
        if urns
    }
    return {**by_property, "": tuple(sorted(set(resource.get("dependencies") or ())))}


def _inputs(state: events.StepEventStateMetadata | None) -> Json:
    """A resource's inputs; of a Kubernetes Secret without what it holds, declared secret or not."""
    if state is None:
        return None
    inputs: dict[str, Json] = dict(state.inputs or {})
    if state.type == "kubernetes:core/v1:Secret":
        for name in ("data", "stringData"):
            held = inputs.get(name)
            if isinstance(held, dict) and not is_mark(blinded(held), SECRET):
                inputs[name] = dict.fromkeys(held, ENGINE_SECRET)
    return inputs


def _telling(told: list[events.StepEventMetadata]) -> events.StepEventMetadata:
    """The step that says most: a replacement's own one has both sides and the reasons."""
    for metadata in told:
        if metadata.op is events.OpType.REPLACE:
            return metadata
    return max(told, key=lambda metadata: (metadata.new is not None, metadata.old is not None))


def _deletes_first(operations: list[str]) -> bool:
    """Whether the old one goes before the new one is made."""
    if "delete-replaced" not in operations or "create-replacement" not in operations:
        return False
    return operations.index("delete-replaced") < operations.index("create-replacement")


def _releases(old: events.StepEventStateMetadata | None) -> tuple[str, ...]:
    found = (old.outputs or {}).get("releases") if old else None
    if not isinstance(found, list):
        return ()
    versions = [item.get("version") for item in found if isinstance(item, dict)]
    return tuple(str(version) for version in versions[-_RELEASES:])


def _region(metadata: events.StepEventMetadata) -> str:
    """Where the resources of a provider are, unless they say something else."""
    state = metadata.new or metadata.old
    inputs = (state.inputs or {}) if state else {}
    named = (inputs.get(name) for name in ("region", "location", "zone"))
    found = next((name for name in named if isinstance(name, str)), "")
    return found if re.fullmatch(r"[A-Za-z0-9 -]{1,40}", found) else ""


def _package(provider: str) -> str:
    """Package of a provider reference, `urn:…::pulumi:providers:aws::name::id`."""
    found = re.search(r"::pulumi:providers:([^:]+)::", provider)
    return found.group(1) if found else ""


def _is_default_provider(metadata: events.StepEventMetadata) -> bool:
    """Providers that the engine adds itself, one for each version of an SDK: nobody wrote them."""
    name = metadata.urn.rsplit("::", 1)[-1]
    return metadata.type.startswith("pulumi:providers:") and bool(re.match(r"default(_|$)", name))


def _no_none(values: tuple[str | None, ...]) -> tuple[str, ...]:
    return tuple(value or "" for value in values)


def _without_random_names(recording: Recording) -> Recording:
    """The recording with `name-…` for names to which a provider added random digits.

    They differ in every preview, so equal changes would give unequal reports.
    """
    random = {name for step in recording.steps for name in _random_names(step)}
    if not random:
        return recording
    longest_first = sorted(random, key=lambda value: (-len(value), value))
    finder = re.compile("|".join(re.escape(value) for value in longest_first))

    def plain(text: str) -> str:
        return finder.sub(lambda found: re.sub(r"-?[0-9a-f]{7,8}$", "-…", found.group()), text)

    return Recording.model_validate(mapped(recording.model_dump(mode="json"), plain))


def _random_names(step: Step) -> set[str]:
    ending = _RANDOM.get(step.provider)
    if ending is None:
        return set()
    pattern = re.compile(re.escape(step.name) + ending)
    values = [
        value
        for inputs in (step.old, step.new)
        if isinstance(inputs, dict)
        for value in (*cast("dict[str, Json]", inputs).values(), at(inputs, ("metadata", "name")))
    ]
    return {value for value in values if isinstance(value, str) and pattern.fullmatch(value)}
