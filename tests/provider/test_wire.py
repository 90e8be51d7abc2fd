"""Property values survive the way to the engine and back."""

from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from modelport.provider.wire import (
    UNKNOWN,
    Secret,
    from_struct,
    has_unknowns,
    read_struct,
    to_struct,
)

scalars = st.none() | st.booleans() | st.integers(-(2**52), 2**52) | st.text(max_size=10)
scalars |= st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer())
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=8), values))
def test_values_come_back_as_they_went(given_values: dict[str, object]) -> None:
    assert from_struct(to_struct(given_values)) == given_values


@given(st.dictionaries(st.text(max_size=8), values))
def test_secrets_come_back_plain_and_are_marked_on_the_way(given_values: dict[str, object]) -> None:
    sent = to_struct({key: Secret(value) for key, value in given_values.items()})
    assert from_struct(sent) == given_values
    for field in sent.fields.values():
        assert field.struct_value.fields["4dabf18193072939515e22adb298388d"].string_value == (
            "1b47061264138c4ac30d75fd1eb44270"
        )


def test_an_output_without_value_is_unknown() -> None:
    sent = Struct()
    sent.update(
        {
            "x": {
                "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4",
                "secret": True,
            }
        }
    )
    assert from_struct(sent) == {"x": UNKNOWN}


def test_unknowns_are_found_at_any_depth() -> None:
    assert has_unknowns({"a": [{"b": UNKNOWN}]})
    assert not has_unknowns({"a": [{"b": "known"}]})


def test_secrets_are_kept_at_any_depth() -> None:
    values: dict[str, object] = {
        "env": [{"name": "KEY", "value": Secret("s")}],
        "in": {"a": Secret("t")},
    }
    assert read_struct(to_struct(values)) == values
