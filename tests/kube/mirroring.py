"""A gateway that copies requests, for one namespace of the cluster.

It stands in for a controller of the Gateway API that has `RequestMirror`: the one that can be built
from Go modules has not. It takes every route, says so, shares requests by the weights of the first
rule, and copies the share that its filter names. `python -m kube.mirroring API PORT NAMESPACE
CLASS`, `tests` on the path; `API` is a kubeconfig.
"""

import random
import sys
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx

from modelport.cluster.connection import connect
from modelport.cluster.manifest import Kind
from modelport.cluster.objects import Object, entries, mapping, number, text, values
from modelport.cluster.server import Server
from modelport.platforms.kubernetes.traffic import MIRRORS, ROUTE

_CLASS = Kind(ROUTE.api_version, "GatewayClass")
_SLICE = Kind("discovery.k8s.io/v1", "EndpointSlice")
_MANAGER = "mirroring"
_PASSED = {"authorization", "content-type"}


@dataclass(slots=True)
class Table:
    """Where requests go now: addresses of pods with their weight, or percent of copies."""

    backends: list[tuple[list[str], int]] = field(default_factory=list[tuple[list[str], int]])
    copies: list[tuple[list[str], int]] = field(default_factory=list[tuple[list[str], int]])


class Controller:
    """Follows the routes of a namespace."""

    def __init__(self, server: Server, namespace: str) -> None:
        self._server = server
        self._namespace = namespace
        self._taken: dict[str, int] = {}
        self.table = Table()

    def follow(self) -> None:
        """Take every change of a route and of its pods, for ever."""
        while True:
            for route in self._server.objects(ROUTE, self._namespace):
                generation = number(route, "metadata", "generation")
                name = text(route, "metadata", "name")
                if not entries(route, "spec", "rules"):
                    continue
                self._read(route)
                if self._taken.get(name) != generation:
                    self._accept(route)
                    self._taken[name] = generation
            time.sleep(0.2)

    def _read(self, route: dict[str, Any]) -> None:
        (rule,) = entries(route, "spec", "rules")
        copied = [mapping(item, "requestMirror") for item in entries(rule, "filters")]
        self.table = Table(
            [(self._pods(item), number(item, "weight")) for item in entries(rule, "backendRefs")],
            [(self._pods(mapping(item, "backendRef")), number(item, "percent")) for item in copied],
        )

    def _accept(self, route: dict[str, Any]) -> None:
        seen = {
            "status": "True",
            "reason": "Accepted",
            "message": "",
            "observedGeneration": number(route, "metadata", "generation"),
            "lastTransitionTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        (parent,) = entries(route, "spec", "parentRefs")
        conditions = [{"type": kind, **seen} for kind in ("Accepted", "ResolvedRefs")]
        told = {"parentRef": parent, "controllerName": "example.com/mirroring"}
        self._server.merge(
            ROUTE,
            self._namespace,
            text(route, "metadata", "name"),
            {"status": {"parents": [{**told, "conditions": conditions}]}},
            _MANAGER,
            part="status",
        )

    def _pods(self, backend: dict[str, Any]) -> list[str]:
        labels = f"kubernetes.io/service-name={text(backend, 'name')}"
        return [
            f"http://{address}:{number(entries(found, 'ports')[0], 'port')}"
            for found in self._server.objects(_SLICE, self._namespace, labels=labels)
            for endpoint in entries(found, "endpoints")
            if mapping(endpoint, "conditions").get("ready") is True
            for address in values(endpoint, "addresses")
        ]


class Handler(BaseHTTPRequestHandler):
    """Passes requests on, and copies some of them."""

    controller: Controller
    client: httpx.Client

    def do_POST(self) -> None:
        """Answer with what one backend says; what copies are answered is thrown away."""
        body = self.rfile.read(int(self.headers["content-length"]))
        table = self.controller.table
        for pods, percent in table.copies:
            if random.random() * 100 < percent:
                Thread(target=self._ask, args=(pods, body), daemon=True).start()
        backends = [pods for pods, _ in table.backends]
        (chosen,) = random.choices(backends, [weight for _, weight in table.backends])
        answer = self._ask(chosen, body)
        self.send_response(answer.status_code)
        for name in ("content-type", "x-modelport-version"):
            if value := answer.headers.get(name):
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's
        """Say nothing."""

    def _ask(self, pods: list[str], body: bytes) -> httpx.Response:
        headers = {name: self.headers[name] for name in _PASSED if name in self.headers}
        address = f"{random.choice(pods)}{self.path}"
        return self.client.post(address, content=body, headers=headers)


def main(kubeconfig: str, port: str, namespace: str, class_name: str) -> None:
    """Serve on every address until this process is ended."""
    server = Server(connect({"kubeconfig": kubeconfig}))
    features = [{"name": name} for name in ("Gateway", "HTTPRoute", MIRRORS)]
    status: Object = {"status": {"supportedFeatures": features, "conditions": []}}
    server.merge(_CLASS, "", class_name, status, _MANAGER, part="status")
    Handler.controller = Controller(server, namespace)
    Handler.client = httpx.Client(trust_env=False, timeout=20)
    Thread(target=Handler.controller.follow, daemon=True).start()
    ThreadingHTTPServer(("", int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
