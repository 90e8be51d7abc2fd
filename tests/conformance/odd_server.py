"""A server that breaks rules, each by its name in the arguments; else it keeps them.

    python odd_server.py ANSWERS [ignores-port] [loopback] [wrong] [unhealthy] [cuts] [stays] [dies]

ANSWERS is a file with what a prediction is answered with.
"""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ANSWERS, *FAULTS = sys.argv[1:]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(503 if "unhealthy" in FAULTS else 200, b"{}")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        found = json.loads(Path(ANSWERS).read_bytes())
        if "wrong" in FAULTS:
            found["predictions"].reverse()
        self._answer(200, json.dumps(found).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def main() -> None:
    if "dies" in FAULTS:
        sys.exit("no model here")
    host = "127.0.0.1" if "loopback" in FAULTS else "0.0.0.0"
    port = 0 if "ignores-port" in FAULTS else int(os.environ.get("PORT", "8080"))
    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = "cuts" in FAULTS

    def end(*_: object) -> None:
        if "stays" not in FAULTS:
            # What is under way is finished: the threads are waited for at the end.
            raise SystemExit

    signal.signal(signal.SIGTERM, end)
    try:
        server.serve_forever()
    finally:
        server.server_close()


main()
