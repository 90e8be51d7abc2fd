"""Server: what is checked, as a process that was started as a platform starts it."""

import contextlib
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from modelport.conformance.runtime_api import RuntimeApiServer
from modelport.conformance.starts import Start
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
_LINES = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked: a built bundle, served by its own runtime or by a command."""

    record: BundleRecord
    golden: Golden
    bento: Path
    """Folder of the built Bento."""
    command: str = ""
    """Command of a server of the user's own; empty: the bundle's runtime."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running process."""

    process: subprocess.Popen[bytes]
    port: int
    """Port on which the platform expects it."""
    log: Path
    began: float
    """When it was started, by the clock of `time.monotonic`."""
    body_limit: int | None
    """Bytes of a body that it was told to take at most; None where it was told nothing."""
    api: RuntimeApiServer | None
    """Where it asks for events, on Lambda."""

    @property
    def url(self) -> str:
        """Its base address, as the platform reaches it."""
        return f"http://127.0.0.1:{self.port}"

    def listening(self) -> list[tuple[str, int]]:
        """Addresses and ports on which the process or one of its children listens."""
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
        """The end of what it wrote, on one line."""
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines()]
        return " / ".join([line for line in lines if line][-_LINES:])


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
def running(subject: Subject, start: Start, body_limit: int | None) -> Generator[Server]:
    """Start the server as a platform does, and leave nothing of it running.

    Args:
        subject: What to start.
        start: How.
        body_limit: Bytes of a body that our runtime is told to take at most.
    """
    port = start.port or _free_port()
    with tempfile.TemporaryDirectory(prefix="modelport-check-") as name, _api(start) as api:
        folder = Path(name)
        environment = _environment(subject, start, port, folder)
        if api is not None:
            environment["AWS_LAMBDA_RUNTIME_API"] = api.address
        if body_limit is not None:
            environment["MODELPORT_MAX_BODY_BYTES"] = str(body_limit)
        log = folder / "log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                _command(subject, start),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        try:
            yield Server(process, port, log, time.monotonic(), body_limit, api)
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
    return [sys.executable, "-P", "-m", f"modelport_serving.{start.module}", *start.arguments]


def _environment(subject: Subject, start: Start, port: int, folder: Path) -> dict[str, str]:
    """The machine's environment without what tells a server more than the platform would."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
    said = {start.port_variable: str(port)} if start.port_variable else {}
    ours: Mapping[str, str] = {
        "BENTOML_HOME": str(subject.bento.parents[2]),
        "PYTHONPATH": str(subject.bento / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MODELPORT_AUTH": "platform",
        "TMPDIR": str(folder),
    }
    return {**kept, **({} if subject.command else ours), **start.variables, **said}


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
