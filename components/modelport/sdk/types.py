"""Types: what an installed SDK says about the properties of its resources and functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Json = object
"""None, bool, int, float, str, or lists and dicts of them."""


@dataclass(frozen=True, slots=True)
class AnyType:
    """Any value; also what could not be read from the SDK."""


@dataclass(frozen=True, slots=True)
class AssetType:
    """A file or an archive (`pulumi.Asset`, `pulumi.Archive`)."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """One plain value."""

    kind: Literal["string", "integer", "number", "boolean"]


@dataclass(frozen=True, slots=True)
class ListType:
    """A list of values of one type."""

    item: "Type"


@dataclass(frozen=True, slots=True)
class MapType:
    """A map from free keys to values of one type."""

    item: "Type"


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A nested object; `modelport.sdk.nested(ref)` gives its properties."""

    ref: str
    """Module and class, e.g. `pulumi_aws.lambda_._inputs:FunctionVpcConfigArgs`."""


@dataclass(frozen=True, slots=True)
class EnumType:
    """A closed set of values; `modelport.sdk.members(ref)` gives them."""

    ref: str


@dataclass(frozen=True, slots=True)
class LiteralType:
    """One of a few fixed values."""

    values: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class UnionType:
    """A value of one of several types; an enum beside a string is open."""

    options: tuple["Type", ...]


Type = (
    AnyType
    | AssetType
    | Primitive
    | ListType
    | MapType
    | ObjectType
    | EnumType
    | LiteralType
    | UnionType
)


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a resource, a function or a nested object."""

    name: str
    """Name on the wire, e.g. `memorySize`."""
    python: str
    """Name in Python programs, e.g. `memory_size`."""
    type: Type
    required: bool = False
    """An input that must be given; an output that is always there."""
    default: Json = None
    """What the SDK itself sends when nothing is given."""
    secret: bool = False
    replaces: bool = False
    """Whether the SDK's own documentation or code says that a change replaces the resource."""
    documented: tuple[str, ...] = ()
    """Values that the documentation lists; a hint, never a reason to refuse."""


Properties = Mapping[str, Property]
"""Properties by their name on the wire."""


@dataclass(frozen=True, slots=True)
class ResourceSchema:
    """One resource type, or a package's provider."""

    token: str
    """Type token, e.g. `aws:lambda/function:Function`."""
    inputs: Properties
    outputs: Properties
    secret_outputs: frozenset[str] = frozenset()
    """Wire names of outputs that the SDK marks as secret."""
    extensible: bool = False
    """Whether it may have properties beside these, as Kubernetes' custom resources do."""


@dataclass(frozen=True, slots=True)
class FunctionSchema:
    """One data source."""

    token: str
    inputs: Properties
    outputs: Properties = field(default_factory=dict[str, Property])
