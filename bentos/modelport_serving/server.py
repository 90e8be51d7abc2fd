"""Server: uvicorn with bounds on headers, a promotion to a second socket and a gentle end."""

import asyncio
import gc
import socket
import uuid
from collections.abc import Awaitable
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from modelport_serving.control import BeginSplit, Command, Control, EndSplit
from modelport_serving.exchange import ARRIVED
from modelport_serving.listener import Listener
from modelport_serving.problems import MEDIA_TYPE, ProblemError, headers_too_large
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

    _incomplete = False
    """Whether a request has begun and its headers are not complete."""
    _header_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self.transport = cast("asyncio.Transport", _Joining(transport))
        self._begin()

    def drain(self) -> None:
        """Do nothing when the end begins: answers say it from then on."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._finish()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what has arrived; most requests are complete with it."""
        super().data_received(data)
        if self._incomplete and not self.transport.is_closing():
            self._header_bytes += len(data)
            if self._header_bytes > HEADER_BYTES:
                self.send_400_response("headers too large")
            elif self._deadline is None:
                self._begin()

    def on_message_begin(self) -> None:
        """Begin a request's headers."""
        super().on_message_begin()
        self._incomplete = True
        self._header_bytes = 0

    def on_headers_complete(self) -> None:
        """Stop waiting: from here on the application's own limits hold."""
        self._incomplete = False
        self._finish()
        # With the separators, as they were counted while they arrived.
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > HEADER_BYTES:
            self._header_bytes = size
            raise ValueError("headers too large")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Tell the application that nothing is on its way: it needs no clock for the body."""
        super().on_message_complete()
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is not None and not cycle.more_body:
            cast("dict[str, Any]", cycle.scope)[ARRIVED] = True

    def on_response_complete(self) -> None:
        """Send what is left of an answer, which may have no body."""
        cast("_Joining", self.transport).flush()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be parsed, in the one shape of all errors."""
        # uvicorn types it as always there, but a connection begins without one.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is not None and cycle.response_started and not cycle.response_complete:
            self.transport.close()
            return
        if self._header_bytes > HEADER_BYTES:
            self._refuse(headers_too_large(HEADER_BYTES))
        else:
            self._refuse(ProblemError(400, "not-http", "the request is not valid HTTP/1.1"))

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


class _Joining:
    """Sends the head of an answer together with its body: one system call, one packet."""

    __slots__ = ("_held", "_send", "_transport", "is_closing")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        # What every request asks for is not looked up each time.
        self._send = transport.write
        self.is_closing = transport.is_closing
        self._held = b""

    def write(self, data: bytes) -> None:
        """Send, or keep the head of an answer whose body follows at once."""
        if self._held:
            data, self._held = self._held + data, b""
        elif data.endswith(b"\r\n\r\n") and b"\r\ncontent-length: " in data:
            self._held = data
            return
        self._send(data)

    def flush(self) -> None:
        """Send what is kept."""
        if self._held:
            data, self._held = self._held, b""
            self._send(data)

    def close(self) -> None:
        """Send what is kept, and close."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Starting:
    """Keeps the reason of a failed start, which would otherwise be a page of traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.reason: str | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a scope on, watching how the start goes."""
        if scope["type"] != "lifespan":
            return self.app(scope, receive, send)
        return self._start(scope, receive, send)

    async def _start(self, scope: Scope, receive: Receive, send: Send) -> None:
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
        self._promoted = False
        self._listeners: list[Listener] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Load, listen and hear what the supervisor says."""
        # uvicorn would listen in its own way; it is given no socket, so that it only loads.
        await super().startup([])
        for sock in sockets or []:
            self._listen(sock)
        if self._control is not None:
            self._control.open()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain: no new connections, a last answer on the open ones, then uvicorn's own way."""
        # First of all: a candidate's fate must not hang on a worker that is about to end.
        self.runtime.splitter.end()
        if self._control is not None:
            self._control.deafen()
        self.runtime.drain()
        for listener in self._listeners:
            listener.close()
            await listener.wait_closed()
        for connection in list(self.server_state.connections):
            cast("BoundedProtocol", connection).drain()
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
        elif self._public is not None and not self._promoted:
            self._promoted = True
            self._listen(self._public)

    def _abandoned(self) -> None:
        self.runtime.splitter.end()
        # A supervisor that is gone would leave a worker that nobody can stop.
        self.should_exit = True

    def _listen(self, sock: socket.socket) -> None:
        listener = Listener(
            sock,
            self._protocol,
            opened=lambda: len(self.server_state.connections),
            backlog=self.config.backlog,
        )
        self._listeners.append(listener)

    def _protocol(self) -> asyncio.Protocol:
        make = cast("type[BoundedProtocol]", self.config.http_protocol_class)
        return make(self.config, self.server_state, self.lifespan.state)
