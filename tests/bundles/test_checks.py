"""Data checks: every finding, all at once."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from modelport.bundles import Dataset, Training
from modelport.bundles.checks import check_data, check_split
from modelport.errors import BundleError

RANDOM = np.random.default_rng(3)
FEATURES = RANDOM.normal(size=(60, 3))
TARGET = (np.arange(60) % 2).astype(np.float64)


def model(seed: int) -> LogisticRegression:
    return LogisticRegression(random_state=seed)


def dataset(**change: Any) -> Dataset:
    given: dict[str, Any] = {
        "name": "small",
        "feature_names": ("a", "b", "c"),
        "features": FEATURES.copy(),
        "target_name": "y",
        "target": TARGET.copy(),
        "labels": ("no", "yes"),
    }
    return Dataset(**(given | change))


TRAINING = Training(task="classification", data=dataset, pipeline=model, positive="yes")
REGRESSION = Training(task="regression", data=dataset, pipeline=model)


def with_value(row: int, column: int, value: float) -> Any:
    features = FEATURES.copy()
    features[row, column] = value
    return features


def with_column(column: int, values: Any) -> Any:
    features = FEATURES.copy()
    features[:, column] = values
    return features


def test_sound_data_has_no_findings() -> None:
    found = check_data(dataset(), TRAINING)
    assert found.errors == ()
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (dataset(features=FEATURES[:, 0]), "features has 1 dimensions; it must have 2"),
        (dataset(target=FEATURES), "target has 2 dimensions; it must have 1"),
        (dataset(features=FEATURES.astype(str)), "features holds <U32; it must hold numbers"),
        (dataset(feature_names=("a", "b")), "2 feature names were given for 3 columns"),
        (dataset(feature_names=("a", "b", "a")), "feature names are given twice: a"),
        (dataset(target=TARGET[:50]), "features have 60 rows, target has 50"),
        (dataset(integers=frozenset({"z"})), "integers name no feature: z"),
        (
            dataset(features=FEATURES[:8], target=TARGET[:8]),
            "8 rows are too few for 5 folds",
        ),
        (dataset(labels=("no",)), "labels ['no'] must be at least two different names"),
        (dataset(labels=("no", "oui")), "positive 'yes' is no label; labels: no, oui"),
        (
            dataset(labels=("no", "yes", "maybe")),
            "positive 'yes' needs two labels; there are 3",
        ),
        (dataset(features=with_value(0, 1, np.inf)), "features hold infinite values: b"),
        (
            dataset(features=with_value(0, 1, np.nan)),
            "values are missing in b; put an imputer into the pipeline and declare nullable=True",
        ),
        (
            dataset(integers=frozenset({"c"})),
            "features declared as integers hold fractions: c",
        ),
        (
            dataset(target=np.where(TARGET == 1, 7, 0)),
            "target y holds 7; it must hold the index of a label, 0 to 1",
        ),
        (
            dataset(target=np.where(np.arange(60) < 3, 1, 0)),
            "classes have fewer than 6 rows: yes (3)",
        ),
    ],
)
def test_errors(data: Dataset, error: str) -> None:
    assert check_data(data, TRAINING).errors == (error,)


def test_errors_come_all_at_once() -> None:
    data = dataset(feature_names=("a", "a"), target=FEATURES, labels=())
    assert len(check_data(data, TRAINING).errors) == 4


def test_an_empty_column_and_a_missing_target() -> None:
    data = dataset(
        features=with_column(0, np.nan), target=np.where(np.arange(60) == 1, np.nan, TARGET)
    )
    assert check_data(data, replace(TRAINING, nullable=True)).errors == (
        "target y has 1 missing values",
        "features hold no value at all: a",
    )


def test_a_constant_target_cannot_be_learned() -> None:
    data = dataset(target=np.ones(60), labels=())
    assert check_data(data, REGRESSION).errors == (
        "target y is always 1: there is nothing to learn",
    )
    labelled = check_data(dataset(), REGRESSION)
    assert labelled.errors == ("a regression has no labels; leave them out",)


@pytest.mark.parametrize(
    ("data", "warning"),
    [
        (dataset(features=with_column(1, 4.0)), "features never change: b"),
        (
            dataset(features=np.concatenate([FEATURES[:59], FEATURES[:1]])),
            "1 of 60 rows repeat another one",
        ),
        (
            dataset(features=with_column(2, TARGET)),
            "features almost equal the target, which looks like leakage: c (1.0000)",
        ),
        (
            dataset(features=with_value(0, 1, np.nan)),
            "0.6% of the values are missing, in 1 of 3 features",
        ),
    ],
)
def test_warnings(data: Dataset, warning: str) -> None:
    found = check_data(data, replace(TRAINING, nullable=True))
    assert found.errors == ()
    assert found.warnings == (warning,)


def test_a_rare_class() -> None:
    features = RANDOM.normal(size=(200, 3))
    data = dataset(features=features, target=(np.arange(200) < 8).astype(float))
    assert check_data(data, TRAINING).warnings == ("classes are rare: yes (4.0%)",)


def test_held_out_rows_that_were_learned_from() -> None:
    features = FEATURES.copy()
    features[30:33] = features[:3]
    rows = np.arange(60)
    found = check_split(dataset(features=features), rows[:30], rows[30:])
    assert found.errors == (
        "3 of 30 held-out rows are in the training rows too, so their scores would be too good; "
        "remove duplicated rows",
    )


def test_held_out_values_out_of_range() -> None:
    features = FEATURES.copy()
    features[30:36, 0] = 99
    rows = np.arange(60)
    found = check_split(dataset(features=np.clip(features, -9, 99)), rows[:30], rows[30:])
    assert found.errors == ()
    assert found.warnings[0].startswith(
        "held-out values lie outside the range seen in training: a (20%)"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"test_fraction": 1.0}, "test_fraction 1.0 must lie between 0 and 1"),
        ({"folds": 1}, "folds 1 is too small; write at least 2"),
        ({"search": {"C": []}}, "search of C is empty"),
        ({"search": {"C": [object()]}}, "search may hold numbers, strings"),
        ({"search": {"C": [float("nan")]}}, "search may hold numbers, strings"),
        ({"task": "ranking"}, "task 'ranking' is not allowed"),
        ({"task": "regression"}, "positive 'yes' has no meaning in a regression"),
    ],
)
def test_a_wrong_training_says_what_is_wrong(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BundleError) as caught:
        replace(TRAINING, **change)
    assert str(caught.value).startswith(message)
