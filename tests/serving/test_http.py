"""The wire: what a real worker answers to good, wrong and hostile requests."""

import contextlib
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil
import pytest

from modelport_serving.record import Feature
from serving.tiny import FEATURES, GOOD
from serving.workers import AUTH, KEY, Worker, poll

MODEL = "tiny@00ff00ff00ff00ff"
ROUTES = ("/predict", "/model", "/openapi.json", "/metrics", "/livez", "/readyz")
JSON = {"content-type": "application/json"}


def problem(response: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """Check that `response` is a problem of this status and kind; return its document."""
    document = response.json()
    assert (response.status_code, document["status"]) == (status, status), response.text
    assert document["type"] == f"urn:modelport:problem:{kind}"
    assert response.headers["content-type"] == "application/problem+json"
    assert document["title"]
    assert document["detail"]
    assert document["instance"] == response.headers["x-request-id"]
    assert response.headers["x-modelport-version"] == "00ff00ff00ff00ff"
    return document


def raw(server: Worker, data: bytes) -> bytes:
    """Send bytes as they are; return everything that comes back."""
    with socket.create_connection(server.address, timeout=20) as connection:
        connection.sendall(data)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


def test_predictions(client: httpx.Client) -> None:
    response = client.post("/predict", json={"instances": GOOD})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-modelport-version"] == "00ff00ff00ff00ff"
    answer = response.json()
    assert answer["model"] == MODEL
    assert [prediction["label"] for prediction in answer["predictions"]] == ["high", "low"]
    for prediction in answer["predictions"]:
        assert set(prediction) == {"label", "probabilities"}
        assert sum(prediction["probabilities"].values()) == pytest.approx(1)


def test_objects_and_large_bodies_answer_like_rows(client: httpx.Client) -> None:
    one = client.post("/predict", json={"instances": GOOD}).json()["predictions"]
    names = [feature.name for feature in FEATURES]
    objects = [dict(zip(names, row, strict=True)) for row in GOOD]
    many = client.post("/predict", json={"instances": objects * 500})
    assert len(many.request.content) > 64 * 1024 / 2
    assert many.json()["predictions"] == one * 500


def test_the_model_is_described(client: httpx.Client) -> None:
    answer = client.get("/model").json()
    assert (answer["name"], answer["version"]) == ("tiny", "00ff00ff00ff00ff")
    assert [Feature(**feature) for feature in answer["signature"]["features"]] == list(FEATURES)
    assert answer["metrics"] == {"f1": 0.9}
    assert answer["data_sha256"] == "ab" * 32


def test_the_openapi_document_fits_the_service(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) == set(ROUTES)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            with_key = operation.get("security", document["security"]) == [{"key": []}]
            assert with_key is (path not in ("/livez", "/readyz"))
            assert method == ("post" if path == "/predict" else "get")
    schemas = document["components"]["schemas"]
    assert schemas["Instance"]["properties"]["texture"]["type"] == ["number", "null"]
    assert schemas["Instance"]["properties"]["age"]["type"] == "integer"
    content = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    for example in content["examples"].values():
        assert client.post("/predict", json=example["value"]).status_code == 200


def test_health_is_open(server: Worker) -> None:
    assert httpx.get(f"{server.url}/livez").json() == {"status": "alive"}
    ready = httpx.get(f"{server.url}/readyz").json()
    assert ready["status"] == "ready"
    assert ready["version"] == "00ff00ff00ff00ff"
    assert httpx.head(f"{server.url}/readyz").status_code == 200


@pytest.mark.parametrize("path", [path for path in (*ROUTES, "/nowhere") if "z" not in path])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": f"Bearer {KEY}x"},
        {"authorization": f"Basic {KEY}"},
        {"authorization": KEY},
        {"authorization": b"Bearer \xff\xfe"},
        {"x-api-key": KEY},
    ],
)
def test_everything_else_needs_the_key(server: Worker, path: str, headers: Any) -> None:
    response = httpx.request(
        "POST" if path == "/predict" else "GET", server.url + path, headers=headers
    )
    problem(response, 401, "unauthorized")
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "path",
    ["/", "/nowhere", "/predict/", "//predict", "/healthz", "/docs.json", "/schema.json",
     "/static_content/index.css", "/predict%2f", "/a" * 500, "/%00", "/..%2fmodel"],
)  # fmt: skip
def test_every_other_path_is_a_404(client: httpx.Client, path: str) -> None:
    document = problem(client.get(f"{client.base_url}".rstrip("/") + path), 404, "not-found")
    assert "/predict" in document["detail"]


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_a_405(client: httpx.Client, path: str, method: str) -> None:
    response = client.request(method, path)
    problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == ("POST" if path == "/predict" else "GET, HEAD")


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, "unsupported-media-type"),
        ({"content-type": "text/plain"}, "unsupported-media-type"),
        ({"content-type": "application/pdf"}, "unsupported-media-type"),
        ({**JSON, "content-encoding": "gzip"}, "unsupported-encoding"),
    ],
)
def test_other_types_are_a_415(client: httpx.Client, headers: dict[str, str], kind: str) -> None:
    problem(client.post("/predict", content=b"{}", headers=headers), 415, kind)


