"""A supervised worker for the serving tests: a real process, and our end of its control socket."""

import contextlib
import http.client
import json
import socket
import time
from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelport_serving.control import Lines
from serving.tiny import GOOD
from serving.workers import AUTH, Worker, listen, spawn, stop, wait_ready

BODY = json.dumps({"instances": GOOD}).encode()
HEADERS = {**AUTH, "content-type": "application/json"}


@dataclass
class Supervised:
    """A worker and the connection over which a supervisor commands it."""

    worker: Worker
    control: socket.socket
    lines: Lines = field(default_factory=Lines)
    reports: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def order(self, **fields: object) -> None:
        self.control.sendall(json.dumps(fields).encode() + b"\n")

    def split(self, number: int, *addresses: str, **fields: object) -> None:
        """Begin a split and wait until the worker has."""
        order = {"mode": "canary", "percent": 50, "timeout": 2.0, **fields}
        self.order(command="split", id=number, addresses=addresses, **order)
        report = self.wait(split=number, percent=order["percent"])
        assert report["percent"] == order["percent"]

    def unsplit(self, number: int) -> dict[str, Any]:
        """End the split; return its last report."""
        self.order(command="unsplit")
        return self.wait(split=number, ended=True, in_flight=0)

    def wait(self, seconds: float = 10, **wanted: object) -> dict[str, Any]:
        """Read reports until a new one has what is wanted."""
        end = time.monotonic() + seconds
        self.control.settimeout(0.1)
        while time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                for line in self.lines.feed(self.control.recv(65536)):
                    report = json.loads(line)
                    self.reports.append(report)
                    if all(report[key] == value for key, value in wanted.items()):
                        return report
        raise AssertionError(f"no report with {wanted}; the last: {self.reports[-1:]}")


def address(worker: Worker) -> str:
    host, port = worker.address
    return f"{host}:{port}"


@contextlib.contextmanager
def supervised(bento: Path, folder: Path, variables: Mapping[str, str]) -> Generator[Supervised]:
    """Run a worker of `bento` with a control socket until it is ready, and end it afterwards."""
    ours, theirs = socket.socketpair()
    with listen() as private, theirs:
        worker = spawn(
            bento, private, folder / "live.log", variables,
            "--control-fd", str(theirs.fileno()),
            fds=(theirs.fileno(),),
        )  # fmt: skip
    try:
        wait_ready(worker)
        yield Supervised(worker, ours)
    finally:
        ours.close()
        stop(worker)


def ask(worker: Worker, times: int, body: bytes = BODY) -> Counter[tuple[int, str]]:
    """Ask over one kept connection; how often which status came with which version."""
    connection = http.client.HTTPConnection(*worker.address, timeout=20)
    seen: Counter[tuple[int, str]] = Counter()
    for _ in range(times):
        connection.request("POST", "/predict", body, HEADERS)
        response = connection.getresponse()
        answer = response.read()
        version = response.headers["x-modelport-version"]
        assert len(response.headers.get_all("x-modelport-version", [])) == 1
        if response.status == 200:
            # Who says to have answered and whose model did are the same.
            assert json.loads(answer)["model"] == f"tiny@{version}"
        seen[response.status, version] += 1
    connection.close()
    return seen
