"""Lists: resources such as `ConfigMapList`, each object of which is made as if it stood alone."""

from collections.abc import Callable
from dataclasses import replace

from modelport.cluster.manifest import Kind, kind_of, object_id
from modelport.cluster.objects import Object, entries, text
from modelport.cluster.problems import ClusterError
from modelport.provider.wire import has_unknowns
from modelport.sdk import resource
from modelport.sdk.types import FunctionSchema
from modelport.sdk_provider.backing import Backing, PartialFailure, Problem, Request, Values


class ListBacking(Backing):
    """Hands each object of a list to the backing for single ones; an id is the resource's name."""

    def __init__(self, single: Callable[[Request], Backing]) -> None:
        self._single = single

    def complete(self, request: Request, inputs: Values, old: Values) -> Values:
        """Each object with its kind and namespace."""
        del old
        if has_unknowns(inputs):
            return inputs
        items = [
            self._single(asked).complete(asked, item, {})
            for asked, item in _members(request, inputs)
        ]
        return {**inputs, "items": items}

    def check(self, request: Request, inputs: Values) -> list[Problem]:
        """What is wrong with the objects; each needs a name."""
        found: list[Problem] = []
        if has_unknowns(inputs):
            return found
        for index, (asked, item) in enumerate(_members(request, inputs)):
            problems = self._single(asked).check(asked, item)
            if not text(item, "metadata", "name"):
                problems.append(Problem("metadata.name", "missing; objects of a list are named"))
            found += [Problem(f"items[{index}].{one.path}", one.reason) for one in problems]
        return found

    def preview(self, request: Request, inputs: Values, outputs: Values | None) -> Values:
        """Each object's outputs as far as they are known."""
        if has_unknowns(inputs):
            return inputs
        known = _by_place(outputs or {})
        items = [
            self._single(asked).preview(asked, item, known.get(_place(item)))
            for asked, item in _members(request, inputs)
        ]
        return {**inputs, "items": items}

    def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        """Make the objects, one after the other."""
        return request.name, self._all_made(request, inputs, {})

    def read(
        self, request: Request, resource_id: str, inputs: Values, outputs: Values
    ) -> tuple[Values, Values] | None:
        """The objects that are there; none when all are gone."""
        if not inputs:
            message = (
                f"{request.token} {resource_id}: a list cannot be imported; import its objects"
            )
            raise ClusterError(message)
        known = _by_place(outputs)
        found: list[tuple[Values, Values]] = []
        reasons: list[str] = []
        for asked, item in _members(request, inputs):
            before = known.get(_place(item), {})
            try:
                seen = self._single(asked).read(asked, object_id(item), item, before)
            except PartialFailure as error:
                seen = error.inputs, error.outputs
                reasons += error.reasons
            if seen is not None:
                found.append(seen)
        if not found:
            return None
        now = {**inputs, "items": [item for item, _ in found]}
        outputs = {**now, "items": [item for _, item in found]}
        if reasons:
            raise PartialFailure(resource_id, now, outputs, reasons)
        return now, outputs

    def update(
        self, request: Request, resource_id: str, old: Values, new: Values, outputs: Values
    ) -> Values:
        """Change the objects that stay, make the new ones, remove the others."""
        del resource_id
        made = self._all_made(request, new, outputs)
        kept = {_place(item) for _, item in _members(request, new)}
        for asked, item in _members(request, old):
            if _place(item) not in kept:
                self._single(asked).delete(asked, object_id(item), item, {})
        return made

    def delete(self, request: Request, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Remove the objects, the last one first."""
        del resource_id
        known = _by_place(outputs)
        for asked, item in reversed(_members(request, inputs)):
            before = known.get(_place(item), {})
            self._single(asked).delete(asked, object_id(item), item, before)

    def invoke(self, schema: FunctionSchema, arguments: Values, config: Values) -> Values:
        """Lists have no functions: those of the package are answered before."""
        message = f"{schema.token}: a list has no functions"
        raise ClusterError(message)

    def _all_made(self, request: Request, inputs: Values, outputs: Values) -> Values:
        known = _by_place(outputs)
        made: list[object] = []
        try:
            for asked, item in _members(request, inputs):
                before = known.get(_place(item))
                if before is None:
                    made.append(self._single(asked).create(asked, item)[1])
                else:
                    single = self._single(asked)
                    made.append(single.update(asked, object_id(item), before, item, before))
        except PartialFailure as error:
            kept = {**inputs, "items": [*made, error.outputs]}
            raise PartialFailure(request.name, inputs, kept, error.reasons) from error
        except ClusterError as error:
            if not made:
                raise
            kept = {**inputs, "items": made}
            raise PartialFailure(request.name, inputs, kept, [str(error)]) from error
        return {**inputs, "items": made}


def _members(request: Request, inputs: Values) -> list[tuple[Request, Object]]:
    """Each object, with the request as if it stood alone."""
    listed = kind_of(request.token, inputs)
    found: list[tuple[Request, Object]] = []
    for item in entries(inputs, "items"):
        kind = Kind(
            text(item, "apiVersion") or listed.api_version,
            text(item, "kind") or listed.name.removesuffix("List"),
        )
        full: Object = {"apiVersion": kind.api_version, "kind": kind.name, **item}
        version = kind.api_version if kind.group else f"core/{kind.api_version}"
        urn = f"{request.urn}/{'/'.join(_place(full))}"
        schema = resource(f"kubernetes:{version}:{kind.name}")
        found.append((replace(request, urn=urn, schema=schema), full))
    return found


def _by_place(values: Values) -> dict[tuple[str, str], Object]:
    return {_place(item): item for item in entries(values, "items")}


def _place(item: Object) -> tuple[str, str]:
    return text(item, "kind"), object_id(item)
