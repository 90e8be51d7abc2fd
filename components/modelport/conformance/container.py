"""Container: an image run by Docker as strictly as the platform runs it."""

import contextlib
import re
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from modelport.errors import ServiceError
from modelport.images.docker import docker, refusal_of

_STRICT = ("--cap-drop", "ALL", "--security-opt", "no-new-privileges")
_LISTEN = "0A"
"""State of a listening socket in /proc/net/tcp."""
_LINES = 3
_POLL = 0.1


@dataclass(frozen=True, slots=True)
class Container:
    """A container that was started."""

    name: str
    reached: int
    """Port of this machine that leads to the container's."""

    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        found = docker(["inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", self.name])
        state, _, code = found.stdout.strip().partition(" ")
        return int(code) if state in {"exited", "dead"} else None

    def terminate(self) -> None:
        """Send SIGTERM to its first process, as a platform does."""
        docker(["kill", "--signal", "TERM", self.name])

    def ended(self, seconds: float) -> bool:
        """Wait for its end, and say whether it came."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.status() is not None:
                return True
            time.sleep(_POLL)
        return False

    def listening(self) -> list[tuple[str, int]]:
        """Addresses and ports on which something in it listens; none when it has no `cat`."""
        found = docker(["exec", self.name, "cat", "/proc/net/tcp", "/proc/net/tcp6"])
        return sorted(listening_in(found.stdout))

    def last_words(self) -> str:
        """The end of what it wrote, on one line."""
        found = docker(["logs", "--tail", str(_LINES), self.name])
        return last_lines(found.stdout + found.stderr)


def last_lines(text: str) -> str:
    """The end of a log, on one line."""
    lines = [line.strip() for line in text.splitlines()]
    return " / ".join([line for line in lines if line][-_LINES:])


def listening_in(table: str) -> set[tuple[str, int]]:
    """Addresses and ports that listen, by the kernel's tables of one network."""
    found: set[tuple[str, int]] = set()
    for line in table.splitlines():
        words = line.split()
        if len(words) > _STATE and words[_STATE] == _LISTEN:
            host, _, port = words[1].partition(":")
            found.add((_address(host), int(port, 16)))
    return found


_STATE = 3


def _address(hexadecimal: str) -> str:
    """The address as people write it; the kernel writes each word in the machine's order."""
    if not hexadecimal.strip("0"):
        return "::" if len(hexadecimal) > 8 else "0.0.0.0"  # noqa: S104 - what it listens on
    if len(hexadecimal) > 8:
        return f"[{hexadecimal}]"
    return ".".join(str(byte) for byte in reversed(bytes.fromhex(hexadecimal)))


@contextlib.contextmanager
def container(
    image: str,
    arguments: Sequence[str],
    variables: Mapping[str, str],
    port: int | None,
    options: Sequence[str],
) -> Generator[Container]:
    """Run an image, and leave nothing of it.

    Args:
        image: An image that Docker has here.
        arguments: What follows its entry point.
        variables: Its environment.
        port: Its port that is published on this machine's loopback address; None: it listens
            nowhere and uses this machine's network.
        options: More options of `docker run`.

    Raises:
        ServiceError: it cannot be started.
    """
    if port is not None and docker(["network", "inspect", "bridge"]).returncode:
        raise ServiceError("Docker has no bridge network here, so no container can be reached")
    network = ["--network", "host"] if port is None else ["--publish", f"127.0.0.1::{port}"]
    given = [word for key, value in variables.items() for word in ("--env", f"{key}={value}")]
    command = ["run", "--detach", "--pull", "never", *_STRICT, *options, *network, *given]
    begun = docker([*command, image, *arguments])
    name = begun.stdout.strip()
    try:
        if begun.returncode:
            raise ServiceError(f"{image} cannot be started: {refusal_of(begun)}")
        yield Container(name, 0 if port is None else _published(name, port))
    finally:
        if name:
            docker(["rm", "--force", "--volumes", name])


def _published(name: str, port: int) -> int:
    found = docker(["port", name, str(port)])
    match = re.search(r":(\d+)\s*$", found.stdout)
    if match is None:  # it ended at once; the checks say why
        return port
    return int(match[1])
