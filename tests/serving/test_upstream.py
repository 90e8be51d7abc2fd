"""Answers of a container that the switch reads from a connection, in odd pieces."""

import asyncio

import pytest

from modelport_serving.forward import Answer
from modelport_serving.switch.upstream import Request, Upstream

ONE = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none"
TWO = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nx-of: another caller\r\n\r\ntwo"
ASKED = Request(b"GET", b"/", ((b"host", b"model"),), b"")


def answers(*pieces: bytes) -> tuple[list[Answer], int]:
    """What two requests, one after the other, got, and over how many connections.

    Args:
        pieces: What the container sends for a request, each at a time of its own.
    """
    connections = 0

    async def container(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                for piece in pieces:
                    writer.write(piece)
                    await asyncio.sleep(0.02)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def ask() -> list[Answer]:
        server = await asyncio.start_server(container, "127.0.0.1", 0)
        upstream = Upstream(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        async with server:
            got = [await (await upstream.ask(ASKED)).read() for _ in range(2)]
            upstream.close()
        return got

    return asyncio.run(ask()), connections


@pytest.mark.parametrize("pieces", [(ONE,), (ONE[:30], ONE[30:]), (ONE[:-1], ONE[-1:])])
def test_an_answer_in_any_pieces_is_read_and_its_connection_kept(pieces: tuple[bytes, ...]) -> None:
    got, connections = answers(*pieces)
    assert [it.body for it in got] == [b"one", b"one"]
    assert connections == 1


@pytest.mark.parametrize("pieces", [(ONE + TWO,), (ONE + TWO[:1],), (ONE[:30], ONE[30:] + TWO)])
def test_a_second_answer_reaches_nobody(pieces: tuple[bytes, ...]) -> None:
    """Neither whoever asked before, nor who asks next: that would be another caller's answer."""
    got, connections = answers(*pieces)
    assert [(it.body, b"x-of" in it.headers) for it in got] == [(b"one", False)] * 2
    assert connections == 2


def test_what_comes_before_an_answer_is_left_out() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n"
    got, connections = answers(early + ONE)
    assert [(it.body, b"link" in it.headers) for it in got] == [(b"one", False)] * 2
    assert connections == 1
