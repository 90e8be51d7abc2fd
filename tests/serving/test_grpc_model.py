"""gRPC with a model that the test decides: late, failing, ending; and with any request."""

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from hypothesis import given, settings
from hypothesis import strategies as st

from modelport_serving.capture import Capture
from modelport_serving.control import BeginSplit
from modelport_serving.fallback import Fallback
from modelport_serving.runtime import Runtime
from serving.grpc_calls import (
    CODE,
    FLAT,
    HEALTH,
    SERVICE,
    call,
    in_process,
    infer,
    made_runtime,
    pb,
    raw,
    refused,
    typed,
)
from serving.split_bench import GOOD, answer, says
from serving.workers import poll


class Held:
    """A model that waits until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, rows: Any) -> Any:
        self.begun.set()
        self.go.wait(20)
        return [2.5] * len(rows)


def failing(_: Any) -> Any:
    raise RuntimeError("secret")


def test_a_full_queue_says_when_to_try_again() -> None:
    held = Held()
    with in_process(made_runtime(held, queue=0)) as (channel, _), ThreadPoolExecutor(1) as pool:
        first = pool.submit(infer, channel, raw())
        assert held.begun.wait(20)
        error = refused(channel, "ModelInfer", raw())
        held.go.set()
        assert len(first.result(20).outputs) == 1
    assert error.code() == CODE.RESOURCE_EXHAUSTED
    assert dict(error.trailing_metadata())["grpc-retry-pushback-ms"] == "1000"
    status: Any = rpc_status.from_call(error)
    found: Any = cast("Any", error_details_pb2).RetryInfo()
    assert status.details[0].Unpack(found)
    assert found.retry_delay.seconds == 1


def test_deadlines_of_the_service_and_of_the_caller() -> None:
    held = Held()
    with in_process(made_runtime(held, timeout_seconds=0.1)) as (channel, _):
        error = refused(channel, "ModelInfer", raw())
        assert error.code() == CODE.DEADLINE_EXCEEDED
        assert error.details().startswith("the model did not answer within 0.1 s")
        held.go.set()
    held = Held()
    runtime = made_runtime(held)
    with in_process(runtime) as (channel, _):
        error = refused(channel, "ModelInfer", raw(), timeout=0.2)
        assert error.code() == CODE.DEADLINE_EXCEEDED
        # The caller is told by its own clock, and nothing waits for it here.
        poll(lambda: counted(runtime) & {"499", "504"}, "counted", 10)
        held.go.set()


def counted(runtime: Runtime) -> set[str]:
    """Statuses with which inference was answered."""
    assert runtime.live
    lines = runtime.live.metrics.text().decode().splitlines()
    start = f'modelport_requests_total{{route="{SERVICE}ModelInfer",status="'
    return {line.removeprefix(start)[:3] for line in lines if line.startswith(start)}


def test_a_call_that_is_given_up_is_counted_as_one() -> None:
    held = Held()
    runtime = made_runtime(held)
    with in_process(runtime) as (channel, _):
        stub: Any = channel.unary_unary(f"{SERVICE}ModelInfer")
        asked = stub.future(raw().SerializeToString())
        assert held.begun.wait(20)
        asked.cancel()
        poll(lambda: counted(runtime) == {"499"}, "given up", 10)
        held.go.set()
        assert len(infer(channel, raw()).outputs) == 1


def test_a_failing_model_tells_nothing_and_a_fallback_answers() -> None:
    with in_process(made_runtime(failing)) as (channel, _):
        error = refused(channel, "ModelInfer", raw())
        assert (error.code(), "secret" in error.details()) == (CODE.INTERNAL, False)
    with in_process(made_runtime(failing, fallback=Fallback(answer=7.0))) as (channel, _):
        stub: Any = channel.unary_unary(f"{SERVICE}ModelInfer")
        body, done = stub.with_call(typed("fp64_contents", FLAT, "FP64").SerializeToString())
        assert dict(done.initial_metadata())["x-modelport-fallback"] == "failed"
        found = pb.ModelInferResponse.FromString(body)
        assert list(found.outputs[0].contents.fp64_contents) == [7.0, 7.0]


def test_captured_calls(capfd: pytest.CaptureFixture[str]) -> None:
    runtime = made_runtime([1.0, 2.0], capture=Capture(percent=100))
    with in_process(runtime) as (channel, _):
        infer(channel, raw(), metadata=(("x-request-id", "c-1"),))
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line[:1] == "{"]
    (line,) = (line for line in lines if line["event"] == "prediction")
    assert (line["request_id"], line["rows"]) == ("c-1", 2)


def test_before_the_start_and_at_the_end() -> None:
    runtime = made_runtime([1.0, 2.0])
    messages: Any = health_pb2
    states = messages.HealthCheckResponse
    with in_process(runtime) as (channel, _):
        stub: Any = cast("Any", health_pb2_grpc).HealthStub(channel)
        watch = stub.Watch(messages.HealthCheckRequest())
        assert next(watch).status == states.SERVING
        runtime.drain()
        # Watchers wait in another event loop, which looks when something happens there.
        assert not call(channel, "ServerReady", b"", pb.ServerReadyResponse).ready
        assert stub.Check(messages.HealthCheckRequest()).status == states.NOT_SERVING
        assert [each.status for each in watch] == [states.NOT_SERVING]
        assert len(infer(channel, raw()).outputs) == 1
        runtime.stop()
        error = refused(channel, "ModelInfer", raw())
        assert (error.code(), dict(error.trailing_metadata())["retry-after"]) == (
            CODE.UNAVAILABLE,
            "1",
        )
        assert call(channel, "ServerLive", b"", pb.ServerLiveResponse).live


def test_a_split_answers_over_grpc() -> None:
    runtime = made_runtime([1.0])

    async def run() -> Any:
        async with await asyncio.start_server(says(answer(200, GOOD)), "127.0.0.1", 0) as peer:
            host, port = peer.sockets[0].getsockname()
            assert runtime.live
            order = BeginSplit(
                id=1, mode="canary", percent=100, addresses=(f"{host}:{port}",), timeout=5
            )
            runtime.splitter.begin(order, runtime.live.metrics, lambda _: None)

            def ask() -> Any:
                with in_process(runtime) as (channel, _):
                    stub: Any = channel.unary_unary(f"{SERVICE}ModelInfer")
                    sent = typed("fp64_contents", [1, 2, 3], "FP64", (1, 3))
                    return stub.with_call(sent.SerializeToString())

            return await asyncio.to_thread(ask)

    body, done = asyncio.run(run())
    assert dict(done.initial_metadata())["x-modelport-version"] == "new"
    found = pb.ModelInferResponse.FromString(body)
    assert list(found.outputs[0].contents.fp64_contents) == [2.5]


# -- anything


@pytest.fixture(scope="module")
def channel() -> Iterator[grpc.Channel]:
    runtime = made_runtime(halves, "classification")
    with in_process(runtime) as (made, _):
        yield made
        assert not {status for status in counted(runtime) if status.startswith("5")}


def halves(rows: Any) -> Any:
    return np.full((len(rows), 2), 0.5)


TENSORS = st.tuples(
    st.sampled_from(["rows", "age", "texture", "mean radius", ""]) | st.text(max_size=3),
    st.sampled_from(["FP64", "FP32", "FP16", "INT64", "INT8", "UINT64", "BYTES", "BOOL", ""]),
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 4), max_size=3),
    st.lists(st.floats() | st.floats(0, 9), max_size=6),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3),
)
REQUESTS = st.tuples(
    st.sampled_from(["tiny", "tiny", "tiny", "other", ""]),
    st.lists(TENSORS, max_size=3),
    st.lists(st.binary(max_size=50), max_size=3),
    st.lists(st.sampled_from(["label", "probabilities", "value", "x"]), max_size=2),
)
EXPECTED = {CODE.OK, CODE.INVALID_ARGUMENT, CODE.NOT_FOUND, CODE.RESOURCE_EXHAUSTED}


def code_of(channel: grpc.Channel, content: bytes, method: str = "ModelInfer") -> Any:
    try:
        call(channel, method, content)
    except grpc.RpcError as error:
        return cast("Any", error).code()
    return CODE.OK


@settings(max_examples=80, deadline=None)
@given(made=REQUESTS)
def test_no_request_breaks_the_service(channel: grpc.Channel, made: Any) -> None:
    model, tensors, raws, outputs = made
    request = pb.ModelInferRequest(model_name=model, raw_input_contents=raws)
    for name, datatype, shape, floats, integers in tensors:
        tensor = request.inputs.add(name=name, datatype=datatype, shape=shape)
        tensor.contents.fp64_contents.extend(floats)
        tensor.contents.int64_contents.extend(integers)
    for name in outputs:
        request.outputs.add(name=name)
    assert code_of(channel, request.SerializeToString()) in EXPECTED


@settings(max_examples=50, deadline=None)
@given(
    content=st.binary(max_size=60),
    method=st.sampled_from(["ModelInfer", "ModelReady", "ServerLive", HEALTH]),
)
def test_no_bytes_break_the_service(channel: grpc.Channel, content: bytes, method: str) -> None:
    assert code_of(channel, content, method) in EXPECTED
