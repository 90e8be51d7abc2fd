"""Annotations: every type that an SDK can write is read as what it says."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.sdk import annotations
from modelport.sdk.types import (
    AnyType,
    AssetType,
    EnumType,
    ListType,
    LiteralType,
    MapType,
    ObjectType,
    Primitive,
    Type,
    UnionType,
)

KNOWN: dict[str, Type] = {
    "RuleArgs": ObjectType("a:RuleArgs"),
    "_meta.v1.ObjectMetaArgs": ObjectType("b:ObjectMetaArgs"),
    "outputs.Rule": ObjectType("c:Rule"),
    "Size": EnumType("d:Size"),
}
STRING = Primitive("string")


def parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def read(text: str) -> Type:
    return annotations.type_of(parsed(text), KNOWN.get)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pulumi.Input[_builtins.str]", STRING),
        ("pulumi.Input[Optional[_builtins.int]]", Primitive("integer")),
        ("Optional[pulumi.Input[bool]]", Primitive("boolean")),
        ("pulumi.Output[_builtins.float]", Primitive("number")),
        ("pulumi.Input[Sequence[pulumi.Input[_builtins.str]]]", ListType(STRING)),
        ("Mapping[str, Sequence[Any]]", MapType(ListType(AnyType()))),
        ("pulumi.Input[Union[pulumi.Asset, pulumi.Archive]]", AssetType()),
        (
            "pulumi.Input[Optional[Union[_builtins.str, 'Size']]]",
            UnionType((STRING, KNOWN["Size"])),
        ),
        ("pulumi.Input[Union['RuleArgs', 'RuleArgsDict']]", KNOWN["RuleArgs"]),
        (
            "Sequence[Union['RuleArgs', 'RuleArgsDict', 'outputs.Rule']]",
            ListType(KNOWN["RuleArgs"]),
        ),
        ("pulumi.Output['outputs.Rule']", KNOWN["outputs.Rule"]),
        ("pulumi.Input['_meta.v1.ObjectMetaArgs']", KNOWN["_meta.v1.ObjectMetaArgs"]),
        ("Literal['apps/v1']", LiteralType(("apps/v1",))),
        ("Union[_builtins.str, Union[_builtins.str, 'Size']]", UnionType((STRING, KNOWN["Size"]))),
        ("'Sequence[RuleArgs]'", ListType(KNOWN["RuleArgs"])),
        ("Union[_builtins.str, None]", STRING),
    ],
)
def test_what_sdks_write(text: str, expected: Type) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "'Missing'",
        "Callable[[int], str]",
        "3",
        "None",
        "Union[None]",
        "'not a type'",
        "Missing.Deep",
        "()",
    ],
)
def test_what_is_not_known_is_said(text: str) -> None:
    with pytest.raises(annotations.UnreadableError):
        read(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pulumi.Input[Optional[_builtins.str]]", True),
        ("Optional[Sequence[str]]", True),
        ("Union[str, None]", True),
        ("pulumi.Output[_builtins.str]", False),
        ("Sequence[Optional[str]]", False),
        ("'RuleArgs'", False),
    ],
)
def test_optional(text: str, expected: bool) -> None:
    assert annotations.optional(parsed(text)) is expected


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("pulumi.Input[Optional[Optional[_builtins.str]]]", 2),
        ("Optional[pulumi.Input[Optional[_builtins.str]]]", 2),
        ("pulumi.Input[Optional[_builtins.str]]", 1),
        ("Optional[pulumi.Input[_builtins.str]]", 1),
        ("_builtins.str", 0),
    ],
)
def test_layers_of_optional(text: str, layers: int) -> None:
    assert annotations.optional_layers(parsed(text)) == layers


PLAIN: st.SearchStrategy[tuple[str, Type]] = st.sampled_from(
    [
        ("_builtins.str", STRING),
        ("_builtins.int", Primitive("integer")),
        ("_builtins.float", Primitive("number")),
        ("_builtins.bool", Primitive("boolean")),
        ("Any", AnyType()),
        ("pulumi.Archive", AssetType()),
        ("'RuleArgs'", KNOWN["RuleArgs"]),
        ("'Size'", KNOWN["Size"]),
        ("Literal['a', 1, True]", LiteralType(("a", 1, True))),
    ]
)


def containers(
    inner: st.SearchStrategy[tuple[str, Type]],
) -> st.SearchStrategy[tuple[str, Type]]:
    wrapper = st.sampled_from(["{}", "pulumi.Input[{}]", "Optional[{}]", "pulumi.Output[{}]"])
    lists = st.tuples(wrapper, inner).map(
        lambda drawn: (f"Sequence[{drawn[0].format(drawn[1][0])}]", ListType(drawn[1][1]))
    )
    maps = st.tuples(wrapper, inner).map(
        lambda drawn: (f"Mapping[str, {drawn[0].format(drawn[1][0])}]", MapType(drawn[1][1]))
    )
    return lists | maps


ANNOTATIONS = st.recursive(PLAIN, containers, max_leaves=6)


@given(ANNOTATIONS)
def test_any_nesting_is_read_as_it_was_written(written: tuple[str, Type]) -> None:
    text, expected = written
    assert read(text) == expected
    assert read(f"pulumi.Input[Optional[{text}]]") == expected
    assert annotations.optional(parsed(f"pulumi.Input[Optional[{text}]]"))
    assert not annotations.optional(parsed(text))


@given(st.lists(ANNOTATIONS, min_size=1, max_size=4))
def test_unions_are_flat_and_without_repetition(written: list[tuple[str, Type]]) -> None:
    union = read(f"Union[{', '.join(text for text, _ in written)}]")
    kinds = list(dict.fromkeys(kind for _, kind in written))
    assert union == (kinds[0] if len(kinds) == 1 else UnionType(tuple(kinds)))


@given(st.text(max_size=40))
def test_nonsense_is_unreadable_and_no_accident(text: str) -> None:
    try:
        annotation = parsed(text)
    except (SyntaxError, ValueError):
        return
    try:
        annotations.type_of(annotation, KNOWN.get)
        annotations.optional(annotation)
    except annotations.UnreadableError:
        pass
