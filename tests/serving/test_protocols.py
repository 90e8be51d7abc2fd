"""Further protocols, asked by clients that were written for other servers, and by odd requests."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import numpy as np
import pytest
from hypothesis import strategies as st

from serving.tiny import FEATURES, VERSION
from serving.workers import AUTH, Worker, running, settings_file

NAMES = [feature.name for feature in FEATURES]
ROWS = [[1.5, 40.0, 0.5], [-1.5, 41.0, 0.25]]
TEXTS = st.text('0123456789.,\n"-eE[]{}: ', max_size=40)


@pytest.fixture(scope="module")
def server(everything: Worker) -> Worker:
    return everything


@pytest.fixture(scope="module")
def client(server: Worker) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=AUTH, timeout=20, trust_env=False) as made:
        yield made


@pytest.fixture(scope="module")
def wanted(client: httpx.Client) -> list[dict[str, Any]]:
    """What our own protocol answers to the rows."""
    return client.post("/predict", json={"instances": ROWS}).json()["predictions"]


def chances(predictions: list[dict[str, Any]]) -> list[list[float]]:
    return [[each["probabilities"][name] for name in ("low", "high")] for each in predictions]


# -- the Open Inference Protocol, by NVIDIA's client for Triton


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("datatype", ["FP64", "FP32"])
def test_tritonclient(
    server: Worker, wanted: list[dict[str, Any]], binary: bool, datatype: str
) -> None:
    import tritonclient.http as triton

    address = server.url.removeprefix("http://")
    client: Any = cast("Any", triton).InferenceServerClient(address)
    # It writes into the headers that it is given, so each call gets its own.
    try:
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("tiny", VERSION, headers=AUTH)
        described = client.get_model_metadata("tiny", headers=AUTH)
        assert described["inputs"] == [{"name": "rows", "datatype": "FP64", "shape": [-1, 3]}]
        sent: Any = cast("Any", triton).InferInput("rows", [2, 3], datatype)
        given = np.array(ROWS, dtype=np.float64 if datatype == "FP64" else np.float32)
        sent.set_data_from_numpy(given, binary_data=binary)
        outputs = [
            cast("Any", triton).InferRequestedOutput(name, binary_data=binary)
            for name in ("probabilities", "label")
        ]
        answer = client.infer("tiny", [sent], outputs=outputs, request_id="7", headers=dict(AUTH))
        assert answer.get_response()["id"] == "7"
        np.testing.assert_allclose(answer.as_numpy("probabilities"), chances(wanted))
        labels = [
            label.decode() if isinstance(label, bytes) else label
            for label in answer.as_numpy("label")
        ]
        assert labels == [each["label"] for each in wanted]
        plain = client.infer("tiny", [sent], headers=dict(AUTH))
        np.testing.assert_allclose(plain.as_numpy("probabilities"), chances(wanted))
        with pytest.raises(cast("Any", triton).InferenceServerException, match="no such path"):
            client.infer("other", [sent], headers=dict(AUTH))
    finally:
        client.close()


def test_v2_takes_a_tensor_for_each_feature(
    client: httpx.Client, wanted: list[dict[str, Any]]
) -> None:
    columns = zip(*ROWS, strict=True)
    inputs = [
        {"name": name, "shape": [2, 1], "datatype": "FP64", "data": list(column)}
        for name, column in zip(NAMES, columns, strict=True)
    ]
    answer = client.post(
        f"/v2/models/tiny/versions/{VERSION}/infer", json={"inputs": inputs}
    ).json()
    assert (answer["model_name"], answer["model_version"]) == ("tiny", VERSION)
    found = {each["name"]: each for each in answer["outputs"]}
    assert found["label"]["data"] == [each["label"] for each in wanted]
    assert found["probabilities"]["shape"] == [2, 2]


TENSOR = {"name": "rows", "shape": [2, 3], "datatype": "FP64", "data": ROWS}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"datatype": "BOOL"}, "the datatype 'BOOL' is not taken; send one of FP64"),
        ({"shape": [2, 4]}, "the data of 'rows' does not fit the shape [2, 4]"),
        ({"shape": [2, 3, 1]}, "has 3 dimensions"),
        ({"shape": "x"}, "a shape is no list of numbers"),
        ({"data": [[1, 2, 3], [4]]}, "the lists of data differ in length"),
        ({"data": "x"}, "data is no list"),
        ({"data": [[1, 2, 3], [4, None, 6]]}, 'instances[1]."age" is null'),
        ({"data": [[1, 2, 3], [4, "5", 6]]}, 'instances[1]."age" is the string "5"'),
        ({"data": [[1, 2, 3], [4, True, 6]]}, 'instances[1]."age" is true'),
        ({"parameters": {"binary_data_size": 9}}, "binary_data_size does not fit the body"),
    ],
)
def test_v2_errors_are_the_protocol_s(
    client: httpx.Client, change: dict[str, Any], said: str
) -> None:
    answer = client.post("/v2/models/tiny/infer", json={"inputs": [TENSOR | change]})
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "request_id"}
    assert said in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "the request is not an object"),
        ({}, "inputs is no list of tensors"),
        ({"inputs": [1]}, "an input is no object"),
        (
            {"inputs": [TENSOR], "outputs": [{"name": "x"}]},
            "there is no output 'x'; there are label",
        ),
        ({"inputs": [TENSOR], "outputs": "x"}, "outputs is no list"),
        ({"inputs": [TENSOR | {"name": "age"}, TENSOR | {"name": "x"}]}, "is not a feature"),
    ],
)
def test_v2_requests_that_are_none(client: httpx.Client, body: Any, said: str) -> None:
    answer = client.post("/v2/models/tiny/infer", json=body)
    assert answer.status_code == 422
    assert said in answer.json()["error"]


# -- TensorFlow Serving, Azure ML


def test_tensorflow(client: httpx.Client, wanted: list[dict[str, Any]]) -> None:
    [version] = client.get("/v1/models/tiny").json()["model_version_status"]
    assert (version["version"], version["state"]) == (VERSION, "AVAILABLE")
    path = "/v1/models/tiny:predict"
    rows = client.post(path, json={"signature_name": "serving_default", "instances": ROWS}).json()
    assert rows == {"predictions": chances(wanted)}
    columns = dict(zip(NAMES, map(list, zip(*ROWS, strict=True)), strict=True))
    for inputs in (columns, ROWS):
        assert client.post(path, json={"inputs": inputs}).json() == {"outputs": chances(wanted)}
    named = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
    assert client.post(path, json={"instances": named}).json() == {"predictions": chances(wanted)}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "the body is not an object"),
        ({"instances": ROWS, "inputs": ROWS}, "give either instances or inputs"),
        ({}, "give either instances or inputs"),
        ({"instances": ROWS, "x": 1}, "x is unknown"),
        ({"inputs": {"age": [1]}}, "inputs needs a list for each of mean radius, age, texture"),
        ({"inputs": {"mean radius": [1], "age": [1, 2], "texture": [1]}}, "differ in length"),
        ({"instances": [[1, "x", 2]]}, 'instances[0]."age" is the string "x"'),
    ],
)
def test_tensorflow_errors(client: httpx.Client, body: Any, said: str) -> None:
    answer = client.post("/v1/models/tiny:predict", json=body)
    assert answer.status_code == 422
    assert said in answer.json()["error"]


def test_azure_ml(client: httpx.Client, wanted: list[dict[str, Any]]) -> None:
    labels = [each["label"] for each in wanted]
    swapped = [[row[1], row[0], row[2]] for row in ROWS]
    columns = [NAMES[1], NAMES[0], NAMES[2]]
    for table in (ROWS, {"data": ROWS}, {"columns": columns, "index": [0, 1], "data": swapped}):
        answer = client.post("/score", json={"input_data": table})
        assert answer.json() == labels
    for body in ({}, [], {"input_data": {}}, {"input_data": {"data": ROWS, "columns": [1]}}):
        assert client.post("/score", json=body).status_code == 422


# -- all of them


def test_without_the_setting_there_are_no_such_paths(bento: Path, tmp_path: Path) -> None:
    file = settings_file(tmp_path, protocols=["v2"])
    with running(bento, tmp_path, {"MODELPORT_SETTINGS": str(file)}) as worker:
        for path in ("/v1/models/tiny", "/score"):
            answer = httpx.get(worker.url + path, headers=AUTH, trust_env=False)
            assert answer.status_code == 404
            assert path not in answer.json()["detail"]
        assert httpx.get(f"{worker.url}/v2/health/ready", trust_env=False).status_code == 200
        assert httpx.get(f"{worker.url}/v2", trust_env=False).status_code == 401


def test_a_split_answers_in_the_caller_s_protocol(tmp_path: Path) -> None:
    """The candidate is asked in our own protocol; its callers do not notice."""
    import asyncio

    from serving.split_bench import Bench, answer, says

    good = b'{"model":"tiny@new","predictions":[{"value":2.5}]}'

    async def run() -> None:
        seen: list[bytes] = []
        peer = says(answer(200, good), seen=seen)
        async with await asyncio.start_server(peer, "127.0.0.1", 0) as listening:
            host, port = listening.sockets[0].getsockname()
            made = Bench([2.5], protocols=frozenset({"v2", "tensorflow"}))
            made.begin(f"{host}:{port}", percent=100, timeout=5)
            path, body = "/v1/models/tiny:predict", {"instances": [[1, 2, None]]}
            response = await made.client.post(path, json=body)
            assert response.json() == {"predictions": [2.5]}
            assert response.headers["x-modelport-version"] == "new"
            tensor = {"name": "rows", "shape": [1, 3], "datatype": "FP64", "data": [1, 2, 3]}
            response = await made.client.post("/v2/models/tiny/infer", json={"inputs": [tensor]})
            assert response.json()["outputs"][0]["data"] == [2.5]
            await made.end()
        _, _, sent = seen[0].partition(b"\r\n\r\n")
        assert json.loads(sent) == {"instances": [[1, 2, None]]}

    asyncio.run(run())
