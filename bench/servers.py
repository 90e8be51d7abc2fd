"""Servers: one model behind our worker and behind what one would use instead.

All run one serving process on a loopback address and answer the same rows with the same
probabilities. Only ours checks a key, the signature and limits, keeps metrics and logs each
request; the others run as `PEERS` says, which is what answered most here.
"""

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import joblib
from bench.peers.reference import LABELS, MODEL

from modelport.bundles import bento_path, build, model_path
from modelport.bundles.fitting import prepare
from modelport.bundles.sources import load_data, load_training
from modelport.config import Gate
from modelport.home import Home
from modelport_serving import QUIET
from modelport_serving.record import BundleRecord, read_golden

ROOT = Path(__file__).parents[1]
EXTRA = ROOT / ".modelport" / "bench"
"""Where each peer has its environment."""
KEY = "a key for measurements"
START_SECONDS = 120
FEATURES = 30


@dataclass(frozen=True)
class Peer:
    """What one would use instead, in the configuration that answered most."""

    name: str
    setting: str
    """That configuration, in words."""
    packages: tuple[str, ...]
    """What is installed into its environment."""
    command: tuple[str, ...]
    """After the environment's Python; `PORT` stands for the port."""
    onnx: bool = False
    """Whether it is given our ONNX file instead of the pickle."""
    batch: int = 1
    """Largest batch, where the model is slow."""
    v2: bool = False
    """Whether it takes the Open Inference Protocol instead of our own body."""

    @property
    def python(self) -> Path:
        """The environment's Python."""
        return EXTRA / self.environment / "bin" / "python"

    @property
    def environment(self) -> str:
        """Name of the environment."""
        return self.name.partition(" ")[0].lower()


_UVICORN = ("uvicorn[standard]", "uvloop", "httptools")
_FASTAPI = ("-m", "uvicorn", "bench.peers.fastapi_app:app", "--host", "127.0.0.1", "--port", "PORT",
            "--no-access-log")  # fmt: skip
PEERS = (
    Peer(
        "FastAPI",
        "async endpoint, finished response, uvloop and httptools, no access log",
        ("fastapi", *_UVICORN),
        _FASTAPI,
    ),
    Peer(
        "FastAPI with ONNX",
        "as FastAPI, given our ONNX file",
        ("fastapi", *_UVICORN),
        _FASTAPI,
        onnx=True,
    ),
    Peer(
        "LitServe",
        "one API and one worker process; for the forest batches of 64 within 2 ms",
        ("litserve", "uvloop", "httptools"),
        ("-m", "bench.peers.litserve_app", "PORT"),
        batch=64,
    ),
    Peer(
        "MLServer",
        "no parallel workers, no debug; for the forest adaptive batches of 64 within 2 ms",
        ("mlserver", "mlserver-sklearn", "uvloop"),
        ("-m", "mlserver.cli.main", "start", "."),
        batch=64,
        v2=True,
    ),
    Peer(
        "BentoML",
        "its own endpoint; for the forest batchable with up to 64",
        ("bentoml", "uvloop", "httptools"),
        ("-m", "bentoml", "serve", "bench.peers.bentoml_app:Stock", "--host", "127.0.0.1",
         "--port", "PORT"),
        batch=64,
    ),
)  # fmt: skip
OURS = "Modelport"
SERVED = "bentoml serve"
"""Our Bento run by BentoML's own server."""


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

    name: str
    url: str
    """Where it predicts."""
    headers: Mapping[str, str]
    seconds: float
    """From the start of its process to its first answer with 200."""
    v2: bool = False

    def body(self, rows: list[list[Any]]) -> dict[str, Any]:
        """The body that asks it for these rows."""
        if not self.v2:
            return {"instances": rows}
        tensor = {
            "name": "rows",
            "shape": [len(rows), len(rows[0])],
            "datatype": "FP64",
            "data": [value for row in rows for value in row],
        }
        return {"inputs": [tensor], "outputs": [{"name": "predict_proba"}]}


