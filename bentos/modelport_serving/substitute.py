"""Substitute: what answers in the model's place, in the shape of the model's own answers."""

from dataclasses import dataclass

import numpy as np

from modelport_serving.batcher import Batcher
from modelport_serving.fallback import Fallback, Given, Rule
from modelport_serving.instances import Rows
from modelport_serving.logs import log_failure, log_line
from modelport_serving.predictor import Answers, Predictor
from modelport_serving.problems import ProblemError
from modelport_serving.record import Signature


@dataclass(frozen=True, slots=True)
class Substituted:
    """Answers that are not the model's."""

    answers: Answers
    version: str = ""
    """The previous version, where it gave them; empty: they were given with the fallback."""


class Substitute:
    """Answers in the model's place.

    The previous version does, and where there is none or it fails too, what the fallback gives.

    Args:
        fallback: What answers; it must fit.
        signature: What the model takes and answers.
        previous: The previous version; none where the fallback does without.
        seconds: Longest time for an answer.
        queue: Requests that may wait for the previous version.
    """

    def __init__(
        self,
        fallback: Fallback,
        signature: Signature,
        previous: Predictor | None = None,
        *,
        seconds: float,
        queue: int = 0,
    ) -> None:
        self.late = fallback.late(seconds)
        """Seconds after which the model is late."""
        answer = fallback.answer
        self._given = None if answer is None else _Given(answer, fallback.rule, signature)
        self._version = previous.record.version if previous else ""
        self._batcher = Batcher(previous, threads=1, queue=queue, aside=True) if previous else None

    async def answer(self, rows: Rows, seconds: float, request_id: str) -> Substituted | None:
        """Answer a checked matrix; none when nothing is left that can.

        Args:
            rows: Shape (rows, features).
            seconds: Longest time for the previous version.
            request_id: Whose rows they are, for the log.
        """
        if self._batcher is not None:
            try:
                answers = await self._batcher.compute(rows, seconds)
            except ProblemError as problem:
                log_line("previous-failed", request_id=request_id, reason=problem.detail)
            except Exception as error:  # it is only the second best: whatever fails is told
                log_failure(request_id, error)
            else:
                return Substituted(answers, self._version)
        return Substituted(self._given.answer(rows)) if self._given else None

    def close(self) -> None:
        """End the previous version's thread."""
        if self._batcher is not None:
            self._batcher.close()


class _Given:
    """The answers that the fallback holds itself."""

    def __init__(self, answer: Given, rule: Rule | None, signature: Signature) -> None:
        self._usual = _scores(answer, signature)
        self._rule = rule
        self._column, self._other = 0, self._usual
        if rule:
            names = [feature.name for feature in signature.features]
            self._column = names.index(rule.feature)
            self._other = _scores(rule.answer, signature)

    def answer(self, rows: Rows) -> Answers:
        """Answer a checked matrix in the model's shape; the label's probability is 1."""
        answers = np.repeat(self._usual[np.newaxis], len(rows), axis=0)
        if self._rule:
            answers[rows[:, self._column] > self._rule.above] = self._other
        return answers


def _scores(value: Given, signature: Signature) -> Answers:
    if signature.task == "regression":
        return np.asarray(float(value))
    return np.asarray([float(label == value) for label in signature.labels])
