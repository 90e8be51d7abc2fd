"""Naming: names of resources that the program leaves to the provider.

Each official provider makes up a name from the resource's name in the program and random hex
digits, keeps it over updates, and takes another one when it replaces the resource:
aws and gcp `name-1a2b3c4` (pulumi-terraform-bridge, `SetAutonaming(255, "-")` and 63 for gcp),
azure-native `name1a2b3c4d` or `name-…` where the name may hold a dash, kubernetes
`name-1a2b3c4d` (pulumi.com/docs/iac/concepts/resources/names, looked up 2026-11-21).
"""

import hashlib
from collections.abc import Callable
from typing import cast

from modelport.provider.wire import UNKNOWN
from modelport.sdk.types import Primitive, ResourceSchema, UnionType
from modelport.sdk_provider.backing import Values
from modelport.sdk_provider.replacement import Naming

DEFAULTS = "__defaults"
"""Input that lists the inputs which a provider filled in itself (of the Terraform bridge)."""

_OWN_PROPERTY = {
    "aws:s3/bucket:Bucket": "bucket",
    "aws:s3/bucketV2:BucketV2": "bucket",
    "aws:sagemaker/domain:Domain": "domainName",
}
"""Properties that are named for the resource although they are not called `name`."""
_UNNAMED = frozenset(
    {"aws:appautoscaling/target:Target", "aws:route53/record:Record", "aws:ssm/document:Document"}
)
"""Types whose `name` is no name of the resource."""


def name_property(schema: ResourceSchema) -> str | None:
    """The input that is made up when the program leaves it out; none when there is none."""
    package, _, kind = schema.token.split(":")
    if package == "kubernetes" or schema.token in _UNNAMED or package == "pulumi":
        return None
    if package == "azure-native":
        return _path_parameter(schema, kind)
    name = _OWN_PROPERTY.get(schema.token, "name")
    property_ = schema.inputs.get(name)
    if property_ is None or property_.required or not _is_text(property_.type):
        return None
    return name


def name_inputs(
    schema: ResourceSchema,
    name: str,
    inputs: Values,
    old: Values,
    random: Callable[[int], str],
) -> Values:
    """The inputs with a name, when the program gave none.

    Args:
        schema: The resource's type.
        name: The resource's name in the program.
        inputs: What the program gave.
        old: Inputs of the last update; empty when the resource is new or replaced.
        random: Makes so many hex digits.
    """
    if schema.token.startswith("kubernetes:"):
        return _name_metadata(schema, name, inputs, old, random)
    key = name_property(schema)
    if key is None or inputs.get(key) is not None or inputs.get(f"{key}Prefix") is not None:
        return inputs
    before = old.get(key)
    made = before if isinstance(before, str) and before else _made(schema, name, random)
    named: Values = {**inputs, key: made}
    named[DEFAULTS] = [key]
    return named


def naming(schema: ResourceSchema, inputs: Values) -> Naming:
    """Who chose the name; two resources cannot both have one that the program chose."""
    if schema.token.startswith("kubernetes:"):
        metadata = _dict(inputs.get("metadata"))
        if "name" not in metadata:
            return "none"
        made_up = _dict(metadata.get("annotations")).get(_AUTONAMED) == "true"
        return "provider" if made_up else "program"
    key = name_property(schema)
    if key is None or inputs.get(key) is None:
        return "none"
    made_up = inputs.get(DEFAULTS)
    listed = isinstance(made_up, list) and key in cast("list[object]", made_up)
    return "provider" if listed else "program"


def full_name(schema: ResourceSchema, inputs: Values) -> object:
    """The resource's name with its namespace; equal names mean that two cannot exist at once."""
    if schema.token.startswith("kubernetes:"):
        metadata = _dict(inputs.get("metadata"))
        return (metadata.get("namespace"), metadata.get("name"))
    key = name_property(schema)
    return inputs.get(key) if key else None


_AUTONAMED = "pulumi.com/autonamed"
"""Annotation by which the kubernetes provider knows its own names."""


def _name_metadata(
    schema: ResourceSchema, name: str, inputs: Values, old: Values, random: Callable[[int], str]
) -> Values:
    metadata = inputs.get("metadata")
    if (
        "metadata" not in schema.inputs
        or metadata == UNKNOWN
        or schema.token.endswith(("List", "Patch"))
    ):
        return inputs
    given = _dict(metadata)
    if given.get("name") is not None or given.get("generateName") is not None:
        return inputs
    before = _dict(old.get("metadata"))
    made = before.get("name") or f"{name}-{random(8)}"
    annotations = given.get("annotations")
    if annotations != UNKNOWN:
        annotations = {**_dict(annotations), _AUTONAMED: "true"}
    return {**inputs, "metadata": {**given, "name": made, "annotations": annotations}}


def _path_parameter(schema: ResourceSchema, kind: str) -> str | None:
    """Azure's own name of a resource is a parameter of its path: given, but not among the outputs.

    An optional one is made up by the provider; required ones name the resources above it.
    """
    candidates = [
        name
        for name, property_ in schema.inputs.items()
        if name.endswith("Name")
        and not property_.required
        and name not in schema.outputs
        and _is_text(property_.type)
    ]
    exact = kind[:1].lower() + kind[1:] + "Name"
    if exact in candidates:
        return exact
    return candidates[0] if len(candidates) == 1 else None


def _made(schema: ResourceSchema, name: str, random: Callable[[int], str]) -> str:
    if schema.token.startswith("azure-native:"):
        return f"{name}{random(8)}"
    longest = 63 if schema.token.startswith("gcp:") else 255
    return f"{name[: longest - 8]}-{random(7)}"


def stable_digits(urn: str) -> Callable[[int], str]:
    """Hex digits that depend on the resource alone, so that previews are the same everywhere."""
    digest = hashlib.sha256(urn.encode()).hexdigest()
    return lambda count: digest[:count]


def _is_text(type_: object) -> bool:
    if isinstance(type_, UnionType):
        return any(_is_text(option) for option in type_.options)
    return type_ == Primitive("string")


def _dict(value: object) -> Values:
    return cast("Values", value) if isinstance(value, dict) else {}
