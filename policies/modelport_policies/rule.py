"""Rule: one thing that must hold, with everything that a reader needs to act on it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
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
ADVICE = Levels("advisory", "advisory", "advisory")
"""Blocks nowhere: what a reader may have a good reason to do otherwise."""
ADVICE_IN_DEV = Levels("advisory", "disabled", "disabled")
"""Says in dev what would be cheaper, and nothing where people rely on it."""
DEV_ONLY = Levels("mandatory", "advisory", "disabled")
"""Blocks in dev, where nobody needs what it asks about; prod has its own reasons."""


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
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """URNs of the resources that each property comes from; known to stack rules."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An example of a resource, for documentation and tests."""

    type: str
    properties: Mapping[str, Any]
    beside: tuple["Sample", ...] = ()
    """Other resources of the same stack, which a stack rule sees as well."""


@dataclass(frozen=True, slots=True)
class Reads:
    """A property that decides a rule's verdict."""

    path: str
    """Where it is, `[]` for each element of a list: `ingress[].cidrBlocks`."""
    absent: Literal["passes", "fails"]
    """The verdict when it is not set, or is of a type that the rule cannot read."""


Settings = Mapping[str, Any]
"""The rule's parameters by name."""
Check = Callable[[Resource, Settings], Iterable[str]]
"""Gives one sentence for each thing that does not hold; none about what is not known yet.

A sentence names properties and never shows a text that a program chose: the engine hands
secrets to policies in plain.
"""
StackCheck = Callable[[Sequence[Resource], Settings], Iterable[str | tuple[Resource, str]]]
"""The same over all resources of a stack that the rule concerns.

A sentence alone is about the whole stack; beside a resource it is about that one.
"""


@cache
def _is_one_of(types: tuple[str, ...], type_token: str) -> bool:
    """Asked for every rule and every resource, so the answer is kept."""
    return any(fnmatchcase(type_token, pattern) for pattern in types)


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
    reads: tuple[Reads, ...] = ()
    """What decides; a check made of demands says so itself."""
    also_passes: tuple[Sample, ...] = ()
    """More examples for tests: the cases that are easily got wrong."""
    also_fails: tuple[Sample, ...] = ()
    remedies: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Values by path that mend a resource; only where nothing else can change by them."""

    def __post_init__(self) -> None:
        if (self.check is None) == (self.stack_check is None):
            raise ValueError(f"{self.id}: a rule has a check or a stack_check")

    @property
    def properties(self) -> tuple[Reads, ...]:
        """The properties that decide."""
        return self.reads or tuple(getattr(self.check, "reads", ()))

    def concerns(self, type_token: str) -> bool:
        """Whether the rule looks at resources of this type."""
        return _is_one_of(self.types, type_token)

    def message(self, finding: str) -> str:
        """What a person reads: what is wrong, why it matters, what to write, where it is from."""
        return (
            f"{finding}\n"
            f"  why:    {self.rationale}\n"
            f"  fix:    {self.fix}\n"
            f"  source: {'; '.join(self.sources)}"
        )
