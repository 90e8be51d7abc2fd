"""Base of our providers: their life beside the engine, and what they say to it."""

import contextlib
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as pb

from modelport.errors import ModelportError


class BaseProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The part of the engine's protocol that does not depend on what is provided."""

    accepts_resources: ClassVar[bool] = False
    """Whether the engine sends whole resources as references instead of their ids."""

    def __init__(self, version: str, log: Callable[[], Path], engine: str | None = None) -> None:
        self._version = version
        self._log = log
        self._engine: engine_pb2_grpc.EngineStub | None = None
        if engine:
            self._connect(engine)

    def _connect(self, address: str) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return pb.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=self.accepts_resources
        )

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        self._connect(request.address)
        return Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return plugin_pb2.PluginInfo(version=self._version)

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return pb.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return pb.ConfigureResponse(
            acceptSecrets=True,
            supportsPreview=True,
            acceptResources=self.accepts_resources,
            acceptOutputs=False,
        )

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return Empty()

    def status(self, urn: str, text: str) -> None:
        """Show what is being done now, beside the resource."""
        self._say(engine_pb2.INFO, urn, text, ephemeral=True)

    def warn(self, urn: str, text: str) -> None:
        """Warn about a resource; the update goes on."""
        self._say(engine_pb2.WARNING, urn, text, ephemeral=False)

    def _say(
        self, severity: engine_pb2.LogSeverity.ValueType, urn: str, text: str, *, ephemeral: bool
    ) -> None:
        if self._engine is not None:
            self._engine.Log(
                engine_pb2.LogRequest(severity=severity, message=text, urn=urn, ephemeral=ephemeral)
            )

    def run(self, context: Any, action: Callable[[], Any]) -> Any:
        """Run a part of a provider; what it says on failure is what the user reads."""
        try:
            return action()
        except ModelportError as error:
            abort(context, str(error))
        except Exception as error:  # the engine would print the traceback; keep it in a file
            log = self._log()
            with contextlib.suppress(OSError):  # the disk may be what is wrong
                log.write_text(traceback.format_exc())
            abort(context, f"internal error: {type(error).__name__}: {error}; details in {log}")


def token_of(urn: str) -> str:
    """The type token in a URN."""
    return urn.split("::")[2].split("$")[-1]


def abort(context: Any, message: str) -> NoReturn:
    """End a call with a sentence that the user reads."""
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError(message)  # abort raises
