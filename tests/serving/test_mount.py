"""Mounting in process: what speaks which interface, what is public, and what goes wrong."""

import asyncio
import functools
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from flask import Flask
from starlette.applications import Starlette
from starlette.types import Message, Receive, Scope, Send
from werkzeug.middleware.proxy_fix import ProxyFix

from modelport_serving import mount as mounting
from modelport_serving.app import build_app
from modelport_serving.errors import StartError
from modelport_serving.interfaces import interface_of
from modelport_serving.mount import Mount
from modelport_serving.predictions import Predictions
from modelport_serving.predictor import Predictor
from modelport_serving.record import Golden, Prediction
from modelport_serving.runtime import Runtime
from modelport_serving.settings import ApiKey, Open, Settings
from serving.tiny import Stub, record, signature

Test = Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]]


async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers the path that it is asked for and the body; knows no lifespan."""
    assert scope["type"] == "http"
    body = (await receive()).get("body", b"")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode() + b" " + body})


def wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("content-type", "text/plain"), ("x-request-id", "its own")])
    path = f"{environ['SCRIPT_NAME']}|{environ['PATH_INFO']}|"
    return [path.encode(), environ["wsgi.input"].read()]


def loose(*args: Any) -> Any:
    del args


class Asgi:
    """As many middlewares are: a plain method that returns what is awaited."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        return asgi(scope, receive, send)


class Loose:
    async def __call__(self, *args: Any) -> None:
        del args


def django(kind: str) -> Any:
    """An application of Django, without the settings that only its requests need."""
    from django.core.handlers.asgi import ASGIHandler
    from django.core.handlers.wsgi import WSGIHandler

    made = ASGIHandler if kind == "asgi" else WSGIHandler
    return made.__new__(made)


@pytest.mark.parametrize(
    ("application", "found"),
    [
        (FastAPI(), "asgi"),
        (Starlette(), "asgi"),
        (django("asgi"), "asgi"),
        (asgi, "asgi"),
        (Asgi(), "asgi"),
        (Loose(), "asgi"),
        (functools.partial(asgi), "asgi"),
        (Flask("tests", root_path="."), "wsgi"),
        (django("wsgi"), "wsgi"),
        (wsgi, "wsgi"),
        (ProxyFix(Flask("tests", root_path=".").wsgi_app), "wsgi"),
        (lambda environ, start, extra=None: None, "wsgi"),  # pyright: ignore[reportUnknownLambdaType]
    ],
)
def test_the_interface_is_told_by_the_arguments(application: Any, found: str) -> None:
    assert interface_of(application) == found


@pytest.mark.parametrize(
    ("application", "says"),
    [
        (Flask, "Flask is a class"),
        (7, "of int is no application"),
        ("app:app", "of str is no application"),
        (lambda: None, "ASGI takes (scope, receive, send), WSGI takes (environ, start_response)"),
        (loose, "wrap it in a function"),
    ],
)
def test_what_is_no_application_is_refused(application: Any, says: str) -> None:
    with pytest.raises(StartError) as refused:
        interface_of(application)
    assert says in str(refused.value)


def make(application: Any, *, path: str = "/", public: Any = (), answer: Any = None) -> Any:
    made = record(signature(task="regression"))
    runtime = Runtime(made, Golden(instances=((1, 2, 3),), predictions=(Prediction(value=1),)))
    predictions = Predictions(runtime)
    mount = Mount(application, path=path, public=public, predictions=predictions)
    gate = build_app(runtime, None, mount)
    stub = Stub(answer or (lambda rows: [float(row[0]) for row in rows]))  # pyright: ignore[reportUnknownLambdaType]
    return gate, runtime, predictions, Predictor(stub, made)


def serve(application: Any, test: Test, *, keyed: bool = False, **more: Any) -> None:
    """Run `test` against a bundle that the application is mounted in."""
    limits = {
        name: more.pop(name) for name in ("max_body_bytes", "timeout_seconds") if name in more
    }
    gate, runtime, _, predictor = make(application, **more)
    auth = ApiKey(sha256="0" * 64) if keyed else Open()
    runtime.start(Settings(auth=auth, access_log=False, **limits), predictor)

    async def run() -> None:
        transport = httpx.ASGITransport(gate)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await test(client)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/predict", "/predict is a path of the bundle itself"),
        ("/predict/more", "/predict is a path of the bundle itself"),
        ("/readyz", "/readyz is"),
        ("/ping", "/ping is"),
        ("/invocations", "/invocations is"),
        ("/api/predict", "/api/predict is"),
        ("/v2", "/v2 is"),
        ("/score", "/score is"),
        ("clinic", "write / or a path such as /clinic"),
        ("/clinic/", "without a slash at its end"),
        ("/a//b", "write / or"),
        ("/../a", "write / or"),
        ("/a b", "write / or"),
        ("", "write / or"),
        (None, "write / or"),
    ],
)
def test_a_path_that_cannot_be_is_refused(path: Any, says: str) -> None:
    with pytest.raises(StartError) as refused:
        make(asgi, path=path)
    assert says in str(refused.value)


@pytest.mark.parametrize("public", ["/static", ["static"], ["/static/"], [7], ["/a/*"], 7, None])
def test_prefixes_that_are_none_are_refused(public: Any) -> None:
    with pytest.raises(StartError, match="public"):
        make(asgi, public=public)


