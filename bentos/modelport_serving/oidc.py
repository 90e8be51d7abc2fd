"""OIDC: which tokens of which issuer let a caller in, as settings; `issuer` and `tokens` do it."""

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

DISTRIBUTIONS = ("cryptography", "pyjwt")
"""What a bundle must carry so that its server can check tokens."""


def _issuer(address: str) -> str:
    fault = address_fault(address)
    if fault:
        raise ValueError(f"issuer {address!r} {fault}; write e.g. https://login.example.com/tenant")
    return address


def address_fault(address: str) -> str:
    """Why keys may not be fetched from an address; empty when they may.

    Keys that came over plain HTTP could be anybody's, so it is for this machine only.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is no address"
    if parts.scheme not in ("https", "http") or not host or re.search(r"[^!-~]", address):
        return "is no address that begins with https://"
    if parts.scheme == "http" and not _is_loopback(host):
        return "is reached without TLS, which is only for loopback addresses"
    if parts.username is not None or parts.query or parts.fragment:
        return "holds a user, a query or a fragment"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


Plain = Annotated[str, Field(min_length=1, max_length=512)] | int | bool
"""A value that a claim must have. `int` stands before `bool`: the engine passes 1 on as 1.0."""
ClaimName = Annotated[str, Field(min_length=1, max_length=256)]


class Oidc(BaseModel):
    """Callers send a token of an OpenID Connect issuer, which the service itself checks."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    issuer: Annotated[str, Field(min_length=8, max_length=512), AfterValidator(_issuer)]
    """Address of the issuer, exactly as its tokens name it in `iss`; its keys are found by
    `/.well-known/openid-configuration` below it. `https` only, `http` on a loopback address."""
    audience: Annotated[str, Field(min_length=1, max_length=512)]
    """What tokens must hold in `aud`, exactly."""
    claims: Annotated[
        dict[ClaimName, Plain | Annotated[list[Plain], Field(min_length=1, max_length=50)]],
        Field(max_length=20),
    ] = Field(default_factory=dict)
    """Claims that a token must hold besides, by name: a value, or several of which it needs one. A
    claim that is a list must hold the value, and so must `scope` and `scp` among their words. A
    name with dots that is no claim leads into objects, such as `realm_access.roles`."""

    @property
    def discovery(self) -> str:
        """Address of the document that says where the issuer's keys are."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"

    def __str__(self) -> str:
        """What lets a caller in, in words."""
        wanted = "".join(
            f", {name} {' or '.join(map(str, values_of(value)))}"
            for name, value in self.claims.items()
        )
        return f"tokens of {self.issuer} for {self.audience}{wanted}"


def values_of(wanted: Plain | list[Plain]) -> list[Plain]:
    """The values of which a claim needs one."""
    return wanted if isinstance(wanted, list) else [wanted]
