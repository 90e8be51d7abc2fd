"""V2: the Open Inference Protocol, which KServe, Triton and MLServer speak, over HTTP.

Tensors may be JSON or, with the binary tensor data extension, bytes behind the JSON.
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from modelport_serving.body import JSON_TYPE, parse_json
from modelport_serving.exchange import NO_STORE, Exchange, Reply
from modelport_serving.instances import Rows
from modelport_serving.predictor import Predictor
from modelport_serving.protocols.base import Plain, checked
from modelport_serving.protocols.native import encode
from modelport_serving.protocols.tensors import (
    check_output,
    check_tensor,
    from_bytes,
    instances,
    output,
    outputs_of,
    platform_of,
    shape_problem,
    shaped,
    to_bytes,
)
from modelport_serving.record import BundleRecord

BINARY = "application/octet-stream"
LENGTH = b"inference-header-content-length"
"""Bytes of the JSON in front of binary tensors."""
MAX_DIGITS = 20
"""Digits of a header that is a number."""


@dataclass(slots=True)
class _Asked:
    """What a request says about its answer."""

    id: str | None
    outputs: dict[str, bool]
    """Wanted outputs by name, and whether as bytes."""


class V2:
    """Inference requests."""

    media: tuple[str, ...] = (JSON_TYPE, BINARY, "")
    """NVIDIA's client names no type."""
    slow = False

    def __init__(self, record: BundleRecord) -> None:
        self._record = record
        self._names = [feature.name for feature in record.signature.features]
        self._outputs = {name: datatype for name, datatype, _ in outputs_of(record)}

    def rows(self, body: bytes, exchange: Exchange, predictor: Predictor, most: int) -> Rows:
        """Read the tensors of a request."""
        head, tail = _cut(body, exchange)
        document = parse_json(head)
        if not isinstance(document, dict):
            raise shape_problem("the request is not an object")
        request = cast("dict[str, Any]", document)
        exchange.note = _Asked(self._id(request), self._wanted(request))
        inputs = request.get("inputs")
        if not isinstance(inputs, list) or not inputs:
            raise shape_problem("inputs is no list of tensors")
        tensors: dict[str, Any] = {}
        for each in cast("list[Any]", inputs):
            name, values, tail = _tensor(each, tail)
            tensors[name] = values
        if tail:
            raise shape_problem("there are bytes behind the last binary tensor")
        return checked(predictor, instances(tensors, self._names), most)

    def reply(self, predictions: Plain, exchange: Exchange) -> Reply:
        """Write the wanted outputs."""
        asked = cast("_Asked", exchange.note)
        described: list[dict[str, Any]] = []
        tail: list[bytes] = []
        for name, binary in asked.outputs.items():
            sizes, values = output(self._record, name, predictions)
            tensor: dict[str, Any] = {
                "name": name,
                "datatype": self._outputs[name],
                "shape": sizes,
            }
            if binary:
                content = to_bytes(values)
                tensor["parameters"] = {"binary_data_size": len(content)}
                tail.append(content)
            else:
                tensor["data"] = values.tolist() if isinstance(values, np.ndarray) else values
            described.append(tensor)
        named = {"model_name": self._record.name, "model_version": self._record.version}
        own = {} if asked.id is None else {"id": asked.id}
        head = encode({**named, **own, "outputs": described})
        if not tail:
            return Reply(head)
        length = (LENGTH, str(len(head)).encode())
        return Reply(b"".join([head, *tail]), media=BINARY.encode(), headers=(NO_STORE, length))

    def _id(self, request: dict[str, Any]) -> str | None:
        given = request.get("id")
        if given is None:
            return None
        if not isinstance(given, str) or not given.isprintable():
            raise shape_problem("id is no printable text")
        return given

    def _wanted(self, request: dict[str, Any]) -> dict[str, bool]:
        usual = bool(_parameters(request).get("binary_data_output"))
        given = request.get("outputs")
        if given is not None and not isinstance(given, list):
            raise shape_problem("outputs is no list")
        if not given:
            return dict.fromkeys(self._outputs, usual)
        wanted: dict[str, bool] = {}
        for each in cast("list[Any]", given):
            told = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
            known = check_output(told.get("name"), self._record)
            wanted[known] = bool(_parameters(told).get("binary_data", usual))
        return wanted


def metadata(record: BundleRecord) -> Reply:
    """What the model takes and answers."""
    width = len(record.signature.features)
    outputs = [
        {"name": name, "datatype": datatype, "shape": shape}
        for name, datatype, shape in outputs_of(record)
    ]
    return Reply(
        encode(
            {
                "name": record.name,
                "versions": [record.version],
                "platform": platform_of(record),
                "inputs": [{"name": "rows", "datatype": "FP64", "shape": [-1, width]}],
                "outputs": outputs,
            }
        )
    )


def server_metadata(record: BundleRecord) -> Reply:
    """What the server is."""
    extensions = ["binary_tensor_data"]
    return Reply(encode({"name": "modelport", "version": record.version, "extensions": extensions}))


def _cut(body: bytes, exchange: Exchange) -> tuple[bytes, bytes]:
    given = exchange.headers.get(LENGTH)
    if given is None:
        return body, b""
    if not given.isdigit() or len(given) > MAX_DIGITS or int(given) > len(body):
        raise shape_problem("Inference-Header-Content-Length does not fit the body")
    return body[: int(given)], body[int(given) :]


def _tensor(given: Any, tail: bytes) -> tuple[str, NDArray[Any], bytes]:
    """Name and values of one input, and what is left of the bytes behind the JSON."""
    if not isinstance(given, dict):
        raise shape_problem("an input is no object")
    tensor = cast("dict[str, Any]", given)
    name, shape, datatype = (tensor.get(key) for key in ("name", "shape", "datatype"))
    if not isinstance(name, str):
        raise shape_problem("an input has no name")
    if not isinstance(shape, list) or not all(
        type(size) is int for size in cast("list[Any]", shape)
    ):
        raise shape_problem("a shape is no list of numbers")
    sizes = cast("list[int]", shape)
    check_tensor(name, datatype, sizes)
    size = _parameters(tensor).get("binary_data_size")
    if size is not None:
        if type(size) is not int or not 0 <= size <= len(tail):
            raise shape_problem("binary_data_size does not fit the body")
        content, tail = tail[:size], tail[size:]
        values = from_bytes(content, str(datatype))
        if values is None:
            raise shape_problem("binary_data_size does not fit the datatype")
    else:
        values = _values(tensor.get("data"))
    return name, shaped(name, values, sizes), tail


def _parameters(given: dict[str, Any]) -> dict[str, Any]:
    found = given.get("parameters")
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise shape_problem("parameters is no object")
    return cast("dict[str, Any]", found)


def _values(data: Any) -> NDArray[Any]:
    """The values of a tensor in JSON, nested or flat, as they are: they are checked later."""
    values = np.array(data, dtype=object) if isinstance(data, list) else None
    if values is None:
        raise shape_problem("data is no list")
    flat: list[Any] = values.reshape(-1).tolist()
    if any(isinstance(value, list) for value in flat):
        raise shape_problem("the lists of data differ in length")
    # One cell each, so that nothing is taken for a number that was none.
    found = np.empty(len(flat), dtype=object)
    found[:] = flat
    return found
