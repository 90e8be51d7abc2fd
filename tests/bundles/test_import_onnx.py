"""Models that come as ONNX: the forms that are served, and those that are refused in a sentence."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

from bundles.imports import cancer, cancer_request, classifier, diabetes_request, regressor
from modelport.bundles import import_model
from modelport.bundles.onnx_file import read_onnx
from modelport.bundles.sources import load_training
from modelport.bundles.table import Table
from modelport.errors import BundleError
from modelport_serving.onnx_model import OnnxModel

FLOAT, DOUBLE, INT64 = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64


def converted(model: Any, width: int, **options: Any) -> bytes:
    shape: Any = [("rows", FloatTensorType([None, width]))]
    proto: Any = to_onnx(model, initial_types=shape, options=options or None)
    return bytes(proto.SerializeToString())


def graph(
    *,
    inputs: Sequence[tuple[str, int, Sequence[Any]]] = (("x", FLOAT, (None, 5)),),
    outputs: Sequence[tuple[str, int, Sequence[Any]]] = (("y", FLOAT, (None, 2)),),
    nodes: Sequence[Any] = (),
    weights: Sequence[TensorProto] = (),
) -> bytes:
    """A small model; one that multiplies by zeros where no nodes are given."""
    if not nodes:
        nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
        weights = [numpy_helper.from_array(np.full((5, 2), 0.1, np.float32), "w")]
    made = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info(*item) for item in inputs],
        [helper.make_tensor_value_info(*item) for item in outputs],
        list(weights),
    )
    opset = [helper.make_opsetid("", 21)]
    return helper.make_model(made, opset_imports=opset, ir_version=10).SerializeToString()


def refused(content: bytes) -> str:
    with pytest.raises(BundleError) as caught:
        read_onnx(content, "m.onnx")
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize("zipmap", [True, False, "columns"])
def test_classifiers_of_skl2onnx_come_in_whatever_their_outputs(
    tmp_path: Path, zipmap: bool | str
) -> None:
    model = classifier()
    content = converted(model, 5, zipmap=zipmap)
    if zipmap == "columns":
        assert "has 2 outputs of numbers (" in refused(content)
        return
    request = cancer_request(tmp_path, content, file="cancer.onnx")
    found = import_model(tmp_path, request)
    assert (found.model, found.task, found.features) == ("ONNX model", "classification", 5)
    table = load_training(tmp_path / "bentos/cancer").data
    assert isinstance(table, Table)
    assert table.labels == ("benign", "malignant")
    rows = cancer()[1][400:]
    opened = read_onnx(content, "m.onnx")
    given_ = OnnxModel(opened.content).predict(rows)
    assert np.allclose(given_, model.predict_proba(rows), atol=1e-5)
    assert opened.classes == (("benign", "malignant") if zipmap else ())


def test_a_regression_needs_its_task_and_goes_in_as_it_is(tmp_path: Path) -> None:
    content = converted(regressor(), 10)
    request = diabetes_request(tmp_path, content, file="progress.onnx")
    with pytest.raises(BundleError, match="add --task classification or --task regression"):
        import_model(tmp_path, request)
    request = diabetes_request(tmp_path, content, file="progress.onnx", task="regression")
    assert import_model(tmp_path, request).task == "regression"
    assert read_onnx(content, "m.onnx").content == content
    request = diabetes_request(tmp_path, content, file="progress.onnx", trust=("os.system",))
    with pytest.raises(BundleError, match="is ONNX and names no globals; leave --trust out"):
        import_model(tmp_path, request)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no valid ONNX model"),
        (b"\x80\x04nonsense", "is no valid ONNX model"),
        (graph(inputs=[("x", FLOAT, (3, 5))]), "takes exactly 3 rows; convert it with None"),
        (graph(inputs=[("x", FLOAT, (None, 5, 1))]), "the input x of m.onnx must be one float"),
        (graph(inputs=[("x", INT64, (None, 5))]), "the input x of m.onnx must be one float tensor"),
        (
            graph(inputs=[("x", FLOAT, (None, 5)), ("z", FLOAT, (None, 1))]),
            "takes 2 inputs (x, z); it must take one float tensor",
        ),
        (
            graph(
                outputs=[("y", INT64, (None,))],
                nodes=[helper.make_node("ArgMax", ["x"], ["y"], axis=1, keepdims=0)],
            ),
            "answers y, which are labels without probabilities",
        ),
        (
            graph(nodes=[helper.make_node("Own", ["x"], ["y"], domain="my.own")]),
            "is no valid ONNX model",
        ),
    ],
)
def test_other_forms_are_refused(content: bytes, said: str) -> None:
    assert said in refused(content)


def test_weights_in_another_file_are_refused() -> None:
    model = onnx.load_model_from_string(graph())
    weight = model.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    entry = weight.external_data.add()
    entry.key, entry.value = "location", "secret"
    assert "another file" in refused(model.SerializeToString())


def test_answers_that_are_no_probabilities_are_refused(tmp_path: Path) -> None:
    request = cancer_request(tmp_path, graph(), file="m.onnx", task="classification")
    with pytest.raises(BundleError, match=r"numbers that are no probabilities: a row adds up to"):
        import_model(tmp_path, request)
    softmax = [
        helper.make_node("MatMul", ["x", "w"], ["s"]),
        helper.make_node("Softmax", ["s"], ["y"]),
    ]
    weights = [numpy_helper.from_array(np.zeros((5, 3), np.float32), "w")]
    three = graph(nodes=softmax, weights=weights, outputs=[("y", FLOAT, (None, 3))])
    request = cancer_request(tmp_path, three, file="m.onnx", task="classification")
    with pytest.raises(BundleError, match=r"a probability for each of the 2 labels benign, mali"):
        import_model(tmp_path, request)
    request = cancer_request(tmp_path, three, file="m.onnx", task="regression")
    with pytest.raises(BundleError, match="'benign' is no finite number"):
        import_model(tmp_path, request)


def test_labels_in_another_order_than_the_probabilities_are_refused(tmp_path: Path) -> None:
    """The file's label says class 1 where its first probability is the largest."""
    nodes = [
        helper.make_node("Softmax", ["s"], ["y"]),
        helper.make_node("MatMul", ["x", "w"], ["s"]),
        helper.make_node("ArgMin", ["y"], ["label"], axis=1, keepdims=0),
    ]
    content = graph(
        nodes=[nodes[1], nodes[0], nodes[2]],
        weights=[numpy_helper.from_array(np.eye(5, 2, dtype=np.float32), "w")],
        outputs=[("label", INT64, (None,)), ("y", FLOAT, (None, 2))],
    )
    request = cancer_request(tmp_path, content, file="m.onnx")
    text = request.data.read_text()
    request.data.write_text(text.replace("benign", "0").replace("malignant", "1"))
    with pytest.raises(BundleError, match="answers label 0 where probability 1 is the largest"):
        import_model(tmp_path, request)


def test_a_double_input_stays_double(tmp_path: Path) -> None:
    weights = [numpy_helper.from_array(np.full((10, 1), 0.1), "w")]
    content = graph(
        inputs=[("x", DOUBLE, ("n", 10))],
        outputs=[("y", DOUBLE, ("n", 1))],
        nodes=[helper.make_node("MatMul", ["x", "w"], ["y"])],
        weights=weights,
    )
    request = diabetes_request(tmp_path, content, file="m.onnx", task="regression")
    assert import_model(tmp_path, request).features == 10
