"""Orders: what the switch is told and asked, one JSON object a line over a Unix socket.

    {"command": "status"}
    {"command": "route", "routes": {"revision": "r1", "addresses": ["name:8080"], …}}
    {"command": "split", "id": 1, "mode": "canary", "percent": 5,
     "revision": "r2", "addresses": ["other:8080"], "seconds": 5.0}
    {"command": "unsplit"}
    {"command": "ask", "address": "other:8080", "method": "GET", "path": "/readyz"}

A split ends with the connection that ordered it: an update that was killed leaves everything with
the live revision. `ask` sends one request to a container, or to the endpoint itself where no
address is given, so that a version is proved before it is live, from wherever Docker is spoken to.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from modelport_serving.forward import ForwardError
from modelport_serving.switch.app import Order, Switch
from modelport_serving.switch.pool import Pool
from modelport_serving.switch.routes import Address, Routes, write_routes
from modelport_serving.switch.upstream import Request, Upstream

LINE_BYTES = 4 * 2**20
"""Most bytes of one order."""


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Status(_Command):
    """Say what is done now."""

    command: Literal["status"]


class Route(_Command):
    """Send requests there from now on, and remember it."""

    command: Literal["route"]
    routes: Routes


class BeginSplit(_Command):
    """Send a share of the predictions to a candidate, or change the share."""

    command: Literal["split"]
    id: int
    mode: Literal["canary", "shadow"]
    percent: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
    revision: str
    addresses: Annotated[tuple[Address, ...], Field(min_length=1)]
    seconds: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)]
    """Longest time for one of its answers; then the live revision answers."""


class EndSplit(_Command):
    """Send everything to the live revision."""

    command: Literal["unsplit"]


class Ask(_Command):
    """Send one request."""

    command: Literal["ask"]
    address: Address | None = None
    """Container that is asked; none: this endpoint, as a caller does."""
    method: Literal["GET", "POST"]
    path: Annotated[str, Field(pattern=r"^/[!-~]*$")]
    headers: dict[str, str] = Field(default_factory=dict)
    body: str = ""
    seconds: Annotated[float, Field(gt=0, le=600)] = 10.0


_COMMANDS: TypeAdapter[Status | Route | BeginSplit | EndSplit | Ask] = TypeAdapter(
    Annotated[Status | Route | BeginSplit | EndSplit | Ask, Field(discriminator="command")]
)


class Orders:
    """Obeys orders.

    Args:
        switch: What is ordered.
        remembered: File with the routes.
        own: Its own `host:port`.
    """

    def __init__(self, switch: Switch, remembered: Path, own: str) -> None:
        self._switch = switch
        self._remembered = remembered
        self._own = own

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Obey one connection's orders; its split ends with it."""
        begun = False
        try:
            while line := await reader.readline():
                try:
                    command = _COMMANDS.validate_json(line)
                    begun = begun or isinstance(command, BeginSplit)
                    answer = await self._obey(command)
                except ValidationError as error:
                    first = error.errors(include_url=False, include_input=False)[0]
                    place = ".".join(map(str, first["loc"]))
                    answer = {"error": f"{place or 'order'}: {first['msg']}"}
                except (ForwardError, OSError, TimeoutError) as error:
                    answer = {"error": str(error) or type(error).__name__}
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError):
            pass
        finally:
            if begun:
                self._switch.end()
            writer.close()

    async def _obey(self, command: Status | Route | BeginSplit | EndSplit | Ask) -> dict[str, Any]:
        switch = self._switch
        if isinstance(command, Ask):
            return await self._ask(command)
        if isinstance(command, Route):
            # Remembered first: what cannot be is not done.
            await asyncio.to_thread(write_routes, self._remembered, command.routes)
            switch.end()
            switch.change(command.routes)
        elif isinstance(command, BeginSplit):
            candidate = Pool(
                command.revision, command.addresses, patience=0, seconds=command.seconds
            )
            switch.begin(Order(command.id, command.mode, command.percent), candidate)
        elif isinstance(command, EndSplit):
            switch.end()
        return {
            "revision": switch.routes.revision,
            "addresses": list(switch.routes.addresses),
            "up": switch.live.up,
            "in_flight": switch.live.in_flight,
            "leaving": switch.leaving_count(),
            "split": switch.report,
        }

    async def _ask(self, command: Ask) -> dict[str, Any]:
        upstream = Upstream(command.address or self._own)
        body = command.body.encode()
        given = {name.lower(): value for name, value in command.headers.items()}
        given |= {"host": upstream.address, "content-length": str(len(body))}
        headers = tuple((name.encode(), value.encode()) for name, value in given.items())
        request = Request(command.method.encode(), command.path.encode(), headers, body)
        try:
            async with asyncio.timeout(command.seconds):
                answer = await (await upstream.ask(request, command.seconds)).read()
        except TimeoutError:
            raise ForwardError(f"no answer within {command.seconds:g} s") from None
        finally:
            upstream.close()
        return {
            "status": answer.status,
            "headers": {
                name.decode("latin-1"): value.decode("latin-1")
                for name, value in answer.headers.items()
            },
            "body": answer.body.decode(errors="replace"),
        }


@contextlib.asynccontextmanager
async def listening(orders: Orders, path: Path) -> AsyncGenerator[None]:
    """Take orders at a Unix socket that only this user may connect to."""
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(orders.serve, path, limit=LINE_BYTES)
    path.chmod(0o600)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)
