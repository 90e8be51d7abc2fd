"""Splits in process: the count, and candidates that are wrong in every way a peer can be."""

import asyncio
import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport_serving import forward, split
from modelport_serving.credit import Credit
from modelport_serving.latency import LATENCY_BOUNDS_MS, Latencies
from serving.split_bench import BODY, GOOD, answer, bench, says
from serving.tiny import VERSION

# -- counting


@given(st.lists(st.tuples(st.integers(0, 100_000_000), st.integers(0, 300)), max_size=8))
def test_the_candidates_turns_are_the_floor_of_its_share(steps: list[tuple[int, int]]) -> None:
    """At every request, over any changes of the percent (here in millionths)."""
    credit = Credit(0)
    owed = turns = 0
    for millionths, count in steps:
        credit.percent = millionths / 1_000_000
        for _ in range(count):
            owed += millionths
            turns += credit.turn()
            assert turns == owed // 100_000_000


@given(st.sampled_from([0, 1, 5, 12.5, 25, 33.3, 50, 99, 100]), st.integers(0, 2000))
def test_the_share_at_one_percent(percent: float, count: int) -> None:
    credit = Credit(percent)
    assert sum(credit.turn() for _ in range(count)) == int(count * round(percent * 10)) // 1000


@given(st.lists(st.floats(0, 100), max_size=20))
def test_latencies_fall_between_their_bounds(seconds: list[float]) -> None:
    latencies = Latencies()
    for each in seconds:
        latencies.add(each)
    edges = (-1.0, *LATENCY_BOUNDS_MS, float("inf"))
    for (low, high), count in zip(pairwise(edges), latencies.counts, strict=True):
        assert count == sum(low < each * 1000 <= high for each in seconds)


def test_the_bounds_are_close_and_wide() -> None:
    assert (LATENCY_BOUNDS_MS[0], LATENCY_BOUNDS_MS[-1], len(LATENCY_BOUNDS_MS)) == (0.1, 60000, 97)
    pairs = pairwise(LATENCY_BOUNDS_MS)
    assert all(1 < high / low <= 1.15 for low, high in pairs)


@pytest.mark.parametrize("mode", ["canary", "shadow"])
def test_together_turns_are_counted_and_answers_kept_apart(mode: str) -> None:
    async def run() -> None:
        async with bench(says(answer()), mode=mode, percent=25, timeout=5) as made:
            await asyncio.gather(*(made.ask() for _ in range(100)))
            made.begin("127.0.0.1:1", mode=mode, percent=50)  # the same id: only the percent
            answers = await asyncio.gather(*(made.ask() for _ in range(100)))
            report = await made.end()
        assert {each.status_code for each in answers} == {200}
        assert report["candidate"]["requests"] + report["dropped"] == 75
        assert report["candidate"]["errors"] == report["disagreements"] == 0
        if mode == "canary":
            assert report["live"]["requests"] == 125
            versions = [each.headers["x-modelport-version"] for each in answers]
            assert versions.count("new") == 50
        else:
            assert report["live"]["requests"] == 200
            assert report["candidate"]["requests"] == report["compared"]

    asyncio.run(run())


def test_another_id_begins_anew_and_the_old_ends() -> None:
    async def run() -> None:
        async with bench(says(answer()), percent=60) as made:
            await made.ask()
            made.begin("127.0.0.1:1", id=2, percent=60)
            assert [each["ended"] for each in made.reports if each["split"] == 1][-1]
            await made.ask()
            assert made.runtime.splitter.current
            report = await made.end()
        assert (report["split"], report["live"]["requests"]) == (2, 1)
        assert report["candidate"]["requests"] == 0

    asyncio.run(run())


# -- what a candidate may answer


def test_the_candidate_gets_the_request_and_its_answer_comes_back() -> None:
    async def run() -> None:
        seen: list[bytes] = []
        peer = says(answer(200, GOOD, "content-type: application/json", "x-no: 1"), seen=seen)
        async with bench(peer) as made:
            headers = {"x-request-id": "r-1", "authorization": "Bearer k", "cookie": "c"}
            for _ in range(3):
                response = await made.client.post("/predict", json=BODY, headers=headers)
                assert response.content == GOOD
                assert response.headers.get_list("x-modelport-version") == ["new"]
                assert response.headers["content-type"] == "application/json"
                assert "x-no" not in response.headers
            head, _, body = seen[0].partition(b"\r\n\r\n")
            assert json.loads(body) == BODY
            lines = head.split(b"\r\n")
            assert lines[0] == b"POST /predict HTTP/1.1"
            assert {b"authorization: Bearer k", b"x-request-id: r-1"} < set(lines)
            assert b"content-type: application/json" in lines
            assert not any(line.startswith(b"cookie") for line in lines)
            assert (await made.end())["candidate"]["requests"] == 3

    asyncio.run(run())


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_answers_that_blame_the_request_come_back(status: int) -> None:
    async def run() -> None:
        async with bench(says(answer(status, b"no", "retry-after: 7"))) as made:
            response = await made.ask()
            assert (response.status_code, response.content) == (status, b"no")
            assert response.headers["retry-after"] == "7"
            assert (await made.end())["candidate"]["errors"] == 0

    asyncio.run(run())


