"""The switch in front of real HTTP servers: what it passes on, keeps from callers, and counts."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from modelport_serving.errors import StartError
from modelport_serving.switch.app import Switch
from modelport_serving.switch.orders import Orders
from modelport_serving.switch.routes import Routes, read_routes, write_routes
from serving.switch_bench import GOOD, Bench, Model, play, serve


def test_requests_and_answers_pass_as_they_are(tmp_path: Path) -> None:
    async def answer(request: Request) -> Response:
        told = Response(await request.body(), 207, media_type="text/x-own")
        told.headers.append("set-cookie", "a=1")
        told.headers.append("set-cookie", "b=2")
        return told

    async def story(made: Bench) -> None:
        model = Model("one", answer)
        made.route("r1", await made.model(model))
        content = bytes(range(256)) * 20
        headers = {"x-own": "yes", "te": "trailers", "authorization": "Bearer key"}
        got = await made.client.patch("/a%20b/c?q=%2F&q=2", content=content, headers=headers)
        assert (got.status_code, got.content) == (207, content)
        assert got.headers["content-type"].startswith("text/x-own")
        assert got.headers.get_list("set-cookie") == ["a=1", "b=2"]
        [seen] = model.seen
        assert seen.scope["raw_path"] == b"/a%20b/c"
        assert seen.url.query == "q=%2F&q=2"
        assert seen.headers["x-own"] == "yes"
        assert seen.headers["authorization"] == "Bearer key"
        assert seen.headers["host"] == made.client.base_url.netloc.decode()
        assert "te" not in seen.headers
        head = await made.client.head("/page")
        assert (head.status_code, head.content) == (207, b"")
        # Chunks of a caller's come as one body.
        pieces = await made.client.post("/x", content=_pieces())
        assert pieces.content == b"onetwo"

    play(tmp_path, story)


async def _pieces() -> AsyncGenerator[bytes]:
    yield b"one"
    yield b"two"


def test_an_answer_comes_while_it_is_made_and_ends_when_its_caller_goes(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def answer(_: Request) -> Response:
        async def parts() -> AsyncGenerator[bytes]:
            try:
                yield b"first"
                await asyncio.sleep(60)
                yield b"never"
            finally:
                ended.set()

        return StreamingResponse(parts())

    async def story(made: Bench) -> None:
        made.route("r1", await made.model(Model("one", answer)))
        async with made.client.stream("GET", "/events") as got:
            assert await anext(aiter(got.aiter_bytes())) == b"first"
        await asyncio.wait_for(ended.wait(), 10)
        while made.switch.live.in_flight:
            await asyncio.sleep(0.01)

    play(tmp_path, story)


def test_a_body_that_is_too_long_is_refused_by_the_server_unread(tmp_path: Path) -> None:
    async def plain(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        length = dict(scope["headers"])[b"content-length"]
        start = {"type": "http.response.start", "status": 413, "headers": [(b"x-length", length)]}
        await send(start)
        await send({"type": "http.response.body", "body": b"too long"})

    async def story(made: Bench) -> None:
        server = await serve(plain)
        made.stack.push_async_callback(server.kill)
        made.switch.change(
            Routes(revision="r1", addresses=(server.address,), max_body_bytes=100_000)
        )
        got = await made.client.post("/predict", content=b"x" * 200_000)
        assert (got.status_code, got.text, got.headers["x-length"]) == (413, "too long", "200000")
        long = await made.client.post("/predict", content=_endless())
        assert long.status_code == 413
        assert long.json()["type"] == "urn:modelport:problem:body-too-large"

    play(tmp_path, story)


async def _endless() -> AsyncGenerator[bytes]:
    for _ in range(30):
        yield b"x" * 10_000


def test_a_container_that_is_gone_is_left_out_until_it_is_back(tmp_path: Path) -> None:
    async def story(made: Bench) -> None:
        one, two = Model("one"), Model("two")
        first, second = await made.model(one), await made.model(two)
        made.route("r1", first, second)
        assert {(await made.predict()).headers["x-modelport-version"] for _ in range(4)} == {
            "one",
            "two",
        }
        await first.kill()
        answers = [await made.predict() for _ in range(20)]
        assert {answer.headers["x-modelport-version"] for answer in answers} == {"two"}
        assert made.switch.live.up == {first.address: False, second.address: True}
        await made.model(one, first.port)
        while not all(made.switch.live.up.values()):
            await asyncio.sleep(0.05)

    play(tmp_path, story)


def test_a_request_waits_for_a_container_that_is_started_again(tmp_path: Path) -> None:
    async def story(made: Bench) -> None:
        server = await made.model(Model("one"))
        made.route("r1", server)
        await server.kill()
        asked = asyncio.create_task(made.predict())
        await asyncio.sleep(0.3)
        assert not asked.done()
        await made.model(Model("two"), server.port)
        assert (await asked).headers["x-modelport-version"] == "two"

    play(tmp_path, story)


def test_without_any_container_callers_are_told_to_come_back(tmp_path: Path) -> None:
    async def story(made: Bench) -> None:
        got = await made.predict()
        assert got.status_code == 503
        assert got.headers["retry-after"] == "1"
        assert got.json()["type"] == "urn:modelport:problem:starting"

    play(tmp_path, story)


def test_a_prediction_that_a_container_lost_is_asked_again_and_nothing_else_is(
    tmp_path: Path,
) -> None:
    async def story(made: Bench) -> None:
        async def dies(request: Request) -> Response:
            del request
            for connection in list(server.server.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(60)
            return Response()

        server = await made.model(Model("one", dies))
        made.route("r1", server, await made.model(Model("two")))
        answers = [await made.predict() for _ in range(4)]
        assert {answer.headers["x-modelport-version"] for answer in answers} == {"two"}
        others = [await made.client.post("/orders", content=b"x") for _ in range(2)]
        assert {answer.status_code for answer in others} == {200, 502}
        lost = next(answer for answer in others if answer.status_code == 502)
        assert lost.json()["type"] == "urn:modelport:problem:no-answer"

    play(tmp_path, story)


def test_requests_that_were_begun_end_where_they_are(tmp_path: Path) -> None:
    async def story(made: Bench) -> None:
        go_on = asyncio.Event()

        async def slow(_: Request) -> Response:
            await go_on.wait()
            return JSONResponse(GOOD, headers={"x-modelport-version": "one"})

        old, new = Model("one", slow), Model("two")
        made.route("r1", await made.model(old))
        asked = asyncio.create_task(made.predict())
        while not old.seen:
            await asyncio.sleep(0.01)
        server = await made.model(new)
        routes = {"revision": "r2", "addresses": [server.address], "max_body_bytes": 1000}
        [told] = await made.order({"command": "route", "routes": routes})
        assert (told["revision"], told["leaving"]) == ("r2", 1)
        assert (await made.predict()).headers["x-modelport-version"] == "two"
        go_on.set()
        assert (await asked).headers["x-modelport-version"] == "one"
        [told] = await made.order({"command": "status"})
        assert told["leaving"] == 0
        # It goes on there after a restart.
        assert read_routes(made.remembered) == made.switch.routes == Routes.model_validate(routes)

    play(tmp_path, story)


@pytest.mark.parametrize("path", ["/predict", "/v2/models/tiny/infer"])
def test_a_canary_gets_its_share_and_its_failures_reach_nobody(tmp_path: Path, path: str) -> None:
    async def story(made: Bench) -> None:
        async def fails(_: Request) -> Response:
            return JSONResponse({}, 500, headers={"x-modelport-version": "two"})

        candidate = Model("two")
        made.route("r1", await made.model(Model("one")))
        server = await made.model(candidate)
        split = {
            "command": "split", "id": 1, "mode": "canary", "percent": 25, "revision": "r2",
            "addresses": [server.address], "seconds": 5,
        }  # fmt: skip
        reader, writer = await asyncio.open_unix_connection(made.orders)
        writer.write(json.dumps(split).encode() + b"\n")
        await reader.readline()

        async def asked(count: int) -> list[str]:
            got = [await made.client.post(path, json={"instances": []}) for _ in range(count)]
            assert {answer.status_code for answer in got} == {200}
            return [answer.headers["x-modelport-version"] for answer in got]

        assert sorted(await asked(20)) == ["one"] * 15 + ["two"] * 5
        candidate.answer = fails
        assert await asked(20) == ["one"] * 20
        # What is no prediction goes to the live version.
        assert (await made.client.get("/model")).headers["x-modelport-version"] == "one"
        report = (await made.order({"command": "status"}))[0]["split"]
        while report["candidate"]["errors"] < 5:
            report = (await made.order({"command": "status"}))[0]["split"]
        assert report["candidate"]["requests"] == 10
        # A killed update leaves nothing behind.
        writer.close()
        while made.switch.split is not None:
            await asyncio.sleep(0.01)

    play(tmp_path, story)


def test_a_shadow_gets_copies_and_answers_nobody(tmp_path: Path) -> None:
    async def story(made: Bench) -> None:
        candidate = Model("two")
        made.route("r1", await made.model(Model("one")))
        server = await made.model(candidate)
        split = {
            "command": "split", "id": 1, "mode": "shadow", "percent": 100, "revision": "r2",
            "addresses": [server.address], "seconds": 5,
        }  # fmt: skip
        reader, writer = await asyncio.open_unix_connection(made.orders)
        writer.write(json.dumps(split).encode() + b"\n")
        await reader.readline()
        answers = [await made.predict() for _ in range(10)]
        assert {answer.headers["x-modelport-version"] for answer in answers} == {"one"}
        report: dict[str, Any] = {"compared": 0}
        while report["compared"] < 10:
            report = (await made.order({"command": "status"}))[0]["split"]
        assert (report["disagreements"], len(candidate.seen)) == (0, 10)
        writer.close()

    play(tmp_path, story)


def test_orders_ask_a_container_and_the_endpoint_itself(tmp_path: Path) -> None:
    async def story(made: Bench) -> None:
        server = await made.model(Model("one"))
        made.route("r1", server)
        body = json.dumps({"instances": [[1]]})
        order = {"command": "ask", "method": "POST", "path": "/predict", "body": body}
        for address in (server.address, None):
            [told] = await made.order({**order, "address": address})
            assert (told["status"], json.loads(told["body"])) == (200, GOOD)
            assert told["headers"]["x-modelport-version"] == "one"
        [told] = await made.order({**order, "address": "127.0.0.1:9"})
        assert "no connection" in told["error"]

    play(tmp_path, story)


@given(st.lists(st.binary(max_size=200).map(lambda line: line.replace(b"\n", b" ") + b"\n")))
@settings(max_examples=10)
def test_what_is_no_order_is_refused_and_changes_nothing(lines: list[bytes]) -> None:
    async def run() -> None:
        switch = Switch(Routes())
        orders = Orders(switch, Path("/nowhere"), "127.0.0.1:1")
        for line in [*lines, b'{"command": "route", "routes": {"addresses": ["a b:1"]}}\n']:
            reader = asyncio.StreamReader()
            reader.feed_data(line)
            reader.feed_eof()
            writer = _Kept()
            await orders.serve(reader, writer)  # pyright: ignore[reportArgumentType]
            assert "error" in json.loads(writer.said)
        assert switch.routes == Routes()

    asyncio.run(run())


class _Kept:
    def __init__(self) -> None:
        self.said = b""

    def write(self, data: bytes) -> None:
        self.said += data

    async def drain(self) -> None:
        return

    def close(self) -> None:
        return


def test_routes_are_read_whole_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "routes.json"
    assert read_routes(path) == Routes()
    wanted = Routes(revision="r1", addresses=("a:8080", "b:8080"), max_body_bytes=5)
    for _ in range(2):
        write_routes(path, wanted)
    assert read_routes(path) == wanted
    assert [item.name for item in tmp_path.iterdir()] == ["routes.json"]
    path.write_text('{"revision": 5}')
    with pytest.raises(StartError, match=r"routes\.json cannot be read"):
        read_routes(path)
