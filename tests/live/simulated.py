"""A small platform behind real HTTP: one service, its revisions, traffic, counts and alarms."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx

from modelport_serving.latency import Latencies
from modelport_serving.record import GOLDEN_FILE, RECORD_FILE
from records import VERSION, golden, record

PLATFORMS = Path(__file__).parent / "platforms"
KIND = "simulated.service"
SECOND = "5ec0d00000000000"
DIGEST = "sha256:" + "a" * 64
ROWS = {"instances": [[0.25], [0.75]]}
RIGHT = [item.model_dump(exclude_none=True) for item in golden().predictions]
WRONG = [RIGHT[1], RIGHT[0]]


@dataclass
class Revision:
    """One revision and how it answers."""

    version: str = VERSION
    named: bool = True
    status: int = 200
    wrong_after: int | None = None
    """Requests after which its answers are wrong."""
    seconds: float = 0.0
    requests: int = 0
    own: int = 0
    """Requests of ours among them, where the platform tells them from callers'."""
    errors: int = 0
    latencies: Latencies = field(default_factory=Latencies)

    def count(self) -> bool:
        """Count one request; whether its answer is wrong."""
        self.requests += 1
        self.errors += self.status >= 500
        self.latencies.add(self.seconds)
        return self.wrong_after is not None and self.requests > self.wrong_after


@dataclass
class Platform:
    """What the platform knows; tests set it."""

    url: str = ""
    revisions: dict[str, Revision] = field(default_factory=dict[str, Revision])
    traffic: dict[str, int] = field(default_factory=dict[str, int])
    copies: dict[str, int] = field(default_factory=dict[str, int])
    """Percent of callers' requests that are copied, by the revision that gets them."""
    copying: bool = True
    """Whether it makes the copies that it was told to make."""
    states: list[str] = field(default_factory=lambda: ["ready"])
    """The states that it tells one after the other; the last one stays."""
    detail: str = ""
    digest: str = ""
    replicas: list[int] = field(default_factory=lambda: [1])
    alarms: list[str] = field(default_factory=list[str])
    key: str = ""
    private: str = ""
    """Why it cannot be asked."""
    alone: bool = True
    """Whether it lets one revision be asked."""
    counts: bool = True
    """Whether it counts by revision."""
    tells_own: bool = False
    """Whether it tells our requests from callers'."""
    refuse: set[int] = field(default_factory=set[int])
    """Shifts that it refuses, by their number."""
    shifts: list[dict[str, int]] = field(default_factory=list[dict[str, int]])
    asked: int = 0

    def describe(self) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        replicas = self.replicas.pop(0) if len(self.replicas) > 1 else self.replicas[0]
        most = max(self.traffic, key=lambda name: self.traffic[name], default="")
        return {
            "state": state,
            "detail": self.detail,
            "revision": most,
            "digest": self.digest,
            "traffic": self.traffic,
            "replicas": replicas,
            "mirrored": next(iter(self.copies), ""),
        }

    def mirror(self, candidate: str, percent: int) -> None:
        self.copies = {candidate: percent}

    def shift(self, weights: dict[str, int]) -> None:
        number = len(self.shifts)
        self.shifts.append(weights)
        if number in self.refuse:
            raise ValueError("weights cannot change now")
        if sum(weights.values()) != 100 or not weights.keys() <= self.revisions.keys():
            raise ValueError(f"bad weights {weights}")
        self.traffic = weights
        self.copies = {}

    def chosen(self) -> Revision:
        """The revision of the next request, by the weights."""
        self.asked += 1
        place = self.asked * 37 % 100
        for name, share in self.traffic.items():
            if place < share:
                return self.revisions[name]
            place -= share
        raise ValueError("no revision takes traffic")

    def copy(self) -> None:
        """Count the copies of the request that was chosen for last."""
        for name, percent in self.copies.items() if self.copying else ():
            if self.asked * 37 % 100 < percent:
                self.revisions[name].count()

    def took(self, name: str) -> int:
        return self.revisions[name].requests


@contextmanager
def serving(platform: Platform) -> Generator[Platform]:
    """The platform at an address of its own."""
    routes = type("Routes", (_Handler,), {"platform": platform, "lock": threading.Lock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), routes)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    platform.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def callers(platform: Platform) -> Generator[None]:
    """Requests all the while, as callers send them."""
    ended = threading.Event()

    def call() -> None:
        with httpx.Client(trust_env=False, timeout=10) as client:
            while not ended.wait(0.002):
                client.post(f"{platform.url}/predict", json=ROWS)

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def store(bentoml: Path, *versions: str) -> None:
    """Bundles with a record and golden answers, and no model."""
    for version in versions:
        source = bentoml / "bentos" / "breast_cancer" / version / "src"
        source.mkdir(parents=True)
        (source / RECORD_FILE).write_text(record(version=version).model_dump_json())
        (source / GOLDEN_FILE).write_text(golden().model_dump_json())


class _Handler(BaseHTTPRequestHandler):
    """The routes that `Service` in `platforms/` asks."""

    protocol_version = "HTTP/1.1"
    platform: ClassVar[Platform]
    lock: ClassVar[threading.Lock]

    def do_GET(self) -> None:
        with self.lock:
            found = self._told()
        self._say(200, found)

    def do_PUT(self) -> None:
        told = json.loads(self._body())
        with self.lock:
            try:
                if self.path == "/copies":
                    self.platform.mirror(*told)
                else:
                    self.platform.shift(told)
            except ValueError as error:
                return self._say(409, str(error))
        return self._say(200, {})

    def do_POST(self) -> None:
        platform = self.platform
        assert json.loads(self._body()) == ROWS
        if platform.private:
            return self._say(451, platform.private)
        if platform.key and self.headers.get("authorization") != f"Bearer {platform.key}":
            return self._say(401, "no key")
        name = self.path.removeprefix("/predict").lstrip("/")
        if name and not platform.alone:
            return self._say(404, "no such thing")
        with self.lock:
            revision = platform.revisions[name] if name else platform.chosen()
            wrong = revision.count()
            if name:
                revision.own += platform.tells_own
            else:
                platform.copy()
        time.sleep(revision.seconds)
        answers = {"predictions": WRONG if wrong else RIGHT}
        return self._say(revision.status, answers, revision.version if revision.named else "")

    def _told(self) -> Any:
        if self.path == "/service":
            return self.platform.describe()
        if self.path == "/alarms":
            return self.platform.alarms
        found = self.platform.revisions[self.path.rpartition("/")[2]]
        counted = {"requests": found.requests - found.own, "errors": found.errors}
        return counted | {"buckets": found.latencies.counts} if self.platform.counts else None

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["content-length"]))

    def _say(self, status: int, content: Any, version: str = "") -> None:
        body = content if isinstance(content, str) else json.dumps(content)
        self.send_response(status)
        if version:
            self.send_header("X-Modelport-Version", version)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass
