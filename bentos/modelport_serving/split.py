"""Split: a counted share of the live predictions goes to a candidate version's workers.

As a canary the candidate answers its share; whatever it cannot answer the live model answers, so
callers of a failing candidate wait longer and notice nothing else. As a shadow it gets copies
once the caller has an answer, and its own answers are only compared.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from modelport_serving.answers import AnswerError, agree, check
from modelport_serving.control import BeginSplit
from modelport_serving.credit import Credit
from modelport_serving.exchange import JSON, Reply
from modelport_serving.fallback import FALLBACK_HEADER
from modelport_serving.forward import VERSION_HEADER, Answer, Call, Forwarder, ForwardError
from modelport_serving.latency import Latencies
from modelport_serving.logs import log_line
from modelport_serving.problems import ProblemError

CANARY_IN_FLIGHT = 128
"""Most requests that wait for the candidate; the live model answers what comes on top."""
SHADOW_IN_FLIGHT = 8
"""Most copies under way; more are dropped."""
REPORT_SECONDS = 0.2
"""Time between two reports."""
URGENT_SECONDS = 0.01
"""Shortest time between two reports of errors: the first goes at once, a burst goes as one."""
ANSWER_HEADERS = (b"cache-control", b"retry-after", VERSION_HEADER)
"""Headers of the candidate that its callers get, beside the type of the body."""

Report = Mapping[str, object]
Own = Callable[[], Awaitable[Reply]]
"""Lets the live model answer; a refusal is a `ProblemError`."""


class Order(Protocol):
    """What a split needs of the order that begins it."""

    @property
    def id(self) -> int:
        """Its number."""
        ...

    @property
    def mode(self) -> str:
        """`canary` or `shadow`."""
        ...

    @property
    def percent(self) -> float:
        """Share of the requests at its beginning."""
        ...


class Candidate(Protocol):
    """The workers or containers of the new version."""

    async def send(self, call: Call) -> Answer:
        """Ask one of them; raises `ForwardError`."""
        ...

    async def check(self, call: Call, answer: Answer) -> None:
        """Refuse an answer that no caller may get; raises `AnswerError`."""
        ...

    async def agree(self, call: Call, ours: bytes, theirs: bytes) -> bool:
        """Whether the live model's answer and the candidate's say the same."""
        ...

    def close(self) -> None:
        """Close what is idle."""
        ...


class Gauge(Protocol):
    """A number that is shown."""

    def set(self, value: float) -> None:
        """Show another one."""
        ...


class Counted(Protocol):
    """Where a split's numbers are shown."""

    @property
    def split_percent(self) -> Gauge:
        """The share now."""
        ...

    def split_request(self, role: Literal["live", "candidate"], *, good: bool) -> None:
        """Count one prediction."""
        ...


class Workers(Forwarder):
    """A candidate's workers on this machine, asked in our own protocol."""

    async def check(self, call: Call, answer: Answer) -> None:
        """Refuse an answer that no caller may get; raises `AnswerError`."""
        del call
        await check(answer)

    async def agree(self, call: Call, ours: bytes, theirs: bytes) -> bool:
        """Whether the live model's answer and the candidate's say the same."""
        del call
        return await agree(ours, theirs)


@dataclass(slots=True)
class Side:
    """Counts of one side, the live model or the candidate, since the split began."""

    requests: int = 0
    """Counted when they begin."""
    errors: int = 0
    """Those that ended with none of the answers that a caller may get."""
    latencies: Latencies = field(default_factory=Latencies)
    """Of those that ended well: what is in none of the three is under way."""

    def ended(self, *, good: bool, seconds: float) -> None:
        """Count the end of a request."""
        if good:
            self.latencies.add(seconds)
        else:
            self.errors += 1

    def describe(self) -> dict[str, object]:
        """The side as reports hold it."""
        counts = self.latencies.counts
        return {"requests": self.requests, "errors": self.errors, "buckets": counts}


