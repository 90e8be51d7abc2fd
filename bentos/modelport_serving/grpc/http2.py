"""HTTP/2: a cleartext connection with prior knowledge; an ASGI application answers its requests.

Bodies are read no faster than the application takes them, and sent no faster than the peer does.
When the peer gives a request up, its task is cancelled with `GONE`. A connection that ends says so
twice (RFC 9113, 6.8), so that no request is lost between the two ends.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any, cast
from urllib.parse import unquote

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    PingAckReceived,
    RequestReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings
from hyperframe.frame import Frame, GoAwayFrame
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.utils import get_local_addr, get_remote_addr
from uvicorn.server import ServerState

from modelport_serving.exchange import GONE
from modelport_serving.grpc.stream import Stream
from modelport_serving.logs import log_failure
from modelport_serving.server import HEADER_BYTES, HEADER_SECONDS

STREAMS = 512
"""Requests of one connection at the same time; further ones wait at the caller's."""
WINDOW_BYTES = 256 * 1024
"""Bytes of one request's body that may be under way and unread."""
CONNECTION_BYTES = 4 * WINDOW_BYTES
"""The same for all of a connection together."""
UNSENT_BYTES = 4 * 1024 * 1024
"""A peer that lets more than this wait does not read, and is cut off."""
IDLE_SECONDS = 300.0
"""A connection without a request ends after this; gRPC's clients open another by themselves."""
ACK_SECONDS = 0.5
"""Longest wait for the peer to say that it knows of the end."""
CLOSE_SECONDS = 1.0
"""Longest wait for the peer to close: a reset could eat the last answer."""
RESETS = 200
"""Requests that a peer may give up in one second before the connection ends."""
_LAST = 2**31 - 1


