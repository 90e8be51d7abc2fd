"""Bounds on headers in time, and what is told of bodies, seen on an in-process server."""

import asyncio
import socket

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from modelport_serving import server
from modelport_serving.exchange import ARRIVED
from serving.workers import listen


async def _empty(_scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body"})


async def _telling(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer whether the body was there when the request began."""
    arrived = ARRIVED in scope
    body = b""
    while (message := await receive())["more_body"]:
        body += message["body"]
    said = b"%s arrived=%d" % (body + message["body"], arrived)
    headers = [(b"content-length", b"%d" % len(said))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": said})


async def _talk(listening: socket.socket, *parts: bytes, app: ASGIApp = _empty) -> bytes:
    """Serve, send `parts` one after the other's answer, and return all until the end."""
    config = uvicorn.Config(app, http=server.BoundedProtocol, lifespan="off", log_config=None)
    made = uvicorn.Server(config)
    serving = asyncio.create_task(made.serve(sockets=[listening]))
    host, port = listening.getsockname()
    reader, writer = await asyncio.open_connection(host, port)
    answer = b""
    for part in parts[:-1]:
        writer.write(part)
        answer += await reader.readuntil(b"\r\n\r\n")
    writer.write(parts[-1])
    answer += await asyncio.wait_for(reader.read(), 20)
    writer.close()
    made.should_exit = True
    await serving
    return answer


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.1)


def test_a_connection_that_says_nothing_is_closed() -> None:
    assert asyncio.run(_talk(listen(), b"")) == b""


def test_headers_that_never_end_are_a_408() -> None:
    answer = asyncio.run(_talk(listen(), b"GET / HTTP/1.1\r\nx: y\r\n"))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"urn:modelport:problem:header-timeout" in answer


def test_headers_of_a_second_request_are_bounded_too() -> None:
    whole = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
    answer = asyncio.run(_talk(listen(), whole, b"GET / HTTP/1.1\r\n"))
    assert answer.count(b"HTTP/1.1 200 ") == 1
    assert answer.count(b"HTTP/1.1 408 ") == 1


_POST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n%s\r\n"
_LAST = _POST % b"connection: close\r\n"


def test_a_body_that_came_with_its_headers_has_arrived() -> None:
    answer = asyncio.run(_talk(listen(), _LAST + b"abcdef", app=_telling))
    assert answer.endswith(b"\r\n\r\nabcdef arrived=1")


def test_requests_that_came_together_have_arrived() -> None:
    both = _POST % b"" + b"abcdef" + _LAST + b"ghijkl"
    answer = asyncio.run(_talk(listen(), both, app=_telling))
    assert b"\r\n\r\nabcdef arrived=1HTTP/1.1 200 " in answer
    assert answer.endswith(b"\r\n\r\nghijkl arrived=1")


def test_a_body_that_is_on_its_way_has_not_arrived() -> None:
    # The answer to the first request shows that the second one's headers were read before its rest.
    begun = _POST % b"" + b"abcdef" + _LAST + b"ghi"
    answer = asyncio.run(_talk(listen(), begun, b"jkl", app=_telling))
    assert b"abcdef arrived=1" in answer
    assert answer.endswith(b"\r\n\r\nghijkl arrived=0")