@pytest.mark.parametrize("prefix", ["", "/clinic"])
@pytest.mark.parametrize(
    ("public", "path", "is_open"),
    [
        ((), "/", False),
        (("/",), "/", True),
        (("/",), "/admin", False),
        (("/static",), "/static", True),
        (("/static",), "/static/", True),
        (("/static",), "/static/a/b.css", True),
        (("/static",), "/statics", False),
        (("/static",), "/STATIC/a", False),
        (("/static",), "/", False),
        (("/static",), "/static/../admin", False),
        (("/static",), "/static/..", False),
        (("/static",), "/static/%2e%2e/admin", False),
        (("/static",), "/static//admin", False),
        (("/static",), "//static/a", False),
        (("/static",), "/static/..\\admin", False),
        (("/static",), "/static/a\x00", False),
        (("/static",), "/static/a\n", False),
        (("/static",), "/static/.hidden", True),
        (("*",), "/anything/../at//all", True),
    ],
)
def test_what_is_public(prefix: str, public: Any, path: str, is_open: bool) -> None:
    gate, *_ = make(asgi, path=prefix or "/", public=public)
    assert gate.mount.is_public(prefix + path) is is_open


def test_below_a_path_only_that_belongs_to_it() -> None:
    async def check(client: httpx.AsyncClient) -> None:
        assert (await client.get("/clinic/a")).text == "/clinic|/a|"
        assert (await client.get("/clinic")).status_code == 200
        for path in ("/clinics", "/", "/a/clinic"):
            assert (await client.get(path)).json()["type"].endswith("not-found")

    serve(wsgi, check, path="/clinic")


def test_without_the_key_nothing_but_the_public_is_reached() -> None:
    async def check(client: httpx.AsyncClient) -> None:
        assert (await client.get("/static/a")).text == "/static/a "
        for path in ("/", "/a", "/predict", "/static/../a", "/static/%2e%2e/a"):
            url = client.base_url.copy_with(raw_path=path.encode())
            assert (await client.get(url)).status_code == 401, path

    serve(asgi, check, keyed=True, public=["/static"])


def test_our_headers_are_on_its_answers() -> None:
    async def check(client: httpx.AsyncClient) -> None:
        answer = await client.post("/a", content=b"body", headers={"x-request-id": "given"})
        assert answer.text == "|/a|body"
        assert answer.headers.get_list("x-request-id") == ["given"]
        assert answer.headers["x-modelport-version"]

    serve(wsgi, check)


def test_a_body_that_never_ends_does_not_reach_it() -> None:
    async def body() -> AsyncGenerator[bytes]:
        yield b"a"
        await asyncio.sleep(20)

    async def check(client: httpx.AsyncClient) -> None:
        assert (await client.post("/a", content=body())).status_code == 408
        assert (await client.post("/a", content=b"x" * 11)).status_code == 413

    serve(asgi, check, timeout_seconds=0.05, max_body_bytes=10)


def test_answers_are_streamed() -> None:
    app = FastAPI()

    async def parts() -> AsyncGenerator[bytes]:
        for number in range(3):
            await asyncio.sleep(0)
            yield b"%d" % number

    @app.get("/parts")
    async def found() -> StreamingResponse:  # pyright: ignore[reportUnusedFunction]
        return StreamingResponse(parts())

    async def check(client: httpx.AsyncClient) -> None:
        assert (await client.get("/parts")).text == "012"

    serve(app, check)


def test_a_failure_in_the_middle_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["path"] == "/late":
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("its reason")

    async def check(client: httpx.AsyncClient) -> None:
        early = await client.get("/early")
        assert (early.status_code, "its reason" in early.text) == (500, False)
        await client.get("/late")

    with pytest.raises(AssertionError):  # the transport's: the answer has no end
        serve(app, check)
    assert capsys.readouterr().err.count("RuntimeError: its reason") == 2


def test_too_many_requests_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounting, "MOST_REQUESTS", 1)
    release = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await release.wait()
        await asgi(scope, receive, send)

    async def check(client: httpx.AsyncClient) -> None:
        held = asyncio.create_task(client.get("/a"))
        await asyncio.sleep(0.02)
        refused = await client.get("/b")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        release.set()
        await held
        assert (await client.get("/c")).status_code == 200

    def answering(scope: Scope, receive: Receive, send: Send) -> Any:
        return app(scope, _empty(receive), send)

    serve(answering, check)


def _empty(receive: Receive) -> Receive:
    """A channel whose first message may be read twice."""
    read: list[Message] = []

    async def again() -> Message:
        if not read:
            read.append(await receive())
        return read[0]

    return again


def test_before_the_start_nothing_of_it_answers() -> None:
    gate, *_ = make(asgi, public=["*"])

    async def check() -> None:
        transport = httpx.ASGITransport(gate)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.get("/")).json()["type"].endswith("starting")

    asyncio.run(check())


def test_wsgi_runs_beside_the_event_loop() -> None:
    gate = threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        assert gate.wait(20)
        return wsgi(environ, start_response)

    async def check(client: httpx.AsyncClient) -> None:
        held = asyncio.create_task(client.get("/a"))
        answer = await client.post("/predict", json={"instances": [[1, 2, 3]]})
        assert answer.json()["predictions"] == [{"value": 1.0}]
        gate.set()
        assert (await held).status_code == 200

    serve(app, check)
