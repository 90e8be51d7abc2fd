"""Link: what supervisor and worker tell each other, one JSON object a line over a socket pair."""

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any, cast

Message = dict[str, Any]
_LONGEST = 1 << 20
"""Bytes of a line; a worker that writes more is not listened to any more."""


class Link:
    """The supervisor's end."""

    def __init__(self, end: socket.socket, hear: Callable[[Message], None]) -> None:
        """Listen to a worker.

        Args:
            end: Our end of the pair.
            hear: Called with each message of the worker's.
        """
        self._socket = end
        self._socket.setblocking(False)  # noqa: FBT003 - the socket's own signature
        self._hear = hear
        self._buffer = b""
        asyncio.get_running_loop().add_reader(end.fileno(), self._read)

    def tell(self, message: Message) -> None:
        """Tell the worker; one that is gone hears nothing, which its process's end says too."""
        try:
            self._socket.send(json.dumps(message).encode() + b"\n")
        except OSError:
            return

    def close(self) -> None:
        """End the connection, and so the worker."""
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()

    def _read(self) -> None:
        try:
            part = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part or len(self._buffer) > _LONGEST:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            return
        *lines, self._buffer = (self._buffer + part).split(b"\n")
        for line in lines:
            try:
                message = cast("object", json.loads(line))
            except ValueError:
                continue
            if isinstance(message, dict):
                self._hear(cast("Message", message))
