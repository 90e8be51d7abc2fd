"""Orders: a connection to the switch of a deployment, through a program in its container.

The engine carries it, so it works wherever the engine is, and nothing but the endpoint's port is
open. What the connection began and did not finish ends with it.
"""

import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from modelport.containers.engine import speaking
from modelport.errors import ServiceError

if TYPE_CHECKING:
    from docker.models.containers import Container

PROGRAM = ("python3", "-P", "-m", "modelport_serving.switch")
_HEADER = struct.Struct(">BxxxL")
_OUT = 1
_MORE_SECONDS = 10.0
"""Time for an answer beside what the order itself may take."""
Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a container answered to one request."""

    status: int
    text: str
    headers: Mapping[str, str]
    """Names in lower case."""


class SwitchOrders:
    """Speaks to the switch in a running container.

    Raises:
        ServiceError: it takes no orders; in every method also when it refuses one.
    """

    def __init__(self, container: "Container") -> None:
        api: Any = container.client.api if container.client else None
        with speaking():
            begun = api.exec_create(container.id, [*PROGRAM, "talk"], stdin=True)
            self._response: Any = api.exec_start(begun["Id"], socket=True)
        # A socket of Docker's own library is wrapped in a file on some ways and not on others.
        self._socket: socket.socket = getattr(self._response, "_sock", self._response)
        self._buffer = b""
        self._said = b""

    def __enter__(self) -> "SwitchOrders":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._response.close()

    def ask(self, command: str, *, timeout: float = 0.0, **arguments: object) -> Message:
        """Give one order and return its answer.

        Args:
            command: The order.
            timeout: Seconds that it may take by itself.
            arguments: Its other fields.
        """
        order = json.dumps({"command": command, **arguments}) + "\n"
        self._socket.settimeout(timeout + _MORE_SECONDS)
        try:
            self._socket.sendall(order.encode())
            line = self._line()
        except TimeoutError:
            raise ServiceError(f"the switch did not answer '{command}' in time") from None
        except OSError as error:
            raise ServiceError(f"the switch ended during '{command}': {error.strerror}") from None
        answer = cast("Message", json.loads(line))
        if "error" in answer:
            raise ServiceError(str(answer["error"]))
        return answer

    def request(
        self,
        address: str | None,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        timeout: float = 10.0,
    ) -> Answered:
        """Send one request to a container, or to the endpoint itself, from beside it.

        Args:
            address: `name:port` of the container; none: the endpoint.
            path: Path of the request; one with a body is a POST of JSON.
            body: Its body.
            headers: Its headers.
            timeout: Seconds.
        """
        found = self.ask(
            "ask",
            timeout=timeout,
            seconds=timeout,
            address=address,
            method="POST" if body else "GET",
            path=path,
            headers={"content-type": "application/json", **(headers or {})},
            body=body.decode(),
        )
        return Answered(int(found["status"]), str(found["body"]), found["headers"])

    def _line(self) -> bytes:
        """The next line on standard output; what it says on standard error explains an end."""
        while b"\n" not in self._buffer:
            kind, size = _HEADER.unpack(self._exactly(_HEADER.size))
            part = self._exactly(size)
            if kind == _OUT:
                self._buffer += part
            else:
                self._said += part
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            part = self._socket.recv(size - len(found))
            if not part:
                said = self._said.decode(errors="replace").strip().splitlines()
                reason = f": {said[-1]}" if said else ""
                raise ServiceError(f"the switch takes no orders{reason}")
            found += part
        return found
