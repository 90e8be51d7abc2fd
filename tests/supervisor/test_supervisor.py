"""The supervisor with real processes and sockets; the workers are small ones.

What it does not prove: that a bundle's own worker obeys; `tests/engine` does.
"""

import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest

from modelport.errors import ServiceError
from modelport.supervisor.control import Control, ControlError
from modelport.supervisor.launch import launch

# Not `urlopen`: it keeps the proxy settings of whoever called it first in this process.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
WORKER = str(Path(__file__).with_name("small_worker.py"))


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def folder(tmp_path: Path, port: int) -> Generator[Path]:
    # A Unix socket's path may have 107 bytes: a deployment's folder may be deeper.
    deep = tmp_path / ("long-name-" * 12)
    deep.mkdir()
    launch(deep, "127.0.0.1", port)
    yield deep
    try:
        with Control(deep) as control:
            pid = control.ask("stop")["pid"]
            psutil.wait_procs([psutil.Process(pid)], timeout=10)
    except (ControlError, psutil.NoSuchProcess):
        pass


def start(
    control: Control, version: str, workers: int = 1, timeout: float = 5, memory: int = 2**30
) -> dict[str, Any]:
    argv = [sys.executable, WORKER, version, "{private}", "{public}", "{control}"]
    return control.ask(
        "start",
        version=version,
        argv=argv,
        environment={"PATH": os.environ["PATH"]},
        workers=workers,
        memory_bytes=memory,
        start_timeout=timeout,
    )


def deploy(folder: Path, version: str, workers: int = 1) -> dict[str, Any]:
    with Control(folder) as control:
        generation = start(control, version, workers)
        assert generation["state"] == "ready"
        return control.ask("promote", number=generation["number"], timeout=60)


def get(port: int, path: str = "/") -> str:
    with DIRECT.open(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return str(answer.read().decode())


def eventually(check: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "did not come true"
        time.sleep(0.02)


def pids(folder: Path) -> list[int]:
    with Control(folder) as control:
        live = control.ask("status")["generations"]
    return [worker["pid"] for generation in live for worker in generation["workers"]]


def test_serves_only_after_promotion(folder: Path, port: int) -> None:
    with Control(folder) as control:
        generation = start(control, "one")
        assert generation["state"] == "ready"
        assert get(int(generation["workers"][0]["address"].split(":")[1])).startswith("one ")
        with pytest.raises((urllib.error.URLError, TimeoutError)):
            DIRECT.open(f"http://127.0.0.1:{port}/", timeout=0.3)
        control.ask("promote", number=generation["number"])
    assert get(port).startswith("one ")


def test_swaps_without_failing_a_request_in_flight(folder: Path, port: int) -> None:
    deploy(folder, "one")
    answers: list[str] = []
    slow = Thread(target=lambda: answers.append(get(port, "/wait")))
    slow.start()
    time.sleep(0.1)
    status = deploy(folder, "two")
    slow.join()
    assert answers[0].startswith("one ")
    assert get(port).startswith("two ")
    assert [item["version"] for item in status["generations"]] == ["two"]


def test_a_broken_version_leaves_the_live_one_alone(folder: Path, port: int) -> None:
    deploy(folder, "one")
    with Control(folder) as control:
        generation = start(control, "broken")
    assert generation["state"] == "failed"
    assert generation["reason"] == "a worker ended with exit status 7 while starting"
    assert "the model cannot be loaded" in (folder / "server.log").read_text()
    assert get(port).startswith("one ")


def test_a_version_that_is_never_ready_is_given_up(folder: Path) -> None:
    with Control(folder) as control:
        generation = start(control, "slow", timeout=0.5)
        assert generation["state"] == "failed"
        assert generation["reason"] == "not ready within 0.5 s"
        assert control.ask("status")["generations"] == []


def test_what_was_not_promoted_ends_with_its_connection(folder: Path) -> None:
    with Control(folder) as control:
        pid = start(control, "one")["workers"][0]["pid"]
    eventually(lambda: not psutil.pid_exists(pid))
    assert pids(folder) == []


def test_a_killed_worker_is_replaced(folder: Path, port: int) -> None:
    deploy(folder, "one", workers=2)
    before = pids(folder)
    os.kill(before[0], signal.SIGKILL)
    eventually(lambda: len(pids(folder)) == 2 and before[0] not in pids(folder))
    assert before[1] in pids(folder)
    eventually(lambda: get(port).startswith("one "))


def test_a_crash_loop_is_healed_and_told(folder: Path, port: int) -> None:
    deploy(folder, "one")
    for crash in range(1, 5):
        with pytest.raises(OSError):
            get(port, "/die")
        with Control(folder) as control:
            (live,) = control.ask("status")["generations"]
            assert live["state"] == "live"
        eventually(lambda: get(port).startswith("one "), 20)
        with Control(folder) as control:
            assert control.ask("status")["generations"][0]["restarts"] == crash


def test_no_worker_survives_a_killed_supervisor(folder: Path, port: int) -> None:
    deploy(folder, "one", workers=2)
    workers = pids(folder)
    with Control(folder) as control:
        os.kill(control.ask("status")["pid"], signal.SIGKILL)
    eventually(lambda: not any(psutil.pid_exists(pid) for pid in workers))
    launch(folder, "127.0.0.1", port)
    deploy(folder, "two")
    assert get(port).startswith("two ")


def test_stop_leaves_no_process_and_no_socket(folder: Path, port: int) -> None:
    deploy(folder, "one", workers=2)
    everything = [psutil.Process(pid) for pid in pids(folder)]
    with Control(folder) as control:
        everything.append(psutil.Process(control.ask("status")["pid"]))
        control.ask("stop")
    _, alive = psutil.wait_procs(everything, timeout=10)
    assert alive == []
    assert sorted(path.name for path in folder.iterdir()) == ["server.log"]
    socket.create_server(("127.0.0.1", port)).close()


def test_a_taken_port_is_named_with_its_holder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = int(holder.getsockname()[1])
        with pytest.raises(ServiceError) as caught:
            launch(tmp_path, "127.0.0.1", taken)
    me = psutil.Process()
    assert str(caught.value) == (
        f"port {taken} on 127.0.0.1 is taken by {me.name()} (pid {me.pid}); "
        "stop that process or give target.port another number"
    )


def test_no_supervisor_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="no supervisor answers"):
        Control(tmp_path)


def test_an_unknown_command_is_refused(folder: Path) -> None:
    with Control(folder) as control, pytest.raises(ControlError, match="unknown command 'dance'"):
        control.ask("dance")


def test_a_worker_that_takes_too_much_memory_is_replaced(folder: Path) -> None:
    with Control(folder) as control:
        generation = start(control, "one", memory=2**20)  # Python alone takes more
        control.ask("promote", number=generation["number"])
    first = generation["workers"][0]["pid"]
    eventually(lambda: first not in pids(folder))
    assert f"worker {first} took more than 1 MiB and is replaced" in log(folder)


def test_a_log_is_cut_at_its_size(folder: Path, port: int) -> None:
    deploy(folder, "one")
    with Control(folder) as control:
        control.ask("limit", log_bytes=500)
    for _ in range(60):
        get(port)
    eventually(lambda: (folder / "server.log.1").is_file())
    eventually(lambda: (folder / "server.log").stat().st_size < 500)
    get(port)
    assert "GET /" in log(folder)


def log(folder: Path) -> str:
    return (folder / "server.log").read_text()
