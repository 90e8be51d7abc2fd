"""Golden answers of a live service: all of it, or one revision among several."""

import json
import time
from dataclasses import dataclass, field

from modelport.errors import ServiceError
from modelport.live.caller import Caller
from modelport.live.service import Answer, LiveService, NotReachable
from modelport.live.waiting import pauses
from modelport.verify import (
    VERSION_HEADER,
    WrongAnswers,
    check_answer,
    golden_body,
    limited_for,
)
from modelport_serving.record import BundleRecord, Golden

_SAMPLES = 20
"""Requests after which nothing is known of a revision that answered none of them."""
_UNANSWERED = 3
"""Requests without any answer that are no accident."""
_PATIENCE = 10.0
"""Seconds in which one revision must have answered at all."""


@dataclass(frozen=True, slots=True)
class GoldenCheck:
    """Asks a service for the golden answers of a bundle."""

    service: LiveService
    record: BundleRecord
    """The bundle that was asked for."""
    golden: Golden
    """Its requests with expected answers."""
    caller: Caller = field(default_factory=Caller)
    """Who asks."""
    timeout: float = 30.0
    """Seconds for each request; a cold start is part of it."""

    def all(self, until: float) -> int:
        """Ask as a caller does, of a service that takes all traffic with the bundle.

        What may be of yesterday (no answer, a refusal, an answer that names another version or
        none) is asked again until `until` (`time.monotonic`).

        Returns:
            The number of answers.

        Raises:
            NotReachable: it cannot be asked from here.
            WrongAnswers, ServiceError: it does not repeat them.
        """
        last = ServiceError(f"{self.service.title} was not asked")
        for _ in pauses(until):
            version: str | None = None
            try:
                answer = self._ask()
                version = answer.header(VERSION_HEADER)
                return self._compare(self.service.title, answer)
            except NotReachable:
                raise
            except WrongAnswers as error:
                if version is not None:
                    raise
                last = error
            except ServiceError as error:
                last = error
        raise last

    def alone(self, revision: str) -> bool:
        """Ask one revision, whatever its share; False where the platform cannot.

        Raises:
            NotReachable: it cannot be asked from here.
            WrongAnswers, ServiceError: it does not repeat the golden answers.
        """
        last = ServiceError(f"{revision} was not asked")
        for _ in pauses(time.monotonic() + _PATIENCE):
            try:
                key = self.caller.bearer()
                answer = self.service.ask_revision(revision, self._body, key, self.timeout)
                if answer is None:
                    return False
                self._compare(f"{self.service.kind} revision {revision}", answer)
            except (NotReachable, WrongAnswers):
                raise
            except ServiceError as error:
                last = error
            else:
                return True
        raise last

    def among(self, revision: str) -> bool:
        """Ask one revision while another one takes traffic too; False when it cannot be told.

        Where the platform cannot ask it alone, callers' requests are sent until one is answered
        by the bundle's version. An answer that names no version may be anybody's.

        Raises:
            NotReachable: it cannot be asked from here.
            WrongAnswers, ServiceError: it does not repeat the golden answers.
        """
        if self.alone(revision):
            return True
        unanswered = 0
        for _ in range(_SAMPLES):
            try:
                answer = self._ask()
            except NotReachable:
                raise
            except ServiceError:
                unanswered += 1
                if unanswered == _UNANSWERED:
                    raise
                continue
            wait = limited_for(answer.status, answer.header("retry-after"))
            if wait is not None:  # it limits its callers, and refused none for its model's sake
                time.sleep(wait)
                continue
            version = answer.header(VERSION_HEADER)
            if version is None:
                return False
            if version == self.record.version:
                self._compare(f"{self.service.kind} revision {revision}", answer)
                return True
        return False

    def _ask(self) -> Answer:
        return self.service.ask(self._body, self.caller.bearer(), self.timeout)

    @property
    def _body(self) -> bytes:
        return json.dumps(golden_body(self.golden)).encode()

    def _compare(self, where: str, answer: Answer) -> int:
        version = answer.header(VERSION_HEADER)
        return check_answer(
            where, answer.status, version, answer.text, self.record, self.golden, unnamed=True
        ).answers
