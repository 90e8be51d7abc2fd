"""A small server that answers as Cloud Run's API v2 does for what is read back and moved."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

_SHARE = {"type", "revision", "percent", "tag"}


class FakeRun:
    """Services by name, with their traffic; bodies with unknown fields are refused."""

    def __init__(self) -> None:
        self.services: dict[str, dict[str, Any]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def make(self, name: str, *, revisions: dict[str, int], digest: str) -> None:
        """A service whose last revision is the newest."""
        newest = f"{name}-{list(revisions)[-1]}"
        self.services[name] = {
            "uri": f"{self.address}/{name}",
            "terminalCondition": {"state": "CONDITION_SUCCEEDED"},
            "latestReadyRevision": newest,
            "latestCreatedRevision": newest,
            "template": {"revision": newest, "containers": [{"image": f"x/y@{digest}"}]},
            "trafficStatuses": [
                {"revision": f"{name}-{revision}", "percent": share}
                for revision, share in revisions.items()
            ],
        }

    def move(self, name: str, body: dict[str, Any], mask: str) -> tuple[int, dict[str, Any]]:
        """PATCH of the traffic alone."""
        shares = body.get("traffic", [])
        wrong = set(body) - {"traffic"} or [item for item in shares if set(item) - _SHARE]
        if mask != "traffic" or wrong or sum(item["percent"] for item in shares) != 100:
            return 400, {"error": {"message": f"invalid: {mask} {body}"}}
        self.services[name]["trafficStatuses"] = shares
        return 200, {"name": "projects/p/locations/r/operations/1", "done": True, "response": {}}


def _handler(fake: FakeRun) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            found = fake.services.get(name)
            self._answer(200 if found else 404, found or {"error": {"message": "not found"}})

        def do_PATCH(self) -> None:
            address = urlsplit(self.path)
            mask = parse_qs(address.query).get("updateMask", [""])[0]
            self._answer(*fake.move(address.path.rpartition("/")[2], self._body(), mask))

        def do_POST(self) -> None:
            self._body()
            self._answer(200, {}, {"x-asked": self.headers.get("authorization", "")})

        def _body(self) -> dict[str, Any]:
            return json.loads(self.rfile.read(int(self.headers["content-length"])))

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