BROKEN = {
    "silent": says(),
    "closes": says(close=True),
    "unauthorized": says(answer(401)),
    "redirects": says(answer(307, b"", "location: http://192.0.2.1/")),
    "not found": says(answer(404)),
    "too many": says(answer(429)),
    "fails": says(answer(500)),
    "overloaded": says(answer(503, b"", "retry-after: 1")),
    "not HTTP": says(b"hello\r\n\r\n"),
    "half": says(answer(200, GOOD, length=len(GOOD) + 1), close=True),
    "too short": says(answer(200, GOOD, length=5)),
    "no version": says(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(GOOD), GOOD)),
    "no JSON": says(answer(200, b"<html>")),
    "NaN": says(answer(200, b'{"predictions":[{"value":NaN}]}')),
    "no predictions": says(answer(200, b"[]")),
    "empty": says(answer(204, b"")),
    "continues": says(b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("mode", ["canary", "shadow"])
@pytest.mark.parametrize("kind", BROKEN)
def test_callers_do_not_notice_a_broken_candidate(kind: str, mode: str) -> None:
    async def run() -> None:
        async with bench(BROKEN[kind], mode=mode, percent=50, timeout=0.1) as made:
            for _ in range(4):
                response = await made.ask()
                assert response.json()["predictions"] == [{"value": 2.5}]
                assert response.headers["x-modelport-version"] == VERSION
            report = await made.end()
        assert report["candidate"]["requests"] == report["candidate"]["errors"] == 2
        assert report["compared"] == report["disagreements"] == report["dropped"] == 0
        assert sum(report["candidate"]["buckets"]) == 0
        assert report["live"]["errors"] == 0

    asyncio.run(run())


def test_an_error_is_reported_at_once_and_a_burst_as_one() -> None:
    async def run() -> None:
        async with bench(says(answer(500))) as made:
            await asyncio.sleep(2 * split.URGENT_SECONDS)
            before = len(made.reports)
            await made.ask()
            [report] = made.reports[before:]
            assert report["candidate"]["errors"] == 1
            await asyncio.gather(*(made.ask() for _ in range(50)))
            await asyncio.sleep(3 * split.URGENT_SECONDS)
            assert made.reports[-1]["candidate"]["errors"] == 51
            assert len(made.reports) < before + 30

    asyncio.run(run())


def test_a_second_answer_is_never_taken_for_the_next_requests() -> None:
    async def run() -> None:
        other = answer(200, GOOD.replace(b"2.5", b"9.5"))
        async with bench(says(answer() + other)) as made:
            for _ in range(5):
                assert (await made.ask()).json()["predictions"] == [{"value": 2.5}]

    asyncio.run(run())


def test_an_answer_in_pieces_and_a_long_one_are_read_whole() -> None:
    async def run() -> None:
        long = json.dumps({"predictions": [{"value": 1.0}] * 20_000}).encode()
        whole = answer(200, long)
        async with bench(says(whole[:10], whole[10:70], whole[70:]), timeout=10) as made:
            assert (await made.ask({"instances": [[1, 2, 3]] * 9000})).content == long

    asyncio.run(run())


def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "ANSWER_BYTES", 1000)

    async def run() -> None:
        async with bench(says(answer(200, b" " * 2000)), timeout=10) as made:
            assert (await made.ask()).headers["x-modelport-version"] == VERSION

    asyncio.run(run())


def test_connections_are_kept_but_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    good = says(answer())

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)
        await good(reader, writer)

    async def run() -> None:
        async with bench(peer) as made:
            for _ in range(10):
                await made.ask()
            assert len(opened) == 1
            monkeypatch.setattr(forward, "IDLE_SECONDS", 0)
            await made.ask()
            assert len(opened) == 2
            assert (await made.end())["candidate"]["errors"] == 0

    asyncio.run(run())


@pytest.mark.parametrize("mode", ["canary", "shadow"])
def test_what_waits_for_a_hanging_candidate_is_bounded(mode: str) -> None:
    async def run() -> None:
        async with bench(says(), mode=mode, timeout=1) as made:
            assert made.runtime.live
            answers = await asyncio.gather(*(made.ask() for _ in range(180)))
            report = await made.end()
        limit = split.CANARY_IN_FLIGHT if mode == "canary" else split.SHADOW_IN_FLIGHT
        assert report["candidate"]["errors"] == report["candidate"]["requests"] == limit
        assert report["dropped"] == 180 - limit
        # The queue of the live model is bounded too: those refusals are its own.
        assert {each.headers["x-modelport-version"] for each in answers} == {VERSION}

    asyncio.run(run())


# -- shadow


@pytest.mark.parametrize(
    ("value", "status", "disagreements"),
    [(2.5, 200, 0), (2.5 * (1 + 5e-7), 200, 0), (2.5 * (1 + 2e-6), 200, 1), (2.5, 422, 1)],
)
def test_a_shadow_compares(value: float, status: int, disagreements: int) -> None:
    async def run() -> None:
        body = json.dumps({"predictions": [{"value": value}]}).encode()
        async with bench(says(answer(status, body)), mode="shadow") as made:
            await made.ask()
            report = await made.end()
        assert (report["compared"], report["disagreements"]) == (1, disagreements)

    asyncio.run(run())


def test_a_failing_live_model_is_counted_and_nothing_compared() -> None:
    async def run() -> None:
        async with bench(says(answer()), (np.nan,), mode="shadow") as made:
            assert (await made.ask()).status_code == 500
            report = await made.end()
        assert (report["live"]["errors"], report["candidate"]["errors"]) == (1, 0)
        assert (report["candidate"]["requests"], report["compared"]) == (1, 0)

    asyncio.run(run())
