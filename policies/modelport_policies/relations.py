"""Relations: which resource of a stack belongs to which.

A program hands one resource's output to another, and the engine tells where each property comes
from; or it writes the same name in both.
"""

from collections.abc import Iterator, Sequence

from modelport_policies.rule import Resource, Settings, StackCheck
from modelport_policies.values import UNKNOWN, read, text


def of_type(resources: Sequence[Resource], *types: str) -> list[Resource]:
    """The resources of these types."""
    return [resource for resource in resources if resource.type in types]


def at_most(kind: str, what: str) -> StackCheck:
    """A check that a stack has no more resources of a type than the rule's parameter `most`.

    Args:
        kind: Type of the resources.
        what: What they are and what each costs, e.g. `NAT gateways; each costs 33 USD a month`.
    """

    def check(resources: Sequence[Resource], settings: Settings) -> Iterator[str]:
        found, most = len(of_type(resources, kind)), float(settings["most"])
        if found > most:
            yield f"has more than {most:g}, which is {found} {what}"

    return check


def without_partner(
    owners: Sequence[Resource],
    partners: Sequence[Resource],
    by: Sequence[str],
    names: Sequence[str],
) -> Iterator[Resource]:
    """The owners that no partner names.

    Args:
        owners: Resources that need a partner.
        partners: Resources that may name one of them.
        by: Properties by which a partner names its owner, with dots on the way into objects.
        names: Properties in which an owner has its own name or identifier.
    """
    for owner in owners:
        if not any(refers(partner, owner, by, names) for partner in partners):
            yield owner


def refers(partner: Resource, owner: Resource, by: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a partner names this owner, or may do so: what is unknown and from nowhere may."""
    known = {found for name in names if isinstance(found := text(owner.properties, name), str)}
    for key in by:
        first, *rest = key.split(".")
        used = partner.uses.get(first, ())
        if owner.urn in used:
            return True
        found = read(partner.properties, first, *rest)
        if found is UNKNOWN and not used:
            return True
        if isinstance(found, str) and _names(found, known):
            return True
    return False


def _names(found: str, known: set[str]) -> bool:
    """Whether a text is one of the names, or an ARN or a path that ends with one."""
    return any(found == name or found.endswith((f"/{name}", f":{name}")) for name in known if name)
