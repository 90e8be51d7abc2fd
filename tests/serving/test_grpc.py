"""The Open Inference Protocol over gRPC, by NVIDIA's client, grpcio's channels and HTTP/2."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import grpc
import httpx
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status

from serving.grpc_calls import (
    CODE,
    FLAT,
    HEALTH,
    METADATA,
    ROWS,
    SERVICE,
    call,
    channel_to,
    infer,
    pb,
    raw,
    refused,
    typed,
)
from serving.tiny import FEATURES, VERSION
from serving.workers import (
    AUTH,
    Worker,
    listen,
    poll,
    settings_file,
    spawn,
    stop,
    url_of,
    wait_ready,
)

WHOLE = [[1, 40, 2], [-1, 41, 3]]


@pytest.fixture(scope="module")
def public() -> Iterator[socket.socket]:
    with listen() as listening:
        yield listening


@pytest.fixture(scope="module")
def server(
    bento: Path, public: socket.socket, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    """A worker as a supervisor has it: its own address, and the endpoint's socket."""
    folder = tmp_path_factory.mktemp("grpc")
    file = settings_file(folder, max_body_bytes=256 * 1024, max_rows=1000, protocols=["grpc"])
    ours, theirs = socket.socketpair()
    fds = (public.fileno(), theirs.fileno())
    with ours, theirs, listen() as private:
        worker = spawn(
            bento, private, folder / "worker.log", {"MODELPORT_SETTINGS": str(file)},
            "--public-fd", str(fds[0]), "--control-fd", str(fds[1]),
            fds=fds,
        )  # fmt: skip
        try:
            wait_ready(worker)
            ours.sendall(b"promote\n")
            yield worker
        finally:
            stop(worker)
    assert '"failure"' not in worker.log.read_text()


@pytest.fixture(scope="module")
def channel(server: Worker, public: socket.socket) -> Iterator[grpc.Channel]:
    """A channel to the endpoint's socket, which is served once the worker is promoted."""
    del server
    with channel_to(url_of(public)) as made:
        yield made


@pytest.fixture(scope="module")
def web(server: Worker) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=AUTH, timeout=20, trust_env=False) as made:
        yield made


def predicted(web: httpx.Client, rows: Any) -> tuple[list[str], list[list[float]]]:
    """What our own protocol answers."""
    found = web.post("/predict", json={"instances": rows}).json()["predictions"]
    chances = [[each["probabilities"][name] for name in ("low", "high")] for each in found]
    return [each["label"] for each in found], chances


# -- answers


@pytest.mark.parametrize("datatype", ["FP64", "FP32", "INT64"])
def test_tritonclient(server: Worker, web: httpx.Client, datatype: str) -> None:
    import tritonclient.grpc as untyped

    triton = cast("Any", untyped)
    rows = WHOLE if datatype == "INT64" else ROWS
    labels, chances = predicted(web, rows)
    with triton.InferenceServerClient(server.url.removeprefix("http://")) as client:
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("tiny", VERSION, headers=AUTH)
        assert client.get_server_metadata(headers=AUTH).name == "modelport"
        described = client.get_model_metadata("tiny", headers=AUTH)
        assert described.platform == "modelport_native"
        assert [(each.name, each.datatype, list(each.shape)) for each in described.inputs] == [
            ("rows", "FP64", [-1, 3])
        ]
        sent = triton.InferInput("rows", [2, 3], datatype)
        sent.set_data_from_numpy(np.array(rows, dtype=triton.triton_to_np_dtype(datatype)))
        wanted = [triton.InferRequestedOutput(name) for name in ("probabilities", "label")]
        found = client.infer("tiny", [sent], outputs=wanted, request_id="7", headers=AUTH)
        assert found.get_response().id == "7"
        assert [each.name for each in found.get_response().outputs] == ["probabilities", "label"]
        np.testing.assert_allclose(found.as_numpy("probabilities"), chances)
        assert [label.decode() for label in found.as_numpy("label")] == labels


