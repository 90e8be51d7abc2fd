"""Diabetes: how far the disease will have advanced after one year."""

from typing import Any, cast

from sklearn.datasets import load_diabetes
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from modelport.bundles import Dataset, Training


def data() -> Dataset:
    """Data of 442 patients in their own units, as scikit-learn ships it."""
    raw = cast("Any", load_diabetes(scaled=False))
    return Dataset(
        name="diabetes_efron",
        feature_names=tuple(str(name) for name in raw.feature_names),
        features=raw.data,
        target_name="progression",
        target=raw.target,
        integers=frozenset({"sex"}),  # a code, 1 or 2
    )


def pipeline(seed: int) -> Pipeline:
    """Preprocessing belongs to the model, so that training and serving cannot differ in it."""
    return Pipeline(
        [
            ("impute", SimpleImputer(strategy="median")),
            ("scale", StandardScaler()),
            ("model", Ridge(random_state=seed)),
        ]
    )


training = Training(
    task="regression",
    data=data,
    pipeline=pipeline,
    search={"model__alpha": [0.1, 1.0, 10.0, 30.0, 100.0]},
    seed=7,
    nullable=True,
    constant_data=True,
)
