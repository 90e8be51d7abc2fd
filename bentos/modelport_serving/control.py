"""Control: what a supervisor tells a worker and what the worker reports, one JSON object a line.

    {"command": "promote"}                                      accept from the public socket too
    {"command": "split", "id": 7, "mode": "canary", "percent": 5,
     "addresses": ["127.0.0.1:40001"], "timeout": 5.0}          begin a split or change its percent
    {"command": "unsplit"}                                      end the split

The bare word `promote` is a line too. What is malformed or unknown is logged and ignored: a
worker that ended over it would take its callers with it.
"""

import asyncio
import ipaddress
import json
import socket
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from modelport_serving.logs import log_line

LINE_BYTES = 64 * 1024
"""Most bytes of one line; a longer one is ignored."""
_READ_BYTES = 64 * 1024


def _loopback(address: str) -> str:
    host, _, port = address.rpartition(":")
    # Callers' keys go there, so an address beyond this machine is a mistake.
    if not ipaddress.IPv4Address(host).is_loopback:
        raise ValueError("not an address of this machine")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("no port")
    return address


Address = Annotated[str, AfterValidator(_loopback)]
"""`host:port` on this machine, e.g. `127.0.0.1:40001`."""


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, use_attribute_docstrings=True)


class Promote(_Command):
    """Accept from the public socket too."""

    command: Literal["promote"] = "promote"


class BeginSplit(_Command):
    """Send a share of the predictions to a candidate, or change the share."""

    command: Literal["split"] = "split"
    id: int
    """A split with the id of the one that runs changes its percent and nothing else."""
    mode: Literal["canary", "shadow"]
    """Whether callers get the candidate's answers or the candidate only copies of requests."""
    percent: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
    """Share of the requests, exact to a millionth."""
    addresses: Annotated[tuple[Address, ...], Field(min_length=1)]
    """The candidate's workers, asked in turn."""
    timeout: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)]
    """Seconds that one of them may take for one request, connecting included."""


class EndSplit(_Command):
    """Send no more predictions to the candidate."""

    command: Literal["unsplit"] = "unsplit"


Command = Promote | BeginSplit | EndSplit
_COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="command")])


class CommandError(ValueError):
    """A line is no command; the message says why and repeats nothing of it."""


def parse(line: bytes) -> Command:
    """Read one line; raises `CommandError`."""
    if len(line) > LINE_BYTES:
        raise CommandError(f"longer than {LINE_BYTES} bytes")
    if line.strip() == b"promote":
        return Promote()
    try:
        return _COMMANDS.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise CommandError(f"{place or 'line'}: {first['type']}") from None


class Lines:
    """Puts lines together from the parts in which a stream delivers them."""

    def __init__(self) -> None:
        self._begun = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next part; return the lines that it ends, too long ones cut but too long."""
        *ends, rest = data.split(b"\n")
        lines: list[bytes] = []
        for end in ends:
            self._keep(end)
            lines.append(bytes(self._begun))
            self._begun.clear()
        self._keep(rest)
        return lines

    def _keep(self, part: bytes) -> None:
        self._begun += part[: LINE_BYTES + 1 - len(self._begun)]


class Control:
    """A worker's connection to its supervisor; it never waits for it.

    Args:
        connection: A connected stream socket.
        obey: Called with each command.
        lost: Called once when the supervisor is gone.
    """

    def __init__(
        self,
        connection: socket.socket,
        *,
        obey: Callable[[Command], None],
        lost: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._obey = obey
        self._lost = lost
        self._lines = Lines()
        self._begun = b""
        self._waiting = b""

    def open(self) -> None:
        """Begin to listen, in the running event loop."""
        self._connection.settimeout(0)
        asyncio.get_running_loop().add_reader(self._connection.fileno(), self._read)

    def deafen(self) -> None:
        """Hear no more; reports can still be made."""
        asyncio.get_running_loop().remove_reader(self._connection.fileno())

    def report(self, content: Mapping[str, object]) -> None:
        """Write one line, or keep it until there is room; of waiting reports the newest stays."""
        self._waiting = json.dumps(content, separators=(",", ":")).encode() + b"\n"
        self._write()

    def _read(self) -> None:
        try:
            said = self._connection.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not said:
            self.deafen()
            self._lost()
        for line in self._lines.feed(said):
            if not line.strip():
                continue
            try:
                command = parse(line)
            except CommandError as error:
                log_line("control-ignored", reason=str(error))
            else:
                self._obey(command)

    def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._begun or self._waiting:
            if not self._begun:
                self._begun, self._waiting = self._waiting, b""
            try:
                sent = self._connection.send(self._begun)
            except BlockingIOError:
                # A begun line has to be ended before another one, or both are garbage.
                loop.add_writer(self._connection.fileno(), self._write)
                return
            except OSError:
                self._begun = self._waiting = b""
            else:
                self._begun = self._begun[sent:]
        loop.remove_writer(self._connection.fileno())