@pytest.mark.parametrize(
    ("field", "values", "datatype"),
    [
        ("fp64_contents", FLAT, "FP64"),
        ("fp32_contents", FLAT, "FP32"),
        ("int64_contents", [cell for row in WHOLE for cell in row], "INT64"),
        ("int_contents", [cell for row in WHOLE for cell in row], "INT32"),
    ],
)
def test_typed_tensors_are_answered_typed(
    channel: grpc.Channel, web: httpx.Client, field: str, values: Any, datatype: str
) -> None:
    labels, chances = predicted(web, WHOLE if datatype.startswith("INT") else ROWS)
    found = infer(channel, typed(field, values, datatype))
    assert (found.model_name, found.model_version) == ("tiny", VERSION)
    assert not found.raw_output_contents
    label, probabilities = found.outputs
    assert [text.decode() for text in label.contents.bytes_contents] == labels
    assert list(probabilities.shape) == [2, 2]
    assert list(probabilities.contents.fp64_contents) == [cell for row in chances for cell in row]


def test_a_tensor_for_each_feature(channel: grpc.Channel, web: httpx.Client) -> None:
    request = pb.ModelInferRequest(model_name="tiny", model_version=VERSION)
    for feature, column in zip(FEATURES, zip(*ROWS, strict=True), strict=True):
        tensor = request.inputs.add(name=feature.name, datatype="FP64", shape=[2, 1])
        tensor.contents.fp64_contents.extend(column)
    found = infer(channel, request).outputs[0].contents.bytes_contents
    assert [text.decode() for text in found] == predicted(web, ROWS)[0]


def test_many_at_once_over_one_connection(channel: grpc.Channel) -> None:
    many = np.tile(np.array(ROWS), (200, 1))
    sent = raw(many)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(infer, [channel] * 100, [sent] * 100))
    assert {each.raw_output_contents[1] for each in found} == {found[0].raw_output_contents[1]}
    assert len(found[0].raw_output_contents[1]) == 400 * 2 * 8


def test_ids_versions_log_and_metrics(
    server: Worker, channel: grpc.Channel, web: httpx.Client
) -> None:
    stub: Any = channel.unary_unary(f"{SERVICE}ModelInfer")
    metadata = (*METADATA, ("x-request-id", "asked-7"))
    _, done = stub.with_call(raw().SerializeToString(), metadata=metadata)
    head = dict(done.initial_metadata())
    assert (head["x-request-id"], head["x-modelport-version"]) == ("asked-7", VERSION)
    refused(channel, "ModelInfer", raw([[1, 2]]), metadata=(*METADATA, ("x-request-id", "bad-7")))
    lines: dict[str, Any] = {}

    def logged() -> bool:
        found = [json.loads(line) for line in server.lines() if line.startswith("{")]
        lines.update({line.get("request_id", ""): line for line in found})
        return {"asked-7", "bad-7"} <= lines.keys()

    poll(logged, "logged", 10)
    assert lines["asked-7"]["route"] == f"{SERVICE}ModelInfer"
    assert (lines["asked-7"]["status"], lines["bad-7"]["status"]) == (200, 422)
    text = web.get("/metrics").text
    assert f'modelport_requests_total{{route="{SERVICE}ModelInfer",status="422"}}' in text


def test_health(server: Worker, channel: grpc.Channel) -> None:
    stub: Any = cast("Any", health_pb2_grpc).HealthStub(channel)
    messages: Any = health_pb2
    for service in ("", "inference.GRPCInferenceService"):
        found = stub.Check(messages.HealthCheckRequest(service=service))
        assert found.status == messages.HealthCheckResponse.SERVING
    with pytest.raises(grpc.RpcError) as caught:
        stub.Check(messages.HealthCheckRequest(service="other"))
    assert cast("Any", caught.value).code() == CODE.NOT_FOUND
    watch = stub.Watch(messages.HealthCheckRequest(service="other"))
    assert next(watch).status == messages.HealthCheckResponse.SERVICE_UNKNOWN
    watch.cancel()


