"""Base: what a protocol is, and what all of them share."""

from typing import Any, Protocol

import msgspec

from modelport_serving.exchange import NO_STORE, Exchange, Reply
from modelport_serving.instances import MAX_FAULTS, InvalidInstancesError, Rows
from modelport_serving.predictor import Predictor
from modelport_serving.problems import ProblemError

Plain = list[dict[str, Any]]
"""Predictions as JSON holds them."""


class Wire(Protocol):
    """One way of asking and answering."""

    @property
    def media(self) -> tuple[str, ...]:
        """Content types that it takes."""
        ...

    def rows(self, body: bytes, exchange: Exchange, predictor: Predictor, most: int) -> Rows:
        """Read a body as a checked matrix of at most so many rows.

        Raises:
            ProblemError: it holds something else.
        """
        ...

    def reply(self, predictions: Plain, exchange: Exchange) -> Reply:
        """Write predictions."""
        ...


def checked(predictor: Predictor, instances: object, most: int) -> Rows:
    """Check instances; what is wrong with them becomes a 422 that lists it."""
    try:
        return predictor.read(instances, most)
    except InvalidInstancesError as error:
        if error.more:
            detail = f"the instances are wrong in more than {MAX_FAULTS} places"
        else:
            detail = f"the instances are wrong in {_count(len(error.faults), 'place')}"
        problem = ProblemError(422, "invalid-instances", detail, errors=error.faults)
        raise problem from None


def refusal(problem: ProblemError, request_id: str) -> Reply:
    """Write an error as clients of other servers read it: `{"error": "…"}`."""
    faults = "; ".join(f"{fault.path} {fault.detail}" for fault in problem.errors)
    told = not faults or faults in problem.detail
    said = problem.detail if told else f"{problem.detail}: {faults}"
    body = msgspec.json.encode({"error": said, "request_id": request_id})
    return Reply(body, problem.status, headers=(NO_STORE, *problem.raw_headers))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
