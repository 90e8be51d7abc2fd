"""Reference: the same model as a bundle's, loaded and answered the shortest way.

`BENCH_MODEL` names the joblib or ONNX file, `BENCH_LABELS` the classes with commas between them.
"""

import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np

MODEL = "BENCH_MODEL"
LABELS = "BENCH_LABELS"

Answer = dict[str, Any]


class Reference:
    """A fitted classifier and the names of its classes."""

    def __init__(self) -> None:
        file = Path(os.environ[MODEL])
        self.labels = os.environ[LABELS].split(",")
        self._chances = _onnx(file) if file.suffix == ".onnx" else _joblib(file)

    def answer(self, rows: list[list[float]]) -> list[Answer]:
        """Answer rows in the shape of our own predictions."""
        table = self._chances(np.array(rows, dtype=np.float64))
        return [
            {
                "label": self.labels[best],
                "probabilities": dict(zip(self.labels, chances, strict=True)),
            }
            for best, chances in zip(table.argmax(axis=1).tolist(), table.tolist(), strict=True)
        ]


def _joblib(file: Path) -> Any:
    model: Any = importlib.import_module("joblib").load(file)
    return model.predict_proba


def _onnx(file: Path) -> Any:
    runtime: Any = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    given, answered = session.get_inputs()[0].name, [session.get_outputs()[-1].name]
    return lambda rows: session.run(answered, {given: rows})[0]  # pyright: ignore[reportUnknownLambdaType]
