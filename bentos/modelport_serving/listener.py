"""Listener: takes new connections from a socket, several at a time.

libuv, and so uvloop, takes one connection each time that it looks at its sockets. Between two looks
every open connection may send a request that is answered first, so the last of a burst of callers
waits for the square of their number: 64 callers that come together cost it as much as 2,000
requests. Here a look takes as many connections as there are already, so that a burst at most
doubles the time between two looks, and workers that share a socket still share its callers.
"""

import asyncio
import errno
import socket
from collections.abc import Callable

AT_LEAST = 8
"""Connections that are taken at once even when none is open."""
PAUSE_SECONDS = 1.0
"""How long none is taken after the system has run out of files or memory."""
EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Listener:
    """Gives each connection of one listening socket a protocol.

    Args:
        sock: Bound TCP socket; whoever made it closes it, after `close`.
        protocol: Makes the protocol of one connection.
        opened: Tells how many connections are open.
        backlog: Connections that may wait to be taken.
    """

    def __init__(
        self,
        sock: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        *,
        opened: Callable[[], int],
        backlog: int,
    ) -> None:
        self._sock = sock
        self._protocol = protocol
        self._opened = opened
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[None]] = set()
        self._pause: asyncio.TimerHandle | None = None
        self._closed = False
        sock.settimeout(0)
        sock.listen(backlog)
        self._loop.add_reader(sock.fileno(), self._take)

    def close(self) -> None:
        """Take no more connections; those that are open stay."""
        if self._closed:
            return
        self._closed = True
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._sock.fileno())

    async def wait_closed(self) -> None:
        """Wait until connections that were taken have their protocols."""
        await asyncio.gather(*self._opening)

    def _take(self) -> None:
        for _ in range(max(AT_LEAST, self._opened())):
            try:
                connection, _address = self._sock.accept()
            except (BlockingIOError, InterruptedError):
                return  # another worker was faster
            except OSError as error:
                if error.errno in EXHAUSTED:
                    self._rest()
                return  # or the caller has gone, and the next look finds the next one
            task = self._loop.create_task(self._open(connection))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(self._protocol, connection)
        except OSError:  # the caller has gone
            connection.close()

    def _rest(self) -> None:
        self._loop.remove_reader(self._sock.fileno())
        self._pause = self._loop.call_later(PAUSE_SECONDS, self._resume)

    def _resume(self) -> None:
        self._pause = None
        if not self._closed:
            self._loop.add_reader(self._sock.fileno(), self._take)
