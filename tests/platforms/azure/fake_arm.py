"""A small server that answers as Azure's resource manager does for what is read and patched."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast
from urllib.parse import parse_qs, urlsplit


class FakeArm:
    """Properties of resources by their id; a patch is merged, and ends as a long operation."""

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, Any]] = {}
        self.around: dict[str, dict[str, Any]] = {}
        """What stands beside the properties, e.g. tags."""
        self.settings: dict[str, dict[str, str]] = {}
        """Settings of apps and their slots by id."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def swap(self, path: str, slot: str) -> None:
        """Exchange the settings of an app and its slot."""
        other = f"{path}/slots/{slot}"
        self.settings[path], self.settings[other] = self.settings[other], self.settings[path]

    def patch(self, path: str, body: dict[str, Any]) -> None:
        """Merge, as RFC 7396 says."""
        _merge(self.resources[path], body.get("properties", {}))


def _merge(into: dict[str, Any], change: dict[str, Any]) -> None:
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], cast("dict[str, Any]", value))
        else:
            into[key] = value


def _handler(fake: FakeArm) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - one server
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path == "/operation":
                self._answer(200, {"status": "Succeeded"})
            elif "api-version" not in parse_qs(address.query):
                self._answer(400, {"error": {"message": "api-version is missing"}})
            elif address.path in fake.resources:
                around = fake.around.get(address.path, {})
                self._answer(200, {**around, "properties": fake.resources[address.path]})
            else:
                self._answer(404, {"error": {"message": "not found"}})

        def do_PATCH(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            fake.patch(urlsplit(self.path).path, body)
            self._answer(202, {}, {"azure-asyncoperation": f"{fake.address}/operation"})

        do_PUT = do_PATCH  # noqa: N815

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            path = urlsplit(self.path).path
            if path.endswith("/config/appsettings/list"):
                settings = fake.settings[path.removesuffix("/config/appsettings/list")]
                self._answer(200, {"properties": settings})
            elif path.endswith("/slotsswap"):
                fake.swap(path.removesuffix("/slotsswap"), body["targetSlot"])
                self._answer(202, {}, {"location": f"{fake.address}/operation"})
            else:
                self._answer(200, {}, {"x-asked": self.headers.get("authorization", "")})

        def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            for key, value in (headers or {}).items():
                self.send_header(key, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler
