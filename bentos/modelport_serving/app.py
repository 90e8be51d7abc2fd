"""Application: the HTTP routes of one bundle, complete with authentication and errors."""

import asyncio
import math
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from modelport_serving.body import INLINE_BYTES, check_headers, media_of, parse_json, read_body
from modelport_serving.capturer import Capturer
from modelport_serving.exchange import Exchange, Reply, fallback_of, traced
from modelport_serving.fallback import FALLBACK_HEADER, FALLBACK_VERSION_HEADER
from modelport_serving.forward import Call
from modelport_serving.gate import Endpoint, Gate, Route
from modelport_serving.instances import Fault, Rows
from modelport_serving.logs import log_failure, log_line
from modelport_serving.metrics import CONTENT_TYPE
from modelport_serving.mount import Mount
from modelport_serving.openapi import openapi
from modelport_serving.platform_routes import PlatformRoute
from modelport_serving.predictor import Answers
from modelport_serving.problems import ProblemError
from modelport_serving.protocols import graphql_http, tensorflow, v2
from modelport_serving.protocols.azure_ml import AzureMl
from modelport_serving.protocols.base import Plain, Wire, refusal
from modelport_serving.protocols.graphql_http import AnsweredError
from modelport_serving.protocols.native import Native, encode
from modelport_serving.protocols.tabular import Tabular
from modelport_serving.protocols.tensorflow import TensorFlow
from modelport_serving.protocols.v2 import V2
from modelport_serving.runtime import Live, Runtime, draining, starting
from modelport_serving.substitute import Substitute

READ = ("GET", "HEAD")
WRITE = ("POST",)
INLINE_ROWS = 200
"""More predictions are written in a thread where the protocol is slow."""


def build_app(
    runtime: Runtime,
    extra: Mapping[str, PlatformRoute] | None = None,
    mount: Mount | None = None,
) -> Gate:
    """Build the application of a bundle; it answers once `runtime` is started.

    `POST /predict`, `GET /model`, `GET /openapi.json` and `GET /metrics` need the API key,
    `GET /livez` and `GET /readyz` do not; further protocols have routes of their own where the
    settings name them; every other path is the mounted application's, or a 404.

    Args:
        runtime: What is served.
        extra: Paths that the platform calls, see `modelport_serving.platform_routes`.
        mount: The user's own application.

    Raises:
        StartError: the application's path is one of these.
    """
    endpoints = _Endpoints(runtime, extra or {})
    routes = {
        "/predict": Route(WRITE, endpoints.predict),
        "/model": Route(READ, endpoints.model),
        "/openapi.json": Route(READ, endpoints.openapi),
        "/metrics": Route(READ, endpoints.metrics, is_watching=True),
        "/feedback": Route(WRITE, endpoints.feedback, protocol="capture"),
        "/livez": Route(READ, endpoints.livez, is_open=True, is_watching=True),
        "/readyz": Route(READ, endpoints.readyz, is_open=True, is_watching=True),
        **_protocol_routes(runtime, endpoints),
    }
    for path, route in (extra or {}).items():  # a platform may call a path of ours in its own way
        like = routes[route.stands_for]
        endpoint = getattr(endpoints, route.endpoint)
        routes[path] = replace(like, methods=route.methods, endpoint=endpoint)
    if mount is not None:
        mount.check(routes)
    return Gate(runtime, routes, mount)


def _protocol_routes(runtime: Runtime, endpoints: "_Endpoints") -> dict[str, Route]:
    """Paths of the further protocols; of the one model in its one version."""
    record = runtime.record

    def read(endpoint: Endpoint, *, is_open: bool = False) -> Route:
        return Route(
            READ,
            endpoint,
            is_open=is_open,
            is_watching=is_open,
            protocol="v2",
            refusal=refusal,
        )

    infer = Route(WRITE, endpoints.speaking(V2(record)), protocol="v2", refusal=refusal)
    model = read(endpoints.saying(v2.metadata(record)))
    ready = read(endpoints.readyz, is_open=True)
    model_ready = read(endpoints.readyz)
    named, versioned = (
        f"/v2/models/{record.name}",
        f"/v2/models/{record.name}/versions/{record.version}",
    )
    status = Route(
        READ,
        endpoints.saying(tensorflow.status(record)),
        protocol="tensorflow",
        refusal=refusal,
    )
    predict = Route(
        WRITE,
        endpoints.speaking(TensorFlow(record)),
        protocol="tensorflow",
        refusal=refusal,
    )
    return {
        "/v2": read(endpoints.saying(v2.server_metadata(record))),
        "/v2/health/live": read(endpoints.livez, is_open=True),
        "/v2/health/ready": ready,
        **dict.fromkeys((named, versioned), model),
        **{f"{path}/ready": model_ready for path in (named, versioned)},
        **{f"{path}/infer": infer for path in (named, versioned)},
        f"/v1/models/{record.name}": status,
        f"/v1/models/{record.name}:predict": predict,
        "/score": Route(WRITE, endpoints.speaking(AzureMl()), protocol="azure_ml"),
        "/graphql": Route(
            WRITE, endpoints.graphql, protocol="graphql", refusal=graphql_http.refusal
        ),
    }


