"""Messages of the engine are converted once, and to what they always were."""

from typing import Any

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.proto.analyzer_pb2 import AnalyzeRequest

from modelport_policies import conversion
from modelport_policies.conversion import Conversions

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000).map(float) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def struct(values: dict[str, Any]) -> Struct:
    made = Struct()
    made.update(values)
    return made


@given(st.lists(st.dictionaries(st.text(), VALUES), max_size=5))
def test_answers_are_those_of_the_library(all_values: list[dict[str, Any]]) -> None:
    made = Conversions()
    messages = [struct(values) for values in all_values]
    for message in [*messages, *messages]:
        assert made.MessageToDict(message) == json_format.MessageToDict(message)


def test_a_message_is_converted_once() -> None:
    made = Conversions()
    request = AnalyzeRequest()
    request.properties["name"] = "images"
    first = made.MessageToDict(request.properties)
    assert made.MessageToDict(request.properties) is first
    assert made.MessageToDict(struct({"name": "images"})) is not first


def test_only_so_many_are_remembered_and_none_is_mistaken() -> None:
    made = Conversions()
    for number in range(2 * conversion._MOST + 1):  # pyright: ignore[reportPrivateUsage]
        assert made.MessageToDict(struct({"number": number})) == {"number": number}


def test_everything_else_is_the_library() -> None:
    assert Conversions().ParseDict is json_format.ParseDict
