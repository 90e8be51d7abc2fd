"""Random forest on the breast cancer data: a model whose own time dominates a request."""

from typing import Any, cast

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from modelport.bundles import Dataset, Training


def data() -> Dataset:
    """Wisconsin diagnostic data, as scikit-learn ships it."""
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
    """One hundred trees, on one core."""
    return Pipeline([("model", RandomForestClassifier(100, random_state=seed, n_jobs=1))])


training = Training(
    task="classification",
    data=data,
    pipeline=pipeline,
    search={"model__max_features": ["sqrt"]},
    positive="benign",
    seed=7,
    constant_data=True,
)
