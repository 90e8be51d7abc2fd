"""HTTP/2 connections: odd bytes, many resets, slow readers, and how they end."""

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated
from hyperframe.frame import Frame, GoAwayFrame
from hypothesis import given, settings
from hypothesis import strategies as st

from modelport_serving.grpc.either import PREFACE
from modelport_serving.grpc.http2 import RESETS, STREAMS
from serving.grpc_calls import call, channel_to, in_process, infer, made_runtime, raw
from serving.test_lifecycle import SLOW_MODEL, copy_of
from serving.workers import listen, poll, settings_file, spawn, stop

HEADERS = [
    (b":method", b"POST"),
    (b":path", b"/inference.GRPCInferenceService/ServerLive"),
    (b":scheme", b"http"),
    (b":authority", b"x"),
    (b"content-type", b"application/grpc"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with in_process(made_runtime([1.0, 2.0])) as (channel, url):
        host, _, port = url.removeprefix("http://").rpartition(":")
        yield host, int(port)
        assert len(infer(channel, raw()).outputs) == 1  # it still answers others


def events(peer: H2Connection, connection: socket.socket) -> Iterator[Any]:
    """What the server says until it closes."""
    connection.settimeout(10)
    while True:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(peer.data_to_send())
        try:
            data = connection.recv(65536)
        except ConnectionResetError:
            return
        if not data:
            return
        yield from peer.receive_data(data)


@settings(max_examples=60, deadline=None)
@given(noise=st.binary(max_size=80), whole=st.booleans())
def test_no_bytes_hold_a_connection(address: tuple[str, int], noise: bytes, whole: bool) -> None:
    settings_frame = b"\0\0\0\4\0\0\0\0\0" if whole else b""
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(PREFACE + settings_frame + noise)
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while connection.recv(65536):
                pass


def test_a_peer_that_gives_up_too_much_is_cut_off(address: tuple[str, int]) -> None:
    peer = H2Connection(H2Configuration())
    peer.initiate_connection()
    with socket.create_connection(address) as connection:
        for _ in range(RESETS + 300):
            number = peer.get_next_available_stream_id()
            peer.send_headers(number, HEADERS)
            peer.reset_stream(number)
        found = list(events(peer, connection))
    (last,) = (event for event in found if isinstance(event, ConnectionTerminated))
    assert last.error_code == 11  # ENHANCE_YOUR_CALM


def test_a_peer_that_says_goodbye_still_gets_its_answer(address: tuple[str, int]) -> None:
    """As clients do that shut down gently."""
    peer = H2Connection(H2Configuration())
    peer.initiate_connection()
    received = b""
    with socket.create_connection(address, timeout=10) as connection:
        peer.send_headers(1, HEADERS)
        connection.sendall(peer.data_to_send() + GoAwayFrame(0).serialize())
        peer.send_data(1, b"\0\0\0\0\0", end_stream=True)
        connection.sendall(peer.data_to_send())
        while data := connection.recv(65536):
            received += data
    frames: list[Frame] = []
    while received:
        frame, length = Frame.parse_frame_header(memoryview(received[:9]))
        frames.append(frame)
        received = received[9 + length :]
    own = [type(frame).__name__ for frame in frames if frame.stream_id == 1]
    assert own == ["HeadersFrame", "DataFrame", "HeadersFrame"]
    assert "END_STREAM" in frames[-1].flags


def test_streams_beyond_the_limit_wait(address: tuple[str, int]) -> None:
    with channel_to(f"{address[0]}:{address[1]}") as channel:
        stub: Any = channel.unary_unary("/inference.GRPCInferenceService/ServerLive")
        asked = [stub.future(b"") for _ in range(STREAMS + 50)]
        assert all(each.result(20) for each in asked)


# -- workers


def test_a_drain_fails_no_call(bento: Path, tmp_path: Path) -> None:
    """Callers keep calling while a worker leaves, and what it has begun it answers."""
    changed = copy_of(bento, tmp_path)
    with (changed / "src" / "service.py").open("a") as service:
        service.write(SLOW_MODEL)
    file = settings_file(tmp_path, protocols=["grpc"], access_log=False)
    folder = tmp_path / "metrics"
    variables = {"MODELPORT_SETTINGS": str(file), "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    failed: list[object] = []
    counts, done = [0] * 6, threading.Event()

    def ask(caller: int, url: str) -> None:
        with channel_to(url) as channel:
            while not done.is_set():
                try:
                    call(channel, "ModelInfer", raw())
                except grpc.RpcError as error:
                    failed.append(error)
                counts[caller] += 1

    with listen() as listening:
        workers = [
            spawn(changed, listening, tmp_path / f"{number}.log", variables) for number in range(2)
        ]
        url = workers[0].url
        callers = [threading.Thread(target=ask, args=(each, url)) for each in range(len(counts))]
        try:
            files = [folder / f"gauge_livemax_{w.process.pid}.db" for w in workers]
            poll(lambda: all(file.exists() for file in files), "loaded")
            for caller in callers:
                caller.start()
            poll((changed / "src" / "begun").exists, "begun")
            workers[0].process.terminate()
            # It takes no more connections, and waits for those of its calls that have begun.
            (changed / "src" / "release").touch()
            assert workers[0].process.wait(30) == 0
            seen = list(counts)
            poll(lambda: all(now > then + 5 for now, then in zip(counts, seen, strict=True)), "on")
        finally:
            done.set()
            for caller in callers:
                caller.join(30)
            for worker in workers:
                stop(worker)
    assert failed == []
    assert not any("failure" in worker.log.read_text() for worker in workers)


WITHOUT = """
import sys
import modelport_serving.worker
found = {name for name in sys.modules if "serving.grpc." in name or name == "google.protobuf"}
assert not found, found
"""


def test_who_does_not_use_grpc_does_not_import_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


MISSING = """
import sys
sys.modules["h2"] = None
from modelport_serving.worker import _either
_either(None)
"""


def test_a_bundle_without_the_libraries_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MISSING], capture_output=True, text=True, check=False
    )
    assert "the protocol grpc needs h2 and protobuf in the bundle, and h2" in done.stderr
