"""OIDC in this process: what becomes of an issuer's keys."""

import base64
import time
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelport_serving import issuer as issuers
from modelport_serving import tokens as checking
from modelport_serving.errors import StartError
from modelport_serving.oidc import Oidc
from modelport_serving.problems import ProblemError
from modelport_serving.tokens import Tokens
from serving.issuers import AUDIENCE, DISCOVERY, EC, ED, RSA, Issuer, ec_signer, issuing, rsa_signer
from serving.workers import poll


def tokens_of(issuer: Issuer, **more: Any) -> Tokens:
    return Tokens(Oidc(issuer=issuer.url, audience=AUDIENCE, **more))


def let_in(tokens: Tokens, token: str) -> bool:
    try:
        return bool(tokens.check(token.encode()).caller)
    except ProblemError:
        return False


@given(st.data())
@settings(max_examples=60)
def test_no_changed_token_is_let_in(data: st.DataObject) -> None:
    tokens, good = _kept()
    position = data.draw(st.integers(0, len(good) - 1))
    sign = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
    changed = good[:position] + sign + good[position + 1 :]
    parts = [_decoded(part) for part in changed.split(".")]
    same = parts == [_decoded(part) for part in good.split(".")]
    assert let_in(tokens, changed) is same


_KEPT: list[tuple[Tokens, str]] = []


def _kept() -> tuple[Tokens, str]:
    if not _KEPT:
        with issuing(EC) as made:
            _KEPT.append((tokens_of(made), made.token(EC)))
    return _KEPT[0]


def _decoded(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return b"?" + part.encode()


def test_a_new_key_is_fetched_once_in_a_while_and_off_the_way() -> None:
    with issuing(RSA) as made:
        tokens = tokens_of(made)
        assert let_in(tokens, made.token(RSA))
        new = ec_signer("new")
        made.keys.append(new.public)
        force(tokens, allowed=True)
        before = len(made.asked)
        assert not let_in(tokens, made.token(new))  # this one only has the keys fetched
        poll(lambda: let_in(tokens, made.token(new)), "the new key is known", 10)
        assert made.asked[before:] == [DISCOVERY, "/keys"]
        for number in range(50):  # a caller cannot have the issuer asked at will
            assert not let_in(tokens, made.token(ec_signer(f"made up {number}")))
        assert len(made.asked) == before + 2


def force(tokens: Tokens, *, allowed: bool = False, old: bool = False) -> None:
    """Put the clock of the keys forward."""
    issuer = tokens._issuer  # pyright: ignore[reportPrivateUsage]
    if allowed:
        issuer._allowed_at = 0.0  # pyright: ignore[reportPrivateUsage]
    if old:
        issuer._refresh_at = 0.0  # pyright: ignore[reportPrivateUsage]


def test_keys_are_kept_while_the_issuer_is_down(capsys: pytest.CaptureFixture[str]) -> None:
    with issuing(RSA, ED) as made:
        tokens = tokens_of(made)
        known, later = made.token(RSA), made.token(ED)
        assert let_in(tokens, known)
        made.documents[DISCOVERY] = 503
        force(tokens, allowed=True, old=True)
        assert let_in(tokens, known)
        poll(
            lambda: let_in(tokens, known) and "issuer-failed" in capsys.readouterr().err, "told", 10
        )
        assert let_in(tokens, later)
    assert let_in(tokens, known)


def test_a_key_that_is_withdrawn_counts_no_more() -> None:
    with issuing(RSA, ED) as made:
        tokens = tokens_of(made)
        token = made.token(RSA)
        assert let_in(tokens, token)
        made.keys[:] = [ED.public]
        force(tokens, allowed=True, old=True)
        poll(lambda: not let_in(tokens, token), "refused", 10)
        assert let_in(tokens, made.token(ED))


def test_a_token_that_is_known_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    with issuing(EC) as made:
        tokens, token = tokens_of(made), made.token(EC)
    assert let_in(tokens, token)
    now = time.time()
    monkeypatch.setattr(checking.time, "time", lambda: now + 300 + checking.LEEWAY_SECONDS + 1)
    assert not let_in(tokens, token)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "MOST_KNOWN", 3)
    with issuing(EC) as made:
        tokens = tokens_of(made)
        written = [made.token(EC, sub=f"caller {number}") for number in range(8)]
    for token in written * 2:
        assert let_in(tokens, token)
    assert len(tokens._known) == 3  # pyright: ignore[reportPrivateUsage]


def test_a_token_without_a_name_of_its_key_takes_the_only_one() -> None:
    with issuing(RSA, EC) as made:
        tokens = tokens_of(made)
        assert let_in(tokens, made.token(RSA, header={}))
    with issuing(EC, ec_signer("another")) as made:
        assert not let_in(tokens_of(made), made.token(EC, header={}))


def test_keys_for_something_else_are_left_out() -> None:
    weak, other = rsa_signer("weak", 1024), ec_signer("other")
    with issuing(RSA) as made:
        made.keys += [
            weak.public,
            {**other.public, "use": "enc"},
            {"kty": "oct", "kid": "h", "k": "c2VjcmV0"},
            {"kty": "EC", "crv": "P-256", "kid": "broken", "x": "AA", "y": "AA"},
            {"kty": 1},
        ]
        tokens = tokens_of(made)
        assert let_in(tokens, made.token(RSA))
        with pytest.warns(jwt.InsecureKeyLengthWarning):
            assert not let_in(tokens, made.token(weak))
        assert not let_in(tokens, made.token(other))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({DISCOVERY: {"issuer": "https://other", "jwks_uri": "x"}}, "names the issuer 'https://ot"),
        ({DISCOVERY: 302}, "answered 302"),
        ({DISCOVERY: 404}, "answered 404"),
        ({DISCOVERY: b"<html>"}, "is not JSON"),
        ({DISCOVERY: []}, "is no JSON object"),
        ({"/keys": {"keys": []}}, "no key of RS256, ES256, EdDSA"),
        ({"/keys": {}}, "holds no keys"),
        ({"/keys": {"keys": "x" * issuers.MOST_BYTES}}, "is larger than"),
    ],
)
def test_an_issuer_without_keys_is_no_start(
    changed: dict[str, Any], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuers, "START_TRIES", 1)
    with issuing(RSA) as made:
        made.documents |= changed
        with pytest.raises(StartError, match=says):
            tokens_of(made)


def test_keys_do_not_come_from_anywhere_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuers, "START_TRIES", 1)
    with issuing() as made:
        made.documents[DISCOVERY] = {"issuer": made.url, "jwks_uri": "http://example.com/keys"}
        with pytest.raises(StartError, match="without TLS, which is only for loopback"):
            tokens_of(made)


def test_an_issuer_that_comes_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuers, "RETRY_SECONDS", 0.0)
    with issuing(RSA) as made:
        real = made.answer

        def late(path: str) -> Any:
            return real(path) if len(made.asked) > 1 else 503

        monkeypatch.setattr(made, "answer", late)
        assert let_in(tokens_of(made), made.token(RSA))
