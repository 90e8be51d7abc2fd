"""What rules about components share: which types they are and where such rules come from."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from modelport_policies.rule import Check, Reads, Resource, Settings

COMPONENTS = (
    "modelport:index:*Endpoint",
    "modelport:index:*Fleet",
    "modelport:index:*Predictor",
    "modelport:index:*Scorer",
    "modelport:index:*Service",
)
"""Components that put a model to work."""

_CHILD = re.compile(r"[:$]modelport:index:\w+\$")


@dataclass(frozen=True, slots=True)
class UnlessServed:
    """A check of who may call, left out inside a component that serves a model.

    There the server asks every caller for a key or a token itself, and the component's plan
    refuses an endpoint that others reach and that asks nobody. From outside both look the same.
    """

    check: Check

    @property
    def reads(self) -> tuple[Reads, ...]:
        """The properties that the check reads."""
        return tuple(getattr(self.check, "reads", ()))

    @property
    def demands(self) -> tuple[Any, ...]:
        """The demands that the check makes."""
        return tuple(getattr(self.check, "demands", ()))

    def __call__(self, resource: Resource, settings: Settings) -> Iterable[str]:
        """What the check says, when the resource is in no such component."""
        return () if _CHILD.search(resource.urn) else self.check(resource, settings)


CATALOGUE = "Modelport's own rule: facts that every component publishes"
