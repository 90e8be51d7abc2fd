"""Server: uvicorn with bounds on headers, a promotion to a second socket and a gentle end."""

import asyncio
import gc
import socket
import uuid
from typing import cast

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from modelport_serving.control import BeginSplit, Command, Control, EndSplit
from modelport_serving.problems import MEDIA_TYPE, ProblemError
from modelport_serving.runtime import Runtime

LINGER_SECONDS = 1.0
"""How long idle connections stay open while draining, for requests that are on their way."""
HEADER_BYTES = 32 * 1024
"""Most bytes of a request's line and headers."""
HEADER_SECONDS = 10.0
"""Longest time until they are complete; a new connection must send them within it too."""
GC_THRESHOLDS = (50_000, 50, 100)
"""Python's 700, 10, 10 collect during requests, which is most of the p99 latency."""


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 whose headers are bounded in size and time: callers without a key send them too."""

    _header_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._finish()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin a request's headers."""
        super().on_message_begin()
        self._header_bytes = 0
        self._begin()

    def on_url(self, url: bytes) -> None:
        """Count and keep a part of the request's line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count and keep a header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop waiting: from here on the application's own limits hold."""
        self._finish()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be parsed, in the one shape of all errors."""
        # uvicorn types it as always there, but a connection begins without one.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is not None and cycle.response_started and not cycle.response_complete:
            self.transport.close()
            return
        if self._header_bytes > HEADER_BYTES:
            detail = f"the request's headers are larger than {HEADER_BYTES} bytes"
            self._refuse(ProblemError(431, "headers-too-large", detail))
        else:
            self._refuse(ProblemError(400, "not-http", "the request is not valid HTTP/1.1"))

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > HEADER_BYTES:
            raise ValueError("headers too large")

    def _begin(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEADER_SECONDS, self._expire)

    def _finish(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        if self._header_bytes:
            detail = f"the request's headers were not complete after {HEADER_SECONDS:g} s"
            self._refuse(ProblemError(408, "header-timeout", detail))
        else:
            self.transport.close()

    def _refuse(self, problem: ProblemError) -> None:
        body = problem.body(uuid.uuid4().hex)
        head = f"HTTP/1.1 {problem.status} \r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
        media = b"content-type: " + MEDIA_TYPE + b"\r\n\r\n"
        self.transport.write(head.encode() + media + body)
        self.transport.close()


class Starting:
    """Keeps the reason of a failed start, which would otherwise be a page of traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.reason: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a scope on, watching how the start goes."""
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return

        async def send_watching(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                lines = str(message.get("message", "")).strip().splitlines() or ["no reason given"]
                self.reason = lines[-1].removeprefix("modelport_serving.errors.StartError: ")
                message = {"type": "lifespan.startup.failed", "message": ""}
            elif message["type"] == "lifespan.startup.complete":
                # What is loaded stays for ever, so the collector need not look at it again.
                gc.collect()
                gc.freeze()
                gc.set_threshold(*GC_THRESHOLDS)
            await send(message)

        await self.app(scope, receive, send_watching)


class Server(uvicorn.Server):
    """One worker's server.

    Args:
        config: uvicorn's configuration.
        runtime: What is served; it is told when the end begins.
        public: Second listening socket, accepted from once promoted.
        control: Connection to the supervisor, whose commands are obeyed and whose end ends the
            server.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        runtime: Runtime,
        *,
        public: socket.socket | None = None,
        control: socket.socket | None = None,
    ) -> None:
        super().__init__(config)
        self.runtime = runtime
        self._public = public
        self._control: Control | None = None
        if control is not None:
            self._control = Control(control, obey=self._obey, lost=self._abandoned)
        self._promotion: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Load, listen and hear what the supervisor says."""
        await super().startup(sockets)
        if self._control is not None:
            self._control.open()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain: no new connections, a last answer on the open ones, then uvicorn's own way."""
        # First of all: a candidate's fate must not hang on a worker that is about to end.
        self.runtime.splitter.end()
        if self._control is not None:
            self._control.deafen()
        self.runtime.draining = True
        if self._promotion is not None:
            await self._promotion
        for server in self.servers:
            server.close()
        for listening in [*(sockets or []), *([self._public] if self._public else [])]:
            listening.close()
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while self.server_state.connections:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pass
        await super().shutdown(None)

    def _obey(self, command: Command) -> None:
        live, splitter = self.runtime.live, self.runtime.splitter
        if isinstance(command, BeginSplit):
            if live is not None and self._control is not None:
                splitter.begin(command, live.metrics, self._control.report)
        elif isinstance(command, EndSplit):
            splitter.end()
        elif self._public is not None and self._promotion is None:
            self._promotion = asyncio.create_task(self._promote(self._public))

    def _abandoned(self) -> None:
        self.runtime.splitter.end()
        # A supervisor that is gone would leave a worker that nobody can stop.
        self.should_exit = True

    async def _promote(self, public: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._protocol, sock=public, backlog=self.config.backlog)
        self.servers.append(server)

    def _protocol(self) -> asyncio.Protocol:
        return BoundedProtocol(self.config, self.server_state, self.lifespan.state)
