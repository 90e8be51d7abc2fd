"""Server: what is checked, started as a platform starts it: as a process or as a container."""

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from modelport.conformance.container import container, last_lines
from modelport.conformance.runtime_api import RuntimeApiServer
from modelport.conformance.starts import Start
from modelport.images.source_bundle import ENTRY_POINT, main_module
from modelport.platforms.container import PORT
from modelport_serving.record import BundleRecord, Golden

_OURS = (
    "MODELPORT_",
    "BENTOML_",
    "PYTHON",
    "PORT",
    "AIP_",
    "WEBSITES_",
    "FUNCTIONS_",
    "SAGEMAKER_",
    "AWS_LAMBDA_",
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked: a built bundle, served by its own runtime, by a command or by an image."""

    record: BundleRecord
    golden: Golden
    bento: Path
    """Folder of the built Bento."""
    command: str = ""
    """Command of a server of the user's own; empty: the bundle's runtime."""
    image: str = ""
    """Image that Docker has here; empty: no container is started."""
    memory: int = 512
    """Megabytes that its container may use."""

    @property
    def name(self) -> str:
        """What it is, in words."""
        if self.image:
            return f"{self.image} with {self.memory} MB and one CPU"
        return self.command or f"{self.record.name}@{self.record.version}"


class Running(Protocol):
    """A server that was started."""

    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        ...

    def terminate(self) -> None:
        """Ask it to end, by SIGTERM."""
        ...

    def ended(self, seconds: float) -> bool:
        """Wait for its end, and say whether it came."""
        ...

    def listening(self) -> list[tuple[str, int]]:
        """Addresses and ports on which it listens, as it sees them."""
        ...

    def last_words(self) -> str:
        """The end of what it wrote, on one line."""
        ...


@dataclass(frozen=True, slots=True)
class Server:
    """A server with the place where the platform expects it."""

    running: Running
    port: int
    """Port on which the platform expects it."""
    reached: int
    """Port of this machine that leads there."""
    began: float
    """When it was started, by the clock of `time.monotonic`."""
    body_limit: int | None
    """Bytes of a body that it was told to take at most; None where it was told nothing."""
    api: RuntimeApiServer | None
    """Where it asks for events, on Lambda."""

    @property
    def url(self) -> str:
        """Its base address, as the platform reaches it."""
        return f"http://127.0.0.1:{self.reached}"


@dataclass(frozen=True, slots=True)
class _Process:
    process: subprocess.Popen[bytes]
    log: Path

    def status(self) -> int | None:
        return self.process.poll()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def ended(self, seconds: float) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
            return True
        return False

    def listening(self) -> list[tuple[str, int]]:
        """Also those of its children."""
        found: set[tuple[str, int]] = set()
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(self.process.pid)
            for process in (root, *root.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    found |= {
                        (item.laddr.ip, item.laddr.port)
                        for item in process.net_connections("inet")
                        if item.status == psutil.CONN_LISTEN
                    }
        return sorted(found)

    def last_words(self) -> str:
        return last_lines(self.log.read_text(errors="replace"))


def is_free(port: int) -> bool:
    """Whether nothing listens on a port here."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("0.0.0.0", port))  # noqa: S104 - as the server will
        except OSError:
            return False
    return True


@contextlib.contextmanager
def started(subject: Subject, start: Start, body_limit: int | None) -> Generator[Server]:
    """Start the server as a platform does, and leave nothing of it running.

    Args:
        subject: What to start.
        start: How.
        body_limit: Bytes of a body that our runtime is told to take at most.

    Raises:
        ServiceError: there is no Docker for an image, or the image is not there.
    """
    said: dict[str, str] = dict(start.variables)
    if body_limit is not None:
        said["MODELPORT_MAX_BODY_BYTES"] = str(body_limit)
    if not subject.command:
        said["MODELPORT_AUTH"] = "platform"
    with _api(start) as api:
        if api is not None:
            said["AWS_LAMBDA_RUNTIME_API"] = api.address
        with (_container if subject.image else _process)(subject, start, said) as made:
            running, port, reached = made
            yield Server(running, port, reached, time.monotonic(), body_limit, api)


_Made = tuple[Running, int, int]


@contextlib.contextmanager
def _container(subject: Subject, start: Start, said: Mapping[str, str]) -> Generator[_Made]:
    port = start.port or PORT
    own = {start.port_variable: str(port)} if start.port_variable else {}
    options = [*start.container, "--memory", f"{subject.memory}m", "--cpus", "1"]
    with container(
        subject.image,
        start.arguments,
        {**said, **own},
        None if start.runtime_api else port,
        options,
    ) as made:
        yield made, port, made.reached


@contextlib.contextmanager
def _process(subject: Subject, start: Start, said: Mapping[str, str]) -> Generator[_Made]:
    port = start.port or _free_port()
    with tempfile.TemporaryDirectory(prefix="modelport-check-") as name:
        folder = Path(name)
        log = folder / "log"
        if start.function and not subject.command:
            source = main_module(subject.record, str(subject.bento / "src"))
            (folder / "main.py").write_text(source)
        with log.open("wb") as sink:
            process = subprocess.Popen(
                _command(subject, start),
                cwd=folder if start.function and not subject.command else None,
                env=_environment(subject, start, port, folder) | dict(said),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        try:
            yield _Process(process, log), port, port
        finally:
            _end(process)


@contextlib.contextmanager
def _api(start: Start) -> Generator[RuntimeApiServer | None]:
    if not start.runtime_api:
        yield None
        return
    api = RuntimeApiServer()
    try:
        yield api
    finally:
        api.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _command(subject: Subject, start: Start) -> list[str]:
    if subject.command:
        return [*shlex.split(subject.command), *start.arguments]
    if start.function:
        return [sys.executable, "-m", "functions_framework", "--target", ENTRY_POINT]
    return [sys.executable, "-P", "-m", "modelport_serving.container", *start.arguments]


def _environment(subject: Subject, start: Start, port: int, folder: Path) -> dict[str, str]:
    """The machine's environment without what tells a server more than the platform would."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
    said = {start.port_variable: str(port)} if start.port_variable else {}
    ours: Mapping[str, str] = {
        "BENTOML_HOME": str(subject.bento.parents[2]),
        "PYTHONPATH": str(subject.bento / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(folder),
    }
    return {**kept, **({} if subject.command else ours), **said}


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left, and wait until it is gone: the next server may need the port."""
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(process.pid)
        family = [*root.children(recursive=True), root]
        for member in family:
            with contextlib.suppress(psutil.Error):
                member.kill()
        psutil.wait_procs(family, timeout=10)
    process.wait(10)
