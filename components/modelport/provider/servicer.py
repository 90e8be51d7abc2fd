"""Servicer: the engine's resource protocol on top of the handlers."""

from collections.abc import Callable, Collection
from threading import Lock
from typing import Any

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2 as pb
from pydantic import ValidationError

from modelport import __version__
from modelport.home import find_home
from modelport.provider.base import BaseProvider, abort, token_of
from modelport.provider.handler import Context, Handler, Inputs
from modelport.provider.wire import UNKNOWN, Json, Secret, from_struct, has_unknowns, to_struct

AnyHandler = Handler[Any]


class ModelportProvider(BaseProvider):
    """Serves every type of the package `modelport`."""

    def __init__(
        self,
        tokens: Collection[str],
        make: Callable[[str], AnyHandler],
        engine: str | None = None,
    ) -> None:
        """Serve these types.

        Args:
            tokens: Their tokens.
            make: Makes the handler of a token, when a program has such a resource.
            engine: Address of the engine, where it is known.
        """
        super().__init__(__version__, lambda: find_home().root / "provider-error.log", engine)
        self._tokens = tokens
        self._make = make
        self._handlers: dict[str, AnyHandler] = {}
        self._lock = Lock()

    # -- resources

    def Check(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        handler = self._handler(request.urn, context)
        news = from_struct(request.news)
        failures: list[tuple[str, str]] = []
        if not has_unknowns(news):
            try:
                handler.inputs.model_validate(news)
            except ValidationError as error:
                failures = [
                    (".".join(str(key) for key in item["loc"]), item["msg"])
                    for item in error.errors(include_url=False)
                ]
        return pb.CheckResponse(
            inputs=request.news,
            failures=[pb.CheckFailure(property=path, reason=reason) for path, reason in failures],
        )

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        handler = self._handler(request.urn, context)
        old, new = from_struct(request.old_inputs), from_struct(request.news)
        ignored = set(request.ignoreChanges)
        changed = {
            key: _kind(old, new, key)
            for key in sorted({*old, *new} - ignored)
            if old.get(key) != new.get(key)
        }
        detailed = {
            key: pb.PropertyDiff(
                kind=_REPLACING[kind] if key in handler.replaces else kind,
                inputDiff=True,
            )
            for key, kind in changed.items()
        }
        if not changed:
            outputs = from_struct(request.olds)
            drifted = self.run(
                context,
                lambda: handler.drift(
                    self._context(request.urn), request.id, self._inputs(handler, old), outputs
                ),
            )
            detailed = {
                key: pb.PropertyDiff(
                    kind=pb.PropertyDiff.UPDATE_REPLACE
                    if key in handler.replaces
                    else pb.PropertyDiff.UPDATE,
                    inputDiff=False,
                )
                for key in sorted(drifted - ignored)
            }
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if detailed else pb.DiffResponse.DIFF_NONE,
            diffs=list(detailed),
            replaces=sorted(handler.replaces & detailed.keys()),
            detailedDiff=detailed,
            hasDetailedDiff=True,
            deleteBeforeReplace=not handler.identity & changed.keys(),
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        handler = self._handler(request.urn, context)
        values = from_struct(request.properties)
        if request.preview:
            return pb.CreateResponse(properties=self._state(handler, values, {}))
        resource_id, outputs = self.run(
            context,
            lambda: handler.create(self._context(request.urn), self._inputs(handler, values)),
        )
        return pb.CreateResponse(id=resource_id, properties=self._state(handler, values, outputs))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        handler = self._handler(request.urn, context)
        values, outputs = from_struct(request.inputs), from_struct(request.properties)
        if not values:
            return self._imported(request, context, handler)
        found = self.run(
            context,
            lambda: handler.read(
                self._context(request.urn), request.id, self._inputs(handler, values), outputs
            ),
        )
        if found is None:
            return pb.ReadResponse()
        return pb.ReadResponse(
            id=request.id,
            properties=self._state(handler, values, found),
            inputs=self._state(handler, values, {}),
        )

    def Update(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        handler = self._handler(request.urn, context)
        old, new = from_struct(request.old_inputs), from_struct(request.news)
        outputs = from_struct(request.olds)
        if request.preview:
            hidden = old.keys() | handler.unforeseen
            kept = {key: value for key, value in outputs.items() if key not in hidden}
            return pb.UpdateResponse(properties=self._state(handler, new, kept))
        changed = self.run(
            context,
            lambda: handler.update(
                self._context(request.urn),
                request.id,
                self._inputs(handler, old),
                self._inputs(handler, new),
                outputs,
            ),
        )
        return pb.UpdateResponse(properties=self._state(handler, new, changed))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        handler = self._handler(request.urn, context)
        values = from_struct(request.old_inputs)
        self.run(
            context,
            lambda: handler.delete(
                self._context(request.urn), request.id, self._inputs(handler, values)
            ),
        )
        return Empty()

    # -- helpers

    def _handler(self, urn: str, context: Any) -> AnyHandler:
        token = token_of(urn)
        if token not in self._tokens:
            known = ", ".join(sorted(self._tokens))
            abort(
                context,
                f"{token}: no such resource type in modelport {__version__}; it has {known}",
            )
        with self._lock:
            if token not in self._handlers:
                self._handlers[token] = self._make(token)
            return self._handlers[token]

    def _imported(self, request: Any, context: Any, handler: AnyHandler) -> Any:
        """A resource of which the engine knows the id alone."""
        found = self.run(context, lambda: handler.imported(self._context(request.urn), request.id))
        if found is None:
            abort(context, f"{handler.token} cannot be imported; create it with `modelport up`")
        inputs, outputs = found
        return pb.ReadResponse(
            id=request.id,
            properties=self._state(handler, inputs, outputs),
            inputs=self._state(handler, inputs, {}),
        )

    def _inputs(self, handler: AnyHandler, values: dict[str, Json]) -> Inputs:
        return handler.inputs.model_validate(values)

    def _state(self, handler: AnyHandler, values: dict[str, Json], outputs: dict[str, Any]) -> Any:
        """The resource's properties, with its secrets marked."""
        state = {**values, **outputs}
        return to_struct(
            {
                key: Secret(value) if key in handler.secret and value != UNKNOWN else value
                for key, value in state.items()
            }
        )

    def _context(self, urn: str) -> Context:
        return Context(home=find_home(), status=lambda text: self.status(urn, text))


_REPLACING = {
    pb.PropertyDiff.ADD: pb.PropertyDiff.ADD_REPLACE,
    pb.PropertyDiff.DELETE: pb.PropertyDiff.DELETE_REPLACE,
    pb.PropertyDiff.UPDATE: pb.PropertyDiff.UPDATE_REPLACE,
}


def _kind(old: dict[str, Json], new: dict[str, Json], key: str) -> pb.PropertyDiff.Kind.ValueType:
    if key not in old:
        return pb.PropertyDiff.ADD
    return pb.PropertyDiff.UPDATE if key in new else pb.PropertyDiff.DELETE