def built(folder: Path, name: str) -> Bundle:
    """Train and build `breast_cancer`, or `random_forest` of this folder, in a home of its own."""
    home = Home(folder / ".modelport")
    return Bundle(home, build(project_of(name), home, name, Gate()))


def free_port() -> int:
    """A port that is free right now, and that the system gives to nobody meanwhile."""
    with _listen() as listening:
        return int(listening.getsockname()[1])


def need_peer(peer: Peer) -> None:
    """Make the peer's environment, unless it is there."""
    if peer.python.exists():
        return
    uv = str(Path(sys.executable).with_name("uv"))
    own = ("scikit-learn", "numpy", "joblib", "onnxruntime", "pydantic")
    packages = [*peer.packages, "scikit-learn", "joblib", "numpy", "onnxruntime"]
    pinned = [f"{name}=={version(name)}" if name in own else name for name in packages]
    made = [uv, "venv", "--quiet", "--python", sys.executable, str(peer.python.parents[1])]
    subprocess.run(made, check=True)
    install = [uv, "pip", "install", "--quiet", "--python", str(peer.python), *pinned]
    subprocess.run(install, check=True)


def version_of(peer: Peer) -> str:
    """The installed version of what a peer is made of."""
    code = f"from importlib.metadata import version; print(version('{peer.packages[0]}'))"
    done = subprocess.run(
        [str(peer.python), "-c", code], capture_output=True, text=True, check=True
    )
    return f"{peer.packages[0]} {done.stdout.strip()}"


def need_wrk() -> str:
    """Path of wrk; ends with a sentence when it is not installed."""
    found = shutil.which("wrk")
    if found is None:
        sys.exit("wrk is needed to make the load; on Debian run: apt-get install wrk")
    return found


def pickle_of(bundle: Bundle, project: Path, folder: Path) -> Path:
    """The trained model of a bundle as a joblib file, for those who serve it as it is."""
    file = folder / f"{bundle.record.name}.joblib"
    if not file.exists():
        source = project / "bentos" / bundle.record.name
        training = load_training(source)
        split = prepare(training, load_data(source, training)).split
        model: Any = training.pipeline(training.seed)
        model.set_params(**bundle.record.lineage.parameters)
        joblib.dump(model.fit(split.features, split.target), file)
    return file


def project_of(name: str) -> Path:
    """The project that holds a bundle's sources: the repository, or this folder."""
    return ROOT if (ROOT / "bentos" / name).is_dir() else ROOT / "bench"


@contextlib.contextmanager
def running_ours(bundle: Bundle, folder: Path) -> Generator[Server]:
    """Run a worker of ours."""
    with _listen() as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/predict"
        worker = [sys.executable, "-m", "modelport_serving.worker", "--bento", str(bundle.bento)]
        digest = hashlib.sha256(KEY.encode()).hexdigest()
        own = {"MODELPORT_API_KEY_SHA256": digest, "PYTHONPATH": str(bundle.bento / "src")}
        started = _Started(
            [*worker, "--fd", str(listening.fileno())],
            _environment(bundle) | own,
            folder / "ours.log",
            fds=[listening.fileno()],
        )
        with started.answering(OURS, url, bundle, {"Authorization": f"Bearer {KEY}"}) as server:
            yield server


@contextlib.contextmanager
def running_bento(bundle: Bundle, folder: Path) -> Generator[Server]:
    """Run our Bento by BentoML's own server."""
    port = free_port()
    command = [sys.executable, "-m", "bentoml", "serve", bundle.record.tag, "--host", "127.0.0.1",
               "--port", str(port)]  # fmt: skip
    environment = _environment(bundle) | {"MODELPORT_AUTH": "none"}
    started = _Started(command, environment, folder / "bento.log")
    with started.answering(SERVED, f"http://127.0.0.1:{port}/predict", bundle) as server:
        yield server


