"""Synthesis: a plausible value for a property, by its name and its type."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from modelport.offline.aws_arns import revision
from modelport.offline.aws_texts import aws_text
from modelport.offline.azure_texts import azure_text
from modelport.offline.computed import usual_value
from modelport.offline.gcp_texts import gcp_text
from modelport.offline.place import entries, items
from modelport.offline.subject import Subject
from modelport.offline.texts import Detail, common_text
from modelport.provider.wire import UNKNOWN, Asset, Json
from modelport.sdk import members, nested
from modelport.sdk.types import (
    AnyType,
    AssetType,
    EnumType,
    ListType,
    LiteralType,
    MapType,
    ObjectType,
    Primitive,
    Property,
    Type,
    UnionType,
)

_DEEPEST: Final = 4
"""Levels of nested objects below which lists stay empty."""
_WELL: Final = (
    "succeeded",
    "active",
    "running",
    "ready",
    "available",
    "enabled",
    "issued",
    "inservice",
    "completed",
    "deployed",
    "ok",
    "online",
)
"""States of what is well; taken where a type or the documentation lists values."""
_TEXTS: Final = {"aws": aws_text, "azure-native": azure_text, "gcp": gcp_text}
_NUMBERS: Final = (
    ("port", 443),
    ("timeout", 60),
    ("seconds", 60),
    ("minutes", 60),
    ("days", 7),
    ("sizeingb", 10),
    ("sizegb", 10),
    ("count", 1),
)
"""Numbers by what a name ends in; others are 1."""
_EMPTY: Final = ("error", "errors", "warnings", "conditions", "connections", "tags", "labels")
"""What names of lists end in that are empty where all is well."""


@dataclass(frozen=True, slots=True)
class Synthesis:
    """Invents values for one subject."""

    subject: Subject
    resource_id: str = ""
    refs: tuple[str, ...] = ()
    """Nested types that the value lies in."""
    whole: bool = False
    """Whether objects get what is optional in them, too: the service alone decides on them."""

    def value(self, property_: Property, *, given: bool = False) -> Json:
        """A value of the property's type; none where nothing can be said.

        Args:
            property_: What the SDK says of it.
            given: Whether the property is an input that was left out: lists stay empty then.
        """
        usual = usual_value(self.subject.token, property_.name) if not self.refs else None
        if usual is not None:
            return usual
        if not (given or self.refs or self.whole):
            return replace(self, whole=True).value(property_)
        return self._value(property_.type, property_, given=given)

    def fill(self, value: Json, type_: Type, *, before: Json = None, unknown: bool = False) -> Json:
        """What was given, with what the type of outputs requires in it besides.

        Args:
            value: The value of an input; may hold unknown values.
            type_: Type of the output of the same name.
            before: Today's output, whose own additions stay.
            unknown: Leave what is newly added unknown.
        """
        if value == UNKNOWN or isinstance(value, Asset):
            return value
        if isinstance(type_, UnionType):
            fitting = [option for option in type_.options if _may_hold(option, value)]
            if not fitting:
                return value
            return self.fill(value, fitting[0], before=before, unknown=unknown)
        if isinstance(type_, ListType) and isinstance(value, list):
            olds = items(before)
            return [
                self.fill(
                    item,
                    type_.item,
                    before=olds[index] if index < len(olds) else None,
                    unknown=unknown,
                )
                for index, item in enumerate(items(value))
            ]
        if isinstance(type_, MapType) and isinstance(value, list):
            # Azure answers a list of ids with a map from them to what it knows of each.
            value = {str(item): {} for item in items(value)}
        if isinstance(type_, MapType) and isinstance(value, dict):
            olds = entries(before)
            return {
                key: self.fill(item, type_.item, before=olds.get(key), unknown=unknown)
                for key, item in entries(value).items()
            }
        if isinstance(type_, ObjectType) and isinstance(value, dict):
            return self._filled(entries(value), type_, entries(before), unknown=unknown)
        return value

    def _filled(
        self,
        value: Mapping[str, Json],
        type_: ObjectType,
        before: Mapping[str, Json],
        *,
        unknown: bool,
    ) -> Json:
        inside = replace(self, refs=(*self.refs, type_.ref))
        result = dict(value)
        for name, property_ in nested(type_.ref).items():
            old = before.get(name)
            if result.get(name) is not None:
                result[name] = inside.fill(
                    result[name], property_.type, before=old, unknown=unknown
                )
            elif property_.required or _adds(inside, property_):
                added = UNKNOWN if unknown else inside.value(property_)
                if old is not None or added is not None:
                    result[name] = added if old is None else old
        return result

    def _value(self, type_: Type, property_: Property, *, given: bool) -> Json:
        match type_:
            case Primitive():
                return self._primitive(type_, property_)
            case EnumType():
                return _well(members(type_.ref))
            case LiteralType():
                return _well(type_.values)
            case ListType():
                return self._list(type_, property_, given=given)
            case ObjectType():
                return self._object(type_)
            case UnionType():
                return self._value(_likeliest(type_), property_, given=given)
            case MapType() | AnyType():
                return {}
            case AssetType():
                return None

    def _primitive(self, type_: Primitive, property_: Property) -> Json:
        lower = property_.name.lower()
        if type_.kind == "boolean":
            return False
        if type_.kind != "string":
            if lower == "revision":
                return revision(self.subject)
            return next((number for end, number in _NUMBERS if lower.endswith(end)), 1)
        detail = Detail(self.subject, self.resource_id, property_.name, bool(self.refs))
        invent = _TEXTS.get(self.subject.package)
        found = invent(detail) if invent else None
        if property_.documented and found not in property_.documented:
            return _well(property_.documented)
        return common_text(detail) if found is None else found

    def _list(self, type_: ListType, property_: Property, *, given: bool) -> Json:
        item = type_.item
        endless = isinstance(item, ObjectType) and (
            item.ref in self.refs or (self.subject.package == "azure-native" and bool(self.refs))
        )
        lower = property_.name.lower()
        if given or endless or len(self.refs) >= _DEEPEST or lower.endswith(_EMPTY):
            return []
        one = replace(property_, name=_singular(property_.name), type=item, documented=())
        value = self._value(item, one, given=False)
        return [] if value is None or value == "" else [value]

    def _object(self, type_: ObjectType) -> Json:
        if type_.ref in self.refs:
            return {}
        return self._filled({}, type_, {}, unknown=False)


def holds(type_: Type, value: Json) -> bool:
    """Whether a value has the shape of a type; Azure's inputs and outputs may differ in it."""
    if value == UNKNOWN or isinstance(type_, AnyType | AssetType):
        return True
    if isinstance(type_, UnionType):
        return any(holds(option, value) for option in type_.options)
    if isinstance(type_, ListType):
        return isinstance(value, list)
    if isinstance(type_, MapType):
        return isinstance(value, dict | list)
    if isinstance(type_, Primitive) and type_.kind in ("integer", "number"):
        return not isinstance(value, dict | list) and _is_number(value)
    return isinstance(value, dict) == isinstance(type_, ObjectType) and not isinstance(value, list)


