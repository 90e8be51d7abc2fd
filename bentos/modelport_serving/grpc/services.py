"""Services: the methods that can be called, each a path of the application."""

import re

from google.protobuf.message import Message
from starlette.types import ASGIApp

from modelport_serving.app import speaking
from modelport_serving.exchange import Exchange, Reply
from modelport_serving.gate import Gate, Route
from modelport_serving.grpc.front import GrpcFront
from modelport_serving.grpc.health import health_routes
from modelport_serving.grpc.infer import Infer, check_model
from modelport_serving.grpc.methods import is_ready, route, short
from modelport_serving.grpc.names import INFERENCE
from modelport_serving.grpc.protos import open_inference_pb2 as pb
from modelport_serving.grpc.reflection import reflection_routes
from modelport_serving.problems import ProblemError
from modelport_serving.protocols.tensors import outputs_of, platform_of
from modelport_serving.runtime import Runtime

_TIMEOUT = re.compile(rb"([0-9]{1,8})([HMSmun])")
_UNITS = {b"H": 3600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}


def application(gate: Gate) -> ASGIApp:
    """What answers the requests of HTTP/2 connections: the gate's paths, and gRPC's methods.

    Args:
        gate: The application of the bundle over HTTP/1.1.
    """
    found = methods(gate.runtime)
    return GrpcFront(Gate(gate.runtime, {**gate.routes, **found}, gate.mount), found)


def methods(runtime: Runtime) -> dict[str, Route]:
    """Every method by its path."""
    record = runtime.record
    predict = speaking(runtime, Infer(record))

    async def infer(exchange: Exchange) -> Reply:
        exchange.deadline = exchange.started + _seconds(exchange.headers.get(b"grpc-timeout"))
        return await predict(exchange)

    def server_live(_: pb.ServerLiveRequest) -> Message:
        return pb.ServerLiveResponse(live=True)

    def server_ready(_: pb.ServerReadyRequest) -> Message:
        return pb.ServerReadyResponse(ready=is_ready(runtime))

    def server_metadata(_: pb.ServerMetadataRequest) -> Message:
        runtime.ready()
        return pb.ServerMetadataResponse(name="modelport", version=record.version)

    def model_ready(asked: pb.ModelReadyRequest) -> Message:
        check_model(asked.name, asked.version, record)
        return pb.ModelReadyResponse(ready=is_ready(runtime))

    def model_metadata(asked: pb.ModelMetadataRequest) -> Message:
        runtime.ready()
        check_model(asked.name, asked.version, record)
        tensor = pb.ModelMetadataResponse.TensorMetadata
        width = len(record.signature.features)
        return pb.ModelMetadataResponse(
            name=record.name,
            versions=[record.version],
            platform=platform_of(record),
            inputs=[tensor(name="rows", datatype="FP64", shape=[-1, width])],
            outputs=[
                tensor(name=name, datatype=datatype, shape=shape)
                for name, datatype, shape in outputs_of(record)
            ],
        )

    return {
        f"/{INFERENCE}/ServerLive": route(short(pb.ServerLiveRequest, server_live), is_open=True),
        f"/{INFERENCE}/ServerReady": route(
            short(pb.ServerReadyRequest, server_ready), is_open=True
        ),
        f"/{INFERENCE}/ServerMetadata": route(short(pb.ServerMetadataRequest, server_metadata)),
        f"/{INFERENCE}/ModelReady": route(short(pb.ModelReadyRequest, model_ready)),
        f"/{INFERENCE}/ModelMetadata": route(short(pb.ModelMetadataRequest, model_metadata)),
        f"/{INFERENCE}/ModelInfer": route(infer, is_watching=False),
        **health_routes(runtime),
        **reflection_routes(),
    }


def _seconds(given: bytes | None) -> float:
    """The caller's deadline in seconds from the request's begin; infinite without one."""
    if given is None:
        return float("inf")
    found = _TIMEOUT.fullmatch(given)
    if found is None:
        detail = "grpc-timeout must be up to 8 digits and a unit: H, M, S, m, u or n"
        raise ProblemError(422, "invalid-body", detail)
    return int(found[1]) * _UNITS[found[2]]