def test_reflection_describes_the_services(channel: grpc.Channel) -> None:
    class WithKey(grpc.StreamStreamClientInterceptor):
        def intercept_stream_stream(  # pyright: ignore[reportIncompatibleMethodOverride]
            self, continuation: Any, client_call_details: Any, request_iterator: Any
        ) -> Any:
            changed = client_call_details._replace(metadata=METADATA)
            return continuation(changed, request_iterator)

    found: Any = ProtoReflectionDescriptorDatabase(grpc.intercept_channel(channel, WithKey()))
    assert "inference.GRPCInferenceService" in found.get_services()
    file = found.FindFileContainingSymbol("inference.ModelInferRequest")
    assert file.service[0].name == "GRPCInferenceService"
    assert found.FindFileByName("health.proto").package == "grpc.health.v1"
    with pytest.raises(KeyError):
        found.FindFileContainingSymbol("inference.Nothing")


def test_http2_answers_the_other_paths_too(server: Worker, web: httpx.Client) -> None:
    """A platform may pass everything on over HTTP/2."""
    with httpx.Client(
        base_url=server.url, headers=AUTH, http1=False, http2=True, trust_env=False, timeout=20
    ) as client:
        found = client.post("/predict", json={"instances": ROWS})
        assert found.http_version == "HTTP/2"
        assert found.json() == web.post("/predict", json={"instances": ROWS}).json()
        assert client.get("/readyz").json()["status"] == "ready"
        assert client.head("/model").content == b""
        assert client.get("/nowhere").json()["type"].endswith(":not-found")
        large = client.post("/predict", content=b"x" * 400_000)
        assert large.status_code == 415
        headers = {"content-type": "application/json"}
        assert client.post("/predict", content=b"x" * 400_000, headers=headers).status_code == 413
        assert client.get("/model", headers={"x-long": "x" * 40_000}).status_code == 431


def test_malformed_calls(server: Worker) -> None:
    """Clients of gRPC cannot send these."""
    url = f"{server.url}{SERVICE}ModelInfer"
    usual = {**AUTH, "content-type": "application/grpc"}
    with httpx.Client(http1=False, http2=True, trust_env=False, timeout=20) as client:

        def told(content: bytes, **headers: str) -> tuple[str, str]:
            found = client.post(url, content=content, headers=usual | headers)
            assert (found.status_code, found.content) == (200, b"")
            return found.headers["grpc-status"], found.headers["grpc-message"]

        invalid = str(CODE.INVALID_ARGUMENT.value[0])
        code, said = told(b"\0\0\0\0\0", **{"grpc-timeout": "soon"})
        assert (code, "grpc-timeout must be" in said) == (invalid, True)
        for content in (b"", b"\0\0\0\0", b"\0\0\0\0\1", b"\0\0\0\0\0" * 2):
            assert told(content)[0] == invalid
        found = client.get(url, headers=usual)
        assert found.headers["grpc-status"] == str(CODE.UNIMPLEMENTED.value[0])
        found = client.post(url, json={}, headers=AUTH)
        assert found.status_code == 415
    # Over HTTP/1.1 the methods do not exist: it has no place for a call's status.
    assert httpx.post(url, content=b"", headers=usual, trust_env=False).status_code == 404


# -- refusals


def change(**fields: Any) -> Any:
    request = raw()
    for name, value in fields.items():
        setattr(request.inputs[0], name, value)
    return request


def two_raws() -> Any:
    request = raw()
    request.raw_input_contents.append(b"")
    return request


