"""Call: asks the bundle's application without a socket, for platforms that bring the request."""

import asyncio
import gc
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp, Message

from modelport_serving.bento import served
from modelport_serving.errors import StartError
from modelport_serving.server import GC_THRESHOLDS
from modelport_serving.worker import load


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as the platform describes it."""

    method: str
    path: str
    """Decoded, without the query."""
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case."""
    body: bytes


class Caller:
    """Passes requests to an ASGI application, from any thread.

    The application runs in an event loop of its own, which begins with the first request: servers
    fork after they have loaded it, and a loop does not survive that.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = 0

    def call(self, request: Request) -> Answer:
        """Answer one request."""
        return asyncio.run_coroutine_threadsafe(self._answer(request), self._running()).result()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._process != os.getpid():
                self._loop, self._process = asyncio.new_event_loop(), os.getpid()
                threading.Thread(target=self._loop.run_forever, name="asgi", daemon=True).start()
            return self._loop

    async def _answer(self, request: Request) -> Answer:
        given: list[Message] = [{"type": "http.request", "body": request.body}]
        sent: list[Message] = []
        answered = asyncio.Event()

        async def receive() -> Message:
            if given:
                return given.pop()
            # The caller stays: an application that heard it go would stop in its answer.
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                answered.set()

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "https",
            "path": request.path,
            "raw_path": request.path.encode(),
            "query_string": request.query.encode(),
            "root_path": "",
            "headers": _raw(request),
            "client": None,
            "server": None,
        }
        await self._app(scope, receive, send)
        headers = _text(sent[0].get("headers", ()))
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(sent[0]["status"], headers, body)


def start(bento: Path) -> Caller:
    """Load the bundle in this process, prove it by its golden requests, and be ready for calls.

    Raises:
        StartError: it cannot be loaded, or is not the one that was evaluated.
    """
    service = load(bento)
    bundle = served(service)
    try:
        # The service's own class, which starts the bundle; BentoML's server is not needed.
        service.inner()
    except StartError:
        raise
    except Exception as error:
        message = " ".join(str(error).split())
        raise StartError(f"{bento} cannot be started: {message}") from error
    # What is loaded stays for ever, so the collector need not look at it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    return Caller(bundle.app)


def _raw(request: Request) -> list[tuple[bytes, bytes]]:
    kept = [
        (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in request.headers
        if name.lower() not in {"content-length", "transfer-encoding"}
    ]
    # The length of what is really there: platforms decode bodies and keep the old header.
    return [*kept, (b"content-length", str(len(request.body)).encode())]


def _text(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
