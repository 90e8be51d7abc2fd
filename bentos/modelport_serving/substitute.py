"""Substitute: the answers of a fallback, in the shape of the model's own."""

import numpy as np

from modelport_serving.fallback import Fallback, Given
from modelport_serving.instances import Rows
from modelport_serving.predictor import Answers
from modelport_serving.record import Signature


class Substitute:
    """Answers in the model's place.

    Args:
        fallback: What is answered; it must fit.
        signature: What the model takes and answers.
    """

    def __init__(self, fallback: Fallback, signature: Signature) -> None:
        self._usual = _scores(fallback.answer, signature)
        self._rule = fallback.rule
        self._column, self._other = 0, self._usual
        if fallback.rule:
            names = [feature.name for feature in signature.features]
            self._column = names.index(fallback.rule.feature)
            self._other = _scores(fallback.rule.answer, signature)

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
