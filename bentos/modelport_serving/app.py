"""Application: the HTTP routes of one bundle, complete with authentication and errors."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelport_serving.body import INLINE_BYTES, check_headers, read_body, read_instances
from modelport_serving.forward import Call
from modelport_serving.instances import MAX_FAULTS, InvalidInstancesError, Rows
from modelport_serving.metrics import CONTENT_TYPE
from modelport_serving.middleware import REQUEST_ID_KEY, Gate
from modelport_serving.openapi import openapi
from modelport_serving.platform_routes import PlatformRoute
from modelport_serving.problems import ProblemError
from modelport_serving.record import Prediction
from modelport_serving.runtime import Live, Runtime, draining
from modelport_serving.settings import ApiKey


def build_app(runtime: Runtime, extra: Mapping[str, PlatformRoute] | None = None) -> Starlette:
    """Build the application of a bundle; it answers once `runtime` is started.

    `POST /predict`, `GET /model`, `GET /openapi.json` and `GET /metrics` need the API key,
    `GET /livez` and `GET /readyz` do not; every other path is a 404.

    Args:
        runtime: What is served.
        extra: Paths that the platform calls, see `modelport_serving.platform_routes`.
    """
    endpoints = _Endpoints(runtime)
    others = {
        path: Route(path, getattr(endpoints, route.endpoint), methods=list(route.methods))
        for path, route in (extra or {}).items()
    }

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        yield
        runtime.stop()

    return Starlette(
        routes=[
            *others.values(),  # first: a platform may call a path of ours in its own way
            Route("/predict", endpoints.predict, methods=["POST"]),
            Route("/model", endpoints.model),
            Route("/openapi.json", endpoints.openapi),
            Route("/metrics", endpoints.metrics),
            Route("/livez", endpoints.livez),
            Route("/readyz", endpoints.readyz),
        ],
        middleware=[Middleware(Gate, runtime=runtime, extra=extra)],
        lifespan=lifespan,
    )


class _Endpoints:
    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def predict(self, request: Request) -> Response:
        return await self._answer(request, vertex=False)

    async def predict_vertex(self, request: Request) -> Response:
        return await self._answer(request, vertex=True)

    async def _answer(self, request: Request, *, vertex: bool) -> Response:
        live = self.runtime.ready()
        settings = live.settings
        headers: dict[bytes, bytes] = dict(request.scope["headers"])
        check_headers(headers, settings.max_body_bytes)
        body = await read_body(
            request.receive, max_bytes=settings.max_body_bytes, seconds=settings.timeout_seconds
        )
        split = self.runtime.splitter.current
        if split is None:
            return await self._predict(body, live, vertex=vertex)
        call = Call(body, headers, request.scope[REQUEST_ID_KEY])
        return await split.answer(call, lambda: self._predict(body, live, vertex=vertex))

    async def _predict(self, body: bytes, live: Live, *, vertex: bool) -> Response:
        if len(body) <= INLINE_BYTES:
            rows = _read_rows(body, live, parameters=vertex)
        else:
            rows = await asyncio.to_thread(_read_rows, body, live, parameters=vertex)
        predictions = await _score(rows, live)
        live.metrics.rows.inc(len(predictions))
        plain = [_plain(prediction) for prediction in predictions]
        return _json({"predictions": plain} if vertex else _named(self.runtime.model, plain))

    async def model(self, _: Request) -> Response:
        record = self.runtime.record
        return _json(
            {
                "name": record.name,
                "version": record.version,
                "signature": record.signature.model_dump(),
                "primary": record.evaluation.primary,
                "metrics": record.evaluation.metrics,
                "data_sha256": record.lineage.data_sha256,
            }
        )

    async def openapi(self, _: Request) -> Response:
        settings = self.runtime.ready().settings
        keyed = isinstance(settings.auth, ApiKey)
        record, golden = self.runtime.record, self.runtime.golden
        return _json(openapi(record, golden, keyed=keyed, max_rows=settings.max_rows))

    async def metrics(self, _: Request) -> Response:
        text = await asyncio.to_thread(self.runtime.ready().metrics.text)
        return Response(text, headers={"content-type": CONTENT_TYPE})

    async def livez(self, _: Request) -> Response:
        return _json({"status": "alive"})

    async def ping(self, _: Request) -> Response:
        self._check_ready()
        return Response(b"", headers={"cache-control": "no-store"})

    async def readyz(self, _: Request) -> Response:
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


def _read_rows(body: bytes, live: Live, *, parameters: bool) -> Rows:
    try:
        return live.predictor.read(
            read_instances(body, parameters=parameters), live.settings.max_rows
        )
    except InvalidInstancesError as error:
        if error.more:
            detail = f"the instances are wrong in more than {MAX_FAULTS} places"
        else:
            detail = f"the instances are wrong in {_count(len(error.faults), 'place')}"
        problem = ProblemError(422, "invalid-instances", detail, errors=error.faults)
        raise problem from None


async def _score(rows: Rows, live: Live) -> tuple[Prediction, ...]:
    seconds = live.settings.timeout_seconds
    try:
        async with asyncio.timeout(seconds):
            return await live.pool.score(rows)
    except TimeoutError:
        detail = f"the model did not answer within {seconds:g} s; send fewer rows at once"
        raise ProblemError(504, "timeout", detail) from None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _plain(prediction: Prediction) -> dict[str, object]:
    if prediction.probabilities is None:
        return {"value": prediction.value}
    return {"label": prediction.label, "probabilities": prediction.probabilities}


def _json(content: object) -> Response:
    body = json.dumps(content, allow_nan=False, separators=(",", ":")).encode()
    return Response(body, media_type="application/json", headers={"cache-control": "no-store"})
