"""Batcher: computes predictions for many requests at once, and none of them for longer.

What a call of the model costs was measured when it was loaded, and decides where it runs:

    up to `DIRECT_SECONDS`   at once: whatever else would take longer than the call itself
    up to `INLINE_SECONDS`   in the event loop, one call for all requests that arrived together
    above                    in a thread; requests that come meanwhile wait and share the next call

A batch is never waited for: the first request that finds the model idle is computed. Rows were
checked before they came here, so a request cannot spoil a batch by its input; when the model
fails all the same, every request of the batch is computed alone.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import numpy as np

from modelport_serving.instances import InvalidInstancesError, Rows
from modelport_serving.predictor import Answers, Pace, Predictor
from modelport_serving.problems import ProblemError, invalid, unavailable

DIRECT_SECONDS = 0.000_1
"""Longest call that is made at once."""
INLINE_SECONDS = 0.001_5
"""Longest time for which a call may hold the event loop."""
BATCH_SECONDS = 0.01
"""A batch takes no rows more when they add that much, or what the call itself costs."""
BATCH_ROWS = 4096
"""Most rows of a batch of several requests."""

SLOW_SECONDS = 0.02
"""A call that holds the event loop longer is not what was measured."""
SLOW_CALLS = 3
"""After so many of them in a row, calls run in threads for good."""

P = ParamSpec("P")
T = TypeVar("T")
Outcome = Answers | BaseException


@dataclass(slots=True)
class Timing:
    """When the model was asked for one request, by `time.perf_counter`; 0 before."""

    asked: float = 0.0
    """When its rows were ready."""
    begun: float = 0.0
    """When the call that computed them began."""
    ended: float = 0.0
    rows: int = 0
    """Rows of that call, which may be of several requests."""


@dataclass(slots=True)
class _Item:
    rows: Rows
    future: asyncio.Future[Answers]
    timing: Timing | None


class Batcher:
    """Computes checked rows.

    Args:
        predictor: What computes.
        threads: Calls of the model at the same time.
        queue: Requests that may wait for a call.
        aside: Whether every call runs in a thread, however quick the model is, so that one which
            hangs holds up nothing else.
    """

    def __init__(
        self, predictor: Predictor, *, threads: int, queue: int, aside: bool = False
    ) -> None:
        self._predictor = predictor
        self._pace = None if aside else predictor.pace
        self._threads = threads
        self._queue = queue
        self._executor: ThreadPoolExecutor | None = None
        self._waiting: deque[_Item] = deque()
        self._running = 0
        self._scheduled = False
        self._slow = 0
        self._most_rows = _most_rows(predictor.pace)

    async def compute(self, rows: Rows, seconds: float, timing: Timing | None = None) -> Answers:
        """Answer a checked matrix.

        Args:
            rows: Shape (rows, features).
            seconds: Longest time to wait.
            timing: Told when it was computed.

        Raises:
            ProblemError: 503 at once when the queue is full or too slow; 504 when the time is over;
                422 when the model failed on numbers that are too large for it.
            OutputError: the model answered something that is no answer.
        """
        if timing is not None:
            timing.asked = time.perf_counter()
        try:
            if not self._waiting and self._costs(len(rows)) <= DIRECT_SECONDS:
                try:
                    return self._held(self._predictor.compute, rows)
                finally:
                    if timing is not None:
                        _tell(timing, timing.asked, len(rows))
            self._check_queue(seconds)
            loop = asyncio.get_running_loop()
            item = _Item(rows, loop.create_future(), timing)
            self._waiting.append(item)
            if not self._scheduled and self._running < self._threads:
                self._scheduled = True
                # After what else has arrived by now: it shares the call.
                loop.call_soon(self._next)
            async with asyncio.timeout(seconds):
                return await item.future
        except TimeoutError:
            detail = f"the model did not answer within {seconds:g} s; send fewer rows at once"
            raise ProblemError(504, "timeout", detail) from None
        except InvalidInstancesError as error:
            raise invalid(error) from None

    def close(self) -> None:
        """Let running calls end and drop waiting ones."""
        while self._waiting:
            self._waiting.popleft().future.cancel()
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)

    def _check_queue(self, seconds: float) -> None:
        """Refuse what would wait in vain: behind too many, or for more than `seconds`."""
        busy = self._running >= self._threads
        full = len(self._waiting) >= self._queue + (0 if busy else 1)
        if not full and self._pace is not None and self._waiting:
            full = self._pace.seconds(sum(len(item.rows) for item in self._waiting)) > seconds
        if full:
            raise unavailable("overloaded", "too many requests wait for the model; try again")

    def _costs(self, rows: int) -> float:
        return float("inf") if self._pace is None else self._pace.seconds(rows)

    def _next(self) -> None:
        """Begin as many calls as may run."""
        self._scheduled = False
        while self._running < self._threads and (batch := self._take()):
            if self._costs(1) <= INLINE_SECONDS and self._costs(
                sum(len(item.rows) for item in batch)
            ) <= (INLINE_SECONDS + BATCH_SECONDS):
                rows = [item.rows for item in batch]
                begun = time.perf_counter()
                _settle(batch, self._held(_compute, self._predictor, rows), begun)
            else:
                self._begin(batch)

    def _held(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the model in the event loop, and no more when it has become slow."""
        begun = time.perf_counter()
        try:
            return call(*args, **kwargs)
        finally:
            late = time.perf_counter() - begun > SLOW_SECONDS
            self._slow = self._slow + 1 if late else 0
            if self._slow == SLOW_CALLS:
                self._pace = None

    def _begin(self, batch: list[_Item]) -> None:
        loop = asyncio.get_running_loop()
        if self._executor is None:
            self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix="predict")
        self._running += 1
        rows = [item.rows for item in batch]
        begun = time.perf_counter()
        running = self._executor.submit(_compute, self._predictor, rows)

        def done(future: Future[list[Outcome]]) -> None:
            if not future.cancelled() and not loop.is_closed():
                loop.call_soon_threadsafe(self._ended, batch, future, begun)

        running.add_done_callback(done)

    def _ended(self, batch: list[_Item], future: Future[list[Outcome]], begun: float) -> None:
        # Freed when the call is done, not when its callers give up: the thread was busy till now.
        self._running -= 1
        _settle(batch, future.result(), begun)
        self._next()

    def _take(self) -> list[_Item]:
        """The next requests that may share a call, without those whose callers have given up."""
        batch: list[_Item] = []
        rows = 0
        while self._waiting:
            item = self._waiting[0]
            if item.future.done():
                self._waiting.popleft()
                continue
            if batch and rows + len(item.rows) > self._most_rows:
                break
            rows += len(item.rows)
            batch.append(self._waiting.popleft())
        return batch


