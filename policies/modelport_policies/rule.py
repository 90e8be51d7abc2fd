"""Rule: one thing that must hold, with everything that a reader needs to act on it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

Level = Literal["mandatory", "advisory", "disabled"]
Environment = Literal["dev", "staging", "prod"]
Severity = Literal["low", "medium", "high", "critical"]


@dataclass(frozen=True, slots=True)
class Levels:
    """How strictly a rule holds in each environment."""

    dev: Level = "mandatory"
    staging: Level = "mandatory"
    prod: Level = "mandatory"

    def at(self, environment: Environment) -> Level:
        """The level in one environment."""
        levels: dict[Environment, Level] = {
            "dev": self.dev,
            "staging": self.staging,
            "prod": self.prod,
        }
        return levels[environment]


MANDATORY = Levels()
"""Blocks everywhere."""
STRICT_IN_PROD = Levels("advisory", "advisory", "mandatory")
"""Blocks in prod only."""
NOT_IN_DEV = Levels("disabled", "advisory", "mandatory")
"""Blocks in prod, and says nothing while somebody tries things out."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a platform team may set for a rule."""

    default: float
    """Value when nothing is set."""
    about: str
    """What it means, with its unit."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as a rule sees it."""

    type: str
    name: str
    urn: str
    properties: Mapping[str, Any]
    """Read them with `modelport_policies.values` only."""
    parent: str = ""
    """URN of its parent; known to stack rules."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An example of a resource, for documentation and tests."""

    type: str
    properties: Mapping[str, Any]


Settings = Mapping[str, Any]
"""The rule's parameters by name."""
Check = Callable[[Resource, Settings], Iterable[str]]
"""Gives one sentence for each thing that does not hold; none about what is not known yet.

A sentence names properties and never shows a text that a program chose: the engine hands
secrets to policies in plain.
"""
StackCheck = Callable[[Sequence[Resource], Settings], Iterable[str]]
"""The same over all resources of a stack that the rule concerns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; `check` looks at each matching resource, `stack_check` at all of them."""

    id: str
    """Name in messages and settings, e.g. `endpoint-public-needs-auth`."""
    title: str
    """What must hold, in one sentence."""
    severity: Severity
    types: tuple[str, ...]
    """Resource types, `*` as wildcard."""
    rationale: str
    """Why it matters."""
    fix: str
    """What to write."""
    sources: tuple[str, ...]
    """Where the rule comes from."""
    passes: Sample
    """A resource that follows it."""
    fails: Sample
    """A resource that does not."""
    levels: Levels = MANDATORY
    parameters: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])
    check: Check | None = None
    stack_check: StackCheck | None = None

    def __post_init__(self) -> None:
        if (self.check is None) == (self.stack_check is None):
            raise ValueError(f"{self.id}: a rule has a check or a stack_check")

    def concerns(self, type_token: str) -> bool:
        """Whether the rule looks at resources of this type."""
        return any(fnmatchcase(type_token, pattern) for pattern in self.types)

    def message(self, finding: str) -> str:
        """What a person reads: what is wrong, why it matters, what to write, where it is from."""
        return (
            f"{finding}\n"
            f"  why:    {self.rationale}\n"
            f"  fix:    {self.fix}\n"
            f"  source: {'; '.join(self.sources)}"
        )
