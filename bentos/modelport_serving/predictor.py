"""Predictor: a model with its record, free of any server."""

import contextlib
import hashlib
import io
import math
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from modelport_serving.errors import StartError
from modelport_serving.instances import (
    MAX_FAULTS,
    Fault,
    InstanceReader,
    InvalidInstancesError,
    Rows,
    quoted,
)
from modelport_serving.record import (
    PREVIOUS,
    BundleRecord,
    Golden,
    Prediction,
    Runtime,
    read_golden,
    read_record,
    signature_faults,
)

DEFAULT_MAX_ROWS = 10_000
PACE_ROWS = 64
"""Rows of the larger call by which a model's pace is measured."""
PACE_SECONDS = 0.02
"""A model whose call takes longer is measured once, not several times."""

FAR = 1e6
"""How many times the largest number of training a feature must be, for it to be the reason why the
model fails: many compute with 32 bits, which a number of 64 can be too large for."""

Answers = NDArray[np.float64]
"""Checked answers: probabilities of shape (rows, labels), or values of shape (rows,)."""


class Model(Protocol):
    """What is used of a scikit-learn estimator; a classifier also has `predict_proba`."""

    def predict(self, X: Rows, /) -> Any:  # noqa: N803 - scikit-learn's name
        """Answer an array of shape (rows,)."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """What calls of a model cost on this machine."""

    call: float
    """Seconds of a call with one row."""
    row: float
    """Seconds that each further row adds."""

    def seconds(self, rows: int) -> float:
        """Seconds of a call with so many rows."""
        return self.call + self.row * (rows - 1)


class OutputError(RuntimeError):
    """The model answered something that is no answer, such as NaN or a wrong shape."""


class Predictor:
    """Checks instances, asks the model and checks its answer.

    Args:
        model: Fitted estimator; a classification needs `predict_proba`.
        record: Its record; the signature decides what is read and answered.
    """

    def __init__(self, model: Model, record: BundleRecord) -> None:
        self.record = record
        self.pace: Pace | None = None
        """What its calls cost; unknown until `measure`."""
        self._reader = InstanceReader(record.signature)
        self._labels = record.signature.labels
        self._classifies = record.signature.task == "classification"
        name = "predict_proba" if self._classifies else "predict"
        self._score = getattr(model, name, None)
        if self._score is None:
            message = f"the model of {record.tag} has no {name}; retrain it and build the bundle"
            raise StartError(message)

    def read(self, instances: object, max_rows: int = DEFAULT_MAX_ROWS) -> Rows:
        """Check instances and return them as a matrix of shape (rows, features).

        Raises `InvalidInstancesError` with everything that is wrong.
        """
        return self._reader.read(instances, max_rows)

    def compute(self, rows: Rows) -> Answers:
        """Answer a checked matrix: probabilities of shape (rows, labels), or values (rows,).

        Raises:
            InvalidInstancesError: the model failed on numbers that are too large for it.
            OutputError: its answer is not finite or has a wrong shape.
        """
        try:
            answer = np.asarray(cast("Any", self._score)(rows), dtype=np.float64)
        except Exception:
            self._refuse_far(rows)
            raise
        shape = (len(rows), len(self._labels)) if self._classifies else (len(rows),)
        if not self._classifies and answer.shape == (len(rows), 1):
            answer = answer[:, 0]
        if answer.shape != shape:
            message = f"the model answered shape {answer.shape}; its signature says {shape}"
            raise OutputError(message)
        if not np.isfinite(answer).all():
            self._refuse_far(rows)
            raise OutputError("the model answered NaN or infinity")
        return answer

    def _refuse_far(self, rows: Rows) -> None:
        """Refuse the numbers that are too large for a model that has failed, if there are any."""
        features = self.record.signature.features
        most = np.array([FAR * max(1.0, abs(each.min), abs(each.max)) for each in features])
        places: list[list[int]] = np.argwhere(np.abs(rows) > most).tolist()
        faults = [
            Fault(
                f"instances[{row}].{quoted(features[column].name)}",
                f"is {float(rows[row, column])!r}, too large for the model; in training it was "
                f"{features[column].min:g} to {features[column].max:g}",
            )
            for row, column in places[: MAX_FAULTS + 1]
        ]
        if faults:
            raise InvalidInstancesError(faults)

    def plain(self, answers: Answers) -> list[dict[str, Any]]:
        """Answers as JSON holds them: the fields of a `Prediction` that are set."""
        if not self._classifies:
            return [{"value": value} for value in answers.tolist()]
        best = cast("list[int]", answers.argmax(axis=1).tolist())
        table = cast("list[list[float]]", answers.tolist())
        labels = self._labels
        return [
            {"label": labels[index], "probabilities": dict(zip(labels, chances, strict=True))}
            for index, chances in zip(best, table, strict=True)
        ]

    def score(self, rows: Rows) -> tuple[Prediction, ...]:
        """Answer a checked matrix, one prediction per row; raises what `compute` raises."""
        found = self.plain(self.compute(rows))
        return tuple(Prediction.model_construct(**fields) for fields in found)

    def measure(self, rows: Rows) -> None:
        """Learn what a call costs, by some with one and with several of these rows."""
        several = np.resize(rows, (PACE_ROWS, rows.shape[1]))
        call, longer = self._fastest(rows[:1]), self._fastest(several)
        self.pace = Pace(call=call, row=max(0.0, longer - call) / (PACE_ROWS - 1))

    def _fastest(self, rows: Rows) -> float:
        best = math.inf
        for _ in range(5):
            begun = time.perf_counter()
            self.compute(rows)
            best = min(best, time.perf_counter() - begun)
            if best > PACE_SECONDS:
                break
        return best

    def predict(
        self, instances: object, max_rows: int = DEFAULT_MAX_ROWS
    ) -> tuple[Prediction, ...]:
        """Answer instances: `read` and `score` in one, for callers that need no queue."""
        return self.score(self.read(instances, max_rows))


def load_predictor(bento_src: Path, model_path: Path) -> Predictor:
    """Load the model of a bundle, warmed up and proved by its golden requests.

    Args:
        bento_src: Folder with `bundle.json` and `golden.json`: `src` of a built Bento.
        model_path: The model's file, or the folder of the BentoML model that holds it.

    Raises:
        StartError: the file is missing or not the recorded one, cannot be loaded, or does not
            repeat the golden predictions.
    """
    record, golden = read_record(bento_src), read_golden(bento_src)
    file = model_path / record.model_file if model_path.is_dir() else model_path
    predictor = Predictor(_load(file, record), record)
    try:
        answers = predictor.predict([list(row) for row in golden.instances], len(golden.instances))
    except Exception as error:
        message = f"the model of {record.tag} cannot answer its golden requests: {error}"
        raise StartError(message) from error
    different = golden_differences(golden, answers)
    if different:
        message = (
            f"the model of {record.tag} does not repeat its golden predictions ({different[0]}); "
            "install the library versions of its record"
        )
        raise StartError(message)
    predictor.measure(predictor.read([list(row) for row in golden.instances]))
    return predictor


def load_previous(bento_src: Path) -> Predictor:
    """Load the previous version that a bundle carries, warmed up and proved like the bundle's own.

    Args:
        bento_src: Folder of the bundle's sources; its record must name a previous version.

    Raises:
        StartError: what is there is another version, takes or answers other things than the
            bundle, or is what `load_predictor` refuses.
    """
    record = read_record(bento_src)
    wanted, folder = record.lineage.previous, bento_src / PREVIOUS
    try:
        found = read_record(folder)
    except (OSError, ValidationError) as error:
        message = f"the previous version in {folder} of {record.tag} cannot be read: {error}"
        raise StartError(message) from None
    named = (record.name, wanted and wanted.version, wanted and wanted.model_sha256)
    if (found.name, found.version, found.model_sha256) != named:
        message = f"{record.tag} carries {found.tag}, and its record names another previous version"
        raise StartError(message)
    if faults := signature_faults(record.signature, found.signature):
        raise StartError(f"{found.tag} cannot answer for {record.tag}: {'; '.join(faults)}")
    return load_predictor(folder, folder)


def golden_differences(golden: Golden, answers: Sequence[Prediction]) -> tuple[str, ...]:
    """Say how `answers` differ from the golden predictions; empty when they repeat them."""
    if len(answers) != len(golden.predictions):
        return (f"{len(answers)} answers instead of {len(golden.predictions)}",)
    faults: list[str] = []
    pairs = zip(golden.predictions, answers, strict=True)
    for index, (wanted, given) in enumerate(pairs):
        fault = _difference(wanted, given, golden.tolerance)
        if fault:
            faults.append(f"row {index}: {fault}")
    return tuple(faults)


def _difference(wanted: Prediction, given: Prediction, tolerance: float) -> str | None:
    if wanted.label != given.label:
        return f"label {given.label} instead of {wanted.label}"
    expected, found = wanted.probabilities or {}, given.probabilities or {}
    if expected.keys() != found.keys():
        return "other labels"
    for label, chance in expected.items():
        if not abs(found[label] - chance) <= tolerance:
            return f"probability {found[label]!r} of {label} instead of {chance!r}"
    if wanted.value is None or given.value is None:
        return None if wanted.value == given.value else "a value on one side only"
    if not math.isclose(given.value, wanted.value, rel_tol=tolerance, abs_tol=1e-12):
        return f"value {given.value!r} instead of {wanted.value!r}"
    return None


def _load(file: Path, record: BundleRecord) -> Model:
    try:
        content = file.read_bytes()
    except OSError as error:
        message = f"the model file {file} of {record.tag} cannot be read: {error.strerror}"
        raise StartError(message) from None
    digest = hashlib.sha256(content).hexdigest()
    if digest != record.model_sha256:
        message = (
            f"the model file {file} has SHA-256 {digest[:16]}…, the record of {record.tag} "
            f"says {record.model_sha256[:16]}…; build the bundle again"
        )
        raise StartError(message)
    try:
        # The bytes that were hashed are the bytes that are loaded: the file may change meanwhile.
        return _open(content, record.runtime)
    except Exception as error:
        message = f"the model file {file} of {record.tag} cannot be loaded: {error}"
        raise StartError(message) from error


def _open(content: bytes, runtime: Runtime) -> Model:
    # Each is imported where it is needed: a bundle carries only the libraries that serve it.
    if runtime == "onnx":
        from modelport_serving.onnx_model import OnnxModel

        return OnnxModel(content)
    import joblib

    model = joblib.load(io.BytesIO(content))
    # Column names are checked when a row is read; the matrix itself carries none.
    warnings.filterwarnings("ignore", message="X does not have valid feature names")
    _single_threaded(model)
    return cast("Model", model)


def _single_threaded(model: Any) -> None:
    """Set every `n_jobs` to 1: processes scale a service; threads for a row only add waiting."""
    if not hasattr(model, "get_params"):
        return
    jobs = [name for name in model.get_params(deep=True) if name.split("__")[-1] == "n_jobs"]
    with contextlib.suppress(ValueError):
        model.set_params(**dict.fromkeys(jobs, 1))
