"""Tracing: spans of requests by OpenTelemetry, sent by OTLP in a thread of their own.

Only services with the setting `telemetry` import this. The standard variables `OTEL_*` say the
rest: headers and certificates for the collector, the service's name, further resource attributes.
"""

import os
import threading
import time
import uuid
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from opentelemetry import context as contexts
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue
from starlette.types import Scope

from modelport_serving.batcher import Timing
from modelport_serving.exchange import Exchange
from modelport_serving.metrics import NO_ROUTE, Metrics
from modelport_serving.mount import ROUTE
from modelport_serving.record import BundleRecord
from modelport_serving.telemetry import Telemetry

CLOSE_SECONDS = 2.0
"""How long the end of the process waits for the last spans to be sent."""
_PARENTS = TraceContextTextMapPropagator()
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
Attributes = dict[str, AttributeValue]


class Tracing:
    """Makes spans and sends them; a collector that is down costs spans, never a request.

    Args:
        telemetry: Where to, and how many.
        record: The bundle that is served.
        metrics: Where spans that could not be sent are counted.
    """

    def __init__(self, telemetry: Telemetry, record: BundleRecord, metrics: Metrics) -> None:
        named = {} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: record.name}
        self._provider = TracerProvider(
            resource=Resource.create(
                {
                    "service.version": record.version,
                    "service.instance.id": uuid.uuid4().hex,
                    **named,
                }
            ),
            sampler=ParentBased(TraceIdRatioBased(telemetry.sample_percent / 100)),
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(f"{telemetry.otlp_endpoint}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(_Counted(exporter, metrics)))
        self._tracer = self._provider.get_tracer("modelport_serving")
        self._model: Attributes = {
            "modelport.model.name": record.name,
            "modelport.model.version": record.version,
        }

    def begin(self, exchange: Exchange, scope: Scope) -> "Trace":
        """Begin a request's span, below its caller's when that sent one."""
        carrier = {
            name: exchange.headers[name.encode()].decode("latin-1")
            for name in ("traceparent", "tracestate")
            if name.encode() in exchange.headers
        }
        return Trace(self._tracer, _PARENTS.extract(carrier), exchange, scope, self._model)

    def close(self) -> None:
        """Send what is left, as long as that takes no longer than `CLOSE_SECONDS`."""
        # The exporter tries a collector that is down for longer than a drain may take.
        thread = threading.Thread(target=self._provider.shutdown, name="last-spans", daemon=True)
        thread.start()
        thread.join(CLOSE_SECONDS)


class Trace:
    """The span of one request, and those below it.

    Args:
        tracer: Makes them.
        parent: The caller's context.
        exchange: The request.
        scope: Its ASGI scope.
        model: Attributes of every span.
    """

    __slots__ = ("_began", "_exchange", "_span", "_tracer", "timing", "trace_id")

    def __init__(
        self,
        tracer: Tracer,
        parent: contexts.Context,
        exchange: Exchange,
        scope: Scope,
        model: Attributes,
    ) -> None:
        self._tracer = tracer
        self._exchange = exchange
        self._began = time.time_ns() - int((time.perf_counter() - exchange.started) * 1e9)
        self.timing = Timing()
        """When the model was asked for this request."""
        method = exchange.method if exchange.method in _METHODS else "_OTHER"
        own = exchange.route not in (NO_ROUTE, ROUTE)
        attributes: Attributes = {
            "http.request.method": method,
            "url.scheme": str(scope.get("scheme", "http")),
            "network.protocol.version": str(scope.get("http_version", "1.1")),
            "modelport.request_id": exchange.request_id,
            **model,
        }
        if own:  # other paths could hold anything, also of a person
            attributes |= {"http.route": exchange.route, "url.path": exchange.route}
        self._span = tracer.start_span(
            f"{method} {exchange.route}" if own else "HTTP" if method == "_OTHER" else method,
            parent,
            SpanKind.SERVER,
            attributes,
            start_time=self._began,
        )
        self.trace_id = f"{self._span.get_span_context().trace_id:032x}"

    @property
    def traceparent(self) -> bytes:
        """The header that makes another service's spans part of this one."""
        carrier: dict[str, str] = {}
        _PARENTS.inject(carrier, set_span_in_context(self._span))
        return carrier["traceparent"].encode()

    @contextmanager
    def current(self) -> Generator[None]:
        """Make it the one below which a mounted application's own spans lie."""
        token = contexts.attach(set_span_in_context(self._span))
        try:
            yield
        finally:
            contexts.detach(token)

    def end(self) -> None:
        """End it, with what became of the request."""
        span, exchange = self._span, self._exchange
        if span.is_recording():
            self._children(span)
            span.set_attribute("http.response.status_code", exchange.status)
            if exchange.rows:
                span.set_attribute("modelport.rows", exchange.rows)
            if exchange.version:
                span.set_attribute("modelport.model.version", exchange.version)
            if exchange.fallback:
                span.set_attribute("modelport.fallback", exchange.fallback)
            if exchange.fallback_version:
                span.set_attribute("modelport.fallback.version", exchange.fallback_version)
            if exchange.caller:
                span.set_attribute("modelport.caller", exchange.caller)
            if exchange.status >= 500:
                span.set_attribute("error.type", str(exchange.status))
                span.set_status(StatusCode.ERROR)
        span.end()

    def _children(self, span: Span) -> None:
        timing = self.timing
        if not timing.ended:
            return
        below = set_span_in_context(span)
        for name, start, end in (
            ("wait", timing.asked, timing.begun),
            ("compute", timing.begun, timing.ended),
        ):
            attributes: Attributes = {"modelport.batch.rows": timing.rows}
            child = self._tracer.start_span(
                name, below, attributes=attributes, start_time=self._at(start)
            )
            child.end(self._at(end))

    def _at(self, moment: float) -> int:
        """A moment of `time.perf_counter` in nanoseconds since 1970."""
        return self._began + int((moment - self._exchange.started) * 1e9)


class _Counted(SpanExporter):
    """Counts the spans that could not be sent."""

    def __init__(self, exporter: SpanExporter, metrics: Metrics) -> None:
        self._exporter = exporter
        self._lost = metrics.spans_lost

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._lost.inc(len(spans))
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)
