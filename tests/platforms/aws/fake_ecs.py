"""A server that answers as the documented API of ECS does: one service, in any state.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html; services of moto are
never in the middle of a deployment.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self


class FakeEcs:
    """One service, whose task definitions all have the same image."""

    def __init__(self, service: dict[str, Any], *, image: str) -> None:
        self.answers: dict[str, dict[str, Any]] = {
            "DescribeServices": {"services": [service], "failures": []},
            "DescribeTaskDefinition": {
                "taskDefinition": {"containerDefinitions": [{"name": "model", "image": image}]}
            },
        }
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(fake: FakeEcs) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            operation = str(self.headers["x-amz-target"]).rpartition(".")[2]
            sent = json.dumps(fake.answers[operation]).encode()
            self.send_response(200)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    return Handler
