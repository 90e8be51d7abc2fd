"""Training: what a bundle's `training.py` declares."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, cast, get_args

from modelport.errors import BundleError
from modelport_serving.record import Task

_TAG = re.compile(r"[a-z][a-z0-9_]{0,62}@[0-9a-f]{16}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DISTRIBUTION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")

if TYPE_CHECKING:  # NumPy costs 0.1 s, and most commands only read records
    from numpy.typing import NDArray
    from sklearn.base import BaseEstimator


class Estimator(Protocol):
    """What is used of a scikit-learn estimator; a classifier also has `predict_proba`."""

    def fit(self, X: Any, y: Any, /) -> object:  # noqa: N803 - scikit-learn's name
        """Learn from features of shape (rows, features) and a target of shape (rows,)."""
        ...

    def predict(self, X: Any, /) -> Any:  # noqa: N803 - scikit-learn's name
        """Answer an array of shape (rows,)."""
        ...

    def set_params(self, **params: Any) -> Self:
        """Set hyperparameters by their names."""
        ...


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Data to learn from and to be measured on."""

    name: str
    """Name of the data set, for the lineage."""
    feature_names: tuple[str, ...]
    """Column names, in the order in which the model takes them."""
    features: "NDArray[Any]"
    """Numbers of shape (rows, features); a missing value is NaN."""
    target_name: str
    """Name of what is predicted."""
    target: "NDArray[Any]"
    """Shape (rows,): for a classification the index into `labels`, for a regression the value."""
    labels: tuple[str, ...] = ()
    """Class names; empty for a regression."""
    integers: frozenset[str] = frozenset()
    """Names of the features that hold whole numbers only, such as codes."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a bundle's model is trained; `training.py` holds one as `training`.

    Raises `BundleError` with everything that is wrong with it.
    """

    task: Task
    """Kind of prediction."""
    data: Callable[[], Dataset]
    """Loads the data; called anew by every training."""
    pipeline: Callable[[int], "BaseEstimator"]
    """Makes the unfitted scikit-learn pipeline, preprocessing included, from the seed."""
    search: Mapping[str, Sequence[Any]] = field(default_factory=dict[str, Sequence[Any]])
    """Values to try for each hyperparameter, e.g. `{"model__C": [0.1, 1.0]}`; all combinations."""
    positive: str | None = None
    """Label that precision, recall, F1 and ROC AUC are about; macro averages when left out."""
    seed: int = 0
    """Seed of everything random: split, folds, model, noise."""
    test_fraction: float = 0.25
    """Share of the rows that is held out of training and of the search, between 0 and 1."""
    folds: int = 5
    """Folds of the cross validation that chooses the hyperparameters; at least 2."""
    nullable: bool = False
    """Whether the pipeline accepts missing values; then live requests may hold `null`."""
    constant_data: bool = False
    """Whether the data comes with the sources or a pinned library, so that it cannot change alone.

    Its hash is then remembered, which saves loading it each time.
    """
    requirements: tuple[str, ...] = ()
    """Further distributions that the model needs when it serves, by name, e.g. `xgboost`.

    Their versions are those that are installed; a bundle that ONNX computes does not carry them.
    """
    service_requirements: tuple[str, ...] = ()
    """Further distributions that `service.py` imports, by name, such as `flask` for an application
    that it mounts; carried whatever computes, in the versions that are installed."""
    runtime: Literal["auto", "onnx", "native"] = "auto"
    """What computes the answers of the live service.

    `auto` is ONNX where the converted model answers like the trained one, else the trained one;
    `onnx` refuses to train when it does not; `native` never converts.
    """

    previous: str | None = None
    """Earlier version of this bundle that it carries too, as `name@version` with all 16 digits.

    A deployment may have it answer when the model fails or is late: `fallback: {previous: true}`.
    It must be built here, pass the same gate, and take and answer the same.
    """

    def __post_init__(self) -> None:
        faults = list(self._faults())
        if faults:
            raise BundleError("; ".join(faults))

    def _faults(self) -> list[str]:
        faults: list[str] = []
        if self.task not in get_args(Task):
            allowed = " or ".join(get_args(Task))
            faults.append(f"task '{self.task}' is not allowed; write {allowed}")
        if self.runtime not in ("auto", "onnx", "native"):
            faults.append(f"runtime '{self.runtime}' is not allowed; write auto, onnx or native")
        if not 0 < self.test_fraction < 1:
            faults.append(f"test_fraction {self.test_fraction} must lie between 0 and 1, e.g. 0.25")
        if self.folds < 2:
            faults.append(f"folds {self.folds} is too small; write at least 2")
        faults += [
            f"search of {name} is empty; give at least one value"
            for name, values in self.search.items()
            if not values
        ]
        for key in ("requirements", "service_requirements"):
            faults += _name_faults(key, getattr(self, key))
        if self.previous is not None and not _TAG.fullmatch(self.previous):
            faults.append(
                f"previous {self.previous!r} must be an earlier version of this bundle with all 16 "
                "digits, e.g. 'cancer@3f2a0c4d5e6f7081'; modelport build and history name them"
            )
        if self.task == "regression" and self.positive is not None:
            faults.append(f"positive '{self.positive}' has no meaning in a regression; remove it")
        try:
            json.dumps(self.plain_search(), allow_nan=False)
        except (TypeError, ValueError) as error:
            faults.append(
                "search may hold numbers, strings, booleans, None and lists of them, "
                f"so that it can be recorded ({error})"
            )
        return faults

    def plain_search(self) -> dict[str, list[Any]]:
        """The search space as plain data, sorted by name."""
        return {name: list(self.search[name]) for name in sorted(self.search)}

    @property
    def all_requirements(self) -> tuple[str, ...]:
        """Further distributions, whether the model or the service needs them."""
        return (*self.requirements, *self.service_requirements)


