"""Reference: the same model as a bundle's, loaded and answered the shortest way.

`BENCH_MODEL` names the joblib file, `BENCH_RECORD` the bundle's record.
"""

import json
import os
from pathlib import Path
from typing import Any

import joblib

MODEL = "BENCH_MODEL"
RECORD = "BENCH_RECORD"

Answer = dict[str, Any]


class Reference:
    """A fitted classifier and the names of its classes."""

    def __init__(self) -> None:
        self.model: Any = joblib.load(os.environ[MODEL])
        record = json.loads(Path(os.environ[RECORD]).read_bytes())
        self.labels: list[str] = record["signature"]["labels"]

    def answer(self, rows: object) -> list[Answer]:
        """Answer a matrix in the shape of our own predictions."""
        table = self.model.predict_proba(rows)
        return [
            {
                "label": self.labels[best],
                "probabilities": dict(zip(self.labels, chances, strict=True)),
            }
            for best, chances in zip(table.argmax(axis=1).tolist(), table.tolist(), strict=True)
        ]