class Http2(asyncio.Protocol):
    """One connection.

    Args:
        app: What answers its requests.
        state: The server's: its connections and tasks are waited for at its end.
        lifespan: What the application's start left for its requests.
    """

    def __init__(self, app: ASGIApp, state: ServerState, lifespan: dict[str, Any]) -> None:
        self._app = app
        self._state = state
        self._lifespan = lifespan
        self._loop = asyncio.get_running_loop()
        self._streams: dict[int, Stream] = {}
        self._most = _LAST
        """Highest stream that is still answered."""
        self._timer: asyncio.TimerHandle | None = None
        self._flushing = False
        self._writable = True
        self._change = asyncio.Event()
        self._second = 0
        self._resets = 0
        self._started = False
        self._ending = False
        self._closing = False
        self._handlers: dict[type[Event], Callable[[Any], None]] = {
            RequestReceived: self._begin,
            DataReceived: self._data,
            StreamEnded: self._end,
            StreamReset: self._reset,
            PingAckReceived: lambda _: self.shutdown(),
        }
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self._h2.local_settings = Settings(
            client=False,
            initial_values={
                SettingCodes.MAX_CONCURRENT_STREAMS: STREAMS,
                SettingCodes.INITIAL_WINDOW_SIZE: WINDOW_BYTES,
                SettingCodes.MAX_HEADER_LIST_SIZE: HEADER_BYTES,
                SettingCodes.ENABLE_CONNECT_PROTOCOL: 0,
            },
        )

        # h2 itself would answer nothing more after it, not even what has begun.
        table = self._h2._frame_dispatch_table  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        table[GoAwayFrame] = self._goodbye

    # -- the transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the settings and wait for the peer's."""
        self._transport = cast("asyncio.Transport", transport)
        self._server = get_local_addr(self._transport)
        self._client = get_remote_addr(self._transport)
        self._state.connections.add(cast("Any", self))
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(CONNECTION_BYTES - 65_535)
        self._wait(HEADER_SECONDS, self._transport.close)
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up what is under way."""
        del exc
        self._state.connections.discard(cast("Any", self))
        self._wait(None)
        self._writable = True
        for stream in list(self._streams.values()):
            self._give_up(stream)
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        if self._closing:
            return
        try:
            events = self._h2.receive_data(data)
        except ProtocolError:
            # The peer is told why by a frame that is waiting to be sent.
            self._close()
            return
        if events and not self._started:
            self._started = True
            self._wait(None)
        for event in events:
            if self._closing:
                return
            handle = self._handlers.get(type(event))
            if handle is not None:
                handle(event)
        self._wake()
        self._flush()
        if self._transport.get_write_buffer_size() > UNSENT_BYTES:
            self._transport.abort()
        elif self._started and not self._streams and self._timer is None:
            self._wait(IDLE_SECONDS, self.drain)

    def pause_writing(self) -> None:
        """Send no more bodies for now."""
        self._writable = False

    def resume_writing(self) -> None:
        """Send on."""
        self._writable = True
        self._wake()

    def drain(self) -> None:
        """Ask the peer to begin nothing more here; what it begins meanwhile is answered."""
        if not self._ending and not self._closing:
            self._ending = True
            self._goaway(_LAST)
            self._h2.ping(b"draining")
            self._wait(ACK_SECONDS, self.shutdown)
            self._flush()

    def shutdown(self) -> None:
        """End when everything is answered that has arrived."""
        self._ending = True
        if self._closing:
            return
        if self._most == _LAST:
            self._most = self._h2.highest_inbound_stream_id
            self._goaway(self._most)
            self._wait(None)
        if not self._streams:
            self._close()

    # -- the streams' side

    def acknowledge(self, number: int, size: int) -> None:
        """Let the peer send so many bytes more."""
        try:
            self._h2.acknowledge_received_data(size, number)
        except ProtocolError:  # the connection is closed
            return
        self._flush_soon()

    def send_headers(
        self, stream: Stream, headers: Iterable[tuple[bytes, bytes]], *, last: bool
    ) -> None:
        """Send headers or trailers."""
        self._h2.send_headers(stream.number, list(headers), end_stream=last)
        self._flush_soon()

    def send_end(self, stream: Stream) -> None:
        """Send the end of a body."""
        self._h2.end_stream(stream.number)
        self._flush_soon()

    async def send_body(self, stream: Stream, body: bytes, *, last: bool) -> None:
        """Send a part of a body, as fast as the peer takes it."""
        left = memoryview(body)
        while left and not stream.gone:
            room = self._h2.local_flow_control_window(stream.number)
            size = min(len(left), room, self._h2.max_outbound_frame_size)
            if size <= 0 or not self._writable:
                await self._change.wait()
                continue
            part, left = left[:size], left[size:]
            self._h2.send_data(stream.number, part, end_stream=last and not left)
            if left:
                self._flush()
        self._flush_soon()

    # -- events

    def _begin(self, event: RequestReceived) -> None:
        number = event.stream_id
        headers = cast("list[tuple[bytes, bytes]]", event.headers)
        if number > self._most:
            self._h2.reset_stream(number, ErrorCodes.REFUSED_STREAM)
            return
        if not self._ending:
            self._wait(None)
        stream = Stream(self, number, self._scope(headers))
        self._streams[number] = stream
        stream.task = self._loop.create_task(self._answer(stream))
        self._state.tasks.add(stream.task)
        stream.task.add_done_callback(self._state.tasks.discard)
        self._state.total_requests += 1

    def _scope(self, headers: list[tuple[bytes, bytes]]) -> Scope:
        pseudo = {name: value for name, value in headers if name.startswith(b":")}
        kept = [field for field in headers if not field[0].startswith(b":")]
        if b":authority" in pseudo:
            kept.append((b"host", pseudo[b":authority"]))
        # HTTP/2 may split what HTTP/1.1 and applications know as one header.
        cookies = [value for name, value in kept if name == b"cookie"]
        if len(cookies) > 1:
            kept = [field for field in kept if field[0] != b"cookie"]
            kept.append((b"cookie", b"; ".join(cookies)))
        raw_path, _, query = pseudo.get(b":path", b"").partition(b"?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "2",
            "method": pseudo[b":method"].decode("latin-1"),
            "scheme": pseudo.get(b":scheme", b"http").decode("latin-1"),
            "path": unquote(raw_path.decode("latin-1")),
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": kept,
            "client": self._client,
            "server": self._server,
            "state": self._lifespan.copy(),
            "extensions": {"http.response.trailers": {}},
        }

    def _data(self, event: DataReceived) -> None:
        stream = self._streams.get(event.stream_id)
        size = event.flow_controlled_length or 0
        if stream is None or stream.gone:
            if size:
                self.acknowledge(event.stream_id, size)
        else:
            stream.feed(event.data or b"", size)

    def _end(self, event: StreamEnded) -> None:
        stream = self._streams.get(event.stream_id)
        if stream is not None:
            stream.ended = True
            stream.wake()

    def _reset(self, event: StreamReset) -> None:
        stream = self._streams.get(event.stream_id)
        if stream is not None:
            self._give_up(stream)
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._resets = second, 0
        self._resets += 1
        if self._resets > RESETS:
            self._h2.close_connection(ErrorCodes.ENHANCE_YOUR_CALM)
            self._close()

    def _goodbye(self, frame: GoAwayFrame) -> tuple[list[Frame], list[Event]]:
        """Take the peer's word that it begins nothing more; it still waits for answers."""
        self._loop.call_soon(self.shutdown if frame.error_code == 0 else self._close)
        return [], []

    # -- own

    async def _answer(self, stream: Stream) -> None:
        try:
            await self._app(stream.scope, stream.receive, stream.send)
        except asyncio.CancelledError:
            raise
        except ProtocolError:  # the connection has ended meanwhile
            pass
        except Exception as error:  # the application tells its own errors; this is none of them
            log_failure("none", error)
        finally:
            self._finish(stream)

    def _finish(self, stream: Stream) -> None:
        del self._streams[stream.number]
        stream.release()
        if not stream.gone:
            try:
                if not stream.answered:
                    self._h2.reset_stream(stream.number, ErrorCodes.INTERNAL_ERROR)
                elif not stream.ended:  # the rest of the request is of no use
                    self._h2.reset_stream(stream.number, ErrorCodes.NO_ERROR)
            except ProtocolError:
                pass
        self._flush_soon()
        if self._streams or self._closing or self._transport.is_closing():
            return
        if self._most != _LAST:
            self.shutdown()
        elif not self._ending:
            self._wait(IDLE_SECONDS, self.drain)

    def _give_up(self, stream: Stream) -> None:
        stream.gone = True
        stream.wake()
        if stream.task is not None:
            stream.task.cancel(GONE)

    def _wait(self, seconds: float | None, then: Callable[[], None] | None = None) -> None:
        """Do something later, and nothing that was to be done later before."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds is not None and then is not None:
            self._timer = self._loop.call_later(seconds, then)

    def _wake(self) -> None:
        """Let everyone look again who waits for room."""
        change, self._change = self._change, asyncio.Event()
        change.set()

    def _close(self) -> None:
        """Send what is written and no more, and let the peer close."""
        self._flush()
        self._closing = True
        if not self._transport.is_closing():
            self._transport.write_eof()
            self._wait(CLOSE_SECONDS, self._transport.close)
        for stream in list(self._streams.values()):
            self._give_up(stream)
        self._wake()

    def _goaway(self, last: int) -> None:
        # By hand: h2 answers nothing more once it has sent one itself.
        self._flush()
        if not self._transport.is_closing():
            self._transport.write(GoAwayFrame(0, last_stream_id=last).serialize())

    def _flush_soon(self) -> None:
        """Send together what is written in this turn of the event loop."""
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        data = self._h2.data_to_send()
        if data and not self._closing and not self._transport.is_closing():
            self._transport.write(data)
