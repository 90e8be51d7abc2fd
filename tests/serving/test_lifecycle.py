"""The life of a worker: start, refusal to start, several at once, promotion, end."""

import json
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from serving.tiny import GOOD, environment
from serving.workers import (
    AUTH,
    KEY,
    Worker,
    home_of,
    listen,
    poll,
    running,
    settings_file,
    spawn,
    stop,
    url_of,
    wait_ready,
)

OPEN = {"MODELPORT_AUTH": "none"}
BODY = json.dumps({"instances": GOOD}).encode()
SLOW_MODEL = """

import time

start = bundle.runtime.start


def start_slow(settings, predictor, previous):
    compute = predictor.compute

    def slow(rows):
        (bundle.folder / "begun").touch()
        while not (bundle.folder / "release").exists():
            time.sleep(0.01)
        return compute(rows)

    predictor.compute = slow
    predictor.pace = None  # measured before it became slow
    start(settings, predictor, previous)


bundle.runtime.start = start_slow
"""


def copy_of(bento: Path, folder: Path) -> Path:
    """A copy of `bento` that a test may change; its model stays in the session's store."""
    store = folder / "home"
    shutil.copytree(home_of(bento) / "models", store / "models")
    copied = store / "bentos" / "tiny" / bento.name
    shutil.copytree(bento, copied)
    return copied


