"""Switch conversion: how a switch between models becomes ONNX.

Every branch is computed for every row, and the row keeps its own branch's answer: ONNX can choose
between graphs, but not for each row.
"""

from importlib import import_module
from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx.common.data_types import DoubleTensorType, Int64TensorType
from sklearn.base import is_classifier

from modelport_serving.model_switch import ClassifierSwitch, RegressorSwitch

# Custom parsers parse their parts by it, and no public name leads to it.
_parse: Any = getattr(import_module("skl2onnx._parse"), "_parse_sklearn")  # noqa: B009


def parse_switch(scope: Any, switch: Any, inputs: Any, custom_parsers: Any = None) -> list[Any]:
    """Declare the branches, and behind them the switch that chooses among their answers."""
    operator = scope.declare_local_operator(f"Modelport{type(switch).__name__}", switch)
    operator.inputs = [inputs[0]]
    kind = type(inputs[0].type)
    for branch in switch.fitted_:
        if is_classifier(branch):
            # Probabilities as a tensor, which is asked of the last step of a pipeline.
            steps: list[tuple[str, Any]] = getattr(branch, "steps", [("", branch)])
            scope.add_options(id(steps[-1][1]), {"zipmap": False})
        operator.inputs.append(_parse(scope, branch, inputs, custom_parsers)[-1])
    if isinstance(switch, ClassifierSwitch):
        operator.outputs.append(scope.declare_local_variable("label", Int64TensorType()))
    operator.outputs.append(scope.declare_local_variable("answers", kind()))
    outputs: list[Any] = operator.outputs
    return outputs


def switch_shapes(operator: Any) -> None:
    """Set the shapes of the outputs: as those of every branch."""
    rows = operator.inputs[0].type.shape[0]
    if len(operator.outputs) == 2:
        operator.outputs[0].type.shape = [rows]
    switch: Any = operator.raw_operator
    width = len(switch.classes_) if isinstance(switch, ClassifierSwitch) else 1
    operator.outputs[-1].type.shape = [rows, width]


def convert_switch(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes that choose each row's answer."""

    def add(kind: str, inputs: list[str], version: int, **more: Any) -> str:
        name: str = scope.get_unique_variable_name(kind.lower())
        container.add_node(
            kind,
            inputs,
            [name],
            op_version=version,
            name=scope.get_unique_operator_name(kind),
            **more,
        )
        return name

    def constant(name: str, kind: int, shape: list[int], values: list[Any]) -> str:
        made: str = scope.get_unique_variable_name(name)
        container.add_initializer(made, kind, shape, values)
        return made

    switch: Any = operator.raw_operator
    rows, *answers = (variable.full_name for variable in operator.inputs)
    double = isinstance(operator.inputs[0].type, DoubleTensorType)
    number = TensorProto.DOUBLE if double else TensorProto.FLOAT
    index = constant("column", TensorProto.INT64, [1], [switch.column])
    value = add("Cast", [add("Gather", [rows, index], 13, axis=1)], 13, to=TensorProto.FLOAT)
    width = len(switch.classes_) if isinstance(switch, ClassifierSwitch) else 1
    shape = constant("shape", TensorProto.INT64, [2], [-1, width])
    answers = [add("Reshape", [answer, shape], 14) for answer in answers]
    if not double:
        answers = [add("Cast", [answer], 13, to=number) for answer in answers]
    chosen = answers[0]
    for bound, answer in zip(switch.bounds, answers[1:], strict=True):
        limit = constant("bound", TensorProto.FLOAT, [1], [float(np.float32(bound))])
        above = add("Greater", [value, limit], 13)
        chosen = add("Where", [above, answer, chosen], 16)
    target = operator.outputs[-1].full_name
    container.add_node(
        "Identity",
        [chosen],
        [target],
        op_version=16,
        name=scope.get_unique_operator_name("Identity"),
    )
    if len(operator.outputs) == 2:
        container.add_node(
            "ArgMax", [chosen], [operator.outputs[0].full_name], op_version=13, axis=1, keepdims=0,
            name=scope.get_unique_operator_name("ArgMax"),
        )  # fmt: skip


SWITCHES: tuple[type[Any], ...] = (ClassifierSwitch, RegressorSwitch)
