"""Texts: what a property that holds text is likely to say, by its name."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from modelport.offline import marks
from modelport.offline.subject import Subject, kebab


@dataclass(frozen=True, slots=True)
class Detail:
    """One property that needs a text."""

    subject: Subject
    resource_id: str
    """Id of the resource that it belongs to; empty for an answer without one."""
    name: str
    """Name of the property on the wire."""
    nested: bool = False
    """Whether it lies inside another property."""

    @property
    def about(self) -> str:
        """What a made-up value follows from."""
        return self.subject.about(self.name)


Rule = tuple[re.Pattern[str], Callable[[Detail], str]]
"""A whole property name, in lower case, and what to say for it."""


def rule(pattern: str, say: Callable[[Detail], str]) -> Rule:
    """A rule for names that `pattern` matches as a whole."""
    return re.compile(pattern), say


def saying(text: str) -> Callable[[Detail], str]:
    """Always the same text."""
    return lambda _detail: text


def first_match(rules: list[Rule], detail: Detail) -> str | None:
    """What the first rule says that knows the name; none when none does."""
    lower = detail.name.lower()
    for pattern, say in rules:
        if pattern.fullmatch(lower):
            return say(detail)
    return None


def address(detail: Detail) -> str:
    """An address of IPv4 from the block for documentation (RFC 5737)."""
    return f"192.0.2.{marks.number(detail.about, 1, 254)}"


def host_name(detail: Detail) -> str:
    """A host name that cannot exist."""
    label = re.sub(r"[^a-z0-9-]+", "-", detail.subject.name.lower()).strip("-")[:63]
    return marks.host(label or "offline")


def _hash(detail: Detail) -> str:
    return marks.digest(detail.about)


def _secret(detail: Detail) -> str:
    return f"offline-{marks.hex_id(detail.about, 32)}"


def _guid(detail: Detail) -> str:
    return marks.guid(detail.about)


def _marked(detail: Detail) -> str:
    return marks.hex_id(detail.about)


def _name(detail: Detail) -> str:
    return f"{detail.subject.name}-{kebab(detail.name)[:-5]}".rstrip("-")


_COMMON: Final = [
    rule("name", lambda detail: detail.subject.name),
    rule(
        r".*(time|date|timestamp|datetime)|.*(ed|ion|es|es)at|.*(created|updated|modified)(on|utc)?",
        saying(marks.TIME),
    ),
    rule(r".*email(address)?", lambda detail: f"{detail.subject.name}@{marks.DOMAIN}"),
    rule(
        r".*(url|uri|endpoint|webhook)",
        lambda detail: f"https://{host_name(detail)}",
    ),
    rule(r".*(host|hostname|fqdn|dnsname|domain|domainname|address(es)?name)", host_name),
    rule(r".*ipv6.*(cidr|block|range|prefix).*", saying("2001:db8::/56")),
    rule(r".*ipv6.*", saying("2001:db8::1")),
    rule(r".*(cidr|cidrblock|iprange|addressprefix|ipcidrrange)", saying("10.0.0.0/16")),
    rule(r".*(ip|ipaddress|ipv4|ipv4address)|address", address),
    rule(r".*(password|secret|token|accesskey|primarykey|secondarykey|privatekey)", _secret),
    rule(r".*connectionstring", lambda detail: f"Endpoint=https://{host_name(detail)}/"),
    rule(r".*(etag|fingerprint|hash|checksum|digest|sha256|sha1|md5|thumbprint)", _hash),
    rule(r".*(guid|uuid|uid|principalid|clientid|objectid|applicationid)", _guid),
    rule(r".*tenantid", lambda detail: detail.subject.place.tenant),
    rule(r".*subscriptionid", lambda detail: detail.subject.place.subscription),
    rule(r".*json|.*policydocument|policy", saying("{}")),
    rule(r".*version", saying("1")),
    rule(r".*(status|state|phase)", saying("ACTIVE")),
    rule(r".*(message|reason|description|comment|error|errormessage)", saying("")),
    rule(r".*protocol", saying("TCP")),
    rule(r".+name", _name),
    rule(r".*id", _marked),
]


def common_text(detail: Detail) -> str:
    """What a name says in any cloud; else a text that names the property."""
    found = first_match(_COMMON, detail)
    return f"offline-{kebab(detail.name)}" if found is None else found