@pytest.mark.parametrize(
    ("request_", "code", "said"),
    [
        (raw(model_version="1"), CODE.NOT_FOUND, f"no version '1'; '{VERSION}' is served"),
        (pb.ModelInferRequest(model_name="x"), CODE.NOT_FOUND, "no model 'x'; there is 'tiny'"),
        (pb.ModelInferRequest(model_name="tiny"), CODE.INVALID_ARGUMENT, "inputs is empty"),
        (b"\xff\xff\xff", CODE.INVALID_ARGUMENT, "is no inference.ModelInferRequest"),
        (change(datatype="BOOL"), CODE.INVALID_ARGUMENT, "'BOOL' is not taken; send one of FP64"),
        (change(datatype="FP32"), CODE.INVALID_ARGUMENT, "does not fit the shape [2, 3]"),
        (raw([[[1.0]]]), CODE.INVALID_ARGUMENT, "has 3 dimensions; send 1 or 2"),
        (raw([[1.5, 40.5, 1]]), CODE.INVALID_ARGUMENT, '"age" is 40.5; this feature takes int'),
        (raw([[1.5, float("inf"), 1]]), CODE.INVALID_ARGUMENT, 'instances[0]."age"'),
        (raw([[1.0, 2.0]]), CODE.INVALID_ARGUMENT, "instances[0] has 2 values; the model takes 3"),
        (two_raws(), CODE.INVALID_ARGUMENT, "2 raw_input_contents for 1 inputs"),
        (typed("fp32_contents", FLAT, "FP64"), CODE.INVALID_ARGUMENT, "held by fp64_contents, not"),
        (typed("fp64_contents", [1.0], "FP64"), CODE.INVALID_ARGUMENT, "does not fit the shape"),
        (typed("fp32_contents", FLAT, "FP16"), CODE.INVALID_ARGUMENT, "FP16 has no typed contents"),
        (typed("fp64_contents", FLAT, "FP64", (-2, 3)), CODE.INVALID_ARGUMENT, "is not from 0 to"),
        (raw(np.ones((1001, 3))), CODE.RESOURCE_EXHAUSTED, "has 1001 rows; send at most 1000"),
        (raw(np.ones((9000, 30))), CODE.RESOURCE_EXHAUSTED, "larger than 262144 bytes"),
    ],
)  # fmt: skip
def test_refusals(channel: grpc.Channel, request_: Any, code: Any, said: str) -> None:
    error = refused(channel, "ModelInfer", request_)
    assert (error.code(), said in error.details()) == (code, True), error.details()


def test_a_refusal_lists_every_fault(channel: grpc.Channel) -> None:
    error = refused(channel, "ModelInfer", raw([[1, 1.5, 1]] * 30))
    status: Any = rpc_status.from_call(error)
    (detail,) = status.details
    found: Any = cast("Any", error_details_pb2).BadRequest()
    assert detail.Unpack(found)
    assert len(found.field_violations) == 20
    assert found.field_violations[0].field == 'instances[0]."age"'
    assert "more than 20 places" in error.details()


@pytest.mark.parametrize("metadata", [(), (("authorization", "Bearer wrong"),)])
@pytest.mark.parametrize("method", ["ModelInfer", "ModelReady", "ModelMetadata", "ServerMetadata"])
def test_only_probes_need_no_key(channel: grpc.Channel, method: str, metadata: Any) -> None:
    error = refused(channel, method, b"", metadata=metadata)
    assert error.code() == CODE.UNAUTHENTICATED
    assert "send the API key" in error.details()
    for probe in ("ServerLive", "ServerReady", HEALTH):
        assert call(channel, probe, b"", metadata=metadata)


def test_what_does_not_exist_and_what_is_compressed(channel: grpc.Channel) -> None:
    for path in ("ModelStreamInfer", "/other.Service/Method", "/predict"):
        assert refused(channel, path, b"").code() == CODE.UNIMPLEMENTED
    for name in ("ModelReady", "ModelMetadata"):
        request = getattr(pb, f"{name}Request")(name="other")
        assert refused(channel, name, request).code() == CODE.NOT_FOUND
    stub: Any = channel.unary_unary(f"{SERVICE}ModelInfer")
    content = raw(np.ones((500, 3))).SerializeToString()
    with pytest.raises(grpc.RpcError) as caught:
        stub(content, metadata=METADATA, compression=grpc.Compression.Gzip)
    error = cast("Any", caught.value)
    assert (error.code(), "without compression" in error.details()) == (CODE.UNIMPLEMENTED, True)


def test_too_much_metadata(channel: grpc.Channel) -> None:
    metadata = (*METADATA, ("x-long", "x" * 40_000))
    error = refused(channel, "ModelInfer", raw(), metadata=metadata)
    assert error.code() == CODE.RESOURCE_EXHAUSTED
