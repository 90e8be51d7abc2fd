"""Problems: every error answer of the service, one shape, RFC 9457 `application/problem+json`."""

import json
import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from modelport_serving.instances import MAX_FAULTS, Fault, InvalidInstancesError

MEDIA_TYPE = b"application/problem+json"


class ProblemError(Exception):
    """An error answer; raised anywhere in the application, sent by the gate.

    Args:
        status: HTTP status code.
        kind: Last part of the problem's type, e.g. `invalid-instances`.
        detail: Sentence for the caller: what is wrong and what to do. It never holds an
            exception's text.
        errors: Each single fault, for a request with several.
        headers: Headers that the status needs, e.g. `Retry-After`.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = tuple(headers)

    @property
    def raw_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers as they are sent."""
        return tuple((name.encode(), value.encode()) for name, value in self.headers)

    def body(self, request_id: str) -> bytes:
        """Write the problem document for the request with this id."""
        document: dict[str, Any] = {
            "type": f"urn:modelport:problem:{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": request_id,
        }
        if self.errors:
            document["errors"] = [
                {"path": fault.path, "detail": fault.detail} for fault in self.errors
            ]
        return json.dumps(document).encode()


def unauthorized() -> ProblemError:
    """Build the 401: no key, or not the right one (which of the two is not told)."""
    return ProblemError(
        401,
        "unauthorized",
        "send the API key in the header Authorization: Bearer <key>",
        headers=[("www-authenticate", 'Bearer realm="modelport"')],
    )


def no_token() -> ProblemError:
    """Build the 401: no token was sent."""
    return ProblemError(
        401,
        "unauthorized",
        "send a token of the issuer in the header Authorization: Bearer <token>",
        headers=[("www-authenticate", 'Bearer realm="modelport"')],
    )


def invalid_token(why: str) -> ProblemError:
    """Build the 401 for a token that is not let in, as RFC 6750 says it."""
    return ProblemError(
        401,
        "invalid-token",
        f"the token is not accepted: {why}; get a new one",
        headers=[
            (
                "www-authenticate",
                f'Bearer realm="modelport", error="invalid_token", error_description="{why}"',
            )
        ],
    )


def forbidden(claim: str) -> ProblemError:
    """Build the 403 for a valid token without a claim that callers need."""
    return ProblemError(
        403,
        "forbidden",
        f"the token is valid, but its claim {claim} does not let its bearer in",
        headers=[("www-authenticate", 'Bearer realm="modelport", error="insufficient_scope"')],
    )


def rate_limited(seconds: float) -> ProblemError:
    """Build the 429 for a caller that asks too often, with the time until it may ask again."""
    wait = max(1, math.ceil(seconds))
    detail = f"too many requests of one caller; try again in {wait} s"
    return ProblemError(429, "rate-limited", detail, headers=[("retry-after", str(wait))])


def not_found(routes: Sequence[str]) -> ProblemError:
    """Build the 404 for a path that is no route."""
    return ProblemError(404, "not-found", f"no such path; there are {', '.join(routes)}")


def method_not_allowed(route: str, methods: Sequence[str]) -> ProblemError:
    """Build the 405 for a route that does not take the method."""
    allowed = ", ".join(methods)
    detail = f"{route} takes {allowed}"
    return ProblemError(405, "method-not-allowed", detail, headers=[("allow", allowed)])


def too_large(limit: int) -> ProblemError:
    """Build the 413 for a body of more than `limit` bytes."""
    detail = f"the body is larger than {limit} bytes; send fewer rows at once"
    return ProblemError(413, "body-too-large", detail)


def headers_too_large(limit: int) -> ProblemError:
    """Build the 431 for headers of more than `limit` bytes."""
    detail = f"the request's headers are larger than {limit} bytes"
    return ProblemError(431, "headers-too-large", detail)


def internal() -> ProblemError:
    """Build the 500; what happened is in the log under the request's id."""
    detail = "the service failed; its log says why under this request's id"
    return ProblemError(500, "internal", detail)


def unavailable(kind: str, detail: str, retry_seconds: int = 1) -> ProblemError:
    """Build a 503 with the time in seconds after which a new try makes sense."""
    return ProblemError(503, kind, detail, headers=[("retry-after", str(retry_seconds))])


def invalid(error: InvalidInstancesError) -> ProblemError:
    """Build the 422 that lists what is wrong with instances."""
    count = len(error.faults)
    places = f"more than {MAX_FAULTS} places" if error.more else f"{count} places"
    detail = f"the instances are wrong in {'1 place' if count == 1 else places}"
    return ProblemError(422, "invalid-instances", detail, errors=error.faults)
