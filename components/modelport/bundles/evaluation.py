"""Evaluation: the scores of a model beside its baseline, the live version and disturbed input."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk
from sklearn.dummy import DummyClassifier, DummyRegressor

from modelport.bundles.training import Dataset, Estimator, Training
from modelport.errors import BundleError
from modelport_serving.predictor import Predictor
from modelport_serving.record import BundleRecord, LiveScore, Prediction

Matrix = NDArray[np.float64]
Scores = dict[str, float]

PRIMARY = {"classification": "f1", "regression": "r2"}
"""Metric that decides comparisons, by task."""

NOISE = 0.05
"""Noise of the robustness check: standard deviation as a share of each feature's own."""
MISSING = 0.10
"""Share of the values that the robustness check removes."""


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to learn from and rows that are held out; features as float64, missing as NaN."""

    features: Matrix
    """Features to learn from, shape (rows, features)."""
    target: NDArray[Any]
    """Target to learn from, shape (rows,)."""
    held_features: Matrix
    """Held-out features, shape (held-out rows, features)."""
    held_target: NDArray[Any]
    """Held-out target, shape (held-out rows,)."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores answers for one task.

    A classification with two labels has a positive one, else the classes count alike (macro).
    """

    labels: tuple[str, ...]
    """Class names; empty for a regression."""
    positive: int | None
    """Index of the positive label."""

    def __call__(self, model: Any, features: Matrix, target: NDArray[Any]) -> Scores:
        """Score a fitted estimator; the signature that scikit-learn's searches call."""
        answer = model.predict_proba(features) if self.labels else model.predict(features)
        return self.score(np.asarray(answer, dtype=np.float64), target)

    def score(self, answer: Matrix, target: NDArray[Any]) -> Scores:
        """Score probabilities of shape (rows, labels), or values of shape (rows,)."""
        if self.labels:
            return self._classes(answer, target)
        return {
            "mae": float(sk.mean_absolute_error(target, answer)),
            "rmse": float(sk.root_mean_squared_error(target, answer)),
            "r2": float(sk.r2_score(target, answer)),
        }

    def _classes(self, chances: Matrix, target: NDArray[Any]) -> Scores:
        given = chances.argmax(axis=1)
        how: dict[str, Any] = {"zero_division": 0.0}
        if self.positive is None:
            how |= {"average": "macro", "labels": list(range(len(self.labels)))}
            area = (
                sk.roc_auc_score(target, chances, multi_class="ovr", average="macro")
                if len(self.labels) > 2
                else sk.roc_auc_score(target, chances[:, 1])
            )
        else:
            how |= {"pos_label": self.positive}
            area = sk.roc_auc_score(target == self.positive, chances[:, self.positive])
        return {
            "accuracy": float(sk.accuracy_score(target, given)),
            "precision": float(sk.precision_score(target, given, **how)),
            "recall": float(sk.recall_score(target, given, **how)),
            "f1": float(sk.f1_score(target, given, **how)),
            "roc_auc": float(area),
        }


def make_scorer(data: Dataset, training: Training) -> Scorer:
    """The scorer of a training's task."""
    positive = None if training.positive is None else data.labels.index(training.positive)
    return Scorer(data.labels, positive)


def baseline(split: Split, scorer: Scorer) -> Scores:
    """Held-out scores of a model that always answers the commonest class, or the mean."""
    model = DummyClassifier(strategy="most_frequent") if scorer.labels else DummyRegressor()
    model.fit(split.features, split.target)
    return scorer(model, split.held_features, split.held_target)


def disturbed(split: Split, training: Training) -> dict[str, Matrix]:
    """The held-out rows under noise and, where the pipeline accepts them, with missing values."""
    random = np.random.default_rng(training.seed)
    held = split.held_features
    spread = np.nanstd(split.features, axis=0)
    noisy = held + random.normal(size=held.shape) * spread * NOISE
    found = {f"noise_{NOISE:.0%}".replace("%", "pct"): noisy}
    if training.nullable:
        holes = np.where(random.random(held.shape) < MISSING, np.nan, held)
        found[f"missing_{MISSING:.0%}".replace("%", "pct")] = holes
    return found


def robustness(model: Estimator, split: Split, scorer: Scorer, training: Training) -> Scores:
    """The primary metric under noise and, where the pipeline accepts them, missing values."""
    primary = PRIMARY[training.task]
    return {
        name: scorer(model, features, split.held_target)[primary]
        for name, features in disturbed(split, training).items()
    }


def live_score(
    record: BundleRecord,
    load: Callable[[], Predictor],
    data: Dataset,
    split: Split,
    scorer: Scorer,
) -> LiveScore:
    """Score the live version on the same held-out rows.

    When the data has changed since, the live version may have learned from some of them: the
    comparison then errs in its favour.

    Args:
        record: The live version's record.
        load: Loads its model.
        data: Today's data.
        split: Today's split.
        scorer: Today's scorer.

    Raises:
        BundleError: its features or labels are not among today's, so nothing can be compared.
    """
    ours, theirs = list(data.feature_names), [item.name for item in record.signature.features]
    lost = [name for name in theirs if name not in ours]
    if lost or set(record.signature.labels) != set(data.labels):
        what = f"features {', '.join(lost[:5])}" if lost else "labels"
        message = (
            f"the live version {record.version} takes other data ({what} differ), so it cannot be "
            "compared; remove live from the gate's beat for this change"
        )
        raise BundleError(message)
    predictor = load()
    rows = split.held_features[:, [ours.index(name) for name in theirs]]
    answers = to_array(predictor.score(rows), data.labels)
    return LiveScore(version=record.version, metrics=scorer.score(answers, split.held_target))


def to_array(answers: tuple[Prediction, ...], labels: tuple[str, ...]) -> Matrix:
    """Answers as probabilities of shape (rows, labels), or values of shape (rows,)."""
    if not labels:
        return np.array([answer.value for answer in answers], dtype=np.float64)
    table = [[(answer.probabilities or {})[label] for label in labels] for answer in answers]
    return np.array(table, dtype=np.float64)
