"""Mounted applications in real workers: the examples, and one that is hostile to its server."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from modelport.conformance.runtime_api import RuntimeApiServer
from serving.containers import Entry
from serving.test_lifecycle import failed_start
from serving.tiny import GOOD, VERSION, mounted
from serving.workers import AUTH, KEY, Worker, running, settings_file

EXAMPLES = Path(__file__).parents[2] / "examples" / "bundles"
PUBLIC = 'public=["/", "/static"], path=__import__("os").environ["AT"]'
OPEN = {"MODELPORT_AUTH": "none"}
QUERY = {"mean radius": 1.5, "age": 40, "texture": 0.1}


@pytest.fixture(scope="module", params=["flask/", "fastapi/", "django/clinic", "fastapi/clinic"])
def page(
    request: pytest.FixtureRequest, bento: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Worker, str]]:
    """A worker with an example's application, and the address of its start page."""
    name, _, rest = str(request.param).partition("/")
    folder = tmp_path_factory.mktemp(name)
    copied = mounted(bento, folder, EXAMPLES / f"{name}_app", PUBLIC)
    settings = settings_file(folder, max_body_bytes=1000)
    variables = {"MODELPORT_SETTINGS": str(settings), "AT": f"/{rest}"}
    with running(copied, folder, variables) as worker:
        yield worker, f"{worker.url}/{rest}".rstrip("/") + "/"


