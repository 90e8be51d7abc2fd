"""Bench for splits in process: an application whose candidate is any function on a socket."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from modelport_serving.app import build_app
from modelport_serving.control import BeginSplit
from modelport_serving.predictor import Predictor
from modelport_serving.record import Golden, Prediction
from modelport_serving.runtime import Runtime
from modelport_serving.settings import Open, Settings
from serving.tiny import Stub, record, signature

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
BODY = {"instances": [[1, 2, 3]]}
GOOD = b'{"model":"tiny@new","predictions":[{"value":2.5}]}'


def answer(
    status: int = 200, body: bytes = GOOD, *headers: str, length: int | None = None
) -> bytes:
    """An answer as bytes; of a candidate of the version `new`."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} X", f"content-length: {size}", "x-modelport-version: new"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


async def requests(reader: asyncio.StreamReader) -> AsyncGenerator[tuple[bytes, bytes]]:
    """The requests that arrive on one connection: head and body."""
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return
        length = next(
            int(line.partition(b":")[2])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        yield head, await reader.readexactly(length)


def says(*parts: bytes, seen: list[bytes] | None = None, close: bool = False) -> Peer:
    """A candidate that answers every request with `parts`, one write each."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for head, body in requests(reader):
            if seen is not None:
                seen.append(head + body)
            for part in parts:
                writer.write(part)
                await asyncio.sleep(0.001)
            if close:
                break
        writer.close()

    return peer


class Bench:
    """The application of a regression that answers 2.5, with a split to `peer`."""

    def __init__(self, model: Any, **more: Any) -> None:
        made = record(signature(task="regression"))
        golden = Golden(instances=((1, 2, 3),), predictions=(Prediction(value=1),))
        self.runtime = Runtime(made, golden)
        settings = Settings(auth=Open(), access_log=False, max_body_bytes=4_000_000, **more)
        self.runtime.start(settings, Predictor(Stub(model), made))
        transport = httpx.ASGITransport(build_app(self.runtime))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://test")
        self.reports: list[dict[str, Any]] = []

    def begin(self, address: str, **fields: Any) -> None:
        order: dict[str, Any] = {"id": 1, "mode": "canary", "percent": 100, "timeout": 0.3}
        assert self.runtime.live
        self.runtime.splitter.begin(
            BeginSplit(addresses=(address,), **(order | fields)),
            self.runtime.live.metrics,
            lambda report: self.reports.append(json.loads(json.dumps(report))),
        )

    async def ask(self, body: Any = BODY) -> httpx.Response:
        return await self.client.post("/predict", json=body)

    async def end(self) -> dict[str, Any]:
        """End the split and wait for its last report."""
        self.runtime.splitter.end()
        while not (self.reports[-1]["ended"] and self.reports[-1]["in_flight"] == 0):
            await asyncio.sleep(0.005)
        return self.reports[-1]


@asynccontextmanager
async def bench(peer: Peer, model: Any = (2.5,), **fields: Any) -> AsyncGenerator[Bench]:
    async with await asyncio.start_server(peer, "127.0.0.1", 0) as listening:
        host, port = listening.sockets[0].getsockname()
        made = Bench(list(model) if isinstance(model, tuple) else model)
        made.begin(f"{host}:{port}", **fields)
        try:
            yield made
        finally:
            made.runtime.splitter.end()
            listening.close()