def _most_rows(pace: Pace | None) -> int:
    if pace is None or pace.row <= 0:
        return BATCH_ROWS
    return max(1, min(BATCH_ROWS, int(max(pace.call, BATCH_SECONDS) / pace.row)))


def _compute(predictor: Predictor, batch: Sequence[Rows]) -> list[Outcome]:
    """The answers of one call for all, or of a call for each when that fails."""
    if len(batch) > 1:
        try:
            answers = predictor.compute(np.concatenate(batch))
        except Exception:  # which of them it was shows below
            return [_alone(predictor, rows) for rows in batch]
        ends = np.cumsum([len(rows) for rows in batch])[:-1]
        return list(np.split(answers, ends))
    return [_alone(predictor, batch[0])]


def _alone(predictor: Predictor, rows: Rows) -> Outcome:
    try:
        return predictor.compute(rows)
    except Exception as error:  # handed to the request that it belongs to
        return error


def _tell(timing: Timing, begun: float, rows: int) -> None:
    timing.begun, timing.ended, timing.rows = begun, time.perf_counter(), rows


def _settle(batch: Sequence[_Item], outcomes: Sequence[Outcome], begun: float) -> None:
    for item, outcome in zip(batch, outcomes, strict=True):
        if item.timing is not None:
            _tell(item.timing, begun, sum(len(item.rows) for item in batch))
        if item.future.done():
            continue
        if isinstance(outcome, BaseException):
            item.future.set_exception(outcome)
        else:
            item.future.set_result(outcome)