def test_a_charset_is_accepted(client: httpx.Client) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    body = json.dumps({"instances": GOOD}).encode()
    assert client.post("/predict", content=body, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"", 400, "not JSON: see line 1, column 1"),
        (b'{"instances": [', 400, "not JSON: see line 1, column 16"),
        (b'{"instances": [[NaN, 1, 2]]}', 400, "holds NaN, which JSON does not have"),
        (b'{"instances": [[-Infinity, 1, 2]]}', 400, "holds -Infinity"),
        (b'{"instances": [[' + b"1" * 5000 + b", 1, 2]]}", 400, "too many digits"),
        (b"[" * 50_000, 400, "nested too deeply"),
        (b'{"instances": "\xff"}', 400, "not UTF-8"),
        ('{"instances": []}'.encode("utf-16"), 400, "not UTF-8"),
        (b"[[1, 2, 3]]", 422, "body is not an object"),
        (b"{}", 422, "instances is missing"),
        (b'{"instances": [], "parameters": {}}', 422, 'has more fields than "instances"'),
        (b'{"instances": [[1e999, 1, 2]]}', 422, "wrong in 1 place"),
    ],
)
def test_bodies_that_are_refused(client: httpx.Client, body: bytes, status: int, says: str) -> None:
    response = client.post("/predict", content=body, headers=JSON)
    kinds = {400: ("not-json",), 422: ("invalid-body", "invalid-instances")}[status]
    kind = response.json()["type"].rsplit(":", 1)[-1]
    assert kind in kinds
    assert says in problem(response, status, kind)["detail"]


def test_the_last_of_two_equal_keys_counts(client: httpx.Client) -> None:
    body = b'{"instances": 1, "instances": [[1, 2, 3]]}'
    assert client.post("/predict", content=body, headers=JSON).status_code == 200


def test_all_faults_are_told_with_their_places(client: httpx.Client) -> None:
    body = {"instances": [[1, 2, 3], [1, 2], {"mean radius": "x", "age": 1, "textur": 2}]}
    document = problem(client.post("/predict", json=body), 422, "invalid-instances")
    assert document["detail"] == "the instances are wrong in 4 places"
    assert [fault["path"] for fault in document["errors"]] == [
        "instances[1]",
        'instances[2]."textur"',
        'instances[2]."texture"',
        'instances[2]."mean radius"',
    ]


def test_too_many_rows(client: httpx.Client) -> None:
    body = {"instances": [[1, 2, 3]] * 1001}
    document = problem(client.post("/predict", json=body), 422, "invalid-instances")
    assert document["errors"][0]["detail"] == "has 1001 rows; send at most 1000 at once"


@pytest.mark.parametrize("size", [256 * 1024 + 1, 20 * 1024 * 1024])
def test_a_large_body_is_refused_by_its_length(client: httpx.Client, size: int) -> None:
    try:
        response = client.post("/predict", content=b" " * size, headers=JSON)
    except httpx.WriteError:
        # Far beyond the limit the service may close before everything is sent.
        assert size > 8 * 1024 * 1024
        return
    document = problem(response, 413, "body-too-large")
    assert document["detail"].startswith("the body is larger than 262144 bytes")
    assert response.headers["connection"] == "close"


def test_a_large_body_without_a_length_is_refused_while_it_arrives(client: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(64):
            yield b" " * 16 * 1024

    response = client.post("/predict", content=chunks(), headers=JSON)
    assert response.request.headers["transfer-encoding"] == "chunked"
    problem(response, 413, "body-too-large")


def test_a_small_body_without_a_length_is_read(client: httpx.Client) -> None:
    body = iter([b'{"instances": [[1,', b" 2, 3]]}"])
    assert client.post("/predict", content=body, headers=JSON).status_code == 200


def test_a_client_that_waits_for_continue_is_refused_before_it_sends(server: Worker) -> None:
    head = (
        f"POST /predict HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
        "content-type: application/json\r\ncontent-length: 99999999\r\nexpect: 100-continue\r\n\r\n"
    )
    assert raw(server, head.encode()).startswith(b"HTTP/1.1 413 ")


def test_a_request_without_a_key_is_refused_without_reading_its_body(server: Worker) -> None:
    head = "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n"
    answer = raw(server, head.encode())
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in answer


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nx: " + b"a" * 40_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n\r\n", 431),
    ],
)
def test_what_is_no_http_gets_the_same_shape(server: Worker, data: bytes, status: int) -> None:
    head, _, body = raw(server, data).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == status


