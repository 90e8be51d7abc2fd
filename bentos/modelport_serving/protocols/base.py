"""Base: what a protocol is, and what all of them share."""

import json
from typing import Any, Protocol

from modelport_serving.exchange import NO_STORE, Exchange, Reply
from modelport_serving.instances import InvalidInstancesError, Rows
from modelport_serving.predictor import Predictor
from modelport_serving.problems import ProblemError, invalid

Plain = list[dict[str, Any]]
"""Predictions as JSON holds them."""


class Wire(Protocol):
    """One way of asking and answering."""

    @property
    def media(self) -> tuple[str, ...]:
        """Content types that it takes."""
        ...

    @property
    def slow(self) -> bool:
        """Whether many predictions are written in a thread, so that others are not held up."""
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
        raise invalid(error) from None


def refusal(problem: ProblemError, exchange: Exchange) -> Reply:
    """Write an error as clients of other servers read it: `{"error": "…"}`."""
    faults = "; ".join(f"{fault.path} {fault.detail}" for fault in problem.errors)
    told = not faults or faults in problem.detail
    said = problem.detail if told else f"{problem.detail}: {faults}"
    # What it repeats of the request may be no Unicode, which msgspec does not write.
    body = json.dumps({"error": said, "request_id": exchange.request_id}).encode()
    return Reply(body, problem.status, headers=(NO_STORE, *problem.raw_headers))
