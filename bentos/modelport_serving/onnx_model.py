"""ONNX model: asked in the words of a scikit-learn estimator."""

from typing import Any, cast

import numpy as np
import onnxruntime

from modelport_serving.instances import Rows

INPUT = "rows"
"""Name of a converted model's only input, of shape (rows, features)."""


class OnnxModel:
    """A session of ONNX Runtime on one thread of the processor.

    Args:
        content: The ONNX file; its last output is the answer.
    """

    def __init__(self, content: bytes) -> None:
        options = onnxruntime.SessionOptions()
        # Processes scale a service; threads that wait for a row of work only take time.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        self._dtype = np.float64 if "double" in self._session.get_inputs()[0].type else np.float32
        self._outputs = [self._session.get_outputs()[-1].name]

    def predict(self, X: Rows, /) -> Any:  # noqa: N803 - scikit-learn's name
        """Answer values of shape (rows, 1), or for a classifier probabilities."""
        given = {self._input: X.astype(self._dtype, copy=False)}
        return cast("list[Any]", self._session.run(self._outputs, given))[0]

    predict_proba = predict