def request(path: str = "/predict", *, method: str = "POST", body: bytes = BODY) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def response(connection: socket.socket) -> httpx.Response:
    """Read one response from a raw connection; empty at the connection's end."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        assert chunk, f"closed after {data!r}"
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    while len(body) < int(headers["content-length"]):
        body += connection.recv(65536)
    return httpx.Response(int(status.split()[1]), headers=headers, content=body)


def failed_start(bento: Path, folder: Path, variables: dict[str, str]) -> str:
    """Start a worker that must refuse; return what it wrote on standard error."""
    with listen() as listening:
        worker = spawn(bento, listening, folder / "worker.log", variables)
    assert worker.process.wait(60) == 1
    return worker.log.read_text()


def test_without_settings_it_refuses_in_one_line(bento: Path, tmp_path: Path) -> None:
    [line] = failed_start(bento, tmp_path, {}).splitlines()
    assert line.startswith("cannot start: who may call this service is not set; set MODELPORT_")


def test_a_changed_model_is_refused_in_one_line(bento: Path, tmp_path: Path) -> None:
    copied = copy_of(bento, tmp_path)
    [model] = home_of(copied).glob("models/*/*/model.joblib")
    model.write_bytes(model.read_bytes() + b"x")
    [line] = failed_start(copied, tmp_path, OPEN).splitlines()
    assert line.startswith("cannot start: the model file ")
    assert line.endswith("build the bundle again")


def test_a_missing_model_is_refused_in_one_line(bento: Path, tmp_path: Path) -> None:
    copied = copy_of(bento, tmp_path)
    shutil.rmtree(home_of(copied) / "models" / "tiny")
    [line] = failed_start(copied, tmp_path, OPEN).splitlines()
    assert line.startswith("cannot start: ")
    assert "tiny:00ff00ff00ff00ff" in line


def test_other_code_than_the_bundles_is_refused(bento: Path, tmp_path: Path) -> None:
    copied = copy_of(bento, tmp_path)
    shutil.rmtree(copied / "src" / "modelport_serving")
    [line] = failed_start(copied, tmp_path, OPEN).splitlines()
    assert "must run the Bento's own code" in line


def test_the_end_waits_for_what_has_begun(bento: Path, tmp_path: Path) -> None:
    """An answer in the making, a request on its way and an idle connection at the end."""
    copied = copy_of(bento, tmp_path)
    source = copied / "src"
    with (source / "service.py").open("a") as service:
        service.write(SLOW_MODEL)
    with running(copied, tmp_path, OPEN) as worker:
        busy, idle = (socket.create_connection(worker.address, timeout=20) for _ in range(2))
        with busy, idle:
            idle.sendall(request("/livez", method="GET", body=b""))
            assert "connection" not in response(idle).headers
            busy.sendall(request())
            poll((source / "begun").exists, "asked")
            worker.process.terminate()
            poll(lambda: refuses(worker), "closed to new connections")
            idle.sendall(request("/livez", method="GET", body=b""))
            late = response(idle)
            assert late.status_code == 200
            assert late.headers["connection"] == "close"
            assert idle.recv(1) == b""
            (source / "release").touch()
            answer = response(busy)
            assert answer.status_code == 200
            assert len(answer.json()["predictions"]) == 2
            assert answer.headers["connection"] == "close"
        assert worker.process.wait(20) == 0


def test_the_end_does_not_wait_for_ever(bento: Path, tmp_path: Path) -> None:
    copied = copy_of(bento, tmp_path)
    source = copied / "src"
    with (source / "service.py").open("a") as service:
        service.write(SLOW_MODEL)
    with running(copied, tmp_path, OPEN, "--grace", "2") as worker:
        with socket.create_connection(worker.address, timeout=20) as busy:
            busy.sendall(request())
            poll((source / "begun").exists, "asked")
            worker.process.terminate()
            answer = response(busy)
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:modelport:problem:draining"
        assert worker.process.wait(10) == 0


def refuses(worker: Worker) -> bool:
    try:
        socket.create_connection(worker.address, timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_no_request_is_lost_when_one_of_two_workers_ends(bento: Path, tmp_path: Path) -> None:
    """Callers keep asking while a worker leaves; and the two count together."""
    variables = OPEN | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    statuses: list[int] = []
    done = threading.Event()

    def ask(url: str) -> None:
        with httpx.Client(base_url=url, timeout=20) as client:
            while not done.is_set():
                statuses.append(client.post("/predict", json={"instances": GOOD}).status_code)

    with listen() as listening:
        workers = [
            spawn(bento, listening, tmp_path / f"{number}.log", variables) for number in range(2)
        ]
        try:
            # A worker writes this file when its model is loaded; on a shared socket, which of
            # the two answers a probe is chance.
            files = [tmp_path / "metrics" / f"gauge_livemax_{w.process.pid}.db" for w in workers]
            poll(lambda: all(file.exists() for file in files), "loaded")
            callers = [threading.Thread(target=ask, args=[workers[0].url]) for _ in range(4)]
            for caller in callers:
                caller.start()
            poll(lambda: len(statuses) > 200, "under load")
            assert stop(workers[0]) == 0
            after = len(statuses)
            poll(lambda: len(statuses) > after + 50, "still under load")
            done.set()
            for caller in callers:
                caller.join(20)
            assert set(statuses) == {200}
            text = httpx.get(f"{workers[1].url}/metrics").text
        finally:
            done.set()
            for worker in workers:
                stop(worker)
    # Both processes' counts, of which one has ended; live gauges of the other alone.
    assert f'modelport_requests_total{{route="/predict",status="200"}} {len(statuses)}.0' in text
    assert f"modelport_rows_predicted_total {len(statuses) * 2}.0" in text
    assert "modelport_requests_in_flight 1.0" in text


def test_a_supervisor_promotes_a_worker_and_its_end_ends_it(bento: Path, tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with listen() as private, listen() as public, theirs:
        worker = spawn(
            bento, private, tmp_path / "worker.log", OPEN,
            "--public-fd", str(public.fileno()), "--control-fd", str(theirs.fileno()),
            fds=(public.fileno(), theirs.fileno()),
        )  # fmt: skip
        url = url_of(public)
    try:
        wait_ready(worker)
        with pytest.raises(httpx.TimeoutException):
            httpx.get(f"{url}/livez", timeout=0.3)
        ours.sendall(b"promote\n")
        for address in (url, worker.url):
            assert httpx.get(f"{address}/livez", timeout=20).status_code == 200
        ours.close()
        assert worker.process.wait(20) == 0
    finally:
        stop(worker)


def test_bentoml_serves_it_by_hand(bento: Path, tmp_path: Path) -> None:
    """BentoML's own command: the same routes, errors and key, and none of BentoML's pages."""
    with listen() as free:
        port = free.getsockname()[1]
    env = environment(
        home_of(bento),
        MODELPORT_SETTINGS=str(settings_file(tmp_path)),
        BENTOML_CONTAINERIZED="true",
    )
    log = tmp_path / "serve.log"
    command = [sys.executable, "-m", "bentoml", "serve", str(bento), "--host", "127.0.0.1"]
    with log.open("w") as sink:
        process = subprocess.Popen([*command, "--port", str(port)], env=env, stderr=sink, text=True)
    worker = Worker(process, f"http://127.0.0.1:{port}", log)
    try:
        wait_ready(worker)
        with httpx.Client(base_url=worker.url, headers=AUTH, timeout=20) as client:
            answer = client.post("/predict", json={"instances": GOOD})
            assert answer.status_code == 200
            assert answer.json()["model"] == "tiny@00ff00ff00ff00ff"
            assert client.get("/readyz").json()["status"] == "ready"
            assert "modelport_requests_total" in client.get("/metrics").text
            assert "bentoml" not in client.get("/metrics").text
            for path in ("/", "/healthz", "/docs.json", "/schema.json", "/static_content/x"):
                assert client.get(path).status_code == 404
                assert httpx.get(worker.url + path).status_code == 401
            assert httpx.get(f"{worker.url}/metrics").status_code == 401
        assert KEY not in log.read_text()
    finally:
        stop(worker)
