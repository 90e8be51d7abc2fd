"""Tokens: whether a caller's token is one that the settings let in, and who the caller is.

A token that was checked is remembered by its hash until it expires or the issuer's keys change, so
that a signature is checked once.
"""

import hashlib
import time
from dataclasses import dataclass
from typing import Any, cast

import jwt

from modelport_serving.issuer import ALGORITHMS, Issuer
from modelport_serving.logs import log_line
from modelport_serving.oidc import Oidc, Plain, values_of
from modelport_serving.problems import invalid_token

LEEWAY_SECONDS = 30
"""How far the clocks of issuer and service may be apart."""
MOST_KNOWN = 10_000
"""Tokens that are remembered at most; the oldest goes first."""
_WORDS = frozenset({"scope", "scp"})
"""Claims that hold words with spaces between them: RFC 8693, section 4.2."""

_FAULTS: dict[type[Exception], str] = {
    jwt.ExpiredSignatureError: "it has expired",
    jwt.ImmatureSignatureError: "it is not valid yet",
    jwt.InvalidAudienceError: "it is for another audience",
    jwt.InvalidIssuerError: "it is of another issuer",
    jwt.InvalidSignatureError: "its signature is wrong",
}


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who sends a token that is valid."""

    caller: str
    """See `pseudonym`."""
    until: float
    """Time, in seconds since 1970, from which it is not valid."""
    lacks: str
    """Claim that it must hold and does not; empty when it holds all."""


class Tokens:
    """Checks tokens.

    Args:
        oidc: Which ones are let in.

    Raises:
        StartError: the issuer gives no keys.
    """

    def __init__(self, oidc: Oidc) -> None:
        self._oidc = oidc
        self._issuer = Issuer(oidc)
        self._edition = self._issuer.edition
        self._known: dict[bytes, Bearer] = {}

    def check(self, token: bytes) -> Bearer:
        """Who sends a token.

        Raises:
            ProblemError: 401, it is not valid.
        """
        if failure := self._issuer.keep_fresh():
            log_line("issuer-failed", reason=failure)
        if self._edition != self._issuer.edition:
            self._edition = self._issuer.edition
            self._known.clear()
        digest = hashlib.sha256(token).digest()
        known = self._known.get(digest)
        if known is None:
            known = self._check(token)
            while len(self._known) >= MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[digest] = known
        elif known.until <= time.time():
            del self._known[digest]
            raise invalid_token("it has expired")
        return known

    def _check(self, token: bytes) -> Bearer:
        try:
            header = jwt.get_unverified_header(token)
        except Exception:  # whatever a hostile token makes of the parser
            raise invalid_token("it is no signed JSON Web Token") from None
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise invalid_token(f"it is not signed by {', '.join(ALGORITHMS)}")
        key = self._issuer.key(header.get("kid"), algorithm)
        if key is None:
            raise invalid_token("its key is none that the issuer has published")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._oidc.audience,
                issuer=self._oidc.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
            until = float(claims["exp"]) + LEEWAY_SECONDS
        except jwt.MissingRequiredClaimError as error:
            raise invalid_token(f"it lacks the claim {error.claim}") from None
        except Exception as error:  # as above
            raise invalid_token(_FAULTS.get(type(error), "it is malformed")) from None
        lacks = next((name for name, value in self._oidc.claims.items()
                      if not _holds(claims, name, values_of(value))), "")  # fmt: skip
        return Bearer(pseudonym(self._oidc.issuer, str(claims["sub"])), until, lacks)


def pseudonym(issuer: str, subject: str) -> str:
    """A caller's name in the log, 16 hex digits: tells callers apart, not who they are.

    Who knows a subject can find its lines: it is the beginning of SHA-256 of both, with a zero
    byte between them.
    """
    return hashlib.sha256(f"{issuer}\0{subject}".encode()).hexdigest()[:16]


def _holds(claims: dict[str, Any], name: str, wanted: list[Plain]) -> bool:
    found = _claim(claims, name)
    if name in _WORDS and isinstance(found, str):
        found = found.split()
    values = cast("list[object]", found) if isinstance(found, list) else [found]
    # Python takes True for 1; a claim of one kind is none of the other.
    return any(type(have) is type(want) and have == want for have in values for want in wanted)


def _claim(claims: dict[str, Any], name: str) -> object:
    """A claim by its name, or by the way to it."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        if not isinstance(found, dict):
            return None
        found = cast("dict[str, object]", found).get(part)
    return found
