"""gRPC calls of the serving tests: NVIDIA's messages, grpcio's channels, and servers in process."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Generator
from typing import Any, cast

import grpc
import numpy as np
from tritonclient.grpc import service_pb2
from uvicorn.server import ServerState

from modelport_serving.app import build_app
from modelport_serving.grpc.http2 import Http2
from modelport_serving.grpc.services import application
from modelport_serving.predictor import Predictor
from modelport_serving.record import Golden
from modelport_serving.runtime import Runtime
from modelport_serving.settings import Open, Settings
from serving.tiny import Stub, record, signature
from serving.workers import KEY

pb: Any = service_pb2
SERVICE = "/inference.GRPCInferenceService/"
METADATA = (("authorization", f"Bearer {KEY}"),)
HEALTH = "/grpc.health.v1.Health/Check"
CODE = grpc.StatusCode
ROWS = [[1.5, 40.0, 0.5], [-1.5, 41.0, 0.25]]
FLAT = [cell for row in ROWS for cell in row]


def call(
    channel: grpc.Channel,
    method: str,
    request: Any,
    answer: Any = None,
    *,
    metadata: Any = METADATA,
    timeout: float | None = 20,
) -> Any:
    """One call of any method; a request may be bytes. Raises `grpc.RpcError`."""
    path = method if method.startswith("/") else SERVICE + method
    stub: Callable[..., Any] = channel.unary_unary(
        path,
        request_serializer=_bytes,
        response_deserializer=None if answer is None else answer.FromString,
    )
    return stub(request, metadata=metadata, timeout=timeout)


def _bytes(request: Any) -> bytes:
    return request if isinstance(request, bytes) else request.SerializeToString()


def refused(*args: Any, **kwargs: Any) -> Any:
    """The error of a call that must have one: `code()`, `details()`, `trailing_metadata()`."""
    try:
        found = call(*args, **kwargs)
    except grpc.RpcError as error:
        return error
    raise AssertionError(f"was answered: {found!r}")


def raw(rows: Any = ROWS, datatype: str = "FP64", name: str = "rows", **fields: Any) -> Any:
    """An inference request with one raw tensor."""
    kinds: dict[str, Any] = {"FP64": np.float64, "FP32": np.float32, "INT64": np.int64}
    values = np.array(rows, dtype=kinds.get(datatype, np.float64))
    request = pb.ModelInferRequest(model_name="tiny", **fields)
    request.inputs.add(name=name, datatype=datatype, shape=values.shape)
    request.raw_input_contents.append(values.tobytes())
    return request


def typed(field: str, values: Any, datatype: str, shape: Any = (2, 3)) -> Any:
    """An inference request with one typed tensor."""
    request = pb.ModelInferRequest(model_name="tiny")
    tensor = request.inputs.add(name="rows", datatype=datatype, shape=shape)
    getattr(tensor.contents, field).extend(values)
    return request


def infer(channel: grpc.Channel, request: Any, **options: Any) -> Any:
    return call(channel, "ModelInfer", request, pb.ModelInferResponse, **options)


@contextlib.contextmanager
def channel_to(url: str) -> Generator[grpc.Channel]:
    """A channel of its own, without a proxy."""
    address = url.removeprefix("http://")
    options = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(address, options=options) as made:
        yield made


def made_runtime(model: Any, task: str = "regression", **fields: Any) -> Runtime:
    made = record(signature(task=task))
    runtime = Runtime(made, Golden(instances=(), predictions=()))
    fields = {"auth": Open(), "protocols": frozenset({"grpc"}), "access_log": False} | fields
    runtime.start(Settings(**fields), Predictor(Stub(model), made))
    return runtime


@contextlib.contextmanager
def in_process(runtime: Runtime) -> Generator[tuple[grpc.Channel, str]]:
    """A channel to a server in a thread of this process, and its address."""
    app = application(build_app(runtime))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    state = ServerState()

    async def listen() -> asyncio.Server:
        return await loop.create_server(lambda: Http2(app, state, {}), "127.0.0.1", 0)

    async def end(server: asyncio.Server) -> None:
        server.close()
        for connection in list(state.connections):
            cast("Any", connection)._transport.abort()
        await asyncio.sleep(0)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    host, port = server.sockets[0].getsockname()
    try:
        with channel_to(f"{host}:{port}") as channel:
            yield channel, f"http://{host}:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
