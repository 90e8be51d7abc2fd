"""Application: the HTTP routes of one bundle, complete with authentication and errors."""

import asyncio
import math
from collections.abc import Collection, Mapping
from dataclasses import replace

from modelport_serving.body import INLINE_BYTES, check_headers, media_of, parse_json, read_body
from modelport_serving.capturer import Capturer
from modelport_serving.exchange import Exchange, Reply
from modelport_serving.fallback import FALLBACK_HEADER
from modelport_serving.forward import Call
from modelport_serving.gate import Endpoint, Gate, Route
from modelport_serving.instances import Rows
from modelport_serving.logs import log_failure, log_line
from modelport_serving.metrics import CONTENT_TYPE
from modelport_serving.mount import Mount
from modelport_serving.openapi import openapi
from modelport_serving.platform_routes import PlatformRoute
from modelport_serving.predictor import Answers
from modelport_serving.problems import ProblemError
from modelport_serving.protocols import tensorflow, v2
from modelport_serving.protocols.azure_ml import AzureMl
from modelport_serving.protocols.base import Plain, Wire, refusal
from modelport_serving.protocols.native import Native, encode
from modelport_serving.protocols.tabular import Tabular
from modelport_serving.protocols.tensorflow import TensorFlow
from modelport_serving.protocols.v2 import V2
from modelport_serving.runtime import Live, Runtime, draining, starting
from modelport_serving.settings import ApiKey
from modelport_serving.substitute import Substitute

READ = ("GET", "HEAD")
WRITE = ("POST",)


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
    endpoints = _Endpoints(runtime)
    routes = {
        "/predict": Route(WRITE, endpoints.predict),
        "/model": Route(READ, endpoints.model),
        "/openapi.json": Route(READ, endpoints.openapi),
        "/metrics": Route(READ, endpoints.metrics),
        "/feedback": Route(WRITE, endpoints.feedback, protocol="capture"),
        "/livez": Route(READ, endpoints.livez, is_open=True),
        "/readyz": Route(READ, endpoints.readyz, is_open=True),
        **_protocol_routes(runtime, endpoints),
    }
    for path, route in (extra or {}).items():  # a platform may call a path of ours in its own way
        is_open = routes[route.stands_for].is_open
        routes[path] = Route(route.methods, getattr(endpoints, route.endpoint), is_open=is_open)
    if mount is not None:
        mount.check(routes)
    return Gate(runtime, routes, mount)


def _protocol_routes(runtime: Runtime, endpoints: "_Endpoints") -> dict[str, Route]:
    """Paths of the further protocols; of the one model in its one version."""
    record = runtime.record

    def read(endpoint: Endpoint, *, is_open: bool = False) -> Route:
        return Route(READ, endpoint, is_open=is_open, protocol="v2", refusal=refusal)

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
    }


class _Endpoints:
    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        signature = runtime.record.signature
        self._native = Native(signature, runtime.model)
        self._vertex = Native(signature, None)
        self._tabular = Tabular(signature)
        self._media = (*self._native.media, *self._tabular.media)

    async def predict(self, exchange: Exchange) -> Reply:
        tabular = media_of(exchange.headers) in self._tabular.media
        wire = self._tabular if tabular else self._native
        return await self._answer(exchange, wire, self._media)

    async def predict_vertex(self, exchange: Exchange) -> Reply:
        return await self._answer(exchange, self._vertex)

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
            exchange.receive, max_bytes=settings.max_body_bytes, seconds=settings.timeout_seconds
        )
        split = self.runtime.splitter.current
        if split is None:
            rows = await self._rows(body, exchange, wire, live)
            return await self._reply(wire, rows, exchange, live)
        read: Rows | None = None
        if wire is self._native:
            call = Call(body, exchange.headers, exchange.request_id)
        else:  # workers ask each other in our own protocol
            read = await self._rows(body, exchange, wire, live)
            content = encode({"instances": _cells(read)})
            headers = {**exchange.headers, b"content-type": b"application/json"}
            call = Call(content, headers, exchange.request_id)

        async def own() -> Reply:
            rows = await self._rows(body, exchange, wire, live) if read is None else read
            return await self._reply(self._native, rows, exchange, live)

        reply = await split.answer(call, own)
        if wire is self._native or reply.status != 200:
            return reply
        answered = wire.reply(_predictions(reply.body), exchange)
        headers = dict((*reply.headers, *answered.headers))
        return Reply(answered.body, reply.status, answered.media, tuple(headers.items()))

    async def _reply(self, wire: Wire, rows: Rows, exchange: Exchange, live: Live) -> Reply:
        if live.substitute is None:
            answers = await live.batcher.compute(rows, live.settings.timeout_seconds)
        else:
            answers = await self._or_else(live.substitute, rows, exchange, live)
        live.metrics.rows.inc(len(answers))
        predictions = live.predictor.plain(answers)
        if live.capturer is not None:
            self._capture(live.capturer, rows, predictions, exchange, live)
        reply = wire.reply(predictions, exchange)
        if not exchange.fallback:
            return reply
        mark = (FALLBACK_HEADER, exchange.fallback.encode())
        return replace(reply, headers=(*reply.headers, mark))

    def _capture(
        self, capturer: Capturer, rows: Rows, predictions: Plain, exchange: Exchange, live: Live
    ) -> None:
        fields = capturer.line(rows, predictions)
        if fields is None:
            return
        live.metrics.captured.inc()
        told = {"fallback": exchange.fallback} if exchange.fallback else {}
        log_line(
            "prediction",
            request_id=exchange.request_id,
            model=self.runtime.model,
            **told,
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
        log_line("feedback", request_id=exchange.request_id, model=self.runtime.model, **fields)
        return Reply(encode({"status": "recorded"}), 202)

    async def _or_else(
        self, substitute: Substitute, rows: Rows, exchange: Exchange, live: Live
    ) -> Answers:
        settings = live.settings
        late = settings.fallback and settings.fallback.after_seconds
        try:
            return await live.batcher.compute(rows, late or settings.timeout_seconds)
        except ProblemError:  # the queue is full, or the time is over
            exchange.fallback = "late"
        except Exception as error:
            log_failure(exchange.request_id, error)
            exchange.fallback = "failed"
        live.metrics.fallbacks.labels(exchange.fallback).inc()
        return substitute.answer(rows)

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
        keyed = isinstance(settings.auth, ApiKey)
        record, golden = self.runtime.record, self.runtime.golden
        return _json(openapi(record, golden, keyed=keyed, max_rows=settings.max_rows))

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


def _cells(rows: Rows) -> list[list[float | None]]:
    """A matrix as JSON holds it: what is missing is null."""
    return [[None if math.isnan(cell) else cell for cell in row] for row in rows.tolist()]


def _predictions(body: bytes) -> Plain:
    document: dict[str, Plain] = parse_json(body)  # pyright: ignore[reportAssignmentType]
    return document["predictions"]


def _json(content: object) -> Reply:
    return Reply(encode(content))
