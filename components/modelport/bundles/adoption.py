"""Adoption: an imported model in the place of a fitted one, measured on data it never saw."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelport.bundles.fitting import Fitted, Prepared, Report, measure
from modelport.bundles.model_file import Opened, format_of, open_model, read_pinned
from modelport.bundles.onnx_file import OnnxFile, check_order, read_onnx
from modelport.bundles.training import Dataset, Imported
from modelport.errors import BundleError
from modelport_serving.record import Origin, Task

_SUM = 1e-3
"""How far the probabilities of a row may be from adding up to 1."""


def adopt(training: Imported, prepared: Prepared, report: Report) -> tuple[Origin, Fitted]:
    """Open the pinned file and measure what it holds.

    Args:
        training: Which file, and what it is trusted with.
        prepared: The data that it is measured on.
        report: Told each step and the fraction that is done.

    Raises:
        BundleError: the file is another one, may not be opened, or does not answer this data.
    """
    file = training.model
    report("checking the model file", 0.1)
    kind = format_of(file)
    content, sha256 = read_pinned(file, training.sha256)
    opened = open_model(content, file.name, kind, training.trust)
    fit_faults(opened, training.task, prepared.data, file.name)
    report("asking the model", 0.4)
    check_answers(content, opened, prepared, file.name)
    fitted = measure(
        training, prepared, opened.model, report, said=opened.warnings, onnx=opened.onnx
    )
    return Origin(file=file.name, format=kind, sha256=sha256), fitted


def fit_faults(opened: Opened, task: Task, data: Dataset, file: str) -> None:
    """Refuse a model that takes or answers other things than the data holds.

    Raises:
        BundleError: with everything that does not fit.
    """
    faults: list[str] = []
    if opened.task not in (None, task):
        faults.append(f"task {task} does not fit {file}, which is for {opened.task}; write that")
    if opened.width not in (None, len(data.feature_names)):
        faults.append(
            f"{file} takes {opened.width} features, the data has {len(data.feature_names)}: "
            f"{_some(data.feature_names)}"
        )
    if opened.features and opened.features != data.feature_names:
        faults.append(f"{file} takes the features in the order {_some(opened.features)}")
    if opened.classes and opened.classes != data.labels and task == "classification":
        faults.append(
            f"{file} answers the labels {_some(opened.classes)}, the data declares "
            f"{_some(data.labels)}; they must be the same in the same order"
        )
    if faults:
        raise BundleError("\n".join(faults))


def check_answers(content: bytes, opened: Opened, prepared: Prepared, file: str) -> None:
    """Ask the model all rows, and refuse answers that are none.

    Raises:
        BundleError: it fails, or answers another shape, no finite numbers or no probabilities.
    """
    data, rows = prepared.data, prepared.split.held_features
    answer = _ask(opened, rows, file, classifies=bool(data.labels))
    if not data.labels:
        if answer.shape not in ((len(rows),), (len(rows), 1)):
            raise BundleError(
                f"{file} answers shape {answer.shape} for {len(rows)} rows; a regression answers "
                "one value for each"
            )
    elif answer.shape != (len(rows), len(data.labels)):
        raise BundleError(
            f"{file} answers shape {answer.shape} for {len(rows)} rows; it must answer a "
            f"probability for each of the {len(data.labels)} labels {_some(data.labels)}"
        )
    if not np.isfinite(answer).all():
        hint = "" if not np.isnan(rows).any() else " where values are missing; add an imputer"
        raise BundleError(f"{file} answers NaN or infinity{hint}")
    if not data.labels:
        return
    if (answer < -_SUM).any() or (np.abs(answer.sum(axis=1) - 1) > _SUM).any():
        raise BundleError(
            f"{file} answers numbers that are no probabilities: a row adds up to "
            f"{answer.sum(axis=1).max():.3g}; convert it with its softmax"
        )
    if opened.onnx is not None and not opened.classes:
        found: OnnxFile = read_onnx(content, file)
        check_order(content, found, data.labels, rows, file)


def _ask(
    opened: Opened, rows: NDArray[np.float64], file: str, *, classifies: bool
) -> NDArray[np.float64]:
    name = "predict_proba" if classifies else "predict"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the build's measuring hears them
            given: Any = getattr(opened.model, name)(rows)
        return np.asarray(given, dtype=np.float64)
    except Exception as error:  # whatever a foreign model fails with
        reason = " ".join(str(error).split())[:200]
        raise BundleError(
            f"the {opened.kind} in {file} cannot answer rows of numbers: {reason}; it is asked "
            "with a matrix without column names"
        ) from error


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
