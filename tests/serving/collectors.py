"""An OpenTelemetry collector on this machine: takes OTLP over HTTP and keeps the spans."""

import contextlib
import gzip
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from serving.workers import poll


@dataclass
class Collector:
    """What arrived."""

    url: str = ""
    status: int = 200
    spans: list[Span] = field(default_factory=list[Span])
    resources: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            self.resources.append(attributes(resource.resource.attributes))
            for scope in resource.scope_spans:
                self.spans += scope.spans

    def of(self, request_id: str) -> tuple[Span, list[Span]]:
        """The span of a request, and those below it; waits for them."""

        def found() -> Span | None:
            named = ("modelport.request_id", request_id)
            return next(
                (it for it in self.spans if named in attributes(it.attributes).items()), None
            )

        poll(found, f"a span of {request_id}", 20)
        span = found()
        assert span
        return span, [it for it in self.spans if it.parent_span_id == span.span_id]


def attributes(pairs: Any) -> dict[str, Any]:
    given: list[KeyValue] = list(pairs)
    return {pair.key: getattr(pair.value, str(pair.value.WhichOneof("value"))) for pair in given}


@contextlib.contextmanager
def collecting() -> Generator[Collector]:
    """A collector until the end of the block."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            collector.headers.append({"path": self.path, **dict(self.headers.items())})
            if collector.status == 200:
                collector.take(body)
            self.send_response(collector.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
