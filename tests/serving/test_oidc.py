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
from pydantic import ValidationError

from modelport_serving.callers import Callers
from modelport_serving.errors import StartError
from modelport_serving.exchange import Exchange
from modelport_serving.metrics import Metrics
from modelport_serving.oidc import Oidc
from modelport_serving.problems import ProblemError
from modelport_serving.settings import OidcTokens, Settings, read_settings
from modelport_serving.tokens import pseudonym
from serving.grpc_calls import CODE, in_process, infer, made_runtime, raw, refused
from serving.issuers import AUDIENCE, EC, ED, RSA, Issuer, issuing, rsa_signer
from serving.test_http import problem
from serving.tiny import GOOD, record, signature
from serving.workers import Worker, poll, running, settings_file

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


# -- in this process


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
