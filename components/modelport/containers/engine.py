"""Engine: a connection to a Docker engine; how it is found is Docker's own way.

An address `ssh://` is reached through the system's `ssh`, with the user's keys and known hosts: it
forwards a socket of this machine to the engine's, and ends with the connection.
"""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from modelport.errors import ServiceError

if TYPE_CHECKING:  # Docker's library is loaded when an engine is spoken to
    from docker import DockerClient
    from docker.tls import TLSConfig

_SSH = re.compile(r"ssh://(?P<who>[^/:]+)(?::(?P<port>\d+))?(?P<path>/.*)?")
_SOCKET = "/var/run/docker.sock"
_TUNNEL_SECONDS = 30.0
_ANSWER_SECONDS = 120
"""Longest time for one answer of an engine; a stop with its grace is one."""


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """Where an engine is."""

    host: str = ""
    """`unix://…`, `ssh://…` or `tcp://…`; empty: the one that the `docker` command uses."""
    certificates: str = ""
    """Folder of the certificates for `tcp://`; empty: none."""


@dataclass(slots=True)
class Engine:
    """A connected engine."""

    client: "DockerClient"
    environment: dict[str, str] = field(default_factory=dict[str, str])
    """Variables with which the `docker` command speaks to it."""
    local: bool = True
    """Whether its machine is this one, so that its loopback addresses can be called."""

    @property
    def id(self) -> str:
        """What tells it from every other engine."""
        return str(self.facts["ID"])

    @property
    def architecture(self) -> str:
        """Processors of its machine, as images name them."""
        found = str(self.facts["Architecture"])
        return {"x86_64": "amd64", "aarch64": "arm64"}.get(found, found)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What it says of itself."""
        with speaking():
            return cast("Mapping[str, Any]", self.client.info())


@contextlib.contextmanager
def speaking() -> Generator[None]:
    """What Docker says when it refuses or is not there becomes one sentence.

    Raises:
        ServiceError: it did.
    """
    import requests
    from docker.errors import APIError, DockerException

    try:
        yield
    except APIError as error:
        said = " ".join(str(error.explanation or error).split())
        raise ServiceError(f"Docker refused: {said}") from None
    except requests.exceptions.Timeout:
        raise ServiceError(f"Docker did not answer within {_ANSWER_SECONDS} s") from None
    except requests.exceptions.RequestException as error:
        raise ServiceError(f"Docker does not answer: {_cause(error)}") from None
    except DockerException as error:
        raise ServiceError(f"Docker does not answer: {_cause(error)}") from None


@contextlib.contextmanager
def connected(address: EngineAddress) -> Generator[Engine]:
    """A connection to an engine, closed afterwards.

    Raises:
        ServiceError: it cannot be reached; the message says where it was looked for.
    """
    import docker
    import requests
    from docker.errors import DockerException

    with contextlib.ExitStack() as stack:
        host, certificates = _resolved(address)
        local = host.startswith("unix://")
        if host.startswith("ssh://"):
            host = stack.enter_context(_tunnel(host))
        tls = _tls(Path(certificates)) if certificates else None
        environment = {"DOCKER_HOST": host, "DOCKER_CONTEXT": ""}
        if certificates:
            environment |= {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certificates}
        try:
            client = docker.DockerClient(
                base_url=host, version="auto", timeout=_ANSWER_SECONDS, tls=tls or False
            )
        except (DockerException, requests.exceptions.RequestException) as error:
            message = f"no Docker engine answers at {address.host or host}: {_cause(error)}"
            raise ServiceError(f"{message}; {_advice(address.host or host)}") from None
        stack.callback(client.close)
        yield Engine(client, environment, local)


def _resolved(address: EngineAddress) -> tuple[str, str]:
    """Host and certificates, as the `docker` command would take them."""
    if address.host:
        return address.host, address.certificates
    if host := os.environ.get("DOCKER_HOST"):
        verify = os.environ.get("DOCKER_TLS_VERIFY", "")
        folder = os.environ.get("DOCKER_CERT_PATH") or str(Path.home() / ".docker")
        return host, folder if verify and host.startswith("tcp://") else ""
    from docker.context import Context, ContextAPI
    from docker.errors import DockerException

    name = os.environ.get("DOCKER_CONTEXT")
    try:
        found = ContextAPI.get_context(name) if name else ContextAPI.get_current_context()
    except DockerException as error:
        raise ServiceError(f"Docker's context cannot be read: {_cause(error)}") from None
    context = cast("Context | None", found)
    if name and name != "default" and context is None:
        raise ServiceError(f"DOCKER_CONTEXT is {name!r}, and there is no such context of Docker's")
    host = (context.Host if context is not None else None) or f"unix://{_SOCKET}"
    host = host.replace("http+unix://", "unix://")
    tls: Any = context.TLSConfig if context is not None else None
    folder = str(Path(tls.ca_cert).parent) if tls and tls.ca_cert else ""
    return host, folder


def _tls(folder: Path) -> "TLSConfig":
    from docker.tls import TLSConfig

    missing = [name for name in ("ca.pem", "cert.pem", "key.pem") if not (folder / name).is_file()]
    if missing:
        raise ServiceError(f"certificates: {folder} has no {', '.join(missing)}")
    pair = (str(folder / "cert.pem"), str(folder / "key.pem"))
    return TLSConfig(client_cert=pair, ca_cert=str(folder / "ca.pem"), verify=True)


@contextlib.contextmanager
def _tunnel(host: str) -> Generator[str]:
    """Forward a socket of this machine to the engine's."""
    match = _SSH.fullmatch(host)
    program = shutil.which("ssh")
    if match is None or program is None:
        why = "ssh is not installed here" if match else "write ssh://user@host"
        raise ServiceError(f"{host} cannot be reached: {why}")
    with tempfile.TemporaryDirectory(prefix="mpd-") as folder:
        socket = Path(folder) / "docker.sock"
        port = ["-p", match["port"]] if match["port"] else []
        command = [
            program, *port, "-nNT", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes",
            "-o", "ConnectTimeout=15", "-L", f"{socket}:{match['path'] or _SOCKET}", match["who"],
        ]  # fmt: skip
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                _await_socket(process, socket, host)
                yield f"unix://{socket}"
            finally:
                process.terminate()


def _await_socket(process: "subprocess.Popen[str]", socket: Path, host: str) -> None:
    end = time.monotonic() + _TUNNEL_SECONDS
    while not socket.exists():
        if process.poll() is not None:
            said = (process.stderr.read() if process.stderr else "").strip().splitlines()
            raise ServiceError(f"{host} cannot be reached: {said[-1] if said else 'ssh ended'}")
        if time.monotonic() > end:
            raise ServiceError(f"{host} cannot be reached: ssh took over {_TUNNEL_SECONDS:g} s")
        time.sleep(0.05)


def _advice(host: str) -> str:
    if not host.startswith("unix://"):
        return "check target.host and the way there"
    if not Path(host.removeprefix("unix://")).exists():
        return (
            "install Docker (on Debian: apt-get install docker.io) and start it, or name "
            "target.host"
        )
    return "start Docker, and see that you may use it (the group docker, or root)"


def _cause(error: BaseException) -> str:
    """The innermost reason; what wraps it repeats where it was found."""
    text = " ".join(str(error).split())
    found = re.findall(r"\[Errno -?\d+\] ([^'\")]+)|(?:Error|Exception)\('([^']+)'", text)
    words = [next(filter(None, pair)) for pair in found]
    inner = re.findall(r"'([^']+)'\)\)?$", text)
    return (words or inner or [text])[-1].strip()
