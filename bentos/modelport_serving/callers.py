"""Callers: who may ask, by an API key or a token, and how often."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelport_serving.errors import StartError
from modelport_serving.exchange import Exchange
from modelport_serving.metrics import Metrics
from modelport_serving.oidc import DISTRIBUTIONS
from modelport_serving.problems import forbidden, no_token, rate_limited, unauthorized
from modelport_serving.rate_limit import Limiter, neighbourhood
from modelport_serving.settings import ApiKey, OidcTokens, Settings

if TYPE_CHECKING:
    from modelport_serving.tokens import Tokens

ONE_KEY = "key"
"""Name of all who have the key: it does not tell them apart."""


class Callers:
    """Lets callers in, or refuses them.

    Args:
        settings: Who may ask.
        metrics: Where refusals are counted.

    Raises:
        StartError: an issuer gives no keys, or the bundle cannot check its tokens.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        auth = settings.auth
        self._key = auth.sha256 if isinstance(auth, ApiKey) else None
        self._tokens = _tokens(auth) if isinstance(auth, OidcTokens) else None
        self._limiter = Limiter(settings.rate_limit) if settings.rate_limit else None
        self._metrics = metrics

    def check(self, exchange: Exchange) -> None:
        """Refuse a caller without the right key or token.

        Raises:
            ProblemError: 401 or 403.
        """
        if self._key is not None:
            if not _knows_key(exchange.headers, self._key):
                raise unauthorized()
        elif self._tokens is not None:
            scheme, _, token = exchange.headers.get(b"authorization", b"").partition(b" ")
            if scheme.lower() != b"bearer" or not token:
                raise no_token()
            bearer = self._tokens.check(token.strip())
            exchange.caller = bearer.caller
            if bearer.lacks:
                raise forbidden(bearer.lacks)

    def count(self, exchange: Exchange) -> None:
        """Refuse a caller that asks too often; the answer's headers say how it stands.

        Raises:
            ProblemError: 429.
        """
        if self._limiter is None:
            return
        caller = ONE_KEY if self._key is not None else exchange.caller
        wait, exchange.marks = self._limiter.take(caller or neighbourhood(exchange.address))
        if wait:
            self._metrics.rate_limited.inc()
            raise rate_limited(wait)


def _tokens(auth: OidcTokens) -> "Tokens":
    try:
        # Only bundles whose callers send tokens carry what this needs.
        from modelport_serving.tokens import Tokens
    except ModuleNotFoundError as error:
        names = " and ".join(DISTRIBUTIONS)
        message = (
            f"auth is oidc, and the bundle does not carry {names} ({error.name} is missing); "
            f"write service_requirements={DISTRIBUTIONS!r} in its training.py"
        )
        raise StartError(message) from None
    return Tokens(auth)


def _knows_key(headers: Mapping[bytes, bytes], sha256: str) -> bool:
    scheme, _, key = headers.get(b"authorization", b"").partition(b" ")
    digest = hashlib.sha256(key.strip()).hexdigest()
    # Compared in any case, so that a wrong scheme takes as long as a wrong key.
    same = hmac.compare_digest(digest, sha256)
    return same and scheme.lower() == b"bearer"
