"""Stock Bento: BentoML's own endpoint, as its tutorial writes it; `BENCH_BATCH` above 1 batches."""

import os
from typing import Annotated, Any

import bentoml
import numpy as np
from bench.peers.reference import Answer, Reference
from bentoml.validators import DType, Shape
from numpy.typing import NDArray

Matrix = Annotated[NDArray[np.float64], Shape((-1, 30)), DType("float64")]
BATCH = int(os.environ["BENCH_BATCH"])


@bentoml.service(name="stock")
class Stock:
    """Answers whether a tumour is benign or malignant."""

    def __init__(self) -> None:
        self.reference = Reference()

    @bentoml.api(batchable=BATCH > 1, max_batch_size=max(BATCH, 2), max_latency_ms=10_000)
    def predict(self, instances: Matrix) -> list[dict[str, Any]]:
        """Answer one prediction per row."""
        answers: list[Answer] = self.reference.answer(instances.tolist())
        return answers
