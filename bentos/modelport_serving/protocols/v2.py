"""V2: the Open Inference Protocol, which KServe, Triton and MLServer speak, over HTTP.

Input is one tensor of shape (rows, features), or one tensor of shape (rows,) or (rows, 1) for each
feature, by its name. Output is `value`, or `label` and `probabilities`. Tensors may be JSON or,
with the binary tensor data extension, bytes behind the JSON.
https://github.com/open-inference/open-inference-protocol
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

import struct
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from modelport_serving.body import JSON_TYPE, parse_json
from modelport_serving.exchange import NO_STORE, Exchange, Reply
from modelport_serving.instances import Rows
from modelport_serving.predictor import Predictor
from modelport_serving.problems import ProblemError
from modelport_serving.protocols.base import Plain, checked
from modelport_serving.protocols.native import encode
from modelport_serving.record import BundleRecord

BINARY = "application/octet-stream"
LENGTH = b"inference-header-content-length"
"""Bytes of the JSON in front of binary tensors."""
TYPES: dict[str, Any] = {
    "FP64": np.dtype("<f8"), "FP32": np.dtype("<f4"), "FP16": np.dtype("<f2"),
    "INT64": np.dtype("<i8"), "INT32": np.dtype("<i4"), "INT16": np.dtype("<i2"),
    "INT8": np.dtype("<i1"), "UINT64": np.dtype("<u8"), "UINT32": np.dtype("<u4"),
    "UINT16": np.dtype("<u2"), "UINT8": np.dtype("<u1"),
}  # fmt: skip
"""Datatypes that are taken."""


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

    def __init__(self, record: BundleRecord) -> None:
        self._record = record
        self._names = [feature.name for feature in record.signature.features]
        self._outputs = {name: datatype for name, datatype, _ in outputs_of(record)}

    def rows(self, body: bytes, exchange: Exchange, predictor: Predictor, most: int) -> Rows:
        """Read the tensors of a request."""
        head, tail = _cut(body, exchange)
        document = parse_json(head)
        if not isinstance(document, dict):
            raise _shape("the request is not an object")
        request = cast("dict[str, Any]", document)
        exchange.note = _Asked(self._id(request), self._wanted(request))
        inputs = request.get("inputs")
        if not isinstance(inputs, list) or not inputs:
            raise _shape("inputs is no list of tensors")
        tensors: dict[str, Any] = {}
        for each in cast("list[Any]", inputs):
            name, values, tail = _tensor(each, tail)
            tensors[name] = values
        if tail:
            raise _shape("there are bytes behind the last binary tensor")
        return checked(predictor, self._instances(tensors), most)

    def reply(self, predictions: Plain, exchange: Exchange) -> Reply:
        """Write the wanted outputs."""
        asked = cast("_Asked", exchange.note)
        described: list[dict[str, Any]] = []
        tail: list[bytes] = []
        for name, binary in asked.outputs.items():
            tensor, values = self._output(name, predictions)
            if binary:
                content = _bytes(values)
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
        return given if isinstance(given, str) else None

    def _wanted(self, request: dict[str, Any]) -> dict[str, bool]:
        parameters = request.get("parameters")
        usual = isinstance(parameters, dict) and bool(
            cast("dict[str, Any]", parameters).get("binary_data_output")
        )
        given = request.get("outputs")
        if not given:
            return dict.fromkeys(self._outputs, usual)
        if not isinstance(given, list):
            raise _shape("outputs is no list")
        wanted: dict[str, bool] = {}
        for each in cast("list[Any]", given):
            name = cast("dict[str, Any]", each).get("name") if isinstance(each, dict) else None
            if name not in self._outputs:
                raise _shape(f"there is no output {name!r}; there are {', '.join(self._outputs)}")
            own = cast("dict[str, Any]", each).get("parameters") or {}
            wanted[str(name)] = bool(own.get("binary_data", usual))
        return wanted

    def _instances(self, tensors: dict[str, Any]) -> list[Any]:
        """Rows, from one matrix or from one column for each feature."""
        if len(tensors) == 1 and (len(self._names) > 1 or not tensors.keys() <= set(self._names)):
            (matrix,) = tensors.values()
            if matrix.ndim == 1 and len(matrix) == len(self._names):
                return [matrix.tolist()]
            return cast("list[Any]", matrix.tolist())
        columns = {name: values.reshape(-1).tolist() for name, values in tensors.items()}
        sizes = {len(values) for values in columns.values()}
        if len(sizes) != 1:
            raise _shape("the tensors differ in their number of rows")
        return [{name: values[row] for name, values in columns.items()} for row in range(*sizes)]

    def _output(self, name: str, predictions: Plain) -> tuple[dict[str, Any], Any]:
        labels = self._record.signature.labels
        tensor: dict[str, Any] = {"name": name, "datatype": self._outputs[name]}
        if name == "label":
            return tensor | {"shape": [len(predictions)]}, [each["label"] for each in predictions]
        if name == "value":
            values = np.array([each["value"] for each in predictions], dtype=np.float64)
        else:
            chances = [[each["probabilities"][label] for label in labels] for each in predictions]
            values = np.array(chances, dtype=np.float64)
        return tensor | {"shape": list(values.shape)}, values.reshape(-1)


def outputs_of(record: BundleRecord) -> list[tuple[str, str, list[int]]]:
    """Name, datatype and shape of each output; -1 is any number of rows."""
    if record.signature.task == "regression":
        return [("value", "FP64", [-1])]
    return [("label", "BYTES", [-1]), ("probabilities", "FP64", [-1, len(record.signature.labels)])]


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
                "platform": f"modelport_{record.runtime}",
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
    if not given.isdigit() or int(given) > len(body):
        raise _shape("Inference-Header-Content-Length does not fit the body")
    return body[: int(given)], body[int(given) :]


def _tensor(given: Any, tail: bytes) -> tuple[str, NDArray[Any], bytes]:
    """Name and values of one input, and what is left of the bytes behind the JSON."""
    if not isinstance(given, dict):
        raise _shape("an input is no object")
    tensor = cast("dict[str, Any]", given)
    name, shape, datatype = (tensor.get(key) for key in ("name", "shape", "datatype"))
    if datatype not in TYPES:
        raise _shape(f"the datatype {datatype!r} is not taken; send one of {', '.join(TYPES)}")
    if not isinstance(shape, list) or not all(
        type(size) is int and size >= 0 for size in cast("list[Any]", shape)
    ):
        raise _shape("a shape is no list of numbers")
    sizes = cast("list[int]", shape)
    if not 1 <= len(sizes) <= 2:
        raise _shape(f"the shape {sizes} has {len(sizes)} dimensions; send 1 or 2")
    size = (tensor.get("parameters") or {}).get("binary_data_size")
    if size is not None:
        if type(size) is not int or not 0 <= size <= len(tail):
            raise _shape("binary_data_size does not fit the body")
        content, tail = tail[:size], tail[size:]
        try:
            values = np.frombuffer(content, dtype=TYPES[datatype])
        except ValueError:
            raise _shape("binary_data_size does not fit the datatype") from None
    else:
        values = _values(tensor.get("data"))
    try:
        return str(name), values.reshape(sizes), tail
    except ValueError:
        raise _shape(f"the data of {name!r} does not fit the shape {sizes}") from None


def _values(data: Any) -> NDArray[Any]:
    """The values of a tensor in JSON, nested or flat, as they are: they are checked later."""
    values = np.array(data, dtype=object) if isinstance(data, list) else None
    if values is None:
        raise _shape("data is no list")
    flat: list[Any] = values.reshape(-1).tolist()
    if any(isinstance(value, list) for value in flat):
        raise _shape("the lists of data differ in length")
    # One cell each, so that nothing is taken for a number that was none.
    found = np.empty(len(flat), dtype=object)
    found[:] = flat
    return found


def _bytes(values: Any) -> bytes:
    if isinstance(values, np.ndarray):
        return cast("NDArray[np.float64]", values).astype("<f8").tobytes()
    texts = [str(value).encode() for value in values]
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


def _shape(detail: str) -> ProblemError:
    return ProblemError(422, "invalid-body", f"the request is no inference request: {detail}")
