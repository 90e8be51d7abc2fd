"""A Vertex AI on this machine: real HTTP, the API's own types, operations that take their time.

With `with FakeVertex() as fake:` in a test, whose clients get `fake.address` as
`MODELPORT_GOOGLE_ENDPOINT`; or as a process: `python tests/fakes/vertex.py --port 8085`.
"""

import argparse
import json
import re
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.served import Handler, Served
from fakes.vertex_rules import Refused, missing
from fakes.vertex_state import Body, Query, State, canonical

_PATH = re.compile(
    r"(?P<parent>projects/[^/]+/locations/[^/:]+)"
    r"(?:/(?P<kind>models|endpoints)(?:/(?P<id>[^/:]+))?)?"
    r"(?P<operations>/operations(?:/[^/:]+)?)?"
    r"(?::(?P<verb>[A-Za-z]+))?"
)
_VERSION = re.compile(r"^/(v1|ui)/")
"""Google's own client asks for operations at `ui`."""
Moment = Literal["lost", "unanswered", "answered"]
"""Whether a request was not served, served without an answer, or answered."""


class FakeVertex(Served):
    """The server; `state` is what it knows."""

    def __init__(self, *, seconds: float = 0.05, port: int = 0) -> None:
        self.state = State(seconds=seconds)
        self.requests: list[tuple[str, str]] = []
        """Method and path of every request."""
        self.refusals: list[tuple[str, Refused]] = []
        """Answers to the next requests whose method and path match a pattern."""
        self._strike: tuple[int, Moment, Callable[[], None]] | None = None
        self._lock = threading.Lock()
        super().__init__(_handler(self), port=port)

    def strike(self, after: int, moment: Moment, action: Callable[[], None]) -> None:
        """Do something at one of the next requests, e.g. kill the client.

        Args:
            after: Number of the request from now on, from 1.
            moment: When during that request.
            action: What to do.
        """
        with self._lock:
            self._strike = (len(self.requests) + after, moment, action)

    def linger(self, seconds: float) -> None:
        """Make the operations that are under way take so much longer."""
        with self._lock:
            for operation in self.state.operations.values():
                operation.ends += 0 if operation.done else seconds

    def spare(self) -> None:
        """Forget a strike that has not come."""
        with self._lock:
            self._strike = None

    def answer(
        self, method: str, path: str, query: dict[str, str], body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """Answer one request."""
        with self._lock:
            self.state.tick()
            for item in self.refusals:
                if re.search(item[0], f"{method} {path}"):
                    self.refusals.remove(item)
                    return item[1].code, item[1].body
            try:
                return 200, self._served(method, _VERSION.sub("", path), query, body)
            except Refused as refused:
                return refused.code, refused.body

    def struck(self, method: str, path: str) -> tuple[Moment, Callable[[], None]] | None:
        """Note a request; what is to happen at it."""
        with self._lock:
            self.requests.append((method, path))
            if self._strike is None or len(self.requests) != self._strike[0]:
                return None
            return self._strike[1:]

    def _served(
        self, method: str, path: str, query: dict[str, str], body: dict[str, Any]
    ) -> dict[str, Any]:
        match = _PATH.fullmatch(path)
        if match is None:
            raise missing(path)
        name = canonical(path.partition(":")[0])
        if match["operations"]:
            listed = match["operations"] == "/operations"
            if listed:
                return self.state.list_operations(f"{name}/")
            return self.state.get_operation(name)
        call = _CALLS.get((method, match["kind"], match["id"] is not None, match["verb"]))
        if call is None:
            raise missing(f"{method} {path}")
        parent = canonical(match["parent"])
        return call(self.state, parent if match["id"] is None else name, body, query)


_CALLS: dict[
    tuple[str, str | None, bool, str | None], Callable[[State, str, Body, Query], Body]
] = {
    ("POST", "models", False, "upload"): State.upload_model,
    ("GET", "models", False, None): State.list_models,
    ("GET", "models", True, None): State.get_model,
    ("PATCH", "models", True, None): State.patch_model,
    ("DELETE", "models", True, None): State.delete_model,
    ("POST", "endpoints", False, None): State.create_endpoint,
    ("GET", "endpoints", False, None): State.list_endpoints,
    ("GET", "endpoints", True, None): State.get_endpoint,
    ("PATCH", "endpoints", True, None): State.patch_endpoint,
    ("DELETE", "endpoints", True, None): State.delete_endpoint,
    ("POST", "endpoints", True, "deployModel"): State.deploy_model,
    ("POST", "endpoints", True, "undeployModel"): State.undeploy_model,
    ("POST", "endpoints", True, "mutateDeployedModel"): State.mutate_deployed_model,
}
"""By method, collection, whether one of it is named, and verb."""


def _handler(fake: FakeVertex) -> type[Handler]:
    class Answering(Handler, BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            text = self.body()
            url = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            struck = fake.struck(self.command, url.path)
            moment, action = struck or ("", None)
            if action and moment == "lost":
                action()
                self.close_connection = True
                return
            try:
                body = json.loads(text) if text else {}
            except ValueError:
                body = {"": "no JSON"}
            code, content = fake.answer(self.command, url.path, query, body)
            if action and moment == "unanswered":
                action()
                self.close_connection = True
                return
            self.send(code, content, {"content-type": "application/json; charset=UTF-8"})
            if action:
                action()

        do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

    return Answering


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.05)
    given = parser.parse_args()
    fake = FakeVertex(seconds=given.seconds, port=given.port)
    print(fake.address, flush=True)  # noqa: T201 - a program's output
    fake.serve()


if __name__ == "__main__":
    main()