def _is_number(value: Json) -> bool:
    """Whether it is a number, or the text of one, which the Terraform bridge takes as well."""
    return not isinstance(value, str) or value.lstrip("-").replace(".", "", 1).isdigit()


def _likeliest(type_: UnionType) -> Type:
    """Values of an enum rather than any text, and anything rather than any value at all."""
    ranks = (EnumType, LiteralType, Primitive, ObjectType, ListType, MapType, AssetType, AnyType)
    return min(type_.options, key=lambda option: ranks.index(type(option)))


def _may_hold(type_: Type, value: Json) -> bool:
    if isinstance(type_, ObjectType):
        # Of several shapes it is the one that knows every property that was given.
        return isinstance(value, dict) and set(entries(value)) <= set(nested(type_.ref))
    if isinstance(type_, ListType):
        return isinstance(value, list)
    if isinstance(type_, MapType):
        return isinstance(value, dict)
    return isinstance(type_, AnyType) or not isinstance(value, dict | list)


def _well(values: tuple[Json, ...]) -> Json:
    """The value that says that all is well; else the first."""
    for state in _WELL:
        for value in values:
            if isinstance(value, str) and value.lower().replace("_", "") == state:
                return value
    return values[0] if values else ""


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    if name.endswith(("sses", "xes")):
        return name[:-2]
    return name.removesuffix("s") if not name.endswith("ss") else name


def _adds(synthesis: Synthesis, property_: Property) -> bool:
    """Whether something optional inside an object is said as well."""
    lower = property_.name.lower()
    return synthesis.whole and len(synthesis.refs) < _DEEPEST and not lower.endswith(_EMPTY)
