"""Access: how callers prove themselves, and who can reach an endpoint at all."""

from modelport.config import Deployment
from modelport.feasibility import capability

OWN = frozenset({"api_key", "oidc"})
"""Ways in which the service itself asks who calls; the platform lets everyone through to it."""
_LOOPBACK_KINDS = ("local", "docker")
"""Kinds that may listen on a loopback address; their plans refuse `auth: none` on others."""


def auth_of(config: Deployment) -> str:
    """How callers prove themselves: `api_key`, `oidc`, `platform` or `none`.

    Where a platform has identities for programs they are used, and no second key beside them; what
    is only meant for people counts as none.
    """
    if config.auth_word is not None:
        return config.auth_word
    own = capability(config.kind, "platform_authentication")
    return "platform" if own.value == "yes" else "api_key"


def access_refusals(config: Deployment) -> list[str]:
    """Why the wanted authentication, exposure or domain cannot be had; empty when they can."""
    kind = config.kind
    found: list[str] = []
    platform = capability(kind, "platform_authentication")
    own = capability(kind, "own_authentication")
    if config.auth == "platform" and platform.value != "yes":
        found.append(f"auth: platform is not on {kind}: {platform.sentence}; write auth: api_key")
    if auth_of(config) in OWN and own.value == "no":
        found.append(
            f"auth: {auth_of(config)} is not on {kind}: {own.sentence}; write auth: platform"
        )
    if config.auth == "none" and kind not in _LOOPBACK_KINDS:
        found.append(
            f"auth: none on {kind} would let everyone in who can reach it "
            f"(rule endpoint-public-needs-auth); write auth: {_usual(kind)}"
        )
    public = capability(kind, "public_endpoint")
    if config.exposure == "public" and public.value == "no":
        found.append(f"exposure: public is not on {kind}: {public.sentence}")
    domain = capability(kind, "custom_domain")
    if config.domain is not None and domain.value == "no":
        found.append(f"domain {config.domain} is not on {kind}: {domain.sentence}; leave it out")
    return found


def _usual(kind: str) -> str:
    has_own = capability(kind, "platform_authentication").value == "yes"
    return "platform" if has_own else "api_key"
