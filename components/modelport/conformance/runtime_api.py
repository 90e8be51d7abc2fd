"""Lambda's Runtime API as a real HTTP server: gives events to a runtime, keeps what it answers."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PREFIX = "/2018-06-01/runtime"


class RuntimeApiServer:
    """The server; `address` is what AWS_LAMBDA_RUNTIME_API holds.

    Args:
        host: Address to listen on; a container needs one that it can reach.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._events: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._answers: queue.Queue[tuple[str, Any, str]] = queue.Queue()
        self._count = 0
        self.asked = threading.Event()
        """Set once a runtime has asked for an event: it is initialised then."""
        self._server = ThreadingHTTPServer((host, 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"{host}:{self._server.server_address[1]}"

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    def invoke(self, event: Any, seconds: float = 60) -> tuple[str, Any]:
        """Give one event; returns `response` or `error`, and the content.

        Raises:
            TimeoutError: the runtime did not answer.
        """
        self._count += 1
        request_id = f"request-{self._count}"
        self._events.put((request_id, event))
        path, content, _ = self._next(seconds)
        return path.removeprefix(f"{PREFIX}/invocation/{request_id}/"), content

    def failed_start(self, seconds: float = 60) -> tuple[Any, str]:
        """What was reported instead of a start, and the header that names its kind."""
        path, content, kind = self._next(seconds)
        if path != f"{PREFIX}/init/error":
            raise ValueError(f"the runtime called {path}")
        return content, kind

    def _next(self, seconds: float) -> tuple[str, Any, str]:
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError(f"no answer within {seconds:g} s") from None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        events, answers, asked = self._events, self._answers, self.asked

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path != f"{PREFIX}/invocation/next":
                    self._send(404, {"errorMessage": f"no such path: {self.path}"}, {})
                    return
                asked.set()
                request_id, event = events.get()
                self._send(200, event, {"Lambda-Runtime-Aws-Request-Id": request_id})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                kind = self.headers.get("Lambda-Runtime-Function-Error-Type", "")
                answers.put((self.path, json.loads(body), kind))
                self._send(202, {"status": "OK"}, {})

            def _send(self, status: int, content: Any, headers: dict[str, str]) -> None:
                body = json.dumps(content).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        return Handler