def speaking(runtime: Runtime, wire: Wire) -> Endpoint:
    """The endpoint that predicts in this protocol, for applications beside this one."""
    return _Endpoints(runtime, {}).speaking(wire)


class _Endpoints:
    def __init__(self, runtime: Runtime, extra: Mapping[str, PlatformRoute]) -> None:
        self.runtime = runtime
        self._extra = extra
        signature = runtime.record.signature
        self._native = Native(signature, runtime.model)
        self._vertex = Native(signature, None)
        self._tabular = Tabular(signature)
        self._media = (*self._native.media, *self._tabular.media)
        self._others = dict.fromkeys(self._tabular.media, self._tabular)

    async def predict(self, exchange: Exchange) -> Reply:
        wire = self._others.get(media_of(exchange.headers), self._native)
        return await self._answer(exchange, wire, self._media)

    async def predict_vertex(self, exchange: Exchange) -> Reply:
        return await self._answer(exchange, self._vertex)

    async def graphql(self, exchange: Exchange) -> Reply:
        wire = self.runtime.ready().graphql
        if wire is None:  # the route is not there without it
            raise starting()
        try:
            return await self._answer(exchange, wire)
        except AnsweredError as answered:
            return answered.reply

    def speaking(self, wire: Wire) -> Endpoint:
        """The endpoint that predicts in this protocol."""

        async def answer(exchange: Exchange) -> Reply:
            return await self._answer(exchange, wire)

        return answer

    def saying(self, reply: Reply) -> Endpoint:
        """The endpoint that always says the same once the model is loaded."""

        async def answer(_: Exchange) -> Reply:
            self.runtime.ready()
            return reply

        return answer

    async def _answer(
        self, exchange: Exchange, wire: Wire, media: Collection[str] | None = None
    ) -> Reply:
        live = self.runtime.ready()
        settings = live.settings
        check_headers(exchange.headers, settings.max_body_bytes, media or wire.media)
        body = await read_body(
            exchange.receive,
            max_bytes=settings.max_body_bytes,
            seconds=exchange.left(settings.timeout_seconds),
            arrived=exchange.arrived,
        )
        split = self.runtime.splitter.current
        if split is None:
            rows = await self._rows(body, exchange, wire, live)
            return await self._reply(wire, rows, exchange, live)
        read: Rows | None = None
        if wire is self._native:
            call = Call(body, _passed_on(exchange), exchange.request_id)
        else:  # workers ask each other in our own protocol
            read = await self._rows(body, exchange, wire, live)
            content = encode({"instances": _cells(read)})
            headers = {**_passed_on(exchange), b"content-type": b"application/json"}
            call = Call(content, headers, exchange.request_id)

        async def own() -> Reply:
            rows = await self._rows(body, exchange, wire, live) if read is None else read
            return await self._reply(self._native, rows, exchange, live)

        reply = await split.answer(call, own)
        if wire is self._native:
            return reply
        if reply.status != 200:
            raise _refused(reply)
        answered = await _written(wire, _predictions(reply.body), exchange)
        headers = dict((*reply.headers, *answered.headers))
        return Reply(answered.body, reply.status, answered.media, tuple(headers.items()))

    async def _reply(self, wire: Wire, rows: Rows, exchange: Exchange, live: Live) -> Reply:
        exchange.rows += len(rows)
        if live.substitute is None:
            seconds = exchange.left(live.settings.timeout_seconds)
            timing = exchange.trace and exchange.trace.timing
            answers = await live.batcher.compute(rows, seconds, timing)
        else:
            answers = await self._or_else(live.substitute, rows, exchange, live)
        live.metrics.rows.inc(len(answers))
        predictions = live.predictor.plain(answers)
        if live.capturer is not None:
            self._capture(live.capturer, rows, predictions, exchange, live)
        if len(predictions) > INLINE_ROWS:
            reply = await _written(wire, predictions, exchange)
        else:
            reply = wire.reply(predictions, exchange)
        if not exchange.fallback:
            return reply
        marks = [(FALLBACK_HEADER, exchange.fallback.encode())]
        if exchange.fallback_version:
            marks.append((FALLBACK_VERSION_HEADER, exchange.fallback_version.encode()))
        return replace(reply, headers=(*reply.headers, *marks))

    def _capture(
        self, capturer: Capturer, rows: Rows, predictions: Plain, exchange: Exchange, live: Live
    ) -> None:
        fields = capturer.line(rows, predictions)
        if fields is None:
            return
        live.metrics.captured.inc()
        log_line(
            "prediction",
            request_id=exchange.request_id,
            model=self.runtime.model,
            **fallback_of(exchange),
            **traced(exchange),
            **fields,
        )

    async def feedback(self, exchange: Exchange) -> Reply:
        live = self.runtime.ready()
        if live.capturer is None:  # the route is not there without it
            raise starting()
        settings = live.settings
        check_headers(exchange.headers, settings.max_body_bytes)
        body = await read_body(
            exchange.receive, max_bytes=settings.max_body_bytes, seconds=settings.timeout_seconds
        )
        fields = live.capturer.feedback(parse_json(body))
        live.metrics.feedback.inc()
        log_line(
            "feedback",
            request_id=exchange.request_id,
            model=self.runtime.model,
            **traced(exchange),
            **fields,
        )
        return Reply(encode({"status": "recorded"}), 202)

    async def _or_else(
        self, substitute: Substitute, rows: Rows, exchange: Exchange, live: Live
    ) -> Answers:
        end = time.perf_counter() + live.settings.timeout_seconds
        failure: Exception
        try:
            timing = exchange.trace and exchange.trace.timing
            return await live.batcher.compute(rows, exchange.left(substitute.late), timing)
        except ProblemError as problem:
            if problem.status < 500:
                raise
            # The queue is full, or the time is over.
            reason, failure = "late", problem
        except Exception as error:
            log_failure(exchange.request_id, error)
            reason, failure = "failed", error
        left = exchange.left(max(0.0, end - time.perf_counter()))
        found = await substitute.answer(rows, left, exchange.request_id)
        if found is None:
            raise failure
        exchange.fallback, exchange.fallback_version = reason, found.version
        by = "previous" if found.version else "answer"
        live.metrics.fallbacks.labels(reason, by).inc()
        return found.answers

    async def _rows(self, body: bytes, exchange: Exchange, wire: Wire, live: Live) -> Rows:
        most = live.settings.max_rows
        if len(body) <= INLINE_BYTES:
            return wire.rows(body, exchange, live.predictor, most)
        return await asyncio.to_thread(wire.rows, body, exchange, live.predictor, most)

    async def model(self, _: Exchange) -> Reply:
        record = self.runtime.record
        return _json(
            {
                "name": record.name,
                "version": record.version,
                "signature": record.signature.model_dump(),
                "primary": record.evaluation.primary,
                "metrics": record.evaluation.metrics,
                "data_sha256": record.lineage.data_sha256,
                "runtime": record.runtime,
            }
        )

    async def openapi(self, _: Exchange) -> Reply:
        settings = self.runtime.ready().settings
        return _json(openapi(self.runtime.record, self.runtime.golden, settings, self._extra))

    async def metrics(self, _: Exchange) -> Reply:
        text = await asyncio.to_thread(self.runtime.ready().metrics.text)
        return Reply(text, media=CONTENT_TYPE.encode(), headers=())

    async def livez(self, _: Exchange) -> Reply:
        return _json({"status": "alive"})

    async def ping(self, _: Exchange) -> Reply:
        self._check_ready()
        return Reply(b"")

    async def readyz(self, _: Exchange) -> Reply:
        self._check_ready()
        record = self.runtime.record
        return _json(
            {
                "status": "ready",
                "model": self.runtime.model,
                "name": record.name,
                "version": record.version,
            }
        )

    def _check_ready(self) -> None:
        self.runtime.ready()
        if self.runtime.draining:
            raise draining()