def _no_pipeline(_seed: int) -> "BaseEstimator":
    raise BundleError("an imported model has no pipeline: it was trained elsewhere")


@dataclass(frozen=True, kw_only=True)
class Imported(Training):
    """A model that was trained elsewhere, and the data that it is measured on.

    `modelport bundle import` writes it. Nothing is fitted or searched, and all of the data is held
    out: none of it may be what the model learnt from.

    Raises `BundleError` with everything that is wrong with it.
    """

    model: Path
    """The model's file, beside `training.py`."""
    sha256: str
    """Hash of that file, 64 hex digits: another file is not opened."""
    trust: tuple[str, ...] = ()
    """Globals that a pickled model may name besides those that are known, as `module.name`."""
    constant_data: bool = True
    """The data comes with the sources."""
    pipeline: Callable[[int], "BaseEstimator"] = field(init=False, default=_no_pipeline)
    folds: int = field(init=False, default=2)

    def _faults(self) -> list[str]:
        faults = super()._faults()
        if self.search:
            faults.append("search has no meaning for an imported model; remove it")
        if not _SHA256.fullmatch(self.sha256):
            faults.append(f"sha256 '{self.sha256}' must be 64 small hex digits; run: sha256sum")
        return faults


def _name_faults(key: str, names: object) -> list[str]:
    """What is wrong with names of distributions; versions are not written but found."""
    if isinstance(names, str) or not isinstance(names, list | tuple):
        return [f'{key} {names!r} is no tuple of names; write ("{names}",)']
    faults: list[str] = []
    for name in cast("tuple[object, ...]", names):
        if not isinstance(name, str) or not _DISTRIBUTION.fullmatch(name):
            found = re.match(_DISTRIBUTION, name) if isinstance(name, str) else None
            hint = f"; write '{found.group().rstrip('._-')}'" if found else ""
            faults.append(
                f"{key} holds {name!r}, which must be a name alone: "
                f"its version is the one that is installed{hint}"
            )
    return faults
