"""ONNX file: a model that came as ONNX, brought to the one form that is served.

Served is one tensor of floats (rows, features) as input and one output: probabilities of shape
(rows, labels), or values of shape (rows,) or (rows, 1). skl2onnx's classifiers put two outputs
instead: the label, and probabilities as a tensor or, behind a ZipMap node, as dictionaries.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.external_data_helper import uses_external_data

from modelport.bundles.table import label_of
from modelport.errors import BundleError
from modelport_serving.onnx_model import OnnxModel

_FLOATS = {onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE}
_LABELS = {onnx.TensorProto.INT64, onnx.TensorProto.INT32, onnx.TensorProto.STRING}
_SHAPE = "one float tensor of shape (rows, features)"


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """What an ONNX file holds."""

    content: bytes
    """The model with its one output."""
    width: int | None
    """Number of features; None where the file leaves it open."""
    classes: tuple[str, ...]
    """Class names in the order of the probabilities; empty where the file does not name them."""
    label_output: str | None
    """Name of the output that answers the label in the file as it came; None without one."""


def read_onnx(content: bytes, file: str) -> OnnxFile:
    """Read an ONNX file.

    Raises:
        BundleError: it is none, or its input or outputs are not those that are served.
    """
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's own
        raise _invalid(file, error) from None
    # Before anything looks for that file.
    if any(uses_external_data(tensor) for tensor in _all_tensors(model)):
        raise BundleError(
            f"{file} keeps its weights in another file; save it as one, with "
            "onnx.save(..., save_as_external_data=False)"
        )
    try:
        onnx.checker.check_model(model)
    except Exception as error:  # the checker's own
        raise _invalid(file, error) from None
    width = _width(model.graph, file)
    answer, classes, label = _answer(model.graph, file)
    only = len(model.graph.output) == 1 and model.graph.output[0].name == answer
    if not only:
        content = _cut(model, answer)
    try:
        OnnxModel(content)
    except Exception as error:  # whatever the runtime does not know
        reason = " ".join(str(error).split())[:200]
        raise BundleError(f"{file} cannot be loaded by ONNX Runtime: {reason}") from None
    return OnnxFile(content, width, classes, label)


def _invalid(file: str, error: Exception) -> BundleError:
    reason = " ".join(str(error).split())[:160]
    return BundleError(f"{file} is no valid ONNX model: {reason}")


def check_order(
    content: bytes, opened: OnnxFile, labels: tuple[str, ...], rows: NDArray[np.float64], file: str
) -> None:
    """Check on these rows that the file's own label is the one of the largest probability.

    Raises:
        BundleError: it is not, so the labels stand in another order than the probabilities.
    """
    if opened.label_output is None:
        return
    model = onnx.load_model_from_string(content)
    given = np.asarray(OnnxModel(_cut(model, opened.label_output)).predict(rows)).reshape(-1)
    chances = np.asarray(OnnxModel(opened.content).predict(rows), dtype=np.float64)
    best = np.sort(chances, axis=1)
    clear = best[:, -1] - best[:, -2] > 1e-6
    for label, index in zip(given[clear].tolist(), chances[clear].argmax(axis=1), strict=True):
        if label_of(label) != labels[int(index)]:
            raise BundleError(
                f"{file} answers label {label_of(label)} where probability {int(index)} is the "
                f"largest, which is that of {labels[int(index)]} when labels are sorted; convert "
                "it again with skl2onnx's ZipMap, which names them"
            )


def _width(graph: onnx.GraphProto, file: str) -> int | None:
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [item for item in graph.input if item.name not in weights]
    if len(inputs) != 1:
        names = ", ".join(item.name for item in inputs[:5]) or "none"
        raise BundleError(
            f"{file} takes {len(inputs)} inputs ({names}); it must take {_SHAPE}: convert it with "
            'initial_types=[("rows", FloatTensorType([None, FEATURES]))]'
        )
    tensor = inputs[0].type.tensor_type
    if tensor.elem_type not in _FLOATS or len(tensor.shape.dim) != 2:
        raise BundleError(f"the input {inputs[0].name} of {file} must be {_SHAPE}; convert it so")
    rows, features = tensor.shape.dim
    if rows.dim_value > 0:
        raise BundleError(
            f"{file} takes exactly {rows.dim_value} rows; convert it with None for their number"
        )
    return features.dim_value or None


def _answer(graph: onnx.GraphProto, file: str) -> tuple[str, tuple[str, ...], str | None]:
    """The tensor that answers, its class names as far as they are told, and the label output."""
    outputs = {item.name: item.type.tensor_type.elem_type for item in graph.output}
    labels = [name for name, kind in outputs.items() if kind in _LABELS]
    label = labels[0] if len(labels) == 1 else None
    for node in graph.node:
        if node.op_type == "ZipMap" and node.output[0] in outputs:
            named: dict[str, Any] = {
                item.name: onnx.helper.get_attribute_value(item) for item in node.attribute
            }
            found = named.get("classlabels_int64s") or named.get("classlabels_strings") or []
            texts = [item.decode() if isinstance(item, bytes) else item for item in found]
            return node.input[0], tuple(label_of(item) for item in texts), label
    answers = [name for name, kind in outputs.items() if kind in _FLOATS]
    if len(answers) == 1:
        return answers[0], (), label
    if not answers:
        raise BundleError(
            f"{file} answers {', '.join(outputs)}, which are labels without probabilities; "
            "convert it with its probabilities"
        )
    raise BundleError(
        f"{file} has {len(answers)} outputs of numbers ({', '.join(answers[:5])}); leave the one "
        "that answers, with onnx.utils.extract_model"
    )


def _cut(model: onnx.ModelProto, answer: str) -> bytes:
    """The model with this one output; the runtime drops the nodes that nobody asks for."""
    graph = onnx.ModelProto()
    graph.CopyFrom(model)
    kept = [node for node in graph.graph.node if node.op_type != "ZipMap"]
    known = [item for item in graph.graph.output if item.name == answer]
    del graph.graph.node[:]
    graph.graph.node.extend(kept)
    del graph.graph.output[:]
    # Without a type the runtime finds it out.
    graph.graph.output.append(known[0] if known else onnx.ValueInfoProto(name=answer))
    return graph.SerializeToString(deterministic=True)


def _all_tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from _graph_tensors(model.graph)
    for function in model.functions:
        yield from _node_tensors(function.node)


def _graph_tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _node_tensors(graph.node)


def _node_tensors(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.TensorProto]:
    for item in (item for node in nodes for item in node.attribute):
        # A field that is not set is an empty message.
        yield from (item.t, *item.tensors)
        for sparse in (item.sparse_tensor, *item.sparse_tensors):
            yield from (sparse.values, sparse.indices)
        if item.HasField("g"):
            yield from _graph_tensors(item.g)
        for inner in item.graphs:
            yield from _graph_tensors(inner)
