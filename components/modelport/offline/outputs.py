"""Outputs: what a resource shows, before and after it is made or changed."""

import json
from collections.abc import Mapping

from modelport.offline.computed import affected, changes, counted, is_absent, is_chosen
from modelport.offline.labels import merged_labels
from modelport.offline.subject import Subject
from modelport.offline.synthesis import Synthesis, holds
from modelport.provider.wire import UNKNOWN, Json
from modelport.sdk.types import Primitive, Property, ResourceSchema
from modelport.sdk_provider.backing import Values

_OF_ENGINE = frozenset({"id", "urn"})


def created_outputs(schema: ResourceSchema, subject: Subject, resource_id: str) -> Values:
    """Outputs of a resource that was just made."""
    return _outputs(schema, subject, Synthesis(subject, resource_id), {}, frozenset())


def previewed_outputs(
    schema: ResourceSchema, subject: Subject, old: Mapping[str, Json], today: Mapping[str, Json]
) -> Values:
    """Outputs as far as they are known before the update.

    Args:
        schema: The resource's type.
        subject: The resource with its new inputs, which may be unknown.
        old: Inputs of the last update.
        today: Today's outputs; empty before the resource is made.
    """
    fresh = affected(schema, changes(dict(old), dict(subject.inputs)), dict(subject.inputs))
    return _outputs(schema, subject, None, _own(old, subject, today), frozenset(fresh))


def updated_outputs(
    schema: ResourceSchema,
    subject: Subject,
    resource_id: str,
    old: Mapping[str, Json],
    today: Mapping[str, Json],
) -> Values:
    """Outputs after a change: today's, except for what the change decides."""
    fresh = affected(schema, changes(dict(old), dict(subject.inputs)), dict(subject.inputs))
    synthesis = Synthesis(subject, resource_id)
    return _outputs(schema, subject, synthesis, _own(old, subject, today), frozenset(fresh))


def _own(old: Mapping[str, Json], subject: Subject, today: Mapping[str, Json]) -> Values:
    """Today's outputs without those that only repeated an input that is gone."""
    return {key: value for key, value in today.items() if key not in old or key in subject.inputs}


def _outputs(
    schema: ResourceSchema,
    subject: Subject,
    synthesis: Synthesis | None,
    today: Mapping[str, Json],
    fresh: frozenset[str],
) -> Values:
    """All outputs; without a synthesis, what would be invented is unknown."""
    result: Values = {}
    unknown = synthesis is None
    filling = synthesis or Synthesis(subject)
    for name, property_ in schema.outputs.items():
        given, before = _shaped(subject.inputs.get(name), property_), today.get(name)
        if name in _OF_ENGINE:
            continue
        if given is not None:
            value = filling.fill(given, property_.type, before=before, unknown=unknown)
        elif before is not None and name not in fresh:
            value = before
        elif before is None and not _is_there(schema, property_):
            continue
        elif synthesis is None:
            value = UNKNOWN
        else:
            invented = _invented(schema, synthesis, property_)
            value = invented if before is None else counted(before, invented)
        if value is not None:
            result[name] = value
    if synthesis and "version" in fresh:
        result |= _renumbered(result, today, fresh)
    result |= merged_labels(schema, subject.inputs, subject.place.config)
    return result


def _shaped(given: Json, property_: Property) -> Json:
    """What was given, in the shape that is shown; none when it cannot be brought into it."""
    if given is None or holds(property_.type, given):
        return given
    if isinstance(given, dict) and property_.type == Primitive("string"):
        return json.dumps(given, separators=(",", ":"))  # a policy, given as an object
    return None


def _is_there(schema: ResourceSchema, property_: Property) -> bool:
    """Whether an output that no input gives has a value."""
    if is_absent(schema, property_):
        return False
    if schema.token.startswith("azure-native:") and property_.name in ("name", "type"):
        return True  # whatever the types say: every resource of Azure has them
    return property_.required or is_chosen(schema, property_)


def _invented(schema: ResourceSchema, synthesis: Synthesis, property_: Property) -> Json:
    given = property_.name in schema.inputs
    if given and property_.name.endswith("Prefix"):
        return ""
    return synthesis.value(property_, given=given)


def _renumbered(result: Values, today: Mapping[str, Json], fresh: frozenset[str]) -> Values:
    """Names that end in the version (`…:function:name:7`) with the new one."""
    old, new = f":{today.get('version')}", f":{result.get('version')}"
    return {
        name: before.replace(old, new)
        for name in fresh
        if isinstance(before := today.get(name), str) and old in before
    }
