"""Bench for the switch: real HTTP servers before and behind it, in one event loop."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from modelport_serving.server import BoundedProtocol
from modelport_serving.switch.app import Switch
from modelport_serving.switch.orders import Orders, listening
from modelport_serving.switch.routes import Routes

GOOD = {"predictions": [{"label": "benign", "probabilities": {"benign": 1.0}}]}
Answerer = Callable[[Request], Awaitable[Response]]


@dataclass
class Server:
    """A real server on a port, in this event loop."""

    server: uvicorn.Server
    task: asyncio.Task[None]
    port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def kill(self) -> None:
        """End at once: open connections are cut."""
        self.server.force_exit = self.server.should_exit = True
        for connection in list(self.server.server_state.connections):
            connection.transport.abort()
        await self.task


async def serve(app: Any, port: int = 0) -> Server:
    config = uvicorn.Config(
        app, port=port, http=BoundedProtocol, log_config=None, date_header=False, ws="none",
        server_header=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    return Server(server, task, server.servers[0].sockets[0].getsockname()[1])


@dataclass
class Model:
    """A container of the model, as far as the switch sees one."""

    version: str
    answer: Answerer | None = None
    seen: list[Request] = field(default_factory=list[Request])

    @property
    def app(self) -> Starlette:
        methods = ["GET", "HEAD", "POST", "PATCH"]
        return Starlette(
            routes=[
                Route("/readyz", _ready, methods=["GET"]),
                Route("/{path:path}", self.take, methods=methods),
            ]
        )

    async def take(self, request: Request) -> Response:
        self.seen.append(request)
        await request.body()
        if self.answer is not None:
            return await self.answer(request)
        return JSONResponse(GOOD, headers={"x-modelport-version": self.version})


async def _ready(_: Request) -> Response:
    return Response()


@dataclass
class Bench:
    """A switch, what it may send to, and a caller."""

    switch: Switch
    client: httpx.AsyncClient
    orders: Path
    remembered: Path
    stack: contextlib.AsyncExitStack

    async def model(self, model: Model, port: int = 0) -> Server:
        made = await serve(model.app, port)
        self.stack.push_async_callback(made.kill)
        return made

    def route(self, revision: str, *servers: Server) -> None:
        self.switch.change(
            Routes(revision=revision, addresses=tuple(item.address for item in servers))
        )

    async def predict(self) -> httpx.Response:
        return await self.client.post("/predict", json={"instances": [[1]]})

    async def order(self, *orders: dict[str, Any] | bytes) -> list[dict[str, Any]]:
        """Give orders over one connection."""
        reader, writer = await asyncio.open_unix_connection(self.orders)
        answers: list[dict[str, Any]] = []
        for order in orders:
            writer.write(order if isinstance(order, bytes) else json.dumps(order).encode() + b"\n")
            answers.append(json.loads(await reader.readline()))
        writer.close()
        return answers


@contextlib.asynccontextmanager
async def bench(folder: Path) -> AsyncGenerator[Bench]:
    async with contextlib.AsyncExitStack() as stack:
        switch = Switch(Routes())
        front = await serve(switch)
        stack.push_async_callback(front.kill)
        remembered, socket = folder / "routes.json", folder / "orders.sock"
        await stack.enter_async_context(
            listening(Orders(switch, remembered, front.address), socket)
        )
        client = httpx.AsyncClient(base_url=f"http://{front.address}", trust_env=False, timeout=20)
        await stack.enter_async_context(client)
        yield Bench(switch, client, socket, remembered, stack)


def play(folder: Path, story: Callable[[Bench], Awaitable[None]]) -> None:
    async def run() -> None:
        async with bench(folder) as made:
            await story(made)

    asyncio.run(run())
