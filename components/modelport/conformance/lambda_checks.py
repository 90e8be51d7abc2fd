"""Checks on Lambda, where a server asks for events and listens nowhere."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from modelport.conformance.checks import Case
from modelport.conformance.image_checks import Seen
from modelport.errors import ServiceError
from modelport.verify import VERSION_HEADER


def runtime_api(case: Case) -> Seen:
    """Whether it asks for an event in time."""
    api, seconds = case.server.api, case.rule.seconds or 10
    if api is None or not api.asked.wait(seconds):
        said = case.server.running.last_words() or "it said nothing"
        return Seen(
            "fail",
            f"asks for no event within {seconds:g} s; call AWS_LAMBDA_RUNTIME_API, or put a web "
            f"adapter before the server: {said}",
        )
    after = time.monotonic() - case.server.began
    return Seen("pass", f"asks for events after {after:.1f} s")


def invocation(case: Case) -> Seen:
    """Whether a request of a function URL is answered as the model answered."""
    try:
        answer = _invoke(case, case.body)
        version = answer.get("headers", {}).get(VERSION_HEADER)
        status, text = int(answer["statusCode"]), str(answer["body"])
        found = case.compare("the invocation", status, version, text)
    except (KeyError, TypeError, TimeoutError) as error:
        return Seen("fail", f"an event is not answered as a request is: {error}")
    except ServiceError as error:
        return Seen("fail", str(error))
    return Seen("pass", f"an event of a function URL: {found}")


def event_size(case: Case) -> Seen:
    """Whether the largest body is taken and a larger one gets 413."""
    limit = case.server.body_limit or 0
    sent = case.padded(limit)
    try:
        taken = _invoke(case, sent).get("statusCode")
        larger = _invoke(case, sent + b" ").get("statusCode")
    except TimeoutError as error:
        return Seen("fail", f"a body of {limit} bytes is not answered: {error}")
    if (taken, larger) != (HTTPStatus.OK, HTTPStatus.REQUEST_ENTITY_TOO_LARGE):
        return Seen("fail", f"a body of {limit} bytes gets {taken}, one more {larger}")
    return Seen("pass", f"{limit} bytes are taken, one more gets 413")


def _invoke(case: Case, body: bytes) -> dict[str, Any]:
    if case.server.api is None:
        raise TimeoutError("no Runtime API")
    event = {
        "version": "2.0",
        "rawPath": case.start.predict,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": case.start.predict}},
        "body": body.decode(),
        "isBase64Encoded": False,
    }
    _, content = case.server.api.invoke(event)
    return content if isinstance(content, dict) else {}


LAMBDA_CHECKS: dict[str, Callable[[Case], Seen]] = {
    "runtime_api": runtime_api,
    "invocation": invocation,
    "event_size": event_size,
}
"""By the rule's name."""
