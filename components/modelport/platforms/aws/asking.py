"""Asking: one prediction of what is behind a load balancer; no Pulumi."""

from collections.abc import Mapping

from modelport.errors import ServiceError
from modelport.live.service import Answer, Names, NotReachable
from modelport.platforms.asking import post

_PATIENCE = 15.0
"""Seconds for an address that perhaps cannot be reached from here."""


def ask_balanced(
    names: Names,
    body: bytes,
    key: str | None,
    timeout: float,
    *,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Ask by `names["url"]`; where `names["reach"]` is not `everywhere`, no answer is no wonder.

    Args:
        names: Names of the service.
        body: JSON.
        key: Our key.
        timeout: Seconds.
        headers: More headers.

    Raises:
        NotReachable: the load balancer is inside its network, or its name is not set yet.
        ServiceError: there was no answer.
    """
    url = f"{names['url']}/predict"
    if names.get("reach") == "everywhere":
        return post(url, body, timeout, token=key, headers=headers)
    try:
        return post(url, body, min(timeout, _PATIENCE), token=key, headers=headers)
    except ServiceError as error:
        message = f"its load balancer cannot be reached from here: {error}"
        raise NotReachable(message) from None