class Split:
    """One split, from its beginning to the end of its last forwarded request.

    Counts add up. The candidate's requests and `dropped` are the turns that its credit bought.
    The live side counts, for a canary, the requests that were not the candidate's, without those
    that it answered in the candidate's place; for a shadow, all.
    """

    def __init__(
        self,
        order: Order,
        candidate: Candidate,
        metrics: Counted,
        report: Callable[[Report], None],
    ) -> None:
        self.order = order
        self._credit = Credit(order.percent)
        self._asked = candidate
        self._metrics = metrics
        self._reporter = _Reporter(lambda: report(self.describe()))
        self._live = Side()
        self._candidate = Side()
        self._in_flight = 0
        self._dropped = 0
        self._compared = 0
        self._disagreements = 0
        self._ended = False
        self._copies: set[asyncio.Task[None]] = set()
        self.change(order.percent)

    def describe(self) -> Report:
        """All counts since the split began."""
        return {
            "split": self.order.id,
            "percent": self._credit.percent,
            "ended": self._ended,
            "in_flight": self._in_flight,
            "live": self._live.describe(),
            "candidate": self._candidate.describe(),
            "dropped": self._dropped,
            "disagreements": self._disagreements,
            "compared": self._compared,
        }

    def change(self, percent: float) -> None:
        """Give the candidate another share from the next request on; counts and credit stay."""
        self._credit.percent = percent
        self._metrics.split_percent.set(percent)
        # The supervisor learns that its order has arrived.
        self._reporter.urge()

    def end(self) -> None:
        """Forward nothing more; what is under way ends within the timeout."""
        self._ended = True
        self._metrics.split_percent.set(0)
        self._asked.close()
        self._reporter.end()

    async def answer(self, call: Call, own: Own) -> Reply:
        """Answer one request; raises what `own` raises."""
        if not self._credit.turn():
            return await self._ask_live(own)
        if self.order.mode == "shadow":
            return await self._shadow(call, own)
        if self._in_flight >= CANARY_IN_FLIGHT:
            self._dropped += 1
            return await self._ask_live(own)
        self._send()
        answer = None
        try:
            answer = await self._ask_candidate(call)
        finally:
            self._back(erred=answer is None)
        return await own() if answer is None else _reply(answer)

    async def _shadow(self, call: Call, own: Own) -> Reply:
        status, body = 500, b""
        try:
            reply = await self._ask_live(own)
            status, body = reply.status, reply.body
        except ProblemError as problem:
            status = problem.status
            raise
        else:
            return reply
        finally:
            # The answer is decided, so the copy can only come after it.
            if self._ended or self._in_flight >= SHADOW_IN_FLIGHT:
                self._dropped += 1
            else:
                self._send()
                copy = asyncio.create_task(self._copy(call, status, body))
                self._copies.add(copy)
                copy.add_done_callback(self._copies.discard)

    async def _copy(self, call: Call, status: int, body: bytes) -> None:
        answer = None
        try:
            answer = await self._ask_candidate(call)
            if answer is None or status >= 500:
                return
            same = answer.status == status
            if same and status < 300:
                same = await self._asked.agree(call, body, answer.body)
            self._compared += 1
            self._disagreements += not same
        finally:
            self._back(erred=answer is None)

    async def _ask_live(self, own: Own) -> Reply:
        self._live.requests += 1
        began = time.perf_counter()
        good = False
        try:
            reply = await own()
            good = reply.status < 500 and all(name != FALLBACK_HEADER for name, _ in reply.headers)
        except ProblemError as problem:
            good = problem.status < 500
            raise
        else:
            return reply
        finally:
            self._live.ended(good=good, seconds=time.perf_counter() - began)
            self._metrics.split_request("live", good=good)

    def _send(self) -> None:
        self._candidate.requests += 1
        self._in_flight += 1

    def _back(self, *, erred: bool) -> None:
        self._in_flight -= 1
        if erred or (self._ended and not self._in_flight):
            self._reporter.urge()

    async def _ask_candidate(self, call: Call) -> Answer | None:
        """Return the candidate's answer, or nothing when it has none that counts as one."""
        began = time.perf_counter()
        seconds = 0.0
        answer = None
        try:
            given = await self._asked.send(call)
            seconds = time.perf_counter() - began
            await self._asked.check(call, given)
            answer = given
        except (ForwardError, AnswerError) as error:
            log_line("candidate-failed", request_id=call.request_id, reason=str(error))
        finally:
            self._candidate.ended(good=answer is not None, seconds=seconds)
            self._metrics.split_request("candidate", good=answer is not None)
        return answer


class Splitter:
    """The split that is on, if any."""

    def __init__(self) -> None:
        self.current: Split | None = None

    def begin(self, order: BeginSplit, metrics: Counted, report: Callable[[Report], None]) -> None:
        """Begin a split, or change the percent of the one that has the order's id."""
        if self.current is not None and self.current.order.id == order.id:
            self.current.change(order.percent)
            return
        self.end()
        workers = Workers(order.addresses, order.timeout)
        self.current = Split(order, workers, metrics, report)

    def end(self) -> None:
        """End the split that is on: no request that comes from here on is forwarded."""
        ended, self.current = self.current, None
        if ended is not None:
            ended.end()


class _Reporter:
    """Makes reports in steady time, and urgent ones at once as long as there are few."""

    def __init__(self, report: Callable[[], None]) -> None:
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.call_later(REPORT_SECONDS, self._tick)
        self._pause: asyncio.TimerHandle | None = None
        self._urged = False

    def urge(self) -> None:
        """Report at once, or soon when that was done just now."""
        self._urged = True
        if self._pause is None:
            self._hurry()

    def end(self) -> None:
        """Report and stop the steady reports; urgent ones may follow."""
        self._next.cancel()
        self._report()

    def _tick(self) -> None:
        self._next = self._loop.call_later(REPORT_SECONDS, self._tick)
        self._report()

    def _hurry(self) -> None:
        self._pause = None
        if self._urged:
            self._urged = False
            self._report()
            self._pause = self._loop.call_later(URGENT_SECONDS, self._hurry)


def _reply(answer: Answer) -> Reply:
    headers = tuple(
        (name, answer.headers[name]) for name in ANSWER_HEADERS if name in answer.headers
    )
    return Reply(answer.body, answer.status, answer.headers.get(b"content-type", JSON), headers)
