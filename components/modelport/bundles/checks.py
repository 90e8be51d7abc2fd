"""Checks: what is wrong or odd with data before anything is trained on it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelport.bundles.training import Dataset, Training

Matrix = NDArray[np.float64]

_MANY_MISSING = 0.5
_RARE_CLASS = 0.05
_SHARED_ROWS = 0.01
_OUT_OF_RANGE = 0.05
_GIVES_AWAY = 0.999
"""Correlation with the target from which a feature is the target in other clothes."""
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Findings:
    """What the checks found, all of it at once."""

    errors: tuple[str, ...]
    """Why nothing may be trained on this data."""
    warnings: tuple[str, ...]
    """What a person should know."""


def check_data(data: Dataset, training: Training) -> Findings:
    """Check shape, types, missing values, constant columns, duplicates, classes and leakage."""
    errors = list(_shape(data, training))
    if errors:
        return Findings(tuple(errors), ())
    features = np.asarray(data.features, dtype=np.float64)
    target = np.asarray(data.target, dtype=np.float64)
    errors += _values(data, training, features, target)
    warnings: list[str] = []
    if not errors:
        errors += _classes(data, training, target)
    if not errors:
        warnings += _columns(data, features)
        warnings += _balance(data, target)
        warnings += _giveaways(data, features, target)
    return Findings(tuple(errors), tuple(warnings))


def check_split(data: Dataset, train: NDArray[np.intp], test: NDArray[np.intp]) -> Findings:
    """Check that held-out rows were not learned from, and resemble those that were.

    Args:
        data: Data that passed `check_data`.
        train: Indices of the rows to learn from.
        test: Indices of the held-out rows.
    """
    features = np.asarray(data.features, dtype=np.float64)
    errors: list[str] = []
    warnings: list[str] = []
    seen = {row.tobytes() for row in features[train] + 0.0}
    shared = sum(row.tobytes() in seen for row in features[test] + 0.0)
    if shared:
        share = shared / len(test)
        text = f"{shared} of {len(test)} held-out rows are in the training rows too"
        if share > _SHARED_ROWS:
            errors.append(f"{text}, so their scores would be too good; remove duplicated rows")
        else:
            warnings.append(text)
    with np.errstate(invalid="ignore"):
        low, high = np.nanmin(features[train], axis=0), np.nanmax(features[train], axis=0)
        outside = ((features[test] < low) | (features[test] > high)).mean(axis=0)
    far = [
        f"{name} ({share:.0%})"
        for name, share in zip(data.feature_names, outside.tolist(), strict=True)
        if share > _OUT_OF_RANGE
    ]
    if far:
        warnings.append(f"held-out values lie outside the range seen in training: {_some(far)}")
    return Findings(tuple(errors), tuple(warnings))


def _shape(data: Dataset, training: Training) -> Iterator[str]:
    for name, array, dimensions in (
        ("features", data.features, 2),
        ("target", data.target, 1),
    ):
        if np.ndim(array) != dimensions:
            yield f"{name} has {np.ndim(array)} dimensions; it must have {dimensions}"
        elif not _numeric(array):
            yield f"{name} holds {np.asarray(array).dtype}; it must hold numbers"
    yield from _sizes(data, training)
    twice = sorted({name for name in data.feature_names if data.feature_names.count(name) > 1})
    if twice:
        yield f"feature names are given twice: {_some(twice)}"
    unknown = sorted(data.integers - set(data.feature_names))
    if unknown:
        yield f"integers name no feature: {_some(unknown)}"
    yield from _labels(data, training)


def _sizes(data: Dataset, training: Training) -> Iterator[str]:
    if np.ndim(data.features) == 2:
        rows, columns = np.shape(data.features)
        if columns != len(data.feature_names):
            yield f"{len(data.feature_names)} feature names were given for {columns} columns"
        if np.ndim(data.target) == 1 and len(data.target) != rows:
            yield f"features have {rows} rows, target has {len(data.target)}"
        if rows < 2 * training.folds:
            yield f"{rows} rows are too few for {training.folds} folds"
        if not columns:
            yield "features have no column"


def _labels(data: Dataset, training: Training) -> Iterator[str]:
    if training.task == "regression":
        if data.labels:
            yield "a regression has no labels; leave them out"
        return
    if len(data.labels) < 2 or len(set(data.labels)) != len(data.labels):
        yield f"labels {list(data.labels)} must be at least two different names"
    elif training.positive is not None and training.positive not in data.labels:
        yield f"positive '{training.positive}' is no label; labels: {', '.join(data.labels)}"
    elif training.positive is not None and len(data.labels) != 2:
        yield f"positive '{training.positive}' needs two labels; there are {len(data.labels)}"


def _values(data: Dataset, training: Training, features: Matrix, target: Matrix) -> Iterator[str]:
    infinite = _named(data, np.isinf(features).any(axis=0))
    if infinite:
        yield f"features hold infinite values: {_some(infinite)}"
    if not np.isfinite(target).all():
        yield f"target {data.target_name} has {int((~np.isfinite(target)).sum())} missing values"
    missing = np.isnan(features)
    empty = _named(data, missing.all(axis=0))
    if empty:
        yield f"features hold no value at all: {_some(empty)}"
    if missing.any() and not training.nullable:
        yield (
            f"values are missing in {_some(_named(data, missing.any(axis=0)))}; put an imputer "
            "into the pipeline and declare nullable=True"
        )
    fractions = _named(data, np.mod(np.nan_to_num(features, posinf=0, neginf=0), 1).any(axis=0))
    broken = [name for name in fractions if name in data.integers]
    if broken:
        yield f"features declared as integers hold fractions: {_some(broken)}"


def _classes(data: Dataset, training: Training, target: Matrix) -> Iterator[str]:
    if training.task == "regression":
        if np.ptp(target) == 0:
            yield f"target {data.target_name} is always {target[0]:g}: there is nothing to learn"
        return
    wrong = sorted(set(target.tolist()) - set(range(len(data.labels))))
    if wrong:
        yield (
            f"target {data.target_name} holds {_some([f'{value:g}' for value in wrong])}; "
            f"it must hold the index of a label, 0 to {len(data.labels) - 1}"
        )
        return
    counts = np.bincount(target.astype(np.intp), minlength=len(data.labels)).tolist()
    # Every fold and the held-out rows need each class.
    needed = training.folds + 1
    few = [
        f"{label} ({count})"
        for label, count in zip(data.labels, counts, strict=True)
        if count < needed
    ]
    if few:
        yield f"classes have fewer than {needed} rows: {_some(few)}"


def _columns(data: Dataset, features: Matrix) -> Iterator[str]:
    missing = np.isnan(features)
    if missing.any():
        yield (
            f"{missing.mean():.1%} of the values are missing, "
            f"in {int(missing.any(axis=0).sum())} of {features.shape[1]} features"
        )
    many = _named(data, missing.mean(axis=0) > _MANY_MISSING)
    if many:
        yield f"more than half of the values are missing in {_some(many)}"
    constant = _named(data, np.nanmin(features, axis=0) == np.nanmax(features, axis=0))
    if constant:
        yield f"features never change: {_some(constant)}"
    rows = len(features)
    different = len({row.tobytes() for row in features + 0.0})
    if different < rows:
        yield f"{rows - different} of {rows} rows repeat another one"


def _balance(data: Dataset, target: Matrix) -> Iterator[str]:
    if not data.labels:
        return
    shares = np.bincount(target.astype(np.intp), minlength=len(data.labels)) / len(target)
    rare = [
        f"{label} ({share:.1%})"
        for label, share in zip(data.labels, shares.tolist(), strict=True)
        if share < _RARE_CLASS
    ]
    if rare:
        yield f"classes are rare: {_some(rare)}"


def _giveaways(data: Dataset, features: Matrix, target: Matrix) -> Iterator[str]:
    """Features that nearly are the target, which a live request will not have."""
    if len(data.labels) > 2:
        return
    found: list[str] = []
    for name, column in zip(data.feature_names, features.T, strict=True):
        there = ~np.isnan(column)
        values, wanted = column[there], target[there]
        if len(values) > 2 and np.ptp(values) > 0 and np.ptp(wanted) > 0:
            strength = abs(float(np.corrcoef(values, wanted)[0, 1]))
            if strength > _GIVES_AWAY:
                found.append(f"{name} ({strength:.4f})")
    if found:
        yield f"features almost equal the target, which looks like leakage: {_some(found)}"


def _numeric(array: Any) -> bool:
    kind = np.asarray(array).dtype.kind
    return kind in "iufb"


def _named(data: Dataset, chosen: Any) -> list[str]:
    """The features for which a mask of shape (features,) holds true."""
    return [name for name, yes in zip(data.feature_names, chosen, strict=True) if yes]


def _some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
