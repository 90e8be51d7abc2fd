"""Control: commands to a running supervisor, one JSON object a line over a Unix socket."""

import json
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from modelport.supervisor.link import Message

SOCKET = "control.sock"


class ControlError(Exception):
    """No supervisor answers here, or it refused; the text says why."""


@contextmanager
def socket_address(folder: Path) -> Generator[str]:
    """An address of the control socket that is short whatever the folder is called.

    A Unix socket's path may have 107 bytes; a folder that is opened first gives a short one.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{SOCKET}"
    finally:
        os.close(handle)


class Control:
    """A connection to the supervisor of one deployment.

    A generation that this connection started and did not promote is discarded when it closes.
    """

    def __init__(self, folder: Path, timeout: float = 10) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        try:
            with socket_address(folder) as address:
                self._socket.connect(address)
        except OSError as error:
            self._socket.close()
            message = f"no supervisor answers in {folder}: {error.strerror}"
            raise ControlError(message) from None
        self._lines = self._socket.makefile("rb")

    def __enter__(self) -> "Control":
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def ask(self, command: str, *, timeout: float = 30, **arguments: object) -> Message:
        """Send one command and return its answer.

        Raises:
            ControlError: the supervisor refused, ended or did not answer within `timeout` seconds.
        """
        self._socket.settimeout(timeout)
        request = json.dumps({"command": command, **arguments}) + "\n"
        try:
            self._socket.sendall(request.encode())
            line = self._lines.readline()
        except TimeoutError:
            message = f"the supervisor did not answer '{command}' within {timeout:g} s"
            raise ControlError(message) from None
        except OSError as error:
            message = f"the supervisor ended during '{command}': {error.strerror}"
            raise ControlError(message) from None
        if not line:
            message = f"the supervisor ended during '{command}'"
            raise ControlError(message)
        answer = cast("Message", json.loads(line))
        if "error" in answer:
            raise ControlError(str(answer["error"]))
        return answer
