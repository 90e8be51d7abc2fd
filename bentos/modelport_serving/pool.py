"""Pool: computes predictions beside the event loop, with a bounded queue."""

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from modelport_serving.instances import Rows
from modelport_serving.predictor import Predictor
from modelport_serving.problems import unavailable
from modelport_serving.record import Prediction


class PredictionPool:
    """Threads that score checked rows; a batcher can take its place behind `score`.

    Args:
        predictor: What scores.
        threads: Predictions at the same time.
        queue: Requests that may wait for a thread.
    """

    def __init__(self, predictor: Predictor, *, threads: int, queue: int) -> None:
        self._predictor = predictor
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="predict")
        self._limit = threads + queue
        self._held = 0
        self._lock = threading.Lock()

    async def score(self, rows: Rows) -> tuple[Prediction, ...]:
        """Score a checked matrix of shape (rows, features).

        Raises `ProblemError` (503) at once when the queue is full.
        """
        with self._lock:
            if self._held >= self._limit:
                raise unavailable("overloaded", "too many requests wait for the model; try again")
            self._held += 1
        future = self._executor.submit(self._predictor.score, rows)
        # Released when the thread is done, not when the caller gives up: a caller that has
        # timed out still holds its thread.
        future.add_done_callback(self._release)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let running predictions end and drop waiting ones."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _release(self, _: Future[tuple[Prediction, ...]]) -> None:
        with self._lock:
            self._held -= 1
