"""Problems: every error answer of the service, one shape, RFC 9457 `application/problem+json`."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from modelport_serving.instances import Fault

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


def internal() -> ProblemError:
    """Build the 500; what happened is in the log under the request's id."""
    detail = "the service failed; its log says why under this request's id"
    return ProblemError(500, "internal", detail)


def unavailable(kind: str, detail: str, retry_seconds: int = 1) -> ProblemError:
    """Build a 503 with the time in seconds after which a new try makes sense."""
    return ProblemError(503, kind, detail, headers=[("retry-after", str(retry_seconds))])
