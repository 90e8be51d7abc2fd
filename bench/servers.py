"""Servers: one model behind our worker, a plain FastAPI application, and two ways of BentoML.

All run one serving process on a loopback address, take the same body at `/predict` and write
their access log to a file. Only ours checks a key, the signature and limits, and keeps metrics.
"""

import contextlib
import hashlib
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
from bench.reference import MODEL, RECORD

from modelport.bundles import bento_path, build, model_path
from modelport.config import Gate
from modelport.home import Home
from modelport_serving.record import BundleRecord, read_golden

ROOT = Path(__file__).parents[1]
EXTRA = ROOT / ".modelport" / "bench"
"""Where the packages of requirements.txt are installed."""
INSTALL = f"uv pip install --no-deps --target {EXTRA.relative_to(ROOT)} -r bench/requirements.txt"
KEY = "a key for measurements"
START_SECONDS = 120
FEATURES = 30

Kind = Literal["modelport", "bentoml serve", "fastapi", "bentoml stock"]
"""`bentoml serve` runs our Bento by BentoML's own server; `bentoml stock` is BentoML's endpoint."""


@dataclass(frozen=True)
class Bundle:
    """A built bundle."""

    home: Home
    record: BundleRecord

    @property
    def bento(self) -> Path:
        """Folder of the Bento."""
        return bento_path(self.home, self.record.name, self.record.version)

    @property
    def model(self) -> Path:
        """The model's file."""
        folder = model_path(self.home, self.record.name, self.record.version)
        return folder / self.record.model_file

    def rows(self, count: int) -> list[list[float | int | None]]:
        """Rows for a request: those of the golden requests that miss nothing, again and again."""
        known = [row for row in read_golden(self.bento / "src").instances if None not in row]
        return [list(known[index % len(known)]) for index in range(count)]


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    kind: Kind
    url: str
    headers: Mapping[str, str]
    seconds: float
    """From the start of its process to its first answer with 200."""


def built(folder: Path, name: str) -> Bundle:
    """Train and build `breast_cancer`, or `random_forest` of this folder, in a home of its own."""
    project = ROOT if name == "breast_cancer" else ROOT / "bench"
    home = Home(folder / ".modelport")
    return Bundle(home, build(project, home, name, Gate()))


def free_port() -> int:
    """A port that is free right now, and that the system gives to nobody meanwhile."""
    with _listen() as listening:
        return int(listening.getsockname()[1])


def need_extra() -> None:
    """End with a sentence when the packages of the comparison are not installed."""
    if not (EXTRA / "fastapi").is_dir():
        sys.exit(f"FastAPI is needed for the comparison; run: .venv/bin/{INSTALL}")


def need_wrk() -> str:
    """Path of wrk; ends with a sentence when it is not installed."""
    found = shutil.which("wrk")
    if found is None:
        sys.exit("wrk is needed to make the load; on Debian run: apt-get install wrk")
    return found


@contextlib.contextmanager
def running(kind: Kind, bundle: Bundle, folder: Path) -> Generator[Server]:
    """Run a server until it answers, and end it afterwards; its log goes to `folder`."""
    with _listen() as listening:
        port = int(listening.getsockname()[1])
        inherits = kind == "modelport"
        if not inherits:
            listening.close()
        command = _command(kind, bundle, port, listening.fileno())
        with (folder / f"{kind}.log").open("ab") as log:
            begun = time.perf_counter()
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=_environment(kind, bundle),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[listening.fileno()] if inherits else [],
            )
    url = f"http://127.0.0.1:{port}"
    headers = {"Authorization": f"Bearer {KEY}"} if inherits else {}
    try:
        seconds = _first_answer(process, url, headers, bundle) - begun
        yield Server(kind, url, headers, seconds)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listen() -> socket.socket:
    """A listening socket below the ports that the system gives to anyone meanwhile."""
    for port in random.sample(range(20_000, 30_000), 50):
        with contextlib.suppress(OSError):
            return socket.create_server(("127.0.0.1", port), backlog=512)
    sys.exit("no free port from 20000 to 29999")


def _command(kind: Kind, bundle: Bundle, port: int, fd: int) -> list[str]:
    address = ["--host", "127.0.0.1", "--port", str(port)]
    python = [sys.executable, "-m"]
    if kind == "modelport":
        worker = [*python, "modelport_serving.worker"]
        return [*worker, "--bento", str(bundle.bento), "--fd", str(fd)]
    if kind == "fastapi":
        return [*python, "uvicorn", "bench.plain_fastapi:app", *address]
    named = bundle.record.tag if kind == "bentoml serve" else "bench.stock_bento:Stock"
    return [*python, "bentoml", "serve", named, *address]


def _environment(kind: Kind, bundle: Bundle) -> dict[str, str]:
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
    common = {
        "BENTOML_CONTAINERIZED": "true",
        "BENTOML_DO_NOT_TRACK": "true",
        "BENTOML_HOME": str(bundle.home.bentoml),
        "DO_NOT_TRACK": "true",
        "OMP_NUM_THREADS": "1",
    }
    if kind == "modelport":
        digest = hashlib.sha256(KEY.encode()).hexdigest()
        own = {"MODELPORT_API_KEY_SHA256": digest, "PYTHONPATH": str(bundle.bento / "src")}
    elif kind == "bentoml serve":
        own = {"MODELPORT_AUTH": "none"}
    else:
        own = {
            MODEL: str(bundle.model),
            RECORD: str(bundle.bento / "src" / "bundle.json"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(EXTRA)]),
        }
    return {**kept, **common, **own}


def _first_answer(
    process: subprocess.Popen[bytes], url: str, headers: Mapping[str, str], bundle: Bundle
) -> float:
    """Ask until the answer is 200; returns when it came."""
    end = time.monotonic() + START_SECONDS
    body = {"instances": bundle.rows(1)}
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            answer = httpx.post(f"{url}/predict", json=body, headers=headers, timeout=60)
            if answer.status_code == 200:
                return time.perf_counter()
        time.sleep(0.01)
    sys.exit(f"the server at {url} gave no answer; exit status {process.poll()}")
