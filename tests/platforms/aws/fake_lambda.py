"""A server that answers as the documented API of Lambda does, as far as the live service asks.

https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html; moto knows no provisioned
concurrency, and runs functions in containers.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

_FUNCTIONS = "/2015-03-31/functions/f"
_WARM = "/2019-09-30/functions/f/provisioned-concurrency"


class FakeLambda:
    """One function `f` with the alias `live`."""

    def __init__(self) -> None:
        self.versions: list[dict[str, Any]] = []
        self.alias: dict[str, Any] | None = None
        self.warm: dict[str, Any] | None = None
        self.error = ""
        """Kind of error that invocations end with."""
        self.asked: list[tuple[str, dict[str, Any]]] = []
        """Qualifier and event of each invocation."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def publish(self, revision: str, digest: str) -> None:
        """A version, as an update of the function publishes it."""
        number = str(len(self.versions) + 1)
        self.versions.append(
            {
                "Version": number,
                "Description": f"model 0123456789abcdef, revision {revision}",
                "image": f"1.dkr.ecr.eu-west-1.amazonaws.com/m@{digest}",
            }
        )

    def get(self, path: str, query: dict[str, str]) -> tuple[dict[str, Any] | None, str]:
        """What is there, and how Lambda says that it is not."""
        if path == _WARM:
            return self.warm, "ProvisionedConcurrencyConfigNotFoundException"
        if path == f"{_FUNCTIONS}/versions":
            return self.page(query.get("Marker", "")), ""
        if path == _FUNCTIONS:
            return self.function(query["Qualifier"]), ""
        return self.alias, "ResourceNotFoundException"

    def page(self, marker: str) -> dict[str, Any]:
        """Versions, two to a page, the unpublished one first."""
        latest = {**self.versions[-1], "Version": "$LATEST"}
        everything = [latest, *self.versions]
        start = int(marker or 0)
        more = {"NextMarker": str(start + 2)} if start + 2 < len(everything) else {}
        return {"Versions": everything[start : start + 2], **more}

    def function(self, number: str) -> dict[str, Any]:
        """One version."""
        found = self.versions[int(number) - 1]
        return {
            "Configuration": {"State": "Active"},
            "Code": {"ImageUri": found["image"], "ResolvedImageUri": found["image"]},
        }

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _split(path: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(path)
    return parts.path.rstrip("/"), {name: found[0] for name, found in parse_qs(parts.query).items()}


def _handler(fake: FakeLambda) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(*fake.get(*_split(self.path)))

        def do_PUT(self) -> None:
            change = self._body()
            assert fake.alias is not None
            fake.alias.update(change)
            self._send(fake.alias)

        def do_POST(self) -> None:
            path, query = _split(self.path)
            event = self._body()
            if path == "/predict":
                headers = {"x-asked": str(self.headers["authorization"])}
                self._send({"predictions": [1]}, headers=headers)
                return
            fake.asked.append((query["Qualifier"], event))
            headers = {"X-Amz-Function-Error": fake.error} if fake.error else {}
            answer = {"statusCode": 200, "headers": {"x-a": "b"}, "body": '{"predictions": []}'}
            self._send({"errorMessage": "killed"} if fake.error else answer, headers=headers)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

        def _body(self) -> dict[str, Any]:
            return json.loads(self.rfile.read(int(self.headers["content-length"])))

        def _send(
            self,
            found: dict[str, Any] | None,
            missing: str = "ResourceNotFoundException",
            headers: dict[str, str] | None = None,
        ) -> None:
            sent = json.dumps({"Message": "not here"} if found is None else found).encode()
            self.send_response(404 if found is None else 200)
            if found is None:
                self.send_header("x-amzn-ErrorType", missing)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

    return Handler
