"""The bundle's record: what a model takes, answers, scored and came from.

`bundle.json` in every bundle is one `BundleRecord`; `golden.json` beside it is one `Golden`.
Training writes them, serving reads the signature, plans and gates read the scores.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

RECORD_FILE = "bundle.json"
GOLDEN_FILE = "golden.json"
PREVIOUS = "previous"
"""Folder of a bundle's sources with record, golden requests and model of its previous version."""

Task = Literal["classification", "regression"]
Runtime = Literal["onnx", "native"]
"""What computes the answers: ONNX Runtime, or the library that trained the model."""
Precision = Literal["double", "mixed", "float"]
"""float64; float64 and then float32 in the last step; float32."""
Cell = float | int | None
"""One value of one feature; `None` is a missing value."""


class Record(BaseModel):
    """Base of all records: frozen, unknown keys refused, docstrings become descriptions."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Feature(Record):
    """One input column, in the order in which the model takes it."""

    name: str
    """Column name, as in the training data."""
    dtype: Literal["float64", "int64"] = "float64"
    """Type of its values."""
    min: float
    """Smallest value seen in training."""
    max: float
    """Largest value seen in training."""
    nullable: bool = False
    """Whether the pipeline accepts a missing value (`null`) here."""


class Signature(Record):
    """What a model takes and answers."""

    task: Task
    """Kind of prediction."""
    features: tuple[Feature, ...]
    """Input columns, in order."""
    target: str
    """Name of what is predicted."""
    labels: tuple[str, ...] = ()
    """Class names in the order of the model's probabilities; empty for a regression."""


class Prediction(Record):
    """One answer: for a classification a label and its probabilities, for a regression a value."""

    label: str | None = None
    """Most probable class (classification)."""
    probabilities: dict[str, float] | None = None
    """Probability of each class; they add up to 1 (classification)."""
    value: float | None = None
    """Predicted value in the target's unit (regression)."""


class Golden(Record):
    """Requests with the answers that the evaluated model gave: a live service must repeat them."""

    instances: tuple[tuple[Cell, ...], ...]
    """Rows in the signature's column order."""
    predictions: tuple[Prediction, ...]
    """The answer to each row."""
    tolerance: float = 1e-6
    """Largest accepted absolute difference of a probability; relative difference of a value."""


class LiveScore(Record):
    """Scores, on the same held-out data, of the version that was live at training time."""

    version: str
    """Version that was live."""
    metrics: dict[str, float]
    """Its scores."""


class Evaluation(Record):
    """The scores of one trained model beside its baseline; the gate reads them."""

    primary: str
    """Metric that decides comparisons: `f1` for a classification, `r2` for a regression."""
    metrics: dict[str, float]
    """Held-out scores: accuracy, precision, recall, f1, roc_auc; or mae, rmse, r2."""
    baseline: dict[str, float]
    """The same scores of a model that ignores its input (scikit-learn's Dummy estimators)."""
    live: LiveScore | None = None
    """The live version's scores on the same data; none when nothing was live."""
    cross_validation: dict[str, tuple[float, float]]
    """Mean and standard deviation of each metric over the folds."""
    robustness: dict[str, float]
    """Primary metric under disturbed input, e.g. `noise_5pct`, `missing_10pct`."""


class Conversion(Record):
    """What was compared before an ONNX model took the place of the trained one."""

    precision: Precision | None = None
    """How the ONNX model computes; none when it does not answer alike and is not served."""
    rows: int
    """Rows on which both were asked: the held-out ones, plain and disturbed."""
    difference: float | None = None
    """Largest difference between the two: of a probability, or relative of a value."""
    reason: str | None = None
    """Why the trained model itself is served."""


class Origin(Record):
    """The file that an imported model came in."""

    file: str
    """Its name in the bundle's sources."""
    format: Literal["pickle", "joblib", "skops", "onnx"]
    """How it was read."""
    sha256: str
    """Its hash."""


class Previous(Record):
    """The earlier version that a bundle carries, so that it can answer when the model does not."""

    version: str
    """Its version; its record, golden requests and model lie in the folder `PREVIOUS`."""
    model_sha256: str
    """Hash of its model's file."""


class Lineage(Record):
    """Where a model came from."""

    data: str
    """Name of the data set."""
    data_sha256: str
    """Hash of the data's content."""
    rows: int
    """Number of rows."""
    parameters: dict[str, Any]
    """Chosen hyperparameters."""
    search: tuple[dict[str, Any], ...]
    """Every candidate of the search with its mean score."""
    libraries: dict[str, str]
    """Versions of the libraries that trained the model, and of those that serve it."""
    python: str
    """Version of Python that trained it."""
    commit: str | None
    """Commit whose sources first gave this digest; none outside a repository."""
    created: str
    """Time of training, ISO 8601, UTC."""
    conversion: Conversion | None = None
    """How the ONNX model was compared; none where no conversion was tried."""
    imported: Origin | None = None
    """The file of a model that was trained elsewhere; then the data only measured it."""
    previous: Previous | None = None
    """The earlier version that the bundle carries; none where it carries none."""


class BundleRecord(Record):
    """Everything that is known about one version of a bundle."""

    format: Literal[1] = 1
    """Version of this record's format."""
    name: str
    """Bundle name, e.g. `breast_cancer`."""
    version: str
    """First 16 hex digits of the digest over sources, data, parameters and pins."""
    signature: Signature
    evaluation: Evaluation
    lineage: Lineage
    model_file: str
    """File name of the model in the BentoML model of the same tag."""
    model_sha256: str
    """Hash of that file; checked before it is loaded."""
    runtime: Runtime = "native"
    """What computes the answers."""
    requirements: tuple[str, ...] = ()
    """Those of the lineage's libraries that serve it; all of them when empty."""

    @property
    def tag(self) -> str:
        """The BentoML tag of both the Bento and its model: `name:version`."""
        return f"{self.name}:{self.version}"


def read_record(folder: Path) -> BundleRecord:
    """Read the record of the bundle whose sources lie in `folder`."""
    return BundleRecord.model_validate_json((folder / RECORD_FILE).read_bytes())


def read_golden(folder: Path) -> Golden:
    """Read the golden requests of the bundle whose sources lie in `folder`."""
    return Golden.model_validate_json((folder / GOLDEN_FILE).read_bytes())


def signature_faults(live: Signature, previous: Signature) -> list[str]:
    """Why a model with `previous` cannot answer requests for one with `live`, one sentence each.

    Ranges seen in training may differ. The previous one may take missing values where the other
    does not, and not the other way round.
    """
    found = [
        f"{name} was {old} and is {new}"
        for name, old, new in (
            ("task", previous.task, live.task),
            ("target", previous.target, live.target),
            ("labels", ", ".join(previous.labels), ", ".join(live.labels)),
        )
        if old and new and old != new
    ]
    old_names, new_names = ([it.name for it in side.features] for side in (previous, live))
    if old_names != new_names:
        gone = [name for name in old_names if name not in new_names]
        added = [name for name in new_names if name not in old_names]
        said = [*(f"without {name}" for name in gone), *(f"with {name}" for name in added)]
        return [*found, f"features are others: {', '.join(said) or 'in another order'}"]
    for old, new in zip(previous.features, live.features, strict=True):
        if old.dtype != new.dtype:
            found.append(f"feature {new.name} was {old.dtype} and is {new.dtype}")
        if new.nullable and not old.nullable:
            found.append(f"feature {new.name} may be missing now, which the old model cannot take")
    return found
