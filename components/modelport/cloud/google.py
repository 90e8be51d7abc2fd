"""Google: its REST APIs with Google's own credentials, and the tokens of callers.

`MODELPORT_GOOGLE_ENDPOINT` names another address for every API, e.g. a private endpoint, or a
server of a test. On a plain loopback address no credentials are asked for and none are sent.
"""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, cast

import httpx

from modelport.errors import ServiceError

ENDPOINT = "MODELPORT_GOOGLE_ENDPOINT"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TRIES = 5
"""Times that a call which may be repeated is made before it is given up."""
_BUSY = frozenset({429, 500, 502, 503, 504})
_BACKOFF = 0.5
"""Seconds after the first try; doubled after each further one."""
_SHORTEST, _LONGEST = 0.1, 15.0
"""Seconds between two looks at a long operation, growing."""
_LOCAL = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:|/|$)")
_PERMISSION = re.compile(r"[Pp]ermission '?([a-z]+(?:\.[A-Za-z]+){1,3})'?")


class NotFoundError(ServiceError):
    """What was asked for is not there."""


class ConflictError(ServiceError):
    """What should be made is there already, or something else is being done to it."""


class OperationFailedError(ServiceError):
    """A long operation has ended without what it was for."""


class Google:
    """One API in one place, e.g. `Google("https://run.googleapis.com/v2")`."""

    def __init__(self, address: str) -> None:
        own = os.environ.get(ENDPOINT, "").rstrip("/")
        # The version is a part of the path, wherever the API is.
        self._address = f"{own}/{address.rsplit('/', 1)[-1]}" if own else address
        self._local = _is_local(own)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Read.

        Raises:
            NotFoundError: it is not there.
            ServiceError: Google refused or did not answer.
        """
        return self._call("GET", path, None, params, repeat=True)

    def pages(
        self, path: str, key: str, params: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page.

        Args:
            path: The collection.
            key: The property that holds the items.
            params: As `get` takes them.

        Raises:
            NotFoundError: what holds the collection is not there.
            ServiceError: Google refused or did not answer.
        """
        token = ""
        while True:
            page = self.get(path, {**(params or {}), **({"pageToken": token} if token else {})})
            yield from cast("list[dict[str, Any]]", page.get(key) or [])
            token = str(page.get("nextPageToken") or "")
            if not token:
                return

    def post(
        self,
        path: str,
        body: Mapping[str, Any],
        params: Mapping[str, str] | None = None,
        *,
        repeat: bool = False,
    ) -> dict[str, Any]:
        """Make, or do.

        Args:
            path: What is called.
            body: JSON.
            params: The query.
            repeat: Whether it may be called again when there was no answer. Only where the caller
                chose the name of what is made: a second call is then a `ConflictError`.

        Raises:
            ConflictError: it is there already.
            ServiceError: Google refused or did not answer.
        """
        return self._call("POST", path, body, params, repeat=repeat)

    def patch(
        self, path: str, body: Mapping[str, Any], params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Change what `params["updateMask"]` names.

        Raises:
            NotFoundError: it is not there.
            ServiceError: Google refused or did not answer.
        """
        return self._call("PATCH", path, body, params, repeat=True)

    def delete(self, path: str) -> dict[str, Any]:
        """Remove.

        Raises:
            NotFoundError: it is not there.
            ServiceError: Google refused or did not answer.
        """
        return self._call("DELETE", path, None, None, repeat=True)

    def wait(
        self,
        operation: Mapping[str, Any],
        timeout: float,
        status: Callable[[str], None] = lambda _text: None,
    ) -> dict[str, Any]:
        """Wait for a long operation and return what it made.

        Args:
            operation: As a call returned it: `name`, and `done` when it has ended.
            timeout: Seconds.
            status: Told how long it has taken.

        Raises:
            NotFoundError: nobody knows the operation.
            OperationFailedError: it has failed.
            ServiceError: it has not ended in time, or Google did not answer.
        """
        begun, pause, seen = time.monotonic(), _SHORTEST, dict(operation)
        while not seen.get("done"):
            elapsed = time.monotonic() - begun
            if elapsed > timeout:
                raise ServiceError(f"{seen['name']} has not ended after {elapsed:.0f} s")
            status(f"waiting for Google, {elapsed:.0f} s")
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST)
            seen = self.get(str(seen["name"]))
        if "error" in seen:
            error = cast("dict[str, Any]", seen["error"])
            raise OperationFailedError(f"Google: {error.get('message') or error}")
        return cast("dict[str, Any]", seen.get("response") or {})

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        params: Mapping[str, str] | None,
        *,
        repeat: bool,
    ) -> dict[str, Any]:
        url = f"{self._address}/{path.lstrip('/')}"
        headers = {} if self._local else {"authorization": f"Bearer {access_token()}"}
        for attempt in range(1, _TRIES + 1):
            last = attempt == _TRIES or not repeat
            try:
                with httpx.Client(timeout=60, trust_env=not self._local) as client:
                    response = client.request(
                        method, url, json=body, params=dict(params or {}), headers=headers
                    )
            except httpx.HTTPError as error:
                if last:
                    message = f"{url} does not answer: {type(error).__name__}: {error}"
                    raise ServiceError(message) from None
            else:
                if response.status_code not in _BUSY or last:
                    return _read(response)
            time.sleep(_BACKOFF * 2 ** (attempt - 1))
        raise ServiceError(f"{url} does not answer")


def access_token() -> str:
    """A token of whoever runs this, for Google's APIs; kept until shortly before it expires.

    Raises:
        ServiceError: there are no credentials, or they are no longer good.
    """
    import google.auth
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request

    with _LOCK:
        try:
            if "credentials" not in _KEPT:
                _KEPT["credentials"] = google.auth.default(scopes=[_SCOPE])[0]
            credentials = _KEPT["credentials"]
            if not credentials.valid:
                credentials.refresh(Request())
        except GoogleAuthError as error:
            _KEPT.clear()
            message = (
                f"Google takes no credentials from here: {error}; run 'gcloud auth "
                "application-default login', or set GOOGLE_APPLICATION_CREDENTIALS"
            )
            raise ServiceError(message) from None
        return str(credentials.token)


def id_token(audience: str) -> str:
    """A token that proves who calls a service, e.g. one of Cloud Run.

    Args:
        audience: The service's own address.

    Raises:
        ServiceError: these credentials cannot prove it; a person's account needs `gcloud`.
    """
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request
    from google.oauth2 import id_token as tokens

    if _is_local(os.environ.get(ENDPOINT, "")):
        return "offline"
    try:
        return str(tokens.fetch_id_token(Request(), audience))
    except (GoogleAuthError, ValueError) as error:
        message = f"no identity token for {audience}: {error}; use a service account's credentials"
        raise ServiceError(message) from None


_LOCK = threading.Lock()
_KEPT: dict[str, Any] = {}
"""The credentials of this process; those of google-auth are looked up once."""


def _is_local(address: str) -> bool:
    return _LOCAL.match(address) is not None


def _read(response: httpx.Response) -> dict[str, Any]:
    try:
        content: Any = response.json() if response.content else {}
    except ValueError:
        content = {}
    if isinstance(content, list):  # streaming methods answer with a list of one
        content = cast("list[Any]", content)[0] if content else {}
    if response.is_success:
        return cast("dict[str, Any]", content)
    found = cast("dict[str, Any]", content).get("error") or {}
    error = cast("dict[str, Any]", found) if isinstance(found, dict) else {"message": str(found)}
    said = str(error.get("message") or response.text[:200]).strip().rstrip(".")
    message = f"Google answered {response.status_code}: {said}"
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise NotFoundError(message)
    if response.status_code == HTTPStatus.CONFLICT:
        raise ConflictError(message)
    raise ServiceError(f"{message}{_next_step(response.status_code, error, said)}")


def _next_step(code: int, error: Mapping[str, Any], said: str) -> str:
    """What to do about a refusal, where it is always the same."""
    if code == HTTPStatus.FORBIDDEN:
        permission = _permission(error, said)
        if permission:
            return f"; grant {permission} to the account that deploys"
    if code == HTTPStatus.UNAUTHORIZED:
        return "; sign in again with 'gcloud auth application-default login'"
    if code == HTTPStatus.TOO_MANY_REQUESTS:
        return "; ask for a higher quota, or wait and try again"
    return ""


def _permission(error: Mapping[str, Any], said: str) -> str:
    """The permission that is missing, where the answer names it."""
    for detail in cast("list[dict[str, Any]]", error.get("details") or []):
        permission = cast("dict[str, Any]", detail.get("metadata") or {}).get("permission")
        if permission:
            return str(permission)
    match = _PERMISSION.search(said)
    return match.group(1) if match else ""
