"""Google: its REST APIs with Google's own credentials, and the tokens of callers.

`MODELPORT_GOOGLE_ENDPOINT` names another address for every API, e.g. a private endpoint, or a
server of a test. On a plain loopback address no credentials are asked for and none are sent.
"""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import httpx

from modelport.errors import ServiceError

ENDPOINT = "MODELPORT_GOOGLE_ENDPOINT"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TRIES = 5
"""Times that a call which may be repeated is made before it is given up."""
_BUSY = frozenset({429, 500, 502, 503, 504})
_NOT_FOUND, _CONFLICT = 404, 409
_SHORTEST, _LONGEST = 0.5, 15.0
"""Seconds between two looks at a long operation, growing."""


class NotFoundError(ServiceError):
    """What was asked for is not there."""


class ConflictError(ServiceError):
    """What should be made is there already, or something else is being done to it."""


class Google:
    """One API in one place, e.g. `Google("https://run.googleapis.com/v2")`."""

    def __init__(self, address: str) -> None:
        own = os.environ.get(ENDPOINT, "")
        # The version is a part of the path, wherever the API is.
        self._address = f"{own}/{address.rsplit('/', 1)[-1]}" if own else address
        self._local = own.startswith("http://127.0.0.1:")

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Read.

        Raises:
            NotFoundError: it is not there.
            ServiceError: Google refused or did not answer.
        """
        return self._call("GET", path, None, params, repeat=True)

    def post(
        self, path: str, body: Mapping[str, Any], params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Make, or do; never repeated, for it may have been done.

        Raises:
            ConflictError: it is there already.
            ServiceError: Google refused or did not answer.
        """
        return self._call("POST", path, body, params, repeat=False)

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
            ServiceError: it failed, or has not ended in time.
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
            raise ServiceError(f"Google: {error.get('message') or error}")
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
            time.sleep(_SHORTEST * 2 ** (attempt - 1))
        raise ServiceError(f"{url} does not answer")


def access_token() -> str:
    """A token of whoever runs this, for Google's APIs.

    Raises:
        ServiceError: there are no credentials, or they are no longer good.
    """
    import google.auth
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request

    try:
        credentials: Any = google.auth.default(scopes=[_SCOPE])[0]
        credentials.refresh(Request())
    except GoogleAuthError as error:
        raise ServiceError(f"Google takes no credentials from here: {error}") from None
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

    if os.environ.get(ENDPOINT, "").startswith("http://127.0.0.1:"):
        return "offline"
    try:
        return str(tokens.fetch_id_token(Request(), audience))
    except (GoogleAuthError, ValueError) as error:
        message = f"no identity token for {audience}: {error}; use a service account's credentials"
        raise ServiceError(message) from None


def _read(response: httpx.Response) -> dict[str, Any]:
    try:
        content = response.json() if response.content else {}
    except ValueError:
        content = {}
    if response.is_success:
        return cast("dict[str, Any]", content)
    error = cast("dict[str, Any]", content).get("error") or {}
    said = error.get("message") if isinstance(error, dict) else str(error)
    message = f"Google answered {response.status_code}: {said or response.text[:200]}"
    if response.status_code == _NOT_FOUND:
        raise NotFoundError(message)
    if response.status_code == _CONFLICT:
        raise ConflictError(message)
    raise ServiceError(message)