@contextlib.contextmanager
def running_peer(peer: Peer, bundle: Bundle, folder: Path, *, slow: bool) -> Generator[Server]:
    """Run a peer with the bundle's model; `slow` models are batched."""
    port = free_port()
    pickle = pickle_of(bundle, project_of(bundle.record.name), folder)
    batch = peer.batch if slow else 1
    own = {
        MODEL: str(bundle.model if peer.onnx else pickle),
        LABELS: ",".join(bundle.record.signature.labels),
        "BENCH_BATCH": str(batch),
        "PYTHONPATH": str(ROOT),
    }
    home = folder / f"{peer.environment}-{bundle.record.name}"
    home.mkdir(exist_ok=True)
    if peer.v2:
        _write_mlserver(home, pickle, port, batch)
    command = [str(peer.python), *(str(port) if word == "PORT" else word for word in peer.command)]
    started = _Started(
        command, _environment(bundle) | own, home / "log", cwd=home if peer.v2 else ROOT
    )
    path = "/v2/models/reference/infer" if peer.v2 else "/predict"
    url = f"http://127.0.0.1:{port}{path}"
    with started.answering(peer.name, url, bundle, v2=peer.v2) as server:
        yield server


@dataclass
class _Started:
    """A process of a server."""

    command: list[str]
    environment: Mapping[str, str]
    log: Path
    cwd: Path = ROOT
    fds: list[int] = field(default_factory=list[int])

    @contextlib.contextmanager
    def answering(
        self,
        name: str,
        url: str,
        bundle: Bundle,
        headers: Mapping[str, str] | None = None,
        *,
        v2: bool = False,
    ) -> Generator[Server]:
        """Run it until it answers, and end it afterwards."""
        server = Server(name, url, headers or {}, 0.0, v2)
        with self.log.open("ab") as log:
            begun = time.perf_counter()
            process = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self.fds,
                start_new_session=True,
            )
        try:
            seconds = _first_answer(process, server, bundle, self.log) - begun
            yield Server(name, url, server.headers, seconds, v2)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            # Some peers leave their workers behind, which would load the machine for the rest.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _write_mlserver(folder: Path, model: Path, port: int, batch: int) -> None:
    settings = {
        "debug": False, "host": "127.0.0.1", "http_port": port, "grpc_port": free_port(),
        "metrics_port": free_port(), "parallel_workers": 0,
    }  # fmt: skip
    named: dict[str, Any] = {
        "name": "reference",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": str(model)},
    }
    if batch > 1:
        named |= {"max_batch_size": batch, "max_batch_time": 0.002}
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "model-settings.json").write_text(json.dumps(named))


def _listen() -> socket.socket:
    """A listening socket below the ports that the system gives to anyone meanwhile."""
    for port in random.sample(range(20_000, 30_000), 50):
        with contextlib.suppress(OSError):
            return socket.create_server(("127.0.0.1", port), backlog=512)
    sys.exit("no free port from 20000 to 29999")


def _environment(bundle: Bundle) -> dict[str, str]:
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
    return kept | {
        "BENTOML_CONTAINERIZED": "true",
        **QUIET,
        "BENTOML_HOME": str(bundle.home.bentoml),
        "OMP_NUM_THREADS": "1",
    }


def _first_answer(
    process: subprocess.Popen[bytes], server: Server, bundle: Bundle, log: Path
) -> float:
    """Ask until the answer is 200; returns when it came."""
    end = time.monotonic() + START_SECONDS
    body = server.body(bundle.rows(1))
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            answer = httpx.post(server.url, json=body, headers=server.headers, timeout=60)
            if answer.status_code == 200:
                return time.perf_counter()
        time.sleep(0.01)
    said = "\n".join(log.read_text().splitlines()[-5:])
    sys.exit(f"{server.name} gave no answer; exit status {process.poll()}; it said last:\n{said}")
