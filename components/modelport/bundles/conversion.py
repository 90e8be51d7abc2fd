"""Conversion: a fitted scikit-learn pipeline as an ONNX model, where both answer alike.

ONNX Runtime answers a single row of a forest some hundred times faster than scikit-learn, and a
bundle that it serves needs neither scikit-learn nor a pickle. Whether the two agree is measured,
never assumed: on the held-out rows, and on the same rows disturbed.

Three ways of computing are tried, and the first that agrees is kept:

    double   everything in float64, not for trees; linear models agree to the last digits
    mixed    preprocessing in float64, the last step in float32: trees compare float32 features
    float    everything in float32
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from skl2onnx.helpers.onnx_helper import select_model_inputs_outputs
from skl2onnx.sklapi import CastTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline

from modelport.bundles.switch_conversion import (
    SWITCHES,
    convert_switch,
    parse_switch,
    switch_shapes,
)
from modelport.bundles.training import Estimator
from modelport_serving.onnx_model import INPUT, OnnxModel
from modelport_serving.record import Conversion, Precision

AGREES = 1e-5
"""Largest absolute difference of a probability, and relative difference of a value, that agrees.

A sum of float32 leaves is right to about 1e-6; a row that takes another branch differs by 1e-3
and more."""
OPSETS = {"": 21, "ai.onnx.ml": 3}
"""Operator sets of a converted model; fixed, so that its bytes do not follow the converter's."""
PRECISIONS: tuple[Precision, ...] = ("double", "mixed", "float")
_TREES = ("sklearn.ensemble", "sklearn.tree")
_DOUBLE, _FLOAT = 11, 1  # onnx.TensorProto's numbers


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a conversion."""

    outcome: Conversion
    """What was compared, for the lineage."""
    content: bytes | None
    """The ONNX model; none when no way of computing agrees."""


def convert(model: Estimator, rows: NDArray[np.float64], *, classifies: bool) -> Converted:
    """Convert a fitted pipeline, and compare what both answer.

    Args:
        model: The fitted pipeline.
        rows: Rows to compare on, shape (rows, features); a missing value is NaN.
        classifies: Whether probabilities are compared (else values).
    """
    name = "predict_proba" if classifies else "predict"
    wanted = np.asarray(getattr(model, name)(rows), dtype=np.float64).reshape(len(rows), -1)
    reasons: list[str] = []
    # scikit-learn's trees see float32: in float64 a row near a threshold takes another branch,
    # which may show on none of these rows.
    trees = _has_trees(_steps(model)[-1][1])
    for precision in PRECISIONS[1:] if trees else PRECISIONS:
        try:
            content = _convert(model, precision, rows.shape[1], classifies=classifies)
            given = np.asarray(OnnxModel(content).predict(rows), dtype=np.float64)
        except Exception as error:  # whatever a converter or the runtime cannot do
            reasons.append(f"{precision}: {' '.join(str(error).split())[:160]}")
            continue
        difference = _difference(wanted, given.reshape(len(rows), -1), relative=not classifies)
        if difference <= AGREES:
            outcome = Conversion(
                precision=precision, rows=len(rows), difference=float(f"{difference:.2e}")
            )
            return Converted(outcome, content)
        reasons.append(f"{precision}: answers differ by up to {difference:.1e}")
    return Converted(Conversion(rows=len(rows), reason="; ".join(reasons)), None)


def _difference(
    wanted: NDArray[np.float64], given: NDArray[np.float64], *, relative: bool
) -> float:
    """The largest difference; infinity for other shapes, other labels or what is not finite."""
    if wanted.shape != given.shape or not np.isfinite(given).all():
        return float("inf")
    found = np.abs(given - wanted)
    if relative:
        return float(np.max(found / np.maximum(np.abs(wanted), 1e-12), initial=0.0))
    largest = float(np.max(found, initial=0.0))
    first, second = wanted.argmax(axis=1), given.argmax(axis=1)
    # A tie may fall either way; what is no tie must give the same label.
    other = np.take_along_axis(wanted, second[:, None], axis=1)[:, 0]
    best = np.take_along_axis(wanted, first[:, None], axis=1)[:, 0]
    return float("inf") if (best - other > AGREES).any() else largest


def _has_trees(model: Any) -> bool:
    """Whether a tree, or an ensemble that may hold some, is in a model or in a part of it."""
    parts: list[Any] = [model, *model.get_params(deep=True).values()]
    return any(type(part).__module__.startswith(_TREES) for part in parts)


def _steps(model: Estimator) -> Sequence[tuple[str, Any]]:
    return cast("Sequence[tuple[str, Any]]", getattr(model, "steps", [("model", model)]))


def _convert(model: Estimator, precision: Precision, width: int, *, classifies: bool) -> bytes:
    source: Any = model
    if precision == "mixed":
        steps = _steps(model)
        # Casting learns nothing, so a matrix of any content fits it.
        cast_down: Any = cast("Any", CastTransformer)(dtype=np.float32)
        cast_down.fit(np.zeros((1, width)))
        source = Pipeline([*steps[:-1], ("modelport_cast", cast_down), steps[-1]])
    # A switch always answers a tensor, and knows no option that would say so.
    asked = classifies and not isinstance(_steps(model)[-1][1], SWITCHES)
    tensor = FloatTensorType if precision == "float" else DoubleTensorType
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of deprecations within the converters
        converted: Any = convert_sklearn(
            source,
            name="modelport",  # a name of chance would make the bytes differ each time
            initial_types=[(INPUT, tensor([None, width]))],
            target_opset=OPSETS,
            options={id(source): {"zipmap": False}} if asked else None,
            custom_conversion_functions={
                SimpleImputer: _impute,
                **dict.fromkeys(SWITCHES, convert_switch),
            },
            custom_shape_calculators=dict.fromkeys(SWITCHES, switch_shapes),
            custom_parsers=dict.fromkeys(SWITCHES, parse_switch),
        )
    # Labels follow from probabilities; the nodes that compute them would run for nothing.
    answer: Any = select_model_inputs_outputs(converted, outputs=[converted.graph.output[-1].name])
    content: bytes = answer.SerializeToString()
    return content


def _impute(scope: Any, operator: Any, container: Any) -> None:
    """Convert an imputer by general operators: ONNX's own has no float64."""
    imputer: Any = operator.raw_operator
    fill = np.asarray(imputer.statistics_)
    missing = imputer.missing_values
    plain = isinstance(missing, float) and np.isnan(missing) and not imputer.add_indicator
    if not plain or fill.dtype.kind != "f" or not np.isfinite(fill).all():
        # The converter's own word; `convert` hears it and tries the next way, or serves as it is.
        raise NotImplementedError("an imputer of other than plain numbers for NaN")
    double = isinstance(operator.inputs[0].type, DoubleTensorType)
    values, mask = (scope.get_unique_variable_name(name) for name in ("fill", "missing"))
    source, target = operator.inputs[0].full_name, operator.outputs[0].full_name
    kind = _DOUBLE if double else _FLOAT
    container.add_initializer(values, kind, [1, len(fill)], fill.tolist())
    named = {name: scope.get_unique_operator_name(name) for name in ("IsNaN", "Where")}
    container.add_node("IsNaN", [source], [mask], op_version=13, name=named["IsNaN"])
    container.add_node(
        "Where", [mask, values, source], [target], op_version=16, name=named["Where"]
    )
