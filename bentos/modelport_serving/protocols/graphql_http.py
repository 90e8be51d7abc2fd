"""GraphQL over HTTP: reads its requests and writes its errors, without a GraphQL library.

An answer is `application/graphql-response+json`, with the status of what happened; or, for clients
that take `application/json` alone, that, and then errors of the query itself have status 200.
https://graphql.github.io/graphql-over-http/draft/
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from modelport_serving.accept import preferred
from modelport_serving.body import JSON_TYPE, parse_json
from modelport_serving.exchange import NO_STORE, Exchange, Reply
from modelport_serving.problems import ProblemError
from modelport_serving.protocols.native import encode

RESPONSE = "application/graphql-response+json"
"""Content type of answers."""
_ABOUT_THE_QUERY = ("invalid-query", "invalid-instances")
"""Problems of requests that are well-formed in HTTP."""


class QueryError(ProblemError):
    """A query that is refused, with GraphQL's own errors.

    Args:
        kind: Last part of the problem's type.
        status: HTTP status code.
        entries: `message` and, where it is known, `locations` of each.
    """

    def __init__(self, status: int, kind: str, entries: Sequence[dict[str, Any]]) -> None:
        super().__init__(status, kind, str(entries[0]["message"]))
        self.entries = tuple(entries)


class AnsweredError(Exception):
    """A request that needs no prediction, with its answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    query: str
    operation: str | None
    """Name of the one that is meant; none where there is one only."""
    variables: dict[str, Any]


def read_request(body: bytes) -> Asked:
    """Read a request.

    Raises:
        ProblemError: 400; it is none.
    """
    document = parse_json(body)
    fields = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    query, operation = fields.get("query"), fields.get("operationName")
    variables = fields.get("variables")
    if not isinstance(query, str):
        raise _shape("query is no string")
    if operation is not None and not isinstance(operation, str):
        raise _shape("operationName is no string")
    for name in ("variables", "extensions"):
        if not isinstance(fields.get(name), dict | None):
            raise _shape(f"{name} is no object")
    return Asked(query, operation, variables or {})


def answer(exchange: Exchange, content: dict[str, Any]) -> Reply:
    """Write an answer with data.

    Raises:
        ProblemError: 406; the caller takes no content type of these answers.
    """
    return Reply(encode(content), media=_typed(media_for(exchange)))


def media_for(exchange: Exchange) -> str:
    """Content type of the answer.

    Raises:
        ProblemError: 406; the caller takes none of them.
    """
    media = preferred(exchange.headers, (RESPONSE, JSON_TYPE))
    if media is None:
        detail = f"the answer is {RESPONSE} or {JSON_TYPE}; name one of them in Accept"
        raise ProblemError(406, "not-acceptable", detail)
    return media


def refusal(problem: ProblemError, exchange: Exchange) -> Reply:
    """Write an error as GraphQL's clients read it."""
    extensions: dict[str, Any] = {
        "type": f"urn:modelport:problem:{problem.kind}",
        "status": problem.status,
        "request_id": exchange.request_id,
    }
    if problem.errors:
        extensions["errors"] = [
            {"path": fault.path, "detail": fault.detail} for fault in problem.errors
        ]
    entries = problem.entries if isinstance(problem, QueryError) else ({"message": problem.detail},)
    found = [{**entry, "extensions": extensions} for entry in entries]
    # What it repeats of the request may be no Unicode, which msgspec does not write.
    body = json.dumps({"errors": found}).encode()
    media = preferred(exchange.headers, (RESPONSE, JSON_TYPE)) or RESPONSE
    told = media == JSON_TYPE and problem.kind in _ABOUT_THE_QUERY
    status = 200 if told else problem.status
    return Reply(body, status, _typed(media), (NO_STORE, *problem.raw_headers))


def _typed(media: str) -> bytes:
    return f"{media}; charset=utf-8".encode()


def _shape(detail: str) -> ProblemError:
    return ProblemError(400, "invalid-body", f'{detail}; send {{"query": "…", "variables": {{…}}}}')
