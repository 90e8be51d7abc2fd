"""Infer: the call ModelInfer, whose tensors are typed contents or raw bytes.

Raw tensors are answered raw, typed ones typed.
"""

from typing import Any, TypeVar, cast

import numpy as np
from google.protobuf.message import DecodeError, Message
from numpy.typing import NDArray

from modelport_serving.exchange import Exchange, Reply
from modelport_serving.grpc.front import MEDIA
from modelport_serving.grpc.protos import open_inference_pb2 as pb
from modelport_serving.grpc.statuses import framed
from modelport_serving.instances import Rows
from modelport_serving.predictor import Predictor
from modelport_serving.problems import ProblemError
from modelport_serving.protocols.base import Plain, checked
from modelport_serving.protocols.tensors import (
    check_output,
    check_tensor,
    from_bytes,
    instances,
    output,
    outputs_of,
    shape_problem,
    shaped,
    to_bytes,
)
from modelport_serving.record import BundleRecord

CONTENTS = {
    "FP64": "fp64_contents", "FP32": "fp32_contents",
    "INT64": "int64_contents", "INT32": "int_contents", "INT16": "int_contents",
    "INT8": "int_contents", "UINT64": "uint64_contents", "UINT32": "uint_contents",
    "UINT16": "uint_contents", "UINT8": "uint_contents",
}  # fmt: skip
"""Field that holds a typed tensor, by its datatype; FP16 has none."""
_FRAME = 5
_ECHO = 60

Asked = TypeVar("Asked", bound=Message)


class Infer:
    """Inference requests."""

    media: tuple[str, ...] = MEDIA
    slow = False

    def __init__(self, record: BundleRecord) -> None:
        self._record = record
        self._names = [feature.name for feature in record.signature.features]
        self._datatypes = {name: datatype for name, datatype, _ in outputs_of(record)}

    def rows(self, body: bytes, exchange: Exchange, predictor: Predictor, most: int) -> Rows:
        """Read the tensors of a request."""
        request = read_message(body, exchange, pb.ModelInferRequest)
        check_model(request.model_name, request.model_version, self._record)
        for each in request.outputs:
            check_output(each.name, self._record)
        exchange.note = request
        return checked(predictor, self._instances(request, most), most)

    def reply(self, predictions: Plain, exchange: Exchange) -> Reply:
        """Write the wanted outputs."""
        request = cast("pb.ModelInferRequest", exchange.note)
        raw = bool(request.raw_input_contents)
        answer = pb.ModelInferResponse(
            model_name=self._record.name, model_version=self._record.version, id=request.id
        )
        for name in dict.fromkeys(each.name for each in request.outputs) or self._datatypes:
            sizes, values = output(self._record, name, predictions)
            tensor = answer.outputs.add(name=name, datatype=self._datatypes[name], shape=sizes)
            if raw:
                answer.raw_output_contents.append(to_bytes(values))
            elif isinstance(values, np.ndarray):
                tensor.contents.fp64_contents.extend(values.tolist())
            else:
                tensor.contents.bytes_contents.extend(value.encode() for value in values)
        return Reply(framed(answer), media=MEDIA[0].encode(), headers=())

    def _instances(self, request: pb.ModelInferRequest, most: int) -> list[Any]:
        if not request.inputs:
            raise shape_problem("inputs is empty; send at least one tensor")
        raw = request.raw_input_contents
        if raw and len(raw) != len(request.inputs):
            raise shape_problem(
                f"there are {len(raw)} raw_input_contents for {len(request.inputs)} inputs; "
                "send one for each"
            )
        tensors: dict[str, NDArray[Any]] = {}
        for index, tensor in enumerate(request.inputs):
            sizes = list(tensor.shape)
            check_tensor(tensor.name, tensor.datatype, sizes)
            if tensor.name in tensors:
                raise shape_problem(f"the input {tensor.name[:_ECHO]!r} is there twice")
            if len(sizes) == 2 or len(request.inputs) > 1:
                _check_count(sizes[0], most)
            values = _raw(tensor, raw[index]) if raw else _typed(tensor)
            tensors[tensor.name] = shaped(tensor.name, values, sizes)
        return instances(tensors, self._names)


def unframed(body: bytes, exchange: Exchange) -> bytes:
    """The bytes of the one message that a body holds.

    Raises:
        ProblemError: there is none, another one, or it is compressed.
    """
    if len(body) < _FRAME:
        raise shape_problem("there is no message")
    if body[0]:
        encoding = exchange.headers.get(b"grpc-encoding", b"").decode("latin-1")[:_ECHO]
        detail = f"send messages without compression, not as {encoding!r}"
        raise ProblemError(415, "unsupported-encoding", detail)
    if int.from_bytes(body[1:_FRAME], "big") != len(body) - _FRAME:
        raise shape_problem("its message is cut, or there are several")
    return body[_FRAME:]


def read_message(body: bytes, exchange: Exchange, kind: type[Asked]) -> Asked:
    """The one message that a body holds.

    Raises:
        ProblemError: it is none of this kind.
    """
    try:
        return kind.FromString(unframed(body, exchange))
    except DecodeError:
        raise shape_problem(f"its message is no {kind.DESCRIPTOR.full_name}") from None


def check_model(name: str, version: str, record: BundleRecord) -> None:
    """Refuse another model, and another version than the one that is served."""
    if name != record.name:
        detail = f"there is no model {name[:_ECHO]!r}; there is {record.name!r}"
        raise ProblemError(404, "not-found", detail)
    if version not in ("", record.version):
        detail = (
            f"{record.name!r} has no version {version[:_ECHO]!r}; {record.version!r} is served, "
            "and an empty version means it"
        )
        raise ProblemError(404, "not-found", detail)


def _check_count(rows: int, most: int) -> None:
    if rows > most:
        detail = f"the request has {rows} rows; send at most {most} at once"
        raise ProblemError(413, "body-too-large", detail)


def _raw(tensor: pb.ModelInferRequest.InferInputTensor, content: bytes) -> NDArray[Any]:
    if tensor.HasField("contents"):
        raise shape_problem(
            f"{tensor.name[:_ECHO]!r} has contents beside raw_input_contents; send one of them"
        )
    values = from_bytes(content, tensor.datatype)
    if values is None:
        raise shape_problem(
            f"the raw bytes of {tensor.name[:_ECHO]!r} do not fit {tensor.datatype}"
        )
    return values


def _typed(tensor: pb.ModelInferRequest.InferInputTensor) -> NDArray[Any]:
    field = CONTENTS.get(tensor.datatype)
    if field is None:
        raise shape_problem(f"{tensor.datatype} has no typed contents; send raw_input_contents")
    others = [each.name for each, _ in tensor.contents.ListFields() if each.name != field]
    if others:
        raise shape_problem(f"{tensor.datatype} is held by {field}, not by {others[0]}")
    # Wide, but never rounded: what is no exact number is found when the rows are checked.
    kind = {"F": np.float64, "I": np.int64, "U": np.uint64}[tensor.datatype[0]]
    return np.array(getattr(tensor.contents, field), dtype=kind)
