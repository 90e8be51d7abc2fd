"""Golden requests: rows with the answers that an evaluated model gave."""

import math

import numpy as np
from threadpoolctl import threadpool_limits

from modelport.bundles.fitting import Prepared
from modelport_serving.predictor import Model, Predictor
from modelport_serving.record import BundleRecord, Cell, Golden, Signature

GOLDEN_ROWS = 8


def make_golden(model: Model, record: BundleRecord, prepared: Prepared) -> Golden:
    """Held-out rows from the smallest to the largest answer, with the model's answers.

    Where the model accepts missing values, the last row holds one.
    """
    predictor = Predictor(model, record)
    held = prepared.split.held_features
    with threadpool_limits(1):
        answers = predictor.score(held)
    strength = [
        answer.value
        if answer.probabilities is None
        else answer.probabilities[record.signature.labels[-1]]
        for answer in answers
    ]
    order = np.argsort(np.array(strength, dtype=np.float64), kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, GOLDEN_ROWS).round().astype(int))]
    rows = [_cells(held[index].tolist(), record.signature) for index in chosen.tolist()]
    if record.signature.features[0].nullable:
        rows.append((None, *rows[len(rows) // 2][1:]))
    with threadpool_limits(1):
        predictions = predictor.predict([list(row) for row in rows])
    return Golden(instances=tuple(rows), predictions=predictions)


def _cells(row: list[float], signature: Signature) -> tuple[Cell, ...]:
    """A row as JSON holds it: missing as None, whole numbers as such."""
    cells: list[Cell] = []
    for feature, value in zip(signature.features, row, strict=True):
        if math.isnan(value):
            cells.append(None)
        else:
            cells.append(int(value) if feature.dtype == "int64" else value)
    return tuple(cells)
