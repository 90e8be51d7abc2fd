"""The batcher: what is computed together, where, and what a failing row costs the others."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import pytest

from modelport_serving import batcher as module
from modelport_serving.batcher import Batcher
from modelport_serving.instances import Rows
from modelport_serving.predictor import OutputError, Pace, Predictor
from modelport_serving.problems import ProblemError
from serving.tiny import Stub, record, signature

INLINE = Pace(call=0.001, row=0.0)
DIRECT = Pace(call=0.000_01, row=0.0)


def row(value: float) -> Rows:
    return np.array([[value, 0, 0]])


def first_of(rows: Rows) -> Any:
    return rows[:, 0]


def when(release: threading.Event) -> Callable[[Rows], Any]:
    """A model that answers once it is released."""

    def answer(rows: Rows) -> Any:
        assert release.wait(20)
        return rows[:, 0]

    return answer


class Bench:
    """A batcher whose model answers the first feature of each row, and notes its calls."""

    def __init__(self, pace: Pace | None, answer: Callable[[Rows], Any] | None = None) -> None:
        self.calls: list[list[float]] = []
        self.threads: set[str] = set()
        self._answer = answer or first_of
        made = record(signature(task="regression"))
        self.predictor = Predictor(Stub(self._called), made)
        self.predictor.pace = pace

    def _called(self, rows: Rows) -> Any:
        self.calls.append(rows[:, 0].tolist())
        self.threads.add(threading.current_thread().name)
        return self._answer(rows)

    def run(
        self,
        test: Callable[[Batcher], Coroutine[Any, Any, None]],
        *,
        threads: int = 1,
        queue: int = 64,
    ) -> None:
        async def run() -> None:
            made = Batcher(self.predictor, threads=threads, queue=queue)
            try:
                await test(made)
            finally:
                made.close()

        asyncio.run(run())


async def ask(batcher: Batcher, *values: float) -> list[Any]:
    asked = (batcher.compute(row(value), 5) for value in values)
    found = await asyncio.gather(*asked, return_exceptions=True)
    return [each if isinstance(each, BaseException) else each.tolist() for each in found]


def test_a_quick_call_is_made_at_once() -> None:
    made = Bench(DIRECT)

    async def test(batcher: Batcher) -> None:
        assert await ask(batcher, 1, 2, 3) == [[1], [2], [3]]

    made.run(test)
    assert made.calls == [[1], [2], [3]]
    assert made.threads == {"MainThread"}


def test_what_arrives_together_is_one_call_of_the_loop() -> None:
    made = Bench(INLINE)

    async def test(batcher: Batcher) -> None:
        assert await ask(batcher, 1, 2, 3) == [[1], [2], [3]]
        assert await ask(batcher, 4) == [[4]]

    made.run(test)
    assert made.calls == [[1, 2, 3], [4]]
    assert made.threads == {"MainThread"}


@pytest.mark.parametrize("pace", [None, Pace(call=0.1, row=0.0)])
def test_a_slow_model_computes_in_a_thread_and_batches_what_waits(pace: Pace | None) -> None:
    release = threading.Event()

    made = Bench(pace, when(release))

    async def test(batcher: Batcher) -> None:
        first = asyncio.create_task(ask(batcher, 1))
        while not made.calls:
            await asyncio.sleep(0.001)
        rest = asyncio.create_task(ask(batcher, 2, 3, 4))
        await asyncio.sleep(0.01)
        release.set()
        assert (await first, await rest) == ([[1]], [[2], [3], [4]])

    made.run(test)
    assert made.calls == [[1], [2, 3, 4]]
    assert made.threads == {"predict_0"}


@pytest.mark.parametrize("pace", [None, INLINE])
def test_a_failing_request_fails_alone(pace: Pace | None) -> None:
    def answer(rows: Rows) -> Any:
        if (rows[:, 0] == 2).any():
            raise RuntimeError("no twos")
        return np.where(rows[:, 0] == 3, np.nan, rows[:, 0])

    made = Bench(pace, answer)

    async def test(batcher: Batcher) -> None:
        one, two, three, four = await ask(batcher, 1, 2, 3, 4)
        assert (one, four) == ([1], [4])
        assert isinstance(two, RuntimeError)
        assert isinstance(three, OutputError)

    made.run(test)


def test_requests_of_several_rows_get_their_own() -> None:
    async def test(batcher: Batcher) -> None:
        many = np.array([[value, 0, 0] for value in range(5)], dtype=float)
        parts = [many[:2], many[2:3], many[3:]]
        found = await asyncio.gather(*(batcher.compute(part, 5) for part in parts))
        assert [each.tolist() for each in found] == [[0, 1], [2], [3, 4]]

    Bench(INLINE).run(test)


def test_rows_that_cost_time_are_not_added_without_end() -> None:
    made = Bench(Pace(call=0.001, row=module.BATCH_SECONDS / 3.5))

    async def test(batcher: Batcher) -> None:
        await ask(batcher, *range(7))

    made.run(test)
    assert [len(call) for call in made.calls] == [3, 3, 1]


def test_a_full_queue_refuses_at_once() -> None:
    release = threading.Event()

    async def test(batcher: Batcher) -> None:
        held = [asyncio.create_task(ask(batcher, 0))]
        await asyncio.sleep(0.05)
        held += [asyncio.create_task(ask(batcher, value)) for value in (1, 2)]
        await asyncio.sleep(0.05)
        with pytest.raises(ProblemError) as refused:
            await batcher.compute(row(9), 5)
        assert refused.value.status == 503
        assert dict(refused.value.headers) == {"retry-after": "1"}
        release.set()
        assert await asyncio.gather(*held) == [[[0]], [[1]], [[2]]]
        assert await ask(batcher, 4) == [[4]]

    Bench(None, when(release)).run(test, queue=2)


def test_what_would_wait_too_long_is_refused_at_once() -> None:
    made = Bench(Pace(call=1, row=1))

    async def test(batcher: Batcher) -> None:
        many = np.zeros((6, 3))
        first = asyncio.create_task(batcher.compute(many, 5))  # alone it may try
        await asyncio.sleep(0)
        with pytest.raises(ProblemError) as refused:
            await batcher.compute(row(1), 5)
        assert refused.value.kind == "overloaded"
        assert len(await first) == 6
        assert await ask(batcher, 1) == [[1]]

    made.run(test)


def test_who_has_given_up_is_not_computed() -> None:
    release = threading.Event()

    made = Bench(None, when(release))

    async def test(batcher: Batcher) -> None:
        first = asyncio.create_task(ask(batcher, 1))
        await asyncio.sleep(0.05)
        with pytest.raises(ProblemError) as late:
            await batcher.compute(row(2), 0.05)
        assert late.value.status == 504
        release.set()
        assert await first == [[1]]
        assert await ask(batcher, 3) == [[3]]

    made.run(test)
    assert made.calls == [[1], [3]]


def test_a_model_that_becomes_slow_leaves_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOW_SECONDS", 0.0)
    made = Bench(DIRECT)

    async def test(batcher: Batcher) -> None:
        for value in range(module.SLOW_CALLS + 1):
            assert await ask(batcher, value) == [[value]]

    made.run(test)
    assert made.threads == {"MainThread", "predict_0"}


def test_the_end_drops_what_waits() -> None:
    release = threading.Event()

    async def test(batcher: Batcher) -> None:
        first = asyncio.create_task(ask(batcher, 1))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(batcher.compute(row(2), 5))
        await asyncio.sleep(0.01)
        batcher.close()
        with pytest.raises(asyncio.CancelledError):
            await second
        release.set()
        assert await first == [[1]]

    Bench(None, when(release)).run(test)
