"""Application: the HTTP routes of one bundle, complete with authentication and errors."""

import asyncio
from collections.abc import Mapping

import msgspec

from modelport_serving.body import INLINE_BYTES, check_headers, read_body, read_instances
from modelport_serving.decoder import RowDecoder
from modelport_serving.exchange import Exchange, Reply
from modelport_serving.forward import Call
from modelport_serving.gate import Gate, Route
from modelport_serving.instances import MAX_FAULTS, InvalidInstancesError, Rows
from modelport_serving.metrics import CONTENT_TYPE
from modelport_serving.openapi import openapi
from modelport_serving.platform_routes import PlatformRoute
from modelport_serving.problems import ProblemError
from modelport_serving.runtime import Live, Runtime, draining
from modelport_serving.settings import ApiKey

READ = ("GET", "HEAD")


def build_app(runtime: Runtime, extra: Mapping[str, PlatformRoute] | None = None) -> Gate:
    """Build the application of a bundle; it answers once `runtime` is started.

    `POST /predict`, `GET /model`, `GET /openapi.json` and `GET /metrics` need the API key,
    `GET /livez` and `GET /readyz` do not; every other path is a 404.

    Args:
        runtime: What is served.
        extra: Paths that the platform calls, see `modelport_serving.platform_routes`.
    """
    endpoints = _Endpoints(runtime)
    routes = {
        "/predict": Route(("POST",), endpoints.predict),
        "/model": Route(READ, endpoints.model),
        "/openapi.json": Route(READ, endpoints.openapi),
        "/metrics": Route(READ, endpoints.metrics),
        "/livez": Route(READ, endpoints.livez, is_open=True),
        "/readyz": Route(READ, endpoints.readyz, is_open=True),
    }
    for path, route in (extra or {}).items():  # a platform may call a path of ours in its own way
        is_open = routes[route.stands_for].is_open
        routes[path] = Route(route.methods, getattr(endpoints, route.endpoint), is_open=is_open)
    return Gate(runtime, routes)


class _Endpoints:
    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        signature = runtime.record.signature
        self._decoder = RowDecoder(signature)
        self._vertex_decoder = RowDecoder(signature, parameters=True)

    async def predict(self, exchange: Exchange) -> Reply:
        return await self._answer(exchange, vertex=False)

    async def predict_vertex(self, exchange: Exchange) -> Reply:
        return await self._answer(exchange, vertex=True)

    async def _answer(self, exchange: Exchange, *, vertex: bool) -> Reply:
        live = self.runtime.ready()
        settings = live.settings
        check_headers(exchange.headers, settings.max_body_bytes)
        body = await read_body(
            exchange.receive, max_bytes=settings.max_body_bytes, seconds=settings.timeout_seconds
        )
        split = self.runtime.splitter.current
        if split is None:
            return await self._predict(body, live, vertex=vertex)
        call = Call(body, exchange.headers, exchange.request_id)
        return await split.answer(call, lambda: self._predict(body, live, vertex=vertex))

    async def _predict(self, body: bytes, live: Live, *, vertex: bool) -> Reply:
        if len(body) <= INLINE_BYTES:
            rows = self._read_rows(body, live, vertex=vertex)
        else:
            rows = await asyncio.to_thread(self._read_rows, body, live, vertex=vertex)
        answers = await live.batcher.compute(rows, live.settings.timeout_seconds)
        live.metrics.rows.inc(len(answers))
        plain = live.predictor.plain(answers)
        return _json({"predictions": plain} if vertex else _named(self.runtime.model, plain))

    def _read_rows(self, body: bytes, live: Live, *, vertex: bool) -> Rows:
        most = live.settings.max_rows
        decoder = self._vertex_decoder if vertex else self._decoder
        rows = decoder.read(body, most)
        if rows is not None:
            return rows
        try:
            return live.predictor.read(read_instances(body, parameters=vertex), most)
        except InvalidInstancesError as error:
            if error.more:
                detail = f"the instances are wrong in more than {MAX_FAULTS} places"
            else:
                detail = f"the instances are wrong in {_count(len(error.faults), 'place')}"
            problem = ProblemError(422, "invalid-instances", detail, errors=error.faults)
            raise problem from None

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


def _named(model: str, predictions: list[dict[str, object]]) -> dict[str, object]:
    return {"model": model, "predictions": predictions}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


_encode = msgspec.json.Encoder().encode


def _json(content: object) -> Reply:
    return Reply(_encode(content))
