"""An OpenID Connect issuer on this machine: real keys, real signatures, real HTTP."""

import contextlib
import json
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

AUDIENCE = "cancer"
DISCOVERY = "/.well-known/openid-configuration"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class Signer:
    """A private key, and how it is published."""

    key: PrivateKey
    algorithm: str
    kid: str

    @property
    def public(self) -> dict[str, Any]:
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        written = json.loads(algorithm.to_jwk(self.key.public_key()))  # pyright: ignore[reportUnknownMemberType, reportArgumentType]
        return {**written, "kid": self.kid, "alg": self.algorithm, "use": "sig"}


def rsa_signer(kid: str, bits: int = 2048) -> Signer:
    return Signer(rsa.generate_private_key(65537, bits), "RS256", kid)


def ec_signer(kid: str) -> Signer:
    return Signer(ec.generate_private_key(ec.SECP256R1()), "ES256", kid)


def ed_signer(kid: str) -> Signer:
    return Signer(ed25519.Ed25519PrivateKey.generate(), "EdDSA", kid)


RSA, EC, ED = rsa_signer("r"), ec_signer("e"), ed_signer("d")


@dataclass
class Issuer:
    """What the issuer says, changed by tests at will."""

    url: str = ""
    keys: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    documents: dict[str, Any] = field(default_factory=dict[str, Any])
    """What is answered instead, by path: JSON, a status, or headers of a redirect."""
    asked: list[str] = field(default_factory=list[str])
    """Paths that were asked for."""

    def answer(self, path: str) -> Any:
        if path in self.documents:
            return self.documents[path]
        if path == DISCOVERY:
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return {"keys": self.keys} if path == "/keys" else 404

    def token(self, signer: Signer, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that is valid but for what `claims` says; a claim that is None is left out."""
        now = int(time.time())
        given = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ada@example.com",
            "iat": now,
            "exp": now + 300,
            **claims,
        }
        held = {name: value for name, value in given.items() if value is not None}
        named = {"kid": signer.kid} if header is None else header
        return jwt.encode(held, signer.key, signer.algorithm, headers=named)


@contextlib.contextmanager
def issuing(*signers: Signer) -> Generator[Issuer]:
    """An issuer that publishes the keys of `signers`."""
    issuer = Issuer(keys=[signer.public for signer in signers])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            answer = issuer.answer(self.path)
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(answer if isinstance(answer, int) else 200)
            self.send_header("content-length", str(len(body)))
            if answer == 302:
                self.send_header("location", f"{issuer.url}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
