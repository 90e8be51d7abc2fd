"""Heroku: its Platform API with the key in `HEROKU_API_KEY`.

`MODELPORT_HEROKU_ENDPOINT` names another address, e.g. the server of a test; on a plain loopback
address no proxy is used.

Facts from https://devcenter.heroku.com/articles/platform-api-reference: every request names
version 3 in its `Accept` header; errors have an `id` and a `message`; an account that asks too
often gets 429 until its pool of requests fills up again; lists come in pages, by `Range` headers.
"""

import os
import re
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Literal, cast

import httpx

from modelport.errors import ServiceError

ENDPOINT = "MODELPORT_HEROKU_ENDPOINT"
KEY = "HEROKU_API_KEY"
_ADDRESS = "https://api.heroku.com"
Variant = Literal["", "docker-releases"]
"""Variant of the API's version 3; `docker-releases` has images in the formation:
https://devcenter.heroku.com/articles/container-registry-and-runtime#api."""
_TRIES = 6
"""Times that a call which may be repeated is made before it is given up."""
_BACKOFF = 1.0
"""Seconds after the first try; doubled after each further one."""
_REPEATED = frozenset({"GET", "PATCH", "DELETE"})
"""Calls that do the same when they are made twice."""
_LOCAL = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:|/|$)")
_SHORTEST_SECRET = 4
"""Characters of a value from which it is cut out of what Heroku says."""


class NotFoundError(ServiceError):
    """What was asked for is not there."""


class ForbiddenError(ServiceError):
    """It is there, but not for this account."""


class Heroku:
    """The Platform API, e.g. `Heroku().get("/apps/cancer-prod")`.

    Raises:
        ServiceError: there is no key.
    """

    def __init__(self) -> None:
        self._address = (os.environ.get(ENDPOINT) or _ADDRESS).rstrip("/")
        self._key = os.environ.get(KEY, "").strip()
        self._local = _LOCAL.match(self._address) is not None
        if not self._key:
            message = (
                f"no key of Heroku is here; set {KEY} to the output of "
                "'heroku authorizations:create'"
            )
            raise ServiceError(message)

    def get(self, path: str) -> dict[str, Any]:
        """Read one thing.

        Raises:
            NotFoundError: it is not there.
            ServiceError: Heroku refused or did not answer.
        """
        return cast("dict[str, Any]", self._call("GET", path, None).json())

    def items(self, path: str, order: str = "", most: int = 1000) -> list[dict[str, Any]]:
        """Read a list.

        Args:
            path: The list.
            order: Property by which the newest come first, e.g. `version`; empty: as they come.
            most: Items that are read at most.

        Raises:
            NotFoundError: what holds the list is not there.
            ServiceError: Heroku refused or did not answer.
        """
        found: list[dict[str, Any]] = []
        span = f"{order} ..; max={min(most, 1000)}, order=desc" if order else ""
        while True:
            response = self._call("GET", path, None, span=span)
            found += cast("list[dict[str, Any]]", response.json())
            span = response.headers.get("next-range", "")
            if not span or len(found) >= most:
                return found[:most]

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make, or do; it is not repeated when nothing answers.

        Raises:
            ServiceError: Heroku refused or did not answer.
        """
        return cast("dict[str, Any]", self._call("POST", path, body).json())

    def patch(
        self,
        path: str,
        body: Mapping[str, Any],
        variant: Variant = "",
        hidden: Iterable[str] = (),
    ) -> Any:
        """Change what the body names.

        Args:
            path: What is changed.
            body: JSON.
            variant: Of the API's version.
            hidden: Values that must not come up in an error.

        Raises:
            NotFoundError: it is not there.
            ServiceError: Heroku refused or did not answer.
        """
        return self._call("PATCH", path, body, variant=variant, hidden=hidden).json()

    def delete(self, path: str) -> None:
        """Remove.

        Raises:
            NotFoundError: it is not there.
            ServiceError: Heroku refused or did not answer.
        """
        self._call("DELETE", path, None)

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        *,
        variant: Variant = "",
        span: str = "",
        hidden: Iterable[str] = (),
    ) -> httpx.Response:
        url = f"{self._address}{path}"
        version = f"3.{variant}" if variant else "3"
        headers = {
            "accept": f"application/vnd.heroku+json; version={version}",
            "authorization": f"Bearer {self._key}",
        } | ({"range": span} if span else {})
        for attempt in range(1, _TRIES + 1):
            last = attempt == _TRIES
            try:
                with httpx.Client(timeout=60, trust_env=not self._local) as client:
                    response = client.request(method, url, json=body, headers=headers)
            except httpx.HTTPError as error:
                if last or method not in _REPEATED:
                    message = f"{url} does not answer: {type(error).__name__}: {error}"
                    raise ServiceError(message) from None
            else:
                if last or not _again(method, response.status_code):
                    return _checked(response, [self._key, *hidden])
            time.sleep(_BACKOFF * 2 ** (attempt - 1))
        raise ServiceError(f"{url} does not answer")


def found(heroku: Heroku, path: str) -> dict[str, Any] | None:
    """One thing as it is now; none when it is not there."""
    try:
        return heroku.get(path)
    except NotFoundError:
        return None


def _again(method: str, code: int) -> bool:
    """Whether an answer asks for another try; one that came too often was not looked at."""
    return code == HTTPStatus.TOO_MANY_REQUESTS or (
        code == HTTPStatus.SERVICE_UNAVAILABLE and method in _REPEATED
    )


def _checked(response: httpx.Response, hidden: Iterable[str]) -> httpx.Response:
    if response.is_success:
        return response
    try:
        content: Any = response.json()
    except ValueError:
        content = {}
    error = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    said = str(error.get("message") or response.text[:200]).strip().rstrip(".")
    for value in sorted(hidden, key=len, reverse=True):
        if len(value) >= _SHORTEST_SECRET:
            said = said.replace(value, "[hidden]")
    name = str(error.get("id") or response.status_code)
    message = f"Heroku answered {name}: {said}{_NEXT_STEPS.get(name, '')}"
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise NotFoundError(message)
    if response.status_code == HTTPStatus.FORBIDDEN:
        raise ForbiddenError(message)
    raise ServiceError(message)


_NEXT_STEPS = {
    "unauthorized": f"; set {KEY} to the output of 'heroku authorizations:create'",
    "verification_needed": "; enter billing information on Heroku's dashboard",
    "delinquent": "; settle the account's bills on Heroku's dashboard",
    "rate_limit": "; wait some minutes and try again",
}
"""What to do about a refusal, where it is always the same."""
