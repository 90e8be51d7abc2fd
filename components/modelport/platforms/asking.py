"""Asking: one prediction request to an address."""

from collections.abc import Mapping

import httpx

from modelport.errors import ServiceError
from modelport.live.service import Answer


def post(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Answer:
    """Send a JSON body; a status above 299 is an answer too.

    Raises:
        ServiceError: there was no answer.
    """
    sent = {"content-type": "application/json", **headers}
    try:
        with httpx.Client(timeout=timeout) as client:
            response = client.post(url, content=body, headers=sent)
    except httpx.HTTPError as error:
        raise ServiceError(f"{url} does not answer: {type(error).__name__}: {error}") from None
    return Answer(response.status_code, response.content, dict(response.headers))
