"""OIDC: which tokens of a real issuer let a caller in, and what becomes of its keys."""

import base64
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from modelport_serving import issuer as issuers
from modelport_serving import tokens as checking
from modelport_serving.callers import Callers
from modelport_serving.errors import StartError
from modelport_serving.exchange import Exchange
from modelport_serving.metrics import Metrics
from modelport_serving.oidc import Oidc
from modelport_serving.problems import ProblemError
from modelport_serving.settings import OidcTokens, Settings, read_settings
from modelport_serving.tokens import Tokens, pseudonym
from serving.grpc_calls import CODE, in_process, infer, made_runtime, raw, refused
from serving.issuers import AUDIENCE, DISCOVERY, Issuer, ec_signer, ed_signer, issuing, rsa_signer
from serving.test_http import problem
from serving.tiny import GOOD, record, signature
from serving.workers import Worker, poll, running, settings_file

RSA, EC, ED = rsa_signer("r"), ec_signer("e"), ed_signer("d")
STRANGER = rsa_signer("r")
"""Another key under the name of one of ours."""
CLAIMS = {"roles": ["predictor", "admin"], "scope": "predict", "realm.level": 3}
HELD: dict[str, Any] = {
    "roles": ["reader", "predictor"],
    "scope": "openid predict",
    "realm": {"level": 3},
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing(RSA, EC, ED) as made:
        yield made


@dataclass
class Served:
    """A worker, and who lets its callers in."""

    worker: Worker
    issuer: Issuer

    def ask(self, token: str | None, path: str = "/predict", **headers: str) -> httpx.Response:
        sent = {"authorization": f"Bearer {token}"} if token is not None else {}
        method, body = ("POST", {"instances": GOOD}) if path == "/predict" else ("GET", None)
        return httpx.request(method, self.worker.url + path, json=body, headers=sent | headers)


@pytest.fixture(scope="module")
def served(
    issuer: Issuer, bento: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("oidc")
    auth = {"kind": "oidc", "issuer": issuer.url, "audience": AUDIENCE, "claims": CLAIMS}
    file = settings_file(folder, auth=auth)
    with running(bento, folder, {"MODELPORT_SETTINGS": str(file)}) as worker:
        yield Served(worker, issuer)


@pytest.mark.parametrize("signer", [RSA, EC, ED], ids=lambda signer: signer.algorithm)
def test_tokens_of_the_issuer_let_in(served: Served, signer: Any) -> None:
    token = served.issuer.token(signer, **HELD, nbf=int(time.time()))
    for _ in range(2):  # the second time it is known
        assert served.ask(token).status_code == 200
    several = served.issuer.token(signer, **HELD, aud=["another", AUDIENCE])
    assert served.ask(several).status_code == 200


def test_the_log_has_a_pseudonym_and_nothing_of_the_token(served: Served) -> None:
    token = served.issuer.token(RSA, **HELD, sub="grace@example.com")
    served.ask(token, **{"x-request-id": "of-grace"})
    poll(lambda: any("of-grace" in line for line in served.worker.lines()), "logged")
    text = served.worker.log.read_text()
    line = next(json.loads(line) for line in text.splitlines() if "of-grace" in line)
    assert line["caller"] == pseudonym(served.issuer.url, "grace@example.com")
    assert re.fullmatch("[0-9a-f]{16}", line["caller"])
    assert (line["rows"], line["version"], line["status"]) == (2, "00ff00ff00ff00ff", 200)
    assert "grace" not in text.replace("of-grace", "")
    assert token not in text


def test_without_a_token_nothing_is_said_of_one(served: Served) -> None:
    for sent in ({}, {"authorization": "Bearer"}, {"authorization": "Basic abc"}):
        response = served.ask(None, **sent)
        problem(response, 401, "unauthorized")
        assert response.headers["www-authenticate"] == 'Bearer realm="modelport"'
    basic = httpx.get(f"{served.worker.url}/model", headers={"authorization": "Basic YTpi"})
    problem(basic, 401, "unauthorized")
    assert httpx.get(f"{served.worker.url}/readyz").status_code == 200


def test_a_claim_that_is_missing_is_a_403(served: Served) -> None:
    wrong: list[dict[str, Any]] = [
        {"roles": ["reader"]},
        {"roles": None},
        {"scope": "predictor"},
        {"realm": {"level": True}},
        {"realm": {"level": "3"}},
    ]
    for lacking in wrong:
        response = served.ask(served.issuer.token(EC, **{**HELD, **lacking}))
        told = problem(response, 403, "forbidden")
        assert next(iter(lacking)) in told["detail"]
        assert 'error="insufficient_scope"' in response.headers["www-authenticate"]


def forged(issuer: Issuer) -> dict[str, tuple[str, str]]:
    """Tokens that are not valid, by what is wrong, with what is said."""
    now = int(time.time())
    good = issuer.token(RSA, **HELD)
    head, body, mark = good.split(".")
    public = json.dumps(RSA.public).encode()
    plain = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return {
        "expired": (issuer.token(RSA, **HELD, exp=now - 60), "has expired"),
        "early": (issuer.token(RSA, **HELD, nbf=now + 90), "not valid yet"),
        "of tomorrow": (issuer.token(RSA, **HELD, iat=now + 90), "not valid yet"),
        "endless": (issuer.token(RSA, **HELD, exp=None), "lacks the claim exp"),
        "nobody": (issuer.token(RSA, **HELD, sub=None), "lacks the claim sub"),
        "another audience": (issuer.token(RSA, **HELD, aud=AUDIENCE + "2"), "another audience"),
        "no audience": (issuer.token(RSA, **HELD, aud=None), "lacks the claim aud"),
        "another issuer": (issuer.token(RSA, **HELD, iss=issuer.url + "/"), "another issuer"),
        "a stranger": (issuer.token(STRANGER, **HELD), "signature is wrong"),
        "unknown key": (issuer.token(RSA, header={"kid": "new"}, **HELD), "none that the issuer"),
        "another's key": (issuer.token(RSA, header={"kid": "e"}, **HELD), "none that the issuer"),
        "critical": (
            issuer.token(RSA, header={"kid": "r", "crit": ["x"], "x": 1}, **HELD),
            "no signed",
        ),
        "changed": (f"{head}.{body[:-2]}AA.{mark}", "signature is wrong"),
        "unsigned": (f"{plain}.{body}.", "not signed by RS256"),
        "none": (jwt.encode({"sub": "x"}, "", "none"), "not signed by RS256"),
        # The public key as the secret of an HMAC, which naive checkers take.
        "confused": (hmac_token(public, body), "not signed by RS256"),
        "embedded": (issuer.token(STRANGER, header={"jwk": STRANGER.public}, **HELD), "signature"),
        "RS512": (jwt.encode({"sub": "x"}, RSA.key, "RS512", {"kid": "r"}), "not signed by RS256"),
        "no token": ("abc", "no signed JSON Web Token"),
        "deep": ("[" * 9000, "no signed JSON Web Token"),
        "two dots": ("..", "no signed JSON Web Token"),
    }


def hmac_token(secret: bytes, body: str) -> str:
    import hashlib
    import hmac

    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"r"}').rstrip(b"=").decode()
    mark = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


def test_what_is_not_valid_is_a_401_that_says_why(served: Served) -> None:
    for name, (token, says) in forged(served.issuer).items():
        response = served.ask(token)
        told = problem(response, 401, "invalid-token")
        assert says.lower() in told["detail"].lower(), (name, told)
        header = response.headers["www-authenticate"]
        assert header.startswith('Bearer realm="modelport", error="invalid_token", error_desc')


def test_the_document_says_where_tokens_come_from(served: Served) -> None:
    document = served.ask(served.issuer.token(ED, **HELD), "/openapi.json").json()
    assert document["security"] == [{"token": []}]
    scheme = document["components"]["securitySchemes"]["token"]
    assert httpx.get(scheme["openIdConnectUrl"]).json()["issuer"] == served.issuer.url


# -- in this process: what becomes of the keys


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


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://login.example.com", "reached without TLS"),
        ("http://127.0.0.1.example.com", "reached without TLS"),
        ("ftp://login.example.com", "begins with https://"),
        ("https://user@login.example.com", "holds a user"),
        ("https://login.example.com/?a=1", "holds a user, a query"),
        ("https://login.example.com:x", "is no address"),
        ("https://login .example.com", "begins with https://"),
    ],
)
def test_addresses_of_issuers(address: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Oidc(issuer=address, audience="x")
    for good in ("https://login.example.com/a/", "http://localhost:8080", "http://[::1]:80/x"):
        assert Oidc(issuer=good, audience="x").issuer == good


def test_a_container_takes_them_from_its_environment() -> None:
    text = (
        '{"issuer": "https://login.example.com", "audience": "a", "claims": {"n": 1.0, "b": true}}'
    )
    found = read_settings({"MODELPORT_OIDC": text}).auth
    assert isinstance(found, OidcTokens)
    assert found.claims == {"n": 1, "b": True}
    assert [type(value) for value in found.claims.values()] == [int, bool]
    with pytest.raises(StartError, match="MODELPORT_AUTH and MODELPORT_OIDC are set"):
        read_settings({"MODELPORT_OIDC": text, "MODELPORT_AUTH": "none"})
    with pytest.raises(StartError, match=r"MODELPORT_OIDC is malformed: audience: Field required"):
        read_settings({"MODELPORT_OIDC": '{"issuer": "https://login.example.com"}'})


def test_a_bundle_without_the_library_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(__import__("sys").modules, "modelport_serving.tokens")
    monkeypatch.setitem(__import__("sys").modules, "jwt", None)
    auth = OidcTokens(issuer="https://login.example.com", audience="a")
    with pytest.raises(StartError, match=r"service_requirements=\('cryptography', 'pyjwt'\)"):
        Callers(Settings(auth=auth), Metrics(record(signature())))


def test_a_caller_is_named_although_it_lacks_a_claim(issuer: Issuer) -> None:
    auth = OidcTokens(issuer=issuer.url, audience=AUDIENCE, claims={"role": "admin"})
    callers = Callers(Settings(auth=auth), Metrics(record(signature())))
    header = (b"authorization", f"bearer {issuer.token(RSA)}".encode())
    scope = {"method": "GET", "headers": [header]}

    async def receive() -> Any: ...

    exchange = Exchange(scope, receive, "/model")
    with pytest.raises(ProblemError) as caught:
        callers.check(exchange)
    assert caught.value.status == 403
    assert exchange.caller == pseudonym(issuer.url, "ada@example.com")


def test_over_grpc_a_token_counts_alike(issuer: Issuer) -> None:
    auth = OidcTokens(issuer=issuer.url, audience=AUDIENCE, claims={"role": "admin"})
    runtime = made_runtime(lambda rows: [0.5] * len(rows), auth=auth)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]

    def sent(token: str) -> Any:
        return (("authorization", f"Bearer {token}"),)

    with in_process(runtime) as (channel, _):
        infer(channel, raw(), metadata=sent(issuer.token(EC, role="admin")))
        for token, code in (
            (issuer.token(EC), CODE.PERMISSION_DENIED),
            (issuer.token(EC, role="admin", aud="another"), CODE.UNAUTHENTICATED),
        ):
            error = refused(channel, "ModelInfer", raw(), metadata=sent(token))
            assert error.code() is code
