"""Backing: invents what stands behind the resources of one package."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from modelport.offline.identity import inputs_of_id, name_of_id, resource_id_of
from modelport.offline.kubernetes_objects import (
    created_object,
    previewed_object,
    updated_object,
    with_namespace,
)
from modelport.offline.outputs import created_outputs, previewed_outputs, updated_outputs
from modelport.offline.place import text
from modelport.offline.subject import Subject, subject_of
from modelport.offline.synthesis import Synthesis
from modelport.provider.wire import Json
from modelport.sdk.types import FunctionSchema, ResourceSchema
from modelport.sdk_provider.backing import Backing, PartialFailure, Request, Values
from modelport.sdk_provider.servicer import ASSUMED

if TYPE_CHECKING:
    from modelport.offline.faults import Fault

_PLACES: Final = {
    "aws": ("region",),
    "azure-native": ("location",),
    "gcp": ("project", "region", "zone"),
}
"""Inputs that a provider fills in from its config."""


class OfflineBacking(Backing):
    """Answers for one package; nothing is kept, everything follows from what is asked."""

    invents: ClassVar[bool] = True
    functions: ClassVar[frozenset[str]] = frozenset(
        {"kubernetes:yaml:decode", "kubernetes:helm:template", "kubernetes:kustomize:directory"}
    )

    def __init__(self, package: str) -> None:
        self._package = package

    def complete(self, request: Request, inputs: Values, old: Values) -> Values:
        """The inputs with region, project, location or namespace of the provider's config."""
        del old
        if self._package == "kubernetes":
            return with_namespace(request.schema, _subject(request, inputs))
        filled = dict(inputs)
        for name in _PLACES.get(self._package, ()):
            usual = request.config.get(name)
            if name in request.schema.inputs and filled.get(name) is None and usual:
                filled[name] = usual
        return filled

    def preview(self, request: Request, inputs: Values, outputs: Values | None) -> Values:
        """Inputs are known, what is invented is not; what is there and stays is."""
        subject, today = _subject(request, inputs), outputs or {}
        if self._package == "kubernetes":
            return previewed_object(request.schema, subject, today)
        old = request.old if request.old is not None else {}
        return previewed_outputs(request.schema, subject, old, today)

    def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        """An id and outputs that follow from the urn and the inputs."""
        fault = _fault_of(request.urn)
        fault.fail("create")
        subject = _subject(request, inputs)
        resource_id = resource_id_of(subject)
        outputs = _created(request.schema, subject, resource_id)
        _finish(fault, resource_id, inputs, outputs)
        return resource_id, outputs

    def read(
        self, request: Request, resource_id: str, inputs: Values, outputs: Values
    ) -> tuple[Values, Values] | None:
        """What the engine's state holds, with injected drift; of an import, what its id tells."""
        fault = _fault_of(request.urn)
        fault.wait()
        if fault.read == "gone":
            return None
        if not inputs and not _is_whole(request.schema, outputs):
            inputs = _assumed(request, resource_id)
            outputs = _created(request.schema, _subject(request, inputs), resource_id) | outputs
        drifted = fault.drifted(outputs)
        seen = {
            name: value
            for name, value in fault.drifted(inputs).items()
            if name in inputs or name in request.schema.inputs
        }
        return seen, drifted

    def update(
        self, request: Request, resource_id: str, old: Values, new: Values, outputs: Values
    ) -> Values:
        """Today's outputs, with what the change decides."""
        fault = _fault_of(request.urn)
        fault.fail("update")
        subject = _subject(request, new)
        if self._package == "kubernetes":
            changed = updated_object(request.schema, subject, old, outputs)
        else:
            changed = updated_outputs(request.schema, subject, resource_id, old, outputs)
        _finish(fault, resource_id, new, changed)
        return changed

    def delete(self, request: Request, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Forget it, which is all there is to do."""
        del resource_id, inputs, outputs
        _fault_of(request.urn).fail("delete")

    def invoke(self, schema: FunctionSchema, arguments: Values, config: Values) -> Values:
        """What the user knows, what config says, and what is plausible beside that."""
        if self._package == "kubernetes":
            from modelport.cluster.invoke import answer as decode

            return decode(schema.token, arguments)
        from modelport.offline.data_sources import answer

        return answer(schema, arguments, config)


def _fault_of(urn: str) -> "Fault":
    # Most previews never come here; to import it takes as long as a hundred resources.
    from modelport.offline.faults import fault_of

    return fault_of(urn)


def _subject(request: Request, inputs: Mapping[str, Json]) -> Subject:
    return subject_of(request.token, request.urn, inputs, request.config)


def _created(schema: ResourceSchema, subject: Subject, resource_id: str) -> Values:
    if subject.package == "kubernetes":
        return created_object(schema, subject)
    return created_outputs(schema, subject, resource_id)


def _finish(fault: "Fault", resource_id: str, inputs: Values, outputs: Values) -> None:
    if fault.partial:
        raise PartialFailure(resource_id, inputs, outputs, [fault.partial])


def _is_whole(schema: ResourceSchema, outputs: Values) -> bool:
    """Whether these are the outputs of a resource in the state, not part of a look-up."""
    needed = {name for name, property_ in schema.outputs.items() if property_.required}
    return bool(set(outputs) - {"id"}) and needed - {"id", "urn"} <= set(outputs)


def _assumed(request: Request, resource_id: str) -> Values:
    """Inputs that an id tells, and plausible ones for the others that are required."""
    inputs = inputs_of_id(request.schema, resource_id)
    named = {**inputs, "name": text(inputs, "name") or name_of_id(resource_id)}
    synthesis = Synthesis(_subject(request, named), resource_id)
    for name, property_ in request.schema.inputs.items():
        if inputs.get(name) is None and property_.required:
            value = property_.default
            inputs[name] = synthesis.value(property_) if value is None else value
    return {**inputs, ASSUMED: True}
