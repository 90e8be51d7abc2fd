"""Control: lines in any pieces, reports that never wait, and the end of a split with its worker."""

import asyncio
import json
import socket

import httpx
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from modelport_serving import server
from modelport_serving.app import build_app
from modelport_serving.control import LINE_BYTES, Control, Lines
from serving.split_bench import BODY, Bench
from serving.workers import listen


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b" "))), st.integers(1))
def test_lines_come_whole_from_any_pieces(lines: list[bytes], size: int) -> None:
    data = b"".join(line + b"\n" for line in lines)
    reader = Lines()
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    assert [line for part in parts for line in reader.feed(part)] == lines


def test_a_line_without_end_takes_no_more_memory_and_the_next_is_read() -> None:
    reader = Lines()
    for _ in range(100):
        assert reader.feed(b"x" * LINE_BYTES) == []
    assert [len(line) for line in reader.feed(b"x\nnext\n")] == [LINE_BYTES + 1, 4]


def test_reports_never_wait_and_stay_whole() -> None:
    """A supervisor that does not read: begun lines are ended, of the rest the newest is kept."""

    async def run() -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            control = Control(theirs, obey=lambda _: None, lost=lambda: None)
            control.open()
            for number in range(1000):
                control.report({"number": number, "filling": "x" * 2000})
            ours.setblocking(False)
            reader = Lines()
            numbers: list[int] = []
            while not numbers or numbers[-1] != 999:
                data = await asyncio.get_running_loop().sock_recv(ours, 65536)
                numbers += [json.loads(line)["number"] for line in reader.feed(data)]
            control.deafen()
        assert numbers == sorted(numbers)
        assert len(numbers) < 1000

    asyncio.run(run())


@pytest.mark.parametrize("how", ["drains", "is abandoned"])
def test_a_worker_that_ends_stops_splitting_first(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then what is with the candidate is answered, and then it ends."""
    monkeypatch.setattr(server, "LINGER_SECONDS", 0.05)

    async def run() -> None:
        made = Bench([2.5])
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        listening, silent = listen(), listen()
        config = uvicorn.Config(
            build_app(made.runtime), http=server.BoundedProtocol, lifespan="off", log_config=None
        )
        worker = server.Server(config, made.runtime, control=theirs)
        serving = asyncio.create_task(worker.serve(sockets=[listening]))
        host, port = silent.getsockname()
        order = {"command": "split", "id": 1, "mode": "canary", "percent": 100, "timeout": 0.6}
        line = json.dumps(order | {"addresses": [f"{host}:{port}"]}).encode()
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(ours, line + b"\n")
        url = "http://{}:{}".format(*listening.getsockname())
        while made.runtime.splitter.current is None:
            await asyncio.sleep(0.01)
        begun = made.runtime.splitter.current
        async with httpx.AsyncClient(base_url=url) as client:
            waiting = asyncio.create_task(client.post("/predict", json=BODY))
            while not begun.describe()["in_flight"]:
                await asyncio.sleep(0.01)
            if how == "drains":
                worker.should_exit = True
            else:
                ours.close()
            while not begun.describe()["ended"]:
                await asyncio.sleep(0.01)
            assert made.runtime.splitter.current is None
            assert begun.describe()["in_flight"] == 1
            response = await waiting
            assert response.json()["predictions"] == [{"value": 2.5}]
            assert response.headers["connection"] == "close"
        await serving
        if how == "drains":
            data = await loop.sock_recv(ours, 1_000_000)
            last = json.loads(data.splitlines()[-1])
            assert (last["ended"], last["in_flight"], last["candidate"]["errors"]) == (True, 0, 1)
        for each in (ours, theirs, silent):
            each.close()

    asyncio.run(run())
