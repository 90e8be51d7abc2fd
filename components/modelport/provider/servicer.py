"""Servicer: the engine's resource protocol on top of the handlers."""

import contextlib
import traceback
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as pb
from pydantic import ValidationError

from modelport import __version__
from modelport.errors import ModelportError
from modelport.home import find_home
from modelport.provider.handler import Context, Handler, Inputs
from modelport.provider.wire import UNKNOWN, Json, Secret, from_struct, has_unknowns, to_struct

AnyHandler = Handler[Any]


class ModelportProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Serves every type of the package `modelport`."""

    def __init__(self, handlers: Iterable[AnyHandler], engine: str | None = None) -> None:
        self._handlers = {handler.token: handler for handler in handlers}
        self._engine: engine_pb2_grpc.EngineStub | None = None
        if engine:
            self._connect(engine)

    def _connect(self, address: str) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    # -- life of the plugin

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return pb.ProviderHandshakeResponse(accept_secrets=True, accept_resources=False)

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        self._connect(request.address)
        return Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return plugin_pb2.PluginInfo(version=__version__)

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return pb.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return pb.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return Empty()

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
            drifted = self._run(
                context,
                lambda: handler.drift(
                    self._context(request.urn), request.id, self._inputs(handler, old), outputs
                ),
            )
            detailed = {
                key: pb.PropertyDiff(kind=pb.PropertyDiff.UPDATE, inputDiff=False)
                for key in sorted(drifted)
            }
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if detailed else pb.DiffResponse.DIFF_NONE,
            diffs=list(detailed),
            replaces=sorted(handler.replaces & changed.keys()),
            detailedDiff=detailed,
            hasDetailedDiff=True,
            deleteBeforeReplace=True,
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        handler = self._handler(request.urn, context)
        values = from_struct(request.properties)
        if request.preview:
            return pb.CreateResponse(properties=self._state(handler, values, {}))
        resource_id, outputs = self._run(
            context,
            lambda: handler.create(self._context(request.urn), self._inputs(handler, values)),
        )
        return pb.CreateResponse(id=resource_id, properties=self._state(handler, values, outputs))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        handler = self._handler(request.urn, context)
        values, outputs = from_struct(request.inputs), from_struct(request.properties)
        if not values:
            _abort(context, f"{handler.token} cannot be imported; create it with `modelport up`")
        found = self._run(
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
            kept = {key: value for key, value in outputs.items() if key not in old}
            return pb.UpdateResponse(properties=self._state(handler, new, kept))
        changed = self._run(
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
        self._run(
            context,
            lambda: handler.delete(
                self._context(request.urn), request.id, self._inputs(handler, values)
            ),
        )
        return Empty()

    # -- helpers

    def _handler(self, urn: str, context: Any) -> AnyHandler:
        token = urn.split("::")[2].split("$")[-1]
        handler = self._handlers.get(token)
        if handler is None:
            known = ", ".join(sorted(self._handlers))
            _abort(
                context,
                f"{token}: no such resource type in modelport {__version__}; it has {known}",
            )
        return handler

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
        return Context(home=find_home(), status=lambda text: self._status(urn, text))

    def _status(self, urn: str, text: str) -> None:
        if self._engine is None:
            return
        request = engine_pb2.LogRequest(
            severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=True
        )
        self._engine.Log(request)

    def _run(self, context: Any, action: Callable[[], Any]) -> Any:
        """Run a handler's method; what it says on failure is what the user reads."""
        try:
            return action()
        except ModelportError as error:
            _abort(context, str(error))
        except Exception as error:  # the engine would print the traceback; keep it in a file
            log = find_home().root / "provider-error.log"
            with contextlib.suppress(OSError):  # the disk may be what is wrong
                log.write_text(traceback.format_exc())
            _abort(context, f"internal error: {type(error).__name__}: {error}; details in {log}")


_REPLACING = {
    pb.PropertyDiff.ADD: pb.PropertyDiff.ADD_REPLACE,
    pb.PropertyDiff.DELETE: pb.PropertyDiff.DELETE_REPLACE,
    pb.PropertyDiff.UPDATE: pb.PropertyDiff.UPDATE_REPLACE,
}


def _kind(old: dict[str, Json], new: dict[str, Json], key: str) -> pb.PropertyDiff.Kind.ValueType:
    if key not in old:
        return pb.PropertyDiff.ADD
    return pb.PropertyDiff.UPDATE if key in new else pb.PropertyDiff.DELETE


def _abort(context: Any, message: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError(message)  # abort raises
