"""Asking: one prediction request to an address."""

from collections.abc import Mapping

import httpx

from modelport.errors import ServiceError
from modelport.live.service import Answer
from modelport.verify import bearer_header


def post(
    url: str,
    body: bytes,
    timeout: float,
    *,
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a JSON body; a status above 299 is an answer too.

    Args:
        url: Where to.
        body: JSON.
        timeout: Seconds.
        token: Our key, or an identity's token; none where `headers` prove who asks.
        headers: More headers.

    Raises:
        ServiceError: there was no answer.
    """
    sent = {"content-type": "application/json", **(headers or {}), **bearer_header(token)}
    try:
        with httpx.Client(timeout=timeout) as client:
            response = client.post(url, content=body, headers=sent)
    except httpx.HTTPError as error:
        raise ServiceError(f"{url} does not answer: {type(error).__name__}: {error}") from None
    return Answer(response.status_code, response.content, dict(response.headers))
