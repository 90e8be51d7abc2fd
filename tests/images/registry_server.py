"""A registry that asks for a login, as a real HTTP server: manifests, blobs and tokens."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from fakes.served import Handler

USER, PASSWORD = "builder", "a secret"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
INDEX = "application/vnd.oci.image.index.v1+json"
_BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class RegistryServer:
    """One repository `models/tiny`; `host` is the registry's name.

    Args:
        login: How it asks: by Basic, by a token for the Basic login, or not at all.
    """

    def __init__(self, login: Literal["basic", "token", "none"]) -> None:
        self.contents: dict[str, tuple[str, bytes]] = {}
        self.exchanged: list[dict[str, str]] = []
        self.login = login
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.repository = f"{self.host}/models/tiny"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def put(self, tag: str, *, kind: str = DOCKER, **config: Any) -> str:
        """Store an image; returns its digest."""
        document = json.dumps({"architecture": "amd64", **config}).encode()
        reference = {"digest": digest_of(document)}
        manifest = json.dumps({"mediaType": kind, "config": reference, "layers": []}).encode()
        self.contents[f"blobs/{digest_of(document)}"] = ("application/json", document)
        for name in (tag, digest_of(manifest)):
            self.contents[f"manifests/{name}"] = (kind, manifest)
        return digest_of(manifest)

    def answer(self, path: str, authorization: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(path)
        if parts.path == "/token":
            good = authorization == _BASIC and parse_qs(parts.query)["service"] == ["tests"]
            return (200, {}, b'{"token": "of one hour"}') if good else (401, {}, b"")
        wanted = {"basic": _BASIC, "token": "Bearer of one hour", "none": authorization}
        if authorization != wanted[self.login]:
            ask = 'Basic realm="tests"'
            if self.login == "token":
                ask = f'Bearer realm="http://{self.host}/token",service="tests",scope="pull"'
            return 401, {"WWW-Authenticate": ask}, b"{}"
        found = self.contents.get(parts.path.removeprefix("/v2/models/tiny/"))
        return (404, {}, b"{}") if found is None else (200, {"Content-Type": found[0]}, found[1])

    def exchange(self, form: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        self.exchanged.append(form)
        good = form.get("access_token") == "offline"
        return (200, {}, b'{"refresh_token": "ours"}') if good else (403, {}, b"not allowed")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Answering(Handler, BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = server.answer(self.path, self.headers.get("Authorization", ""))
                self._send(*asked)

            def do_POST(self) -> None:
                form = {k: v[0] for k, v in parse_qs(self.body().decode()).items()}
                self._send(*server.exchange(form))

            def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send(status, body, headers)

        return Answering
