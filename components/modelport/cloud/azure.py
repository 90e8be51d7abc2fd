"""Azure: its resource manager with Entra's tokens, and the tokens of callers.

`MODELPORT_AZURE_ENDPOINT` names another address of the resource manager, e.g. a private cloud's, or
a server of a test. On a plain loopback address no credentials are asked for and none are sent.
"""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import httpx

from modelport.errors import ServiceError

ENDPOINT = "MODELPORT_AZURE_ENDPOINT"
_MANAGEMENT = "https://management.azure.com"
_TRIES = 5
_BUSY = frozenset({429, 500, 502, 503, 504})
_BACKOFF = 0.5
"""Seconds after the first try; doubled after each further one."""
_SHORTEST, _LONGEST = 0.2, 15.0
"""Seconds between two looks at a long operation, growing."""
_NOT_FOUND = 404


class NotFoundError(ServiceError):
    """What was asked for is not there."""


class Azure:
    """Resources of one version of an API."""

    def __init__(self, version: str) -> None:
        self._base = os.environ.get(ENDPOINT, _MANAGEMENT).rstrip("/")
        self._local = self._base.startswith("http://127.0.0.1:")
        self._version = version

    def get(self, resource: str) -> dict[str, Any]:
        """A resource by its id, `/subscriptions/…`.

        Raises:
            NotFoundError: it is not there.
            ServiceError: Azure refused or did not answer.
        """
        return _content(self._call("GET", resource, None))

    def patch(
        self,
        resource: str,
        body: Mapping[str, Any],
        timeout: float,
        status: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """Change a part of a resource, and wait until it is done.

        Raises:
            NotFoundError: it is not there.
            ServiceError: Azure refused, did not answer or did not end in time.
        """
        self._wait(self._call("PATCH", resource, body), timeout, status)

    def put(
        self,
        resource: str,
        body: Mapping[str, Any],
        timeout: float,
        status: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """Write a whole resource, and wait until it is done.

        Raises:
            ServiceError: Azure refused, did not answer or did not end in time.
        """
        self._wait(self._call("PUT", resource, body), timeout, status)

    def post(
        self, resource: str, action: str, body: Mapping[str, Any], timeout: float
    ) -> dict[str, Any]:
        """Do something with a resource, wait until it is done, and return what Azure said first.

        Raises:
            NotFoundError: it is not there.
            ServiceError: Azure refused, did not answer or did not end in time.
        """
        response = self._call("POST", f"{resource}/{action}", body)
        self._wait(response, timeout, lambda _text: None)
        return _content(response)

    def _wait(
        self, response: httpx.Response, timeout: float, status: Callable[[str], None]
    ) -> None:
        """https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations."""
        address = response.headers.get("azure-asyncoperation") or response.headers.get("location")
        begun, pause = time.monotonic(), _SHORTEST
        while address:
            elapsed = time.monotonic() - begun
            if elapsed > timeout:
                raise ServiceError(f"Azure has not ended after {elapsed:.0f} s")
            status(f"waiting for Azure, {elapsed:.0f} s")
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST)
            seen = self._call("GET", address, None)
            state = str(_content(seen).get("status", "")) if seen.status_code != 202 else "Running"
            if state in {"Failed", "Canceled"}:
                error = cast("dict[str, Any]", _content(seen).get("error") or {})
                raise ServiceError(f"Azure: {error.get('message') or state}")
            if state in {"", "Succeeded"}:
                return

    def _call(self, method: str, place: str, body: Mapping[str, Any] | None) -> httpx.Response:
        absolute = place.startswith("http")
        url = place if absolute else f"{self._base}{place}"
        params = None if absolute else {"api-version": self._version}
        headers = {} if self._local else {"authorization": f"Bearer {token(_MANAGEMENT)}"}
        for attempt in range(1, _TRIES + 1):
            try:
                with httpx.Client(timeout=60, trust_env=not self._local) as client:
                    response = client.request(
                        method, url, json=body, params=params, headers=headers
                    )
            except httpx.HTTPError as error:
                if attempt == _TRIES:
                    message = f"{url} does not answer: {type(error).__name__}: {error}"
                    raise ServiceError(message) from None
            else:
                if response.status_code not in _BUSY or attempt == _TRIES:
                    return _checked(response)
            time.sleep(_BACKOFF * 2 ** (attempt - 1))
        raise ServiceError(f"{url} does not answer")


def token(audience: str) -> str:
    """A token of whoever runs this, for one of Azure's services.

    Args:
        audience: E.g. `https://management.azure.com` or `https://ml.azure.com`.

    Raises:
        ServiceError: there are no credentials.
    """
    from azure.core.exceptions import ClientAuthenticationError
    from azure.identity import CredentialUnavailableError, DefaultAzureCredential

    if os.environ.get(ENDPOINT, "").startswith("http://127.0.0.1:"):
        return "offline"
    try:
        return str(DefaultAzureCredential().get_token(f"{audience}/.default").token)
    except (ClientAuthenticationError, CredentialUnavailableError) as error:
        first = str(error).splitlines()[0]
        raise ServiceError(f"Azure takes no credentials from here: {first}") from None


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    error = _content(response).get("error")
    said = cast("dict[str, Any]", error).get("message") if isinstance(error, dict) else error
    message = f"Azure answered {response.status_code}: {said or response.text[:200]}"
    if response.status_code == _NOT_FOUND:
        raise NotFoundError(message)
    raise ServiceError(message)


def _content(response: httpx.Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
