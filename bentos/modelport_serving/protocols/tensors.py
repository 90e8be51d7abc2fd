"""Tensors: what the Open Inference Protocol says of a model, over HTTP as over gRPC.

Input is one tensor of shape (rows, features), or one tensor of shape (rows,) or (rows, 1) for each
feature, by its name. Output is `value`, or `label` and `probabilities`.
https://github.com/open-inference/open-inference-protocol
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from modelport_serving.instances import MAX_ECHO
from modelport_serving.problems import ProblemError
from modelport_serving.protocols.base import Plain
from modelport_serving.record import BundleRecord

TYPES: dict[str, Any] = {
    "FP64": np.dtype("<f8"), "FP32": np.dtype("<f4"), "FP16": np.dtype("<f2"),
    "INT64": np.dtype("<i8"), "INT32": np.dtype("<i4"), "INT16": np.dtype("<i2"),
    "INT8": np.dtype("<i1"), "UINT64": np.dtype("<u8"), "UINT32": np.dtype("<u4"),
    "UINT16": np.dtype("<u2"), "UINT8": np.dtype("<u1"),
}  # fmt: skip
"""Datatypes that are taken."""
MAX_SIZE = 2**31
"""Largest number in a shape."""
Values = NDArray[Any] | list[str]
"""Values of an output in row order: numbers in one dimension, or labels."""


def outputs_of(record: BundleRecord) -> list[tuple[str, str, list[int]]]:
    """Name, datatype and shape of each output; -1 is any number of rows."""
    if record.signature.task == "regression":
        return [("value", "FP64", [-1])]
    return [("label", "BYTES", [-1]), ("probabilities", "FP64", [-1, len(record.signature.labels)])]


def platform_of(record: BundleRecord) -> str:
    """What computes, as the protocol names it."""
    return f"modelport_{record.runtime}"


def check_output(name: object, record: BundleRecord) -> str:
    """Refuse an output that the model has not."""
    known = [each for each, _, _ in outputs_of(record)]
    if name not in known:
        raise shape_problem(f"there is no output {_said(name)}; there are {', '.join(known)}")
    return str(name)


def output(record: BundleRecord, name: str, predictions: Plain) -> tuple[list[int], Values]:
    """Shape and values of one output."""
    if name == "label":
        return [len(predictions)], [each["label"] for each in predictions]
    if name == "value":
        values = np.array([each["value"] for each in predictions], dtype=np.float64)
    else:
        labels = record.signature.labels
        chances = [[each["probabilities"][label] for label in labels] for each in predictions]
        values = np.array(chances, dtype=np.float64)
    return list(values.shape), values.reshape(-1)


def check_tensor(name: object, datatype: object, sizes: Sequence[int]) -> None:
    """Refuse a tensor by its datatype or its number of dimensions."""
    if not isinstance(datatype, str) or datatype not in TYPES:
        taken = ", ".join(TYPES)
        raise shape_problem(f"the datatype {_said(datatype)} is not taken; send one of {taken}")
    if not 1 <= len(sizes) <= 2:
        raise shape_problem(f"a shape has {len(sizes)} dimensions; send 1 or 2")
    if min(sizes) < 0 or max(sizes) > MAX_SIZE:
        said = f"the shape of {_said(name)} holds a number that is not from 0 to {MAX_SIZE}"
        raise shape_problem(said)


def shaped(name: object, values: NDArray[Any], sizes: Sequence[int]) -> NDArray[Any]:
    """The values in their shape."""
    try:
        return values.reshape(tuple(sizes))
    except ValueError:
        said = f"the data of {_said(name)} does not fit the shape {list(sizes)}"
        raise shape_problem(said) from None


def from_bytes(content: bytes, datatype: str) -> NDArray[Any] | None:
    """The values that bytes hold; nothing when their number does not fit."""
    try:
        return np.frombuffer(content, dtype=TYPES[datatype])
    except ValueError:
        return None


def to_bytes(values: Values) -> bytes:
    """Numbers as FP64, or texts each after its length."""
    if isinstance(values, np.ndarray):
        return cast("NDArray[np.float64]", values).astype("<f8").tobytes()
    texts = [value.encode() for value in values]
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


def instances(tensors: Mapping[str, NDArray[Any]], names: Sequence[str]) -> list[Any]:
    """Rows, from one matrix or from one column for each feature."""
    if len(tensors) == 1 and (len(names) > 1 or not tensors.keys() <= set(names)):
        (matrix,) = tensors.values()
        if matrix.ndim == 1 and len(matrix) == len(names):
            return [matrix.tolist()]
        return cast("list[Any]", matrix.tolist())
    columns = {name: values.reshape(-1).tolist() for name, values in tensors.items()}
    sizes = {len(values) for values in columns.values()}
    if len(sizes) != 1:
        raise shape_problem("the tensors differ in their number of rows")
    return [{name: values[row] for name, values in columns.items()} for row in range(*sizes)]


def shape_problem(detail: str) -> ProblemError:
    """Build the 422 of what is no inference request."""
    return ProblemError(422, "invalid-body", f"the request is no inference request: {detail}")


def _said(given: object) -> str:
    """What a caller sent as a message repeats it: quoted, in ASCII and cut."""
    return ascii(given)[:MAX_ECHO]
