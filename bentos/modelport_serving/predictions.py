"""Predictions: what other code in the serving process asks the model for, without HTTP.

A mounted application uses it from anywhere:

    from modelport_serving.predictions import PredictionError, predict

    try:
        answer = predict([{"age": 44.0, "sex": 1}])[0]
    except PredictionError as error:
        print(error.detail, error.errors)

`predict` is for functions, `await predict_async(…)` for coroutines. Both check what `/predict`
checks, and share the model's calls with it.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, cast

import msgspec

from modelport_serving.instances import Fault, InvalidInstancesError, Rows
from modelport_serving.logs import log_failure
from modelport_serving.problems import ProblemError, invalid
from modelport_serving.protocols.base import Plain, checked
from modelport_serving.record import Signature
from modelport_serving.runtime import Live, Runtime

request_id: ContextVar[str] = ContextVar("request_id", default="none")
"""Id of the request that is being answered by a mounted application."""


class PredictionError(Exception):
    """A prediction that was refused or failed; the text says what is wrong and what to do.

    Args:
        status: HTTP status with which `/predict` would answer: 422 for wrong instances, 500 when
            the model failed, 503 when it is busy or not loaded, 504 when it took too long.
        kind: The problem's kind, e.g. `invalid-instances`.
        detail: Sentence for a person; it never holds another exception's text.
        errors: Each single fault of wrong instances.
    """

    def __init__(self, status: int, kind: str, detail: str, errors: tuple[Fault, ...] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.errors = errors


class Predictions:
    """Predictions of one bundle for code in its own process, from any thread.

    Args:
        runtime: What is served.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def signature(self) -> Signature:
        """What the model takes and answers."""
        return self._runtime.record.signature

    def attach(self) -> None:
        """Share the model's calls with what is served in the running event loop."""
        self._loop = asyncio.get_running_loop()

    def predict(self, instances: object) -> Plain:
        """Answer instances and wait for it.

        In a thread it shares the model's calls; in a coroutine it holds up all other requests, so
        that `predict_async` is better there.

        Args:
            instances: Rows in the signature's order, or objects by feature name; lists, tuples,
                arrays, dictionaries, dataclasses or pydantic's models.

        Returns:
            One prediction for each: `label` and `probabilities`, or `value`.

        Raises:
            PredictionError: they are wrong, or the model cannot answer.
        """
        loop = self._serving()
        if loop is None or loop is _running():
            return self._direct(instances)
        return asyncio.run_coroutine_threadsafe(self._shared(instances), loop).result()

    async def predict_async(self, instances: object) -> Plain:
        """Answer instances, as `predict` does, without holding up other requests."""
        loop = self._serving()
        if loop is None or loop is asyncio.get_running_loop():
            return await self._shared(instances)
        # The model's queue belongs to one loop; this is another, in a thread.
        there = asyncio.run_coroutine_threadsafe(self._shared(instances), loop)
        return await asyncio.wrap_future(there)

    def _serving(self) -> asyncio.AbstractEventLoop | None:
        loop = self._loop
        return loop if loop is not None and loop.is_running() else None

    def _direct(self, instances: object) -> Plain:
        try:
            live, rows = self._read(instances)
            answers = live.predictor.compute(rows)
            live.metrics.rows.inc(len(answers))
            return live.predictor.plain(answers)
        except Exception as error:
            raise _said(error) from error

    async def _shared(self, instances: object) -> Plain:
        try:
            live, rows = self._read(instances)
            answers = await live.batcher.compute(rows, live.settings.timeout_seconds)
            live.metrics.rows.inc(len(answers))
            return live.predictor.plain(answers)
        except Exception as error:
            raise _said(error) from error

    def _read(self, instances: object) -> tuple[Live, Rows]:
        live = self._runtime.ready()
        try:
            plain = _lists(msgspec.to_builtins(instances, enc_hook=_builtin))
        except TypeError:
            detail = "the instances hold objects that are no numbers; send rows or dictionaries"
            raise ProblemError(422, "invalid-instances", detail) from None
        return live, checked(live.predictor, plain, live.settings.max_rows)


def predict(instances: object) -> Plain:
    """Answer instances with the bundle of this process; see `Predictions.predict`."""
    return _current().predict(instances)


async def predict_async(instances: object) -> Plain:
    """Answer instances with the bundle of this process; see `Predictions.predict_async`."""
    return await _current().predict_async(instances)


def signature() -> Signature:
    """What the bundle of this process takes and answers: features with their ranges, labels.

    Raises:
        PredictionError: no bundle is loaded, as while `app.py` is imported.
    """
    return _current().signature


_here: list[Predictions] = []


def use(predictions: Predictions) -> None:
    """Make these the predictions of this process."""
    _here[:] = [predictions]


def _current() -> Predictions:
    if not _here:
        detail = "no bundle is loaded in this process yet; ask while a request is answered"
        raise PredictionError(503, "starting", detail)
    return _here[0]


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _builtin(value: object) -> object:
    """Arrays and numbers of NumPy and pandas, models of pydantic."""
    for name in ("tolist", "model_dump"):
        convert = getattr(value, name, None)
        if callable(convert):
            return cast("Callable[[], Any]", convert)()
    raise TypeError(type(value).__name__)


def _lists(value: object) -> object:
    """Tuples of rows, and rows that are tuples, as JSON would hold them."""
    if not isinstance(value, list | tuple):
        return value
    rows = cast("list[object]", value)
    return [list(cast("Any", row)) if isinstance(row, tuple) else row for row in rows]


def _said(error: Exception) -> PredictionError:
    if isinstance(error, InvalidInstancesError):
        error = invalid(error)
    if isinstance(error, ProblemError):
        return PredictionError(error.status, error.kind, error.detail, error.errors)
    log_failure(request_id.get(), error)
    return PredictionError(500, "internal", "the model failed; the log says why")