def _passed_on(exchange: Exchange) -> Mapping[bytes, bytes]:
    """Headers for another worker, whose spans lie below this one's."""
    if exchange.trace is None:
        return exchange.headers
    return {**exchange.headers, b"traceparent": exchange.trace.traceparent}


def _cells(rows: Rows) -> list[list[float | None]]:
    """A matrix as JSON holds it: what is missing is null."""
    return [[None if math.isnan(cell) else cell for cell in row] for row in rows.tolist()]


async def _written(wire: Wire, predictions: Plain, exchange: Exchange) -> Reply:
    if wire.slow and len(predictions) > INLINE_ROWS:
        return await asyncio.to_thread(wire.reply, predictions, exchange)
    return wire.reply(predictions, exchange)


def _refused(reply: Reply) -> ProblemError:
    """A candidate's refusal, for the caller's protocol to write."""
    document: dict[str, Any] = parse_json(reply.body)  # pyright: ignore[reportAssignmentType]
    faults = [Fault(**each) for each in document.get("errors", ())]
    kind = str(document["type"]).rpartition(":")[2]
    named = [(name.decode(), value.decode()) for name, value in reply.headers]
    own = [pair for pair in named if pair[0] != "cache-control"]
    return ProblemError(reply.status, kind, document["detail"], errors=faults, headers=own)


def _predictions(body: bytes) -> Plain:
    document: dict[str, Plain] = parse_json(body)  # pyright: ignore[reportAssignmentType]
    return document["predictions"]


def _json(content: object) -> Reply:
    return Reply(encode(content))
