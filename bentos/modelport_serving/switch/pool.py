"""Pool: the containers of one revision, asked in turn; one that is gone is left out until back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from modelport_serving import answers
from modelport_serving.answers import PASSED_BACK, AnswerError
from modelport_serving.fallback import FALLBACK_HEADER
from modelport_serving.forward import VERSION_HEADER, Answer, Call, ForwardError
from modelport_serving.switch.upstream import (
    HEAD_SECONDS,
    Request,
    Response,
    UnreachedError,
    Upstream,
)

PATIENCE_SECONDS = 25.0
"""How long a request waits for a container when none is there: one that died is started again."""
WAITING = 512
"""Most requests that wait so; more are refused at once."""
PROBE_SECONDS = 0.25
"""Time between two looks at a container that is gone."""
TRIES = 3
"""Containers that a request may be lost by before its caller is told."""
_READY = Request(b"GET", b"/readyz", ((b"host", b"switch"),), b"")
_UP_WITHIN = 2.0


class NobodyError(ForwardError):
    """No container of the revision is there."""


@dataclass(frozen=True, slots=True)
class Passed(Call):
    """A prediction as its caller sent it, in whatever protocol."""

    request: Request
    native: bool
    """Whether its answer holds `predictions`, which can be checked and compared."""


class Pool:
    """One revision's containers.

    Args:
        revision: Its name.
        addresses: `name:port` of each.
        patience: Seconds that a request waits while none is there.
        seconds: Longest time until an answer begins.
    """

    def __init__(
        self,
        revision: str,
        addresses: Sequence[str],
        *,
        patience: float = PATIENCE_SECONDS,
        seconds: float = HEAD_SECONDS,
    ) -> None:
        self.revision = revision
        self.in_flight = 0
        """Requests that are under way."""
        self._members = [_Member(address) for address in addresses]
        self._patience = patience
        self._seconds = seconds
        self._turn = 0
        self._waiting = 0
        self._closed = asyncio.Event()

    @property
    def up(self) -> dict[str, bool]:
        """Whether each container was there when it was last asked."""
        return {member.upstream.address: member.up.is_set() for member in self._members}

    async def ask(self, request: Request, *, repeatable: bool) -> Response:
        """Send a request to the next container and wait for the head of its answer.

        Args:
            request: What to send.
            repeatable: Whether it may be sent again when a container ended while it had it.

        Raises:
            NobodyError: no container is there, or came back in time.
            ForwardError: it was lost by a container.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience
        lost = 0
        while True:
            member = await self._next(end)
            try:
                return await member.upstream.ask(request, self._seconds)
            except UnreachedError:
                member.suspect()
            except ForwardError:
                lost += 1
                if not repeatable or lost == TRIES or loop.time() > end:
                    raise

    def close(self) -> None:
        """Look after nobody any more; what is under way ends by itself, what waits at once."""
        self._closed.set()
        for member in self._members:
            member.close()

    async def _next(self, end: float) -> "_Member":
        for _ in self._members:
            member = self._members[self._turn % len(self._members)]
            self._turn += 1
            if member.up.is_set():
                return member
        if not self._members or self._waiting >= WAITING or self._closed.is_set():
            raise NobodyError(f"revision {self.revision or 'none'} has no container here")
        self._waiting += 1
        events = [self._closed, *(member.up for member in self._members)]
        waiting = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            left = max(0.0, end - asyncio.get_running_loop().time())
            await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting -= 1
            for task in waiting:
                task.cancel()
        back = [member for member in self._members if member.up.is_set()]
        if not back:
            raise NobodyError(f"no container of revision {self.revision} answers")
        return back[0]

    # -- what a split asks of a candidate

    async def send(self, call: Call) -> Answer:
        """Send a prediction and wait for its whole answer; raises `ForwardError`."""
        assert isinstance(call, Passed)  # noqa: S101 - the switch makes no other
        self.in_flight += 1
        try:
            async with asyncio.timeout(self._seconds):
                response = await self.ask(call.request, repeatable=False)
                return await response.read()
        except TimeoutError:
            raise ForwardError(f"no answer within {self._seconds:g} s") from None
        finally:
            self.in_flight -= 1

    async def check(self, call: Call, answer: Answer) -> None:
        """Refuse an answer that no caller may get; raises `AnswerError`."""
        if isinstance(call, Passed) and call.native:
            await answers.check(answer)
        elif VERSION_HEADER not in answer.headers:
            raise AnswerError("the answer names no version")
        elif FALLBACK_HEADER in answer.headers:
            raise AnswerError("the answer is its fallback's")
        elif answer.status not in PASSED_BACK and not 200 <= answer.status < 300:
            raise AnswerError(f"the answer's status is {answer.status}")

    async def agree(self, call: Call, ours: bytes, theirs: bytes) -> bool:
        """Whether two answers say the same; of other protocols the status alone is compared."""
        if isinstance(call, Passed) and call.native:
            return await answers.agree(ours, theirs)
        return True


class _Member:
    """One container, and whether it is there."""

    def __init__(self, address: str) -> None:
        self.upstream = Upstream(address)
        self.up = asyncio.Event()
        self.up.set()
        self._probe: asyncio.Task[None] | None = None
        self._closed = False

    def suspect(self) -> None:
        """Leave it out until it is ready again."""
        if self._probe is None and not self._closed:
            self.up.clear()
            self._probe = asyncio.create_task(self._watch())

    def close(self) -> None:
        self._closed = True
        self.upstream.close()
        if self._probe is not None:
            self._probe.cancel()

    async def _watch(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_UP_WITHIN):
                    answer = await (await self.upstream.ask(_READY)).read()
                if answer.status == 200:
                    break
            except (ForwardError, TimeoutError):
                pass
            await asyncio.sleep(PROBE_SECONDS)
        self._probe = None
        self.up.set()
