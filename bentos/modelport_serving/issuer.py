"""Issuer: the public keys of an OpenID Connect issuer, fetched at the start and kept fresh.

Nothing here is on the way of a request: keys are fetched in a thread, and while the issuer cannot
be asked the last ones are kept.
"""

import json
import threading
import time
from typing import Any, cast

import httpx
import jwt

from modelport_serving.errors import StartError
from modelport_serving.oidc import Oidc, address_fault

ALGORITHMS = ("RS256", "ES256", "EdDSA")
"""Signatures that count; never `none`, and none whose key both sides know."""
REFRESH_SECONDS = 300.0
"""Age at which keys are fetched again."""
AGAIN_SECONDS = 60.0
"""Shortest time between two fetches, whatever tokens say."""
START_TRIES = 3
RETRY_SECONDS = 1.0
TIMEOUT_SECONDS = 5.0
MOST_BYTES = 1024 * 1024
"""Largest document of an issuer."""
MOST_KEYS = 100
RSA_BITS = 2048
"""Smallest modulus of an RSA key."""


class IssuerError(Exception):
    """The issuer gave no keys; the message says why."""


class Issuer:
    """The keys of one issuer.

    Args:
        oidc: Which one.

    Raises:
        StartError: it gives no keys.
    """

    def __init__(self, oidc: Oidc) -> None:
        self._oidc = oidc
        self._address = oidc.issuer
        self._keys: dict[tuple[str | None, str], list[jwt.PyJWK]] = {}
        self._documents: list[dict[str, Any]] | None = None
        self.edition = 0
        """Grows whenever the keys change: what was checked before counts no more."""
        self._refresh_at = 0.0
        self._allowed_at = 0.0
        self._fetching = False
        self._failure = ""
        self._start()

    def key(self, kid: str | None, algorithm: str) -> jwt.PyJWK | None:
        """The key that a token names; the only one of its algorithm when it names none.

        An unknown one has the keys fetched again soon, at most once in `AGAIN_SECONDS`.
        """
        if kid is None:
            found = [
                key for (_, name), keys in self._keys.items() if name == algorithm for key in keys
            ]
        else:
            found = self._keys.get((kid, algorithm), [])
        if len(found) == 1:
            return found[0]
        self._fetch_soon(time.monotonic())
        return None

    def keep_fresh(self) -> str:
        """Have the keys fetched again when they are old; says why the last try failed, once."""
        now = time.monotonic()
        if now >= self._refresh_at:
            self._fetch_soon(now)
        failure, self._failure = self._failure, ""
        return failure

    def _fetch_soon(self, now: float) -> None:
        if self._fetching or now < self._allowed_at:
            return
        self._fetching = True
        self._allowed_at = now + AGAIN_SECONDS
        threading.Thread(target=self._refresh, name="issuer", daemon=True).start()

    def _refresh(self) -> None:
        try:
            self._take(self._fetch())
        except IssuerError as error:
            self._failure = str(error)
        finally:
            self._refresh_at = time.monotonic() + REFRESH_SECONDS
            self._fetching = False

    def _start(self) -> None:
        for left in reversed(range(START_TRIES)):
            try:
                self._take(self._fetch())
            except IssuerError as error:
                if not left:
                    message = f"the issuer {self._address} gives no keys: {error}"
                    raise StartError(message) from None
                time.sleep(RETRY_SECONDS)
            else:
                break
        now = time.monotonic()
        self._refresh_at = now + REFRESH_SECONDS
        self._allowed_at = now + RETRY_SECONDS

    def _take(self, documents: list[dict[str, Any]]) -> None:
        if documents == self._documents:
            return
        keys: dict[tuple[str | None, str], list[jwt.PyJWK]] = {}
        for document in documents[:MOST_KEYS]:
            key = _usable(document)
            if key is not None:
                keys.setdefault((key.key_id, key.algorithm_name), []).append(key)
        if not keys:
            raise IssuerError(f"it publishes no key of {', '.join(ALGORITHMS)}")
        self._keys, self._documents = keys, documents
        self.edition += 1

    def _fetch(self) -> list[dict[str, Any]]:
        with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
            found = _get(client, self._oidc.discovery)
            # OpenID Connect Discovery 1.0, section 4.3: another issuer's document is none.
            if found.get("issuer") != self._address:
                raise IssuerError(f"its document names the issuer {found.get('issuer')!r}")
            address = found.get("jwks_uri")
            if not isinstance(address, str):
                raise IssuerError("its document names no jwks_uri")
            if fault := address_fault(address.partition("?")[0]):
                raise IssuerError(f"its jwks_uri {address!r} {fault}")
            keys = _get(client, address).get("keys")
        if not isinstance(keys, list):
            raise IssuerError(f"{address} holds no keys")
        found_keys = cast("list[Any]", keys)
        return [key for key in found_keys if isinstance(key, dict)]


def _get(client: httpx.Client, address: str) -> dict[str, Any]:
    body = bytearray()
    try:
        with client.stream("GET", address, headers={"accept": "application/json"}) as response:
            if response.status_code != 200:
                raise IssuerError(f"{address} answered {response.status_code}")
            for part in response.iter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    raise IssuerError(f"{address} is larger than {MOST_BYTES} bytes")
        document = json.loads(body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise IssuerError(f"{address} does not answer: {type(error).__name__}") from None
    except (ValueError, RecursionError):
        raise IssuerError(f"{address} is not JSON") from None
    if not isinstance(document, dict):
        raise IssuerError(f"{address} is no JSON object")
    return cast("dict[str, Any]", document)


def _usable(document: dict[str, Any]) -> jwt.PyJWK | None:
    """A published key as one that checks signatures; nothing when it is for something else."""
    if document.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(document)
        bits = key.key.key_size if key.algorithm_name == "RS256" else RSA_BITS
    except Exception:  # whatever a published document makes of the parser, it is no key
        return None
    named = document.get("kid", "")
    usable = key.algorithm_name in ALGORITHMS and bits >= RSA_BITS and isinstance(named, str)
    return key if usable else None
