"""Workers for the serving tests: real processes on sockets of their own."""

import contextlib
import hashlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from serving.tiny import environment

KEY = "a key for tests"
AUTH = {"authorization": f"Bearer {KEY}"}
START_SECONDS = 60


@dataclass
class Worker:
    """One running worker and the address that it serves."""

    process: subprocess.Popen[str]
    url: str
    log: Path

    @property
    def address(self) -> tuple[str, int]:
        url = httpx.URL(self.url)
        assert url.port
        return url.host, url.port

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()


def listen() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=512)


def url_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()
    return f"http://{host}:{port}"


def home_of(bento: Path) -> Path:
    return bento.parents[2]


def settings_file(folder: Path, **fields: object) -> Path:
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    path = folder / "settings.json"
    path.write_text(json.dumps({"auth": {"kind": "api_key", "sha256": digest}, **fields}))
    path.chmod(0o600)
    return path


def spawn(
    bento: Path,
    listening: socket.socket,
    log: Path,
    variables: Mapping[str, str],
    *arguments: str,
    fds: tuple[int, ...] = (),
) -> Worker:
    """Start a worker of `bento`; its standard error goes to `log`."""
    env = environment(home_of(bento), PYTHONPATH=str(bento / "src"), **variables)
    fd = listening.fileno()
    command = [sys.executable, "-m", "modelport_serving.worker", "--bento", str(bento)]
    with log.open("a") as sink:
        process = subprocess.Popen(
            [*command, "--fd", str(fd), *arguments],
            env=env,
            pass_fds=[fd, *fds],
            stderr=sink,
            text=True,
        )
    return Worker(process, url_of(listening), log)


def wait_ready(worker: Worker) -> None:
    """Wait until the worker answers its readiness probe."""
    poll(lambda: _ready(worker), f"ready: {worker.log}")


def _ready(worker: Worker) -> bool:
    assert worker.process.poll() is None, worker.log.read_text()
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{worker.url}/readyz", timeout=2).status_code == 200
    return False


def poll(condition: Callable[[], object], what: str, seconds: float = START_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"never {what}"
        time.sleep(0.02)


@contextlib.contextmanager
def running(
    bento: Path, folder: Path, variables: Mapping[str, str], *arguments: str
) -> Generator[Worker]:
    """Run one worker of `bento` until it is ready, and end it afterwards."""
    with listen() as listening:
        worker = spawn(bento, listening, folder / "worker.log", variables, *arguments)
    try:
        wait_ready(worker)
        yield worker
    finally:
        stop(worker)


def stop(worker: Worker) -> int:
    worker.process.terminate()
    try:
        return worker.process.wait(30)
    except subprocess.TimeoutExpired:
        worker.process.kill()
        raise
