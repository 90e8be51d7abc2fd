"""Custom metrics of pods out of a real Prometheus, for the cluster's own autoscaler.

It stands in for prometheus-adapter, which cannot be had as a Go module: it answers the same API by
the same query. `python -m kube.custom_metrics ADDRESS CERTIFICATE KEY PROMETHEUS RULES`, `tests`
on the path.
"""

import json
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import yaml

API = "custom.metrics.k8s.io/v1beta2"


class Handler(BaseHTTPRequestHandler):
    """Answers what there is, and how much of it each pod has."""

    rule: dict[str, Any]
    prometheus: str

    def do_GET(self) -> None:
        """Discovery, or `namespaces/NAMESPACE/pods/*/METRIC`."""
        path = unquote(urlsplit(self.path).path).strip("/").split("/")
        name = self.rule["name"]["as"]
        if path == ["apis", *API.split("/")]:
            self._answer(
                "APIResourceList",
                groupVersion=API,
                resources=[
                    {
                        "name": f"pods/{name}",
                        "singularName": "",
                        "namespaced": True,
                        "kind": "MetricValueList",
                        "verbs": ["get"],
                    }
                ],
            )
        elif path[3:4] == ["namespaces"] and path[5:] == ["pods", "*", name]:
            self._answer("MetricValueList", metadata={}, items=self._values(path[4], name))
        else:
            self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's
        """Say nothing."""

    def _values(self, namespace: str, metric: str) -> list[dict[str, Any]]:
        series = self.rule["seriesQuery"].partition("{")[0]
        query = self.rule["metricsQuery"].replace("<<.Series>>", series)
        query = query.replace("<<.LabelMatchers>>", f'namespace="{namespace}"')
        query = query.replace("<<.GroupBy>>", "pod")
        answer = httpx.get(
            f"{self.prometheus}/api/v1/query", params={"query": query}, trust_env=False
        )
        return [
            {
                "describedObject": {
                    "kind": "Pod",
                    "apiVersion": "v1",
                    "namespace": namespace,
                    "name": item["metric"]["pod"],
                },
                "metric": {"name": metric},
                "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "value": f"{round(float(item['value'][1]) * 1000)}m",
            }
            for item in answer.json()["data"]["result"]
        ]

    def _answer(self, kind: str, **fields: Any) -> None:
        version = "v1" if kind == "APIResourceList" else API
        body = json.dumps({"kind": kind, "apiVersion": version, **fields}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(address: str, certificate: str, key: str, prometheus: str, rules: str) -> None:
    """Serve until ended."""
    (Handler.rule,) = yaml.safe_load(Path(rules).read_text())["rules"]
    Handler.prometheus = prometheus
    host, _, port = address.partition(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
