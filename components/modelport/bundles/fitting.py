"""Fitting: split, search, fit and measure; everything that needs scikit-learn."""

import hashlib
import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    StratifiedKFold,
)
from threadpoolctl import threadpool_limits

from modelport.bundles.checks import check_data, check_split
from modelport.bundles.conversion import Converted, convert
from modelport.bundles.evaluation import (
    PRIMARY,
    Scorer,
    Split,
    baseline,
    disturbed,
    live_score,
    make_scorer,
    robustness,
)
from modelport.bundles.training import Dataset, Estimator, Imported, Training
from modelport.errors import BundleError
from modelport_serving.onnx_model import OnnxModel
from modelport_serving.predictor import Model, Predictor
from modelport_serving.record import (
    BundleRecord,
    Conversion,
    Evaluation,
    Feature,
    LiveScore,
    Runtime,
    Signature,
)

Report = Callable[[str, float], None]

_SCORE_NAME = "score"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Checked data, split."""

    data: Dataset
    """The data."""
    split: Split
    """Rows to learn from, and held-out rows."""
    scorer: Scorer
    """How answers are scored."""
    warnings: tuple[str, ...]
    """What is odd about the data."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained and measured model."""

    model: Model
    """What is served: the ONNX model, or the one that was fitted."""
    runtime: Runtime
    """What computes its answers."""
    content: bytes
    """Its file."""
    sha256: str
    """Hash of that file."""
    conversion: Conversion | None
    """How the ONNX model was compared; none when none was asked for."""
    signature: Signature
    """What it takes and answers."""
    evaluation: Evaluation
    """Its scores; `live` is left empty."""
    parameters: dict[str, Any]
    """Chosen hyperparameters."""
    search: tuple[dict[str, Any], ...]
    """Every candidate: `parameters`, mean `score` and its `deviation` over the folds."""
    warnings: tuple[str, ...]
    """What happened on the way that a person should know."""


@dataclass(frozen=True, slots=True)
class Search:
    """How hyperparameters were chosen; empty where nothing was searched."""

    best: dict[str, Any] = field(default_factory=dict[str, Any])
    """The chosen ones."""
    folds: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    """Mean and standard deviation of each metric over the folds."""
    candidates: tuple[dict[str, Any], ...] = ()
    """Every combination: `parameters`, mean `score` and its `deviation`."""


def prepare(training: Training, data: Dataset) -> Prepared:
    """Check the data and split it by content, see `held_out`.

    Raises:
        BundleError: the data cannot be trained on; the message holds every reason.
    """
    found = check_data(data, training)
    if found.errors:
        raise BundleError(_refusal(data, found.errors))
    features = np.asarray(data.features, dtype=np.float64)
    target = np.asarray(data.target)
    target = target.astype(np.int64) if data.labels else target.astype(np.float64)
    if isinstance(training, Imported):  # it learnt elsewhere, so every row is held out
        return Prepared(
            data,
            Split(features, target, features, target),
            make_scorer(data, training),
            found.warnings,
        )
    classes = target if data.labels else np.zeros_like(target)
    mask = held_out(features, classes.astype(np.int64), training.test_fraction)
    rows, held = np.flatnonzero(~mask), np.flatnonzero(mask)
    lacking = [
        name
        for name, part in (("train on", rows), ("measure on", held))
        if len(part) == 0 or (data.labels and len(np.unique(target[part])) < len(data.labels))
    ]
    if lacking:
        raise BundleError(
            f"data {data.name} cannot be split by test_fraction {training.test_fraction}: the rows "
            f"to {' and to '.join(lacking)} do not hold every class; give more rows"
        )
    split_findings = check_split(data, rows, held)
    if split_findings.errors:
        raise BundleError(_refusal(data, split_findings.errors))
    split = Split(features[rows], target[rows], features[held], target[held])
    return Prepared(
        data, split, make_scorer(data, training), found.warnings + split_findings.warnings
    )


def held_out(
    features: NDArray[np.float64], groups: NDArray[np.int64], fraction: float
) -> NDArray[np.bool_]:
    """Which rows are held out: in each group those whose content has the smallest hashes.

    The split depends on the data alone, whatever the seed and the parameters. So the live version
    has not learnt from the rows on which its successor is compared with it; when data is added,
    only the few rows around the boundary change sides. Equal rows never stand on both.
    """
    hashes = np.array(
        [
            int.from_bytes(hashlib.sha256(row.tobytes()).digest()[:8], "big")
            for row in np.ascontiguousarray(features)
        ],
        dtype=np.uint64,
    )
    held = np.zeros(len(hashes), dtype=np.bool_)
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        count = round(len(rows) * fraction)
        if count:
            boundary = np.sort(hashes[rows])[count - 1]
            held[rows] = hashes[rows] <= boundary
    return held


def fit(training: Training, prepared: Prepared, report: Report) -> Fitted:
    """Search the hyperparameters by cross validation, fit the best and measure it.

    Args:
        training: What to train.
        prepared: What to train it on.
        report: Told each step and the fraction that is done.

    Raises:
        BundleError: the pipeline cannot be fitted, or does not do what `training` declares.
    """
    split, scorer = prepared.split, prepared.scorer
    # One thread: sums then come in the same order, so the model's bytes do not depend on cores.
    with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        report("searching hyperparameters", 0.1)
        search = _search(training, split, scorer)
        report("fitting", 0.7)
        model = cast("Estimator", training.pipeline(training.seed)).set_params(**search.best)
        model.fit(split.features, split.target)
    return measure(training, prepared, model, report, search=search, said=_texts(caught))