def test_a_websocket_is_no_route(server: Worker) -> None:
    data = (
        b"GET /predict HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert b"HTTP/1.1 401 " in raw(server, data)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-1.2_3", True), ("a" * 128, True), ("a" * 129, False), ("a b", False), ("ä", False)],
)
def test_request_ids(client: httpx.Client, given: str, kept: bool) -> None:
    headers = [(b"x-request-id", given.encode())]
    answers = [client.get("/model", headers=headers) for _ in range(2)]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert ids == [given, given] if kept else ids[0] != ids[1]
    assert all(len(item) <= 128 for item in ids)


def test_every_request_is_one_log_line_without_key_or_payload(
    client: httpx.Client, server: Worker
) -> None:
    client.post(
        "/predict", json={"instances": [[0.123456, 2, 3]]}, headers={"x-request-id": "log-1"}
    )
    client.get("/secret-path", headers={"x-request-id": "log-2"})
    # A line is written behind its answer.
    poll(lambda: any('"log-2"' in line for line in server.lines()), "logged")
    lines = server.lines()
    first, second = (
        [json.loads(line) for line in lines if f'"{name}"' in line] for name in ("log-1", "log-2")
    )
    assert [(line["method"], line["route"], line["status"]) for line in first + second] == [
        ("POST", "/predict", 200),
        ("GET", "none", 404),
    ]
    assert 0 < first[0]["ms"] < 10_000
    text = "\n".join(lines)
    assert KEY not in text
    assert "0.123456" not in text
    assert "secret-path" not in text


def test_metrics_have_bounded_labels(client: httpx.Client) -> None:
    def series() -> set[str]:
        text = client.get("/metrics").text
        return {line.rsplit(" ", 1)[0] for line in text.splitlines() if line[:1] != "#"}

    client.get("/a")
    client.post("/predict", json={"instances": GOOD})
    series()  # counted itself from the next one on
    before = series()
    for number in range(20):
        client.get(f"/scan/{number}")
    assert series() - before <= {'modelport_requests_total{route="/metrics",status="200"}'}
    assert 'modelport_requests_total{route="none",status="404"}' in before
    assert 'modelport_request_seconds_bucket{le="0.01",route="/predict"}' in before
    assert "modelport_rows_predicted_total" in before
    info = 'modelport_model_info{name="tiny",task="classification",version="00ff00ff00ff00ff"}'
    assert info in before
    assert not any("bentoml" in line for line in before)


def test_many_callers_at_once_each_get_their_own_answer(server: Worker) -> None:
    def ask(number: int) -> bool:
        row = GOOD[number % 2]
        with httpx.Client(base_url=server.url, headers=AUTH, timeout=20) as client:
            answers = [client.post("/predict", json={"instances": [row]}) for _ in range(5)]
        label = ("high", "low")[number % 2]
        return all(answer.json()["predictions"][0]["label"] == label for answer in answers)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(32)))


def test_a_caller_that_goes_away_harms_nobody(client: httpx.Client, server: Worker) -> None:
    head = (
        f"POST /predict HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
        "content-type: application/json\r\ncontent-length: 100\r\n\r\n{"
    )
    for _ in range(3):
        with socket.create_connection(server.address) as connection:
            connection.sendall(head.encode())
    assert client.post("/predict", json={"instances": GOOD}).status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_far_too_large_costs_no_memory(server: Worker, chunked: bool) -> None:
    """57 MB, as BentoML's own endpoint would take and keep."""
    process = psutil.Process(server.process.pid)
    part, count = b" " * 1_000_000, 57

    def parts() -> Iterator[bytes]:
        yield from (part for _ in range(count))

    def send() -> None:
        body: Any = parts() if chunked else part * count
        # Far beyond the limit the service may close before everything is sent.
        with contextlib.suppress(httpx.WriteError, httpx.ReadError):
            headers = AUTH | JSON
            answer = httpx.post(
                f"{server.url}/predict", content=body, headers=headers, timeout=30, trust_env=False
            )
            problem(answer, 413, "body-too-large")

    send()  # what a first request of this kind loads
    before = process.memory_info().rss
    for _ in range(3):
        send()
    assert process.memory_info().rss - before <= 5_000_000
