"""Connections are taken several at a time, and a burst is taken in few looks."""

import asyncio
import errno
import socket
from collections.abc import Callable, Generator
from contextlib import ExitStack
from itertools import pairwise
from typing import cast

import pytest
import uvloop

from modelport_serving import listener as module
from modelport_serving.listener import Listener

BURST = 64


class Greeting(asyncio.Protocol):
    """Says one byte to whoever comes."""

    def __init__(self, opened: list[asyncio.Transport]) -> None:
        self.opened = opened

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        taken = cast("asyncio.Transport", transport)
        self.opened.append(taken)
        taken.write(b"!")


@pytest.fixture
def listening() -> Generator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=BURST) as sock:
        yield sock


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop])
def runner(request: pytest.FixtureRequest) -> Generator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=request.param) as made:
        yield made


def callers(stack: ExitStack, sock: socket.socket, count: int) -> list[socket.socket]:
    """Connect without waiting to be taken."""
    made: list[socket.socket] = []
    for _ in range(count):
        caller = stack.enter_context(socket.create_connection(sock.getsockname()))
        caller.setblocking(False)
        made.append(caller)
    return made


async def greeted(caller: socket.socket) -> bytes:
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(caller, 1), 10)


def made(
    sock: socket.socket, looks: Callable[[int], None] = lambda _: None
) -> tuple[Listener, list[asyncio.Transport]]:
    opened: list[asyncio.Transport] = []

    def count() -> int:
        looks(len(opened))
        return len(opened)

    return Listener(sock, lambda: Greeting(opened), opened=count, backlog=BURST), opened


def test_a_burst_is_taken_in_few_looks(listening: socket.socket, runner: asyncio.Runner) -> None:
    looks: list[int] = []

    async def main() -> None:
        with ExitStack() as stack:
            waiting = callers(stack, listening, BURST)
            listener, opened = made(listening, looks.append)
            assert {await greeted(caller) for caller in waiting} == {b"!"}
            assert len(opened) == BURST
            # 8, then each time at most as many as were there.
            assert looks[0] == 0
            assert all(after <= max(8, 2 * before) for before, after in pairwise(looks))
            assert len([look for look in looks if look < BURST]) <= 8
            listener.close()
            await listener.wait_closed()

    runner.run(main())


def test_answers_are_not_held_back_for_more(
    listening: socket.socket, runner: asyncio.Runner
) -> None:
    async def main() -> None:
        with ExitStack() as stack:
            listener, opened = made(listening)
            (caller,) = callers(stack, listening, 1)
            await greeted(caller)
            taken = opened[0].get_extra_info("socket")
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            listener.close()

    runner.run(main())


def test_closed_it_takes_nobody_and_keeps_who_is_there(
    listening: socket.socket, runner: asyncio.Runner
) -> None:
    async def main() -> None:
        with ExitStack() as stack:
            listener, opened = made(listening)
            (caller,) = callers(stack, listening, 1)
            await greeted(caller)
            listener.close()
            listener.close()
            await listener.wait_closed()
            callers(stack, listening, 1)
            await asyncio.sleep(0.05)
            assert len(opened) == 1
            assert not opened[0].is_closing()

    runner.run(main())


class Exhausted(socket.socket):
    """Finds no file for the first connection, as when too many are open."""

    refused = 0

    def accept(self) -> tuple[socket.socket, object]:
        if not self.refused:
            self.refused += 1
            raise OSError(errno.EMFILE, "too many open files")
        return super().accept()


def test_without_files_it_rests_and_goes_on(
    runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.05)

    async def main() -> None:
        with ExitStack() as stack:
            sock = stack.enter_context(Exhausted())
            sock.bind(("127.0.0.1", 0))
            sock.listen()
            listener, opened = made(sock)
            (caller,) = callers(stack, sock, 1)
            assert await greeted(caller) == b"!"
            assert sock.refused == 1
            assert len(opened) == 1
            listener.close()

    runner.run(main())
