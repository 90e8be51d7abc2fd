"""The entry point of a container: its socket, its workers, its end, and what it refuses."""

import os
import shutil
import signal
import time
from pathlib import Path

import httpx
import psutil
import pytest

from modelport_serving.container import workers
from modelport_serving.cpus import available_cpus
from modelport_serving.errors import StartError
from serving.containers import Entry, container, free_port
from serving.test_lifecycle import copy_of
from serving.tiny import GOOD
from serving.workers import Worker, home_of, listen, poll

OPEN = {"MODELPORT_AUTH": "platform", "MODELPORT_WORKERS": "1"}


def children(worker: Worker) -> set[int]:
    return {child.pid for child in psutil.Process(worker.process.pid).children()}


def refused(bento: Path, folder: Path, variables: dict[str, str], *arguments: str) -> str:
    """Start a container that must end with status 1; return its last line."""
    entry = Entry(bento, folder).start("container", variables, *arguments)
    assert entry.process.wait(60) == 1
    [line] = [line for line in entry.lines() if not line.startswith("{")]
    return line


def test_it_serves_on_the_platforms_port_and_ends_gently(bento: Path, tmp_path: Path) -> None:
    limits = {"MODELPORT_MAX_ROWS": "2"}
    with container(bento, tmp_path, OPEN | limits) as served:
        good = httpx.post(f"{served.url}/predict", json={"instances": GOOD})
        assert [prediction["label"] for prediction in good.json()["predictions"]] == ["high", "low"]
        many = httpx.post(f"{served.url}/predict", json={"instances": GOOD * 2})
        assert (many.status_code, many.json()["errors"][0]["detail"]) == (
            422,
            "has 4 rows; send at most 2 at once",
        )
        # Vertex's and SageMaker's paths are there where those platforms are.
        assert httpx.get(f"{served.url}/ping").status_code == 404
        served.process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        assert served.process.wait(10) == 0
        assert time.monotonic() - begun < 10
    assert list(tmp_path.glob("modelport-metrics-*")) == []


def test_serve_turns_the_routes_of_sagemaker_on(bento: Path, tmp_path: Path) -> None:
    with container(bento, tmp_path, OPEN, "serve") as served:
        ping = httpx.get(f"{served.url}/ping")
        assert (ping.status_code, ping.content) == (200, b"")
        answer = httpx.post(f"{served.url}/invocations", json={"instances": GOOD})
        assert answer.json() == httpx.post(f"{served.url}/predict", json={"instances": GOOD}).json()
        assert httpx.get(f"{served.url}/invocations").status_code == 405
        count = httpx.get(f"{served.url}/metrics").text
        assert 'modelport_requests_total{route="/invocations",status="200"} 1.0' in count


def test_a_worker_that_dies_is_replaced(bento: Path, tmp_path: Path) -> None:
    with container(bento, tmp_path, OPEN | {"MODELPORT_WORKERS": "2"}) as served:
        poll(lambda: len(children(served)) == 2, "two workers")
        before = children(served)
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        poll(lambda: children(served) - before, "replaced")
        assert killed not in children(served)
        assert httpx.get(f"{served.url}/readyz", timeout=20).status_code == 200
        assert '"event":"worker-died"' in served.log.read_text()
        left = children(served)
    assert not any(psutil.pid_exists(pid) for pid in left)


@pytest.mark.e2e  # waits for every step of the backoff
def test_workers_that_keep_dying_end_the_container(bento: Path, tmp_path: Path) -> None:
    copied = copy_of(bento, tmp_path)
    with container(copied, tmp_path, OPEN | {"MODELPORT_WORKERS": "2"}) as served:
        poll(lambda: len(children(served)) == 2, "two workers")
        # Every next worker fails at once.
        [model] = home_of(copied).glob("models/*/*/model.joblib")
        model.write_bytes(b"damaged")
        os.kill(min(children(served)), signal.SIGKILL)
        assert served.process.wait(120) == 1
    assert '"event":"worker-given-up"' in served.log.read_text()


def test_a_model_that_cannot_be_loaded_is_told_once(bento: Path, tmp_path: Path) -> None:
    copied = copy_of(bento, tmp_path)
    shutil.rmtree(home_of(copied) / "models" / "tiny")
    many = OPEN | {"MODELPORT_WORKERS": "3", "PORT": str(free_port())}
    line = refused(copied, tmp_path, many)
    assert line.startswith("cannot start: ")
    assert "tiny:00ff00ff00ff00ff" in line


@pytest.mark.parametrize(
    ("variables", "arguments", "says"),
    [
        ({"PORT": "http"}, (), "PORT is 'http'; it must be a port from 1 to 65535"),
        (
            {"MODELPORT_WORKERS": "many"},
            (),
            "MODELPORT_WORKERS is 'many'; write a whole number above 0, or leave it out",
        ),
        ({}, ("train",), "the arguments train are unknown; give run, serve or none"),
        ({"MODELPORT_AUTH": ""}, (), "who may call this service is not set; set MODELPORT_SETT"),
        ({"TMPDIR": "/nowhere/at/all", "MODELPORT_MAX_ROWS": "0"}, (), "MODELPORT_MAX_ROWS is '0'"),
    ],
)
def test_what_it_refuses(
    bento: Path, tmp_path: Path, variables: dict[str, str], arguments: tuple[str, ...], says: str
) -> None:
    port = {"PORT": str(free_port())}
    line = refused(bento, tmp_path, OPEN | port | variables, *arguments)
    assert line.startswith(f"cannot start: {says}")


def test_a_taken_port_is_named(bento: Path, tmp_path: Path) -> None:
    with listen() as taken:
        port = taken.getsockname()[1]
        line = refused(bento, tmp_path, OPEN | {"PORT": str(port)})
    assert line == f"cannot start: cannot listen on 0.0.0.0:{port}: Address already in use"


@pytest.mark.parametrize(
    ("cpus", "count"), [(0.25, 1), (1.0, 1), (1.9, 1), (2.0, 2), (4.0, 4), (64.0, 4)]
)
def test_one_worker_for_each_cpu_of_the_quota(cpus: float, count: int) -> None:
    assert workers({}, cpus) == count
    assert workers({"MODELPORT_WORKERS": "7"}, cpus) == 7
    with pytest.raises(StartError):
        workers({"MODELPORT_WORKERS": "-1"}, cpus)


def test_the_quota_of_both_versions_of_control_groups(tmp_path: Path) -> None:
    allowed = len(os.sched_getaffinity(0))
    assert available_cpus(tmp_path) == allowed
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert available_cpus(tmp_path) == 0.5
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert available_cpus(tmp_path) == allowed
    older = tmp_path / "cpu"
    older.mkdir()
    (older / "cpu.cfs_period_us").write_text("100000\n")
    (older / "cpu.cfs_quota_us").write_text("75000\n")
    assert available_cpus(tmp_path) == 0.75
    (older / "cpu.cfs_quota_us").write_text("-1\n")
    assert available_cpus(tmp_path) == allowed