def measure(
    training: Training,
    prepared: Prepared,
    model: Estimator,
    report: Report,
    *,
    search: Search | None = None,
    said: tuple[str, ...] = (),
    onnx: bytes | None = None,
) -> Fitted:
    """Measure a fitted model and decide what serves it.

    Args:
        training: What it was trained by.
        prepared: The held-out rows.
        model: The fitted model.
        report: Told each step and the fraction that is done.
        search: How its hyperparameters were chosen.
        said: What a person should know about how it came to be.
        onnx: Its file, when it came as ONNX already.

    Raises:
        BundleError: it does not do what `training` declares.
    """
    split, scorer, search = prepared.split, prepared.scorer, search or Search()
    with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
        # Names are checked when a row is read; the matrix itself carries none.
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        _check_missing(training, model, split)
        report("measuring on held-out data", 0.8)
        evaluation = Evaluation(
            primary=PRIMARY[training.task],
            metrics=scorer(model, split.held_features, split.held_target),
            baseline=baseline(split, scorer),
            cross_validation=search.folds,
            robustness=robustness(model, split, scorer, training),
        )
        report("comparing with ONNX", 0.95)
        converted = None if onnx else _convert(training, model, split)
    onnx = onnx or (converted.content if converted else None)
    content = onnx or _dump(model)
    return Fitted(
        model=OnnxModel(onnx) if onnx else model,
        runtime="onnx" if onnx else "native",
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        conversion=converted.outcome if converted else None,
        signature=_signature(training, prepared),
        evaluation=evaluation,
        parameters=search.best,
        search=search.candidates,
        warnings=tuple(dict.fromkeys((*said, *_texts(caught)))),
    )


def _texts(caught: Sequence[warnings.WarningMessage]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(item.message).splitlines()[0] for item in caught))


def measure_live(
    prepared: Prepared, record: BundleRecord, load: Callable[[], Predictor]
) -> LiveScore:
    """Score the live version on the held-out rows.

    Raises:
        BundleError: it takes other data.
    """
    with threadpool_limits(1):
        return live_score(record, load, prepared.data, prepared.split, prepared.scorer)


def _search(training: Training, split: Split, scorer: Scorer) -> Search:
    """Score every combination over the folds; the first of the best wins."""
    kind = StratifiedKFold if scorer.labels else KFold
    folds = kind(n_splits=training.folds, shuffle=True, random_state=training.seed)
    grid = GridSearchCV(
        training.pipeline(training.seed),
        training.plain_search(),
        scoring=scorer,
        refit=False,
        cv=folds,
        error_score=cast("float", "raise"),  # its type forgets the word
    )
    try:
        grid.fit(split.features, split.target)
    except Exception as error:
        lines = str(error).split("\n")
        message = f"the pipeline cannot be fitted: {type(error).__name__}: {lines[0]}"
        raise BundleError(message) from error
    found: dict[str, Any] = grid.cv_results_
    primary = PRIMARY[training.task]
    metrics = [name.removeprefix("mean_test_") for name in found if name.startswith("mean_test_")]
    means = found[f"mean_test_{primary}"]
    best = int(np.argmax(means))
    combinations: list[dict[str, Any]] = [dict(combination) for combination in found["params"]]
    candidates = tuple(
        {
            "parameters": parameters,
            _SCORE_NAME: float(means[index]),
            "deviation": float(found[f"std_test_{primary}"][index]),
        }
        for index, parameters in enumerate(combinations)
    )
    return Search(
        best=combinations[best],
        folds={
            name: (
                float(found[f"mean_test_{name}"][best]),
                float(found[f"std_test_{name}"][best]),
            )
            for name in metrics
        },
        candidates=candidates,
    )


def _check_missing(training: Training, model: Estimator, split: Split) -> None:
    """Prove that a pipeline declared as nullable answers a row without any value."""
    if not training.nullable:
        return
    try:
        answer = np.asarray(model.predict(np.full((1, split.features.shape[1]), np.nan)))
    except ValueError as error:
        message = (
            "the training declares nullable=True, but its pipeline refuses missing values "
            f"({error}); add an imputer, or declare nullable=False"
        )
        raise BundleError(" ".join(message.split())) from None
    if answer.dtype.kind == "f" and not np.isfinite(answer).all():
        raise BundleError("the pipeline answers NaN for missing values; add an imputer to it")


def _convert(training: Training, model: Estimator, split: Split) -> Converted | None:
    """The model as ONNX, compared on the held-out rows, plain and disturbed.

    Raises:
        BundleError: the training asks for ONNX, and it does not answer alike.
    """
    if training.runtime == "native":
        return None
    rows = np.concatenate([split.held_features, *disturbed(split, training).values()])
    converted = convert(model, rows, classifies=training.task == "classification")
    if training.runtime == "onnx" and converted.content is None:
        message = f"the pipeline does not answer alike as ONNX: {converted.outcome.reason}"
        raise BundleError(f"{message}; set runtime='auto' to serve it as it is")
    return converted


def _signature(training: Training, prepared: Prepared) -> Signature:
    data, features = prepared.data, prepared.split.features
    low, high = np.nanmin(features, axis=0).tolist(), np.nanmax(features, axis=0).tolist()
    return Signature(
        task=training.task,
        features=tuple(
            Feature(
                name=name,
                dtype="int64" if name in data.integers else "float64",
                min=low[index],
                max=high[index],
                nullable=training.nullable,
            )
            for index, name in enumerate(data.feature_names)
        ),
        target=data.target_name,
        labels=data.labels,
    )


def _dump(model: Estimator) -> bytes:
    """The model as a joblib file."""
    stream = io.BytesIO()
    joblib.dump(model, stream)
    return stream.getvalue()


def _refusal(data: Dataset, errors: tuple[str, ...]) -> str:
    return f"data {data.name} cannot be trained on: {'; '.join(errors)}"
