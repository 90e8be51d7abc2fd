"""Iris: which species a flower is, from four lengths of its leaves."""

from typing import Any, cast

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from modelport.bundles import Dataset, Training


def data() -> Dataset:
    """Fisher's 150 flowers, as scikit-learn ships them."""
    raw = cast("Any", load_iris())
    return Dataset(
        name="iris",
        feature_names=tuple(str(name) for name in raw.feature_names),
        features=raw.data,
        target_name="species",
        target=raw.target,
        labels=tuple(str(label) for label in raw.target_names),
    )


def pipeline(seed: int) -> Pipeline:
    """Preprocessing belongs to the model, so that training and serving cannot differ in it."""
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, random_state=seed))


training = Training(
    task="classification",
    data=data,
    pipeline=pipeline,
    constant_data=True,
    service_requirements=("flask",),
)
