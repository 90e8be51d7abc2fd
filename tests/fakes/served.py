"""A small real HTTP server for a test, there for as long as a `with` lasts."""

import json
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # clients are killed on purpose
            super().handle_error(request, client_address)


class Served:
    """Base of what answers as a platform's API does; a handler knows which one it answers for."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], *, port: int = 0) -> None:
        self._server = _Server(("127.0.0.1", port), handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        """Serve until it is shut down."""
        self._server.serve_forever(poll_interval=0.01)


class Handler(BaseHTTPRequestHandler):
    """Reads and answers bodies, in silence.

    A class that answers names `BaseHTTPRequestHandler` beside it, which tells the linter that
    `do_GET` is a name of that class.
    """

    def body(self) -> bytes:
        """What was sent."""
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def json(self) -> dict[str, Any]:
        """What was sent, as JSON."""
        return json.loads(self.body())

    def send(self, status: int, content: object, headers: Mapping[str, str] | None = None) -> None:
        """Answer with bytes as they are, or with anything else as JSON."""
        sent = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def send_caller(self) -> None:
        """Answer a prediction with who asked for it."""
        self.body()
        self.send(200, {}, {"x-asked": self.headers.get("authorization", "")})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