def test_the_page_shows_a_prediction_to_everybody(page: tuple[Worker, str]) -> None:
    _, start = page
    form = httpx.get(start)
    assert (form.status_code, form.headers["x-modelport-version"]) == (200, VERSION)
    assert 'name="mean radius"' in form.text
    answer = httpx.get(start, params=QUERY, headers={"x-request-id": "page-1"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (200, "page-1")
    assert "<strong>high</strong>" in answer.text
    wrong = httpx.get(start, params={**QUERY, "age": "x"})
    assert wrong.status_code == 422
    assert "send a number" in wrong.text


def test_its_static_files_are_public_where_the_page_says(page: tuple[Worker, str]) -> None:
    _, start = page
    link = httpx.get(start).text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    style = httpx.get(httpx.URL(start).join(link))
    assert style.status_code == 200
    assert style.headers["content-type"].startswith("text/css")
    assert httpx.get(f"{start}static/none.css").status_code == 404


def test_the_rest_of_it_needs_the_key(page: tuple[Worker, str]) -> None:
    _, start = page
    refused = httpx.get(f"{start}recent")
    assert refused.status_code == 401
    assert refused.json()["type"] == "urn:modelport:problem:unauthorized"
    # Lifespan's state, or what the module holds, is there.
    assert "high" in httpx.get(f"{start}recent", headers=AUTH).json()["recent"]
    missing = httpx.get(f"{start}none", headers=AUTH)
    assert missing.status_code == 404
    assert "problem" not in missing.headers["content-type"]


def test_the_bundle_s_own_paths_win(page: tuple[Worker, str]) -> None:
    worker, _ = page
    with httpx.Client(base_url=worker.url) as client:
        assert client.post("/predict", json={"instances": GOOD}).status_code == 401
        answer = client.post("/predict", json={"instances": GOOD}, headers=AUTH).json()
        assert [item["label"] for item in answer["predictions"]] == ["high", "low"]
        assert client.get("/readyz").json()["status"] == "ready"
        assert client.get("/livez").json() == {"status": "alive"}
        assert client.get("/predict", headers=AUTH).status_code == 405
        assert client.get("/openapi.json", headers=AUTH).json()["info"]["title"] == "tiny"
        for path in ("/model", "/metrics", "/openapi.json"):
            assert client.get(path).status_code == 401


def test_a_body_above_the_limit_is_a_413(page: tuple[Worker, str]) -> None:
    _, start = page
    for body in (b"x" * 1001, iter([b"x" * 600, b"x" * 600])):
        answer = httpx.post(f"{start}recent", content=body, headers=AUTH)
        assert answer.status_code == 413
        assert answer.json()["type"] == "urn:modelport:problem:body-too-large"


def test_its_requests_have_one_label(page: tuple[Worker, str]) -> None:
    worker, start = page
    for number in range(5):
        httpx.get(f"{start}scan/{number}", headers=AUTH)
    text = httpx.get(f"{worker.url}/metrics", headers=AUTH).text
    routes = {line.partition('route="')[2].partition('"')[0] for line in text.splitlines()}
    assert routes <= {"", "mount", "none", "/predict", "/readyz", "/livez", "/openapi.json",
                      "/metrics", "/model"}  # fmt: skip
    assert 'modelport_requests_total{route="mount",status="404"}' in text
    log = "\n".join(line for line in worker.lines() if '"event":"request"' in line)
    assert '"route":"mount"' in log
    assert KEY not in log
    assert "scan" not in log


def test_a_query_that_is_no_ascii_ends_nothing(page: tuple[Worker, str]) -> None:
    worker, start = page
    path = httpx.URL(start).path.encode()
    with socket.create_connection(worker.address, timeout=20) as connection:
        head = b"GET " + path + b"?a=\xff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        connection.sendall(head)
        assert b" 500 " not in connection.recv(100)


def test_the_path_itself_leads_to_the_page(page: tuple[Worker, str]) -> None:
    _, start = page
    if start.endswith("/clinic/"):
        answer = httpx.get(start.rstrip("/"), follow_redirects=True)
        assert answer.status_code == 200
        assert 'name="mean radius"' in answer.text


FAILS = """
async def app(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "the database is not there"})
"""
LATE = """
import logging
from pathlib import Path
from modelport_serving.predictions import predict

HERE = Path(__file__).parent

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        (HERE / "began").write_text(predict([[1.5, 40, None]])[0]["label"])
        await send({"type": "lifespan.startup.complete"})
        await receive()
        (HERE / "ended").touch()
        await send({"type": "lifespan.shutdown.complete"})
        return
    logging.getLogger("clinic").warning("asked for %s", scope["path"])
    if scope["path"] == "/fails":
        raise RuntimeError("a secret reason")
    headers = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    cookie = dict(scope["headers"]).get(b"cookie", b"none")
    await send({"type": "http.response.body", "body": cookie, "more_body": True})
    await send({"type": "http.response.body", "body": b"!"})
"""


FLASK = """
import logging
from flask import Flask, request, session
from modelport_serving.predictions import predict

app = Flask(__name__)
app.secret_key = "for tests"

@app.post("/label")
def label():
    session["seen"] = session.get("seen", 0) + 1
    return {"label": predict(request.get_json())[0]["label"], "seen": session["seen"]}

@app.get("/fails")
def fails():
    raise RuntimeError("a secret reason")

@app.get("/wrong")
def wrong():
    return predict([[1]])
"""
BROKEN_END = """
async def app(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.failed", "message": "the queue is not empty"})
"""


def test_many_callers_of_a_page_each_get_their_own_answer(bento: Path, tmp_path: Path) -> None:
    def ask(number: int) -> bool:
        row = GOOD[number % 2]
        with httpx.Client(base_url=worker.url, timeout=20) as client:
            found = [client.post("/label", json=[row]).json() for _ in range(5)]
        label = ("high", "low")[number % 2]
        return [one["seen"] for one in found] == [1, 2, 3, 4, 5] and all(
            one["label"] == label for one in found
        )

    copied = mounted(bento, tmp_path, FLASK)
    with running(copied, tmp_path, OPEN) as worker:
        with ThreadPoolExecutor(16) as pool:
            assert all(pool.map(ask, range(32)))
        text = httpx.get(f"{worker.url}/metrics").text
        assert "modelport_rows_predicted_total 160.0" in text
        assert 'modelport_requests_total{route="mount",status="200"} 160.0' in text
        for path in ("/fails", "/wrong"):
            failed = httpx.get(worker.url + path)
            assert (failed.status_code, "secret" in failed.text) == (500, False)
    lines = [json.loads(line) for line in worker.lines()]
    told = [line["traceback"] for line in lines if line["event"] == "application"]
    assert ["RuntimeError: a secret reason" in text for text in told] == [True, False]
    assert "PredictionError: the instances are wrong in 1 place" in told[1]


def test_an_end_that_fails_is_logged(bento: Path, tmp_path: Path) -> None:
    with running(mounted(bento, tmp_path, BROKEN_END), tmp_path, OPEN) as worker:
        pass
    assert worker.process.returncode == 0
    [line] = [line for line in worker.lines() if '"event":"application"' in line]
    assert json.loads(line)["message"] == "the queue is not empty"


def test_an_application_that_does_not_start_ends_the_worker_in_one_line(
    bento: Path, tmp_path: Path
) -> None:
    [line] = failed_start(mounted(bento, tmp_path, FAILS), tmp_path, OPEN).splitlines()
    assert line == "cannot start: the mounted application does not start: the database is not there"


def test_a_path_of_the_bundle_s_own_is_refused_in_one_line(bento: Path, tmp_path: Path) -> None:
    copied = mounted(bento, tmp_path, LATE, 'path="/predict"')
    [line] = failed_start(copied, tmp_path, OPEN).splitlines()
    assert "the application cannot be mounted at /predict: /predict is a path of the" in line


def test_it_starts_with_the_model_and_hears_of_the_end(bento: Path, tmp_path: Path) -> None:
    copied = mounted(bento, tmp_path, LATE)
    with running(copied, tmp_path, OPEN) as worker:
        assert (copied / "src" / "began").read_text() == "high"
        failed = httpx.get(f"{worker.url}/fails", headers={"x-request-id": "fails-1"})
        assert failed.status_code == 500
        assert failed.json()["type"] == "urn:modelport:problem:internal"
        assert httpx.get(f"{worker.url}/x").text == "none!"
        assert not (copied / "src" / "ended").exists()
    assert (copied / "src" / "ended").exists()
    lines = [json.loads(line) for line in worker.lines()]
    said = [line["message"] for line in lines if line["event"] == "application"]
    assert said == ["asked for /fails", "asked for /x"]
    [failure] = [line for line in lines if line["event"] == "failure"]
    assert failure["request_id"] == "fails-1"
    assert "a secret reason" in failure["traceback"]


def test_on_lambda_it_starts_and_keeps_its_cookies(bento: Path, tmp_path: Path) -> None:
    server = RuntimeApiServer()
    variables = {"AWS_LAMBDA_RUNTIME_API": server.address, "MODELPORT_AUTH": "platform"}
    copied = mounted(bento, tmp_path, LATE)
    runtime = Entry(copied, tmp_path).start("container", variables)
    event = {
        "version": "2.0",
        "rawPath": "/page",
        "cookies": ["c=3", "d=4"],
        "headers": {},
        "requestContext": {"http": {"method": "GET", "path": "/page"}, "stage": "$default"},
    }
    try:
        _, answer = server.invoke(event)
    finally:
        runtime.process.kill()
        runtime.process.wait(20)
        server.close()
    assert (answer["statusCode"], answer["body"]) == (200, "c=3; d=4!")
    assert answer["cookies"] == ["a=1", "b=2"]
    assert "set-cookie" not in answer["headers"]
    assert (copied / "src" / "began").read_text() == "high"
