"""Breast cancer: whether a tumour is benign, from 30 measurements of its cell nuclei."""

from typing import Any, cast

from sklearn.datasets import load_breast_cancer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from modelport.bundles import Dataset, Training


def data() -> Dataset:
    """Wisconsin diagnostic data, 569 tumours, as scikit-learn ships it."""
    raw = cast("Any", load_breast_cancer())
    return Dataset(
        name="breast_cancer_wisconsin",
        feature_names=tuple(str(name) for name in raw.feature_names),
        features=raw.data,
        target_name="diagnosis",
        target=raw.target,
        labels=tuple(str(label) for label in raw.target_names),
    )


def pipeline(seed: int) -> Pipeline:
    """Preprocessing belongs to the model, so that training and serving cannot differ in it."""
    return Pipeline(
        [
            ("impute", SimpleImputer(strategy="median")),
            ("scale", StandardScaler()),
            ("model", LogisticRegression(max_iter=1000, random_state=seed)),
        ]
    )


training = Training(
    task="classification",
    data=data,
    pipeline=pipeline,
    search={"model__C": [0.03, 0.1, 0.3, 1.0, 3.0]},
    positive="benign",
    seed=7,
    nullable=True,
    constant_data=True,
)
