"""Model file: a trained model in a file, of whatever format, checked before it is opened."""

import hashlib
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from modelport.bundles.training import Estimator
from modelport.errors import BundleError
from modelport_serving.record import Task

Format = Literal["pickle", "joblib", "skops", "onnx"]

FORMATS: Mapping[str, Format] = {
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".joblib": "joblib",
    ".skops": "skops",
    ".onnx": "onnx",
}
"""How files are read, by the end of their names."""
_OTHERS = {
    ".h5": "convert it to ONNX with tf2onnx",
    ".keras": "convert it to ONNX with tf2onnx",
    ".pb": "convert its SavedModel folder to ONNX with tf2onnx",
    ".tflite": "convert it to ONNX with tf2onnx",
    ".pt": "export it to ONNX with torch.onnx.export",
    ".pth": "export it to ONNX with torch.onnx.export",
    ".safetensors": "it holds weights alone; export the model to ONNX",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A model that was read, and what it tells of itself."""

    model: Estimator
    """Answers rows."""
    kind: str
    """What it is, for a person, e.g. `Pipeline`."""
    task: Task | None
    """Kind of prediction; None where the file does not tell."""
    classes: tuple[str, ...]
    """Class names in the order of its probabilities; empty where it has or tells none."""
    features: tuple[str, ...]
    """Column names in the order in which it takes them; empty where it does not know them."""
    width: int | None
    """Number of features; None where it leaves it open."""
    warnings: tuple[str, ...] = ()
    """What its library said on loading it, such as another version that saved it."""
    onnx: bytes | None = None
    """Its file with the one output that is served, when it came as ONNX."""


def format_of(file: Path) -> Format:
    """How a file is read.

    Raises:
        BundleError: it is missing, or of no format that can be imported.
    """
    if file.is_dir():
        if (file / "saved_model.pb").is_file():
            raise BundleError(
                f"{file} is a TensorFlow SavedModel, which is not imported as it is; convert it: "
                f"python -m tf2onnx.convert --saved-model {file} --output {file.name}.onnx"
            )
        raise BundleError(f"{file} is a folder; give a file: {_allowed()}")
    if not file.is_file():
        raise BundleError(f"there is no file {file}")
    end = file.suffix.lower()
    if end not in FORMATS:
        hint = f"; {_OTHERS[end]}" if end in _OTHERS else ""
        raise BundleError(f"{file} is of no format that can be imported: {_allowed()}{hint}")
    return FORMATS[end]


def read_pinned(file: Path, sha256: str | None) -> tuple[bytes, str]:
    """Read a file that nothing opened yet, and return it with its hash.

    Raises:
        BundleError: it cannot be read, or has another hash than `sha256`.
    """
    from modelport.bundles.pickles import LARGEST

    try:
        size = file.stat().st_size
        content = file.read_bytes() if size <= LARGEST else b""
    except OSError as error:
        raise BundleError(f"the model file {file} cannot be read: {error.strerror}") from None
    if size > LARGEST:
        raise BundleError(f"the model file {file} is larger than {LARGEST // 1024**3} GiB")
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256.lower():
        raise BundleError(
            f"the model file {file.name} has SHA-256 {found}, but {sha256} is expected, so it was "
            "not opened; get the right file, or import this one anew"
        )
    return content, found


def open_model(content: bytes, file: str, kind: Format, trust: Collection[str]) -> Opened:
    """Open a model; a pickle only when everything that it names is known or trusted.

    Raises:
        BundleError: it cannot be opened, or is no fitted model for one of the two tasks.
    """
    if kind != "onnx":
        return _open_estimator(content, file, kind, trust)
    from modelport.bundles.onnx_file import read_onnx
    from modelport_serving.onnx_model import OnnxModel

    if trust:
        raise BundleError(f"{file} is ONNX and names no globals; leave --trust out")
    found = read_onnx(content, file)
    labelled = bool(found.classes) or found.label_output is not None
    return Opened(
        model=cast("Estimator", OnnxModel(found.content)),
        kind="ONNX model",
        task="classification" if labelled else None,
        classes=found.classes,
        features=(),
        width=found.width,
        onnx=found.content,
    )


def _open_estimator(content: bytes, file: str, form: Format, trust: Collection[str]) -> Opened:
    from modelport.bundles.pickles import read_pickle
    from modelport.bundles.skops_file import read_skops
    from modelport.bundles.table import label_of

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read = read_skops if form == "skops" else read_pickle
        model = read(content, file, trust)
    kind = type(model).__name__
    task = _task(model)
    if task is None:
        raise BundleError(
            f"{file} holds a {kind}, which is neither a classifier nor a regressor of "
            "scikit-learn; save the whole pipeline, preprocessing included"
        )
    width = _told(model, "n_features_in_")
    classes = _told(model, "classes_")
    faults: list[str] = []
    if task == "classification" and not hasattr(model, "predict_proba"):
        faults.append(
            f"the {kind} in {file} has no predict_proba; wrap it in CalibratedClassifierCV and "
            "fit it again"
        )
    if task == "classification" and (classes is None or _dimensions(classes) != 1):
        faults.append(f"the {kind} in {file} is not fitted, or predicts several targets")
    elif width is None and not _fitted(model):
        faults.append(f"the {kind} in {file} is not fitted; fit it before it is saved")
    if faults:
        raise BundleError("\n".join(faults))
    names = _told(model, "feature_names_in_")
    labels = classes.tolist() if task == "classification" and classes is not None else []
    return Opened(
        model=cast("Estimator", model),
        kind=kind,
        task=task,
        classes=tuple(label_of(item) for item in labels),
        features=() if names is None else tuple(str(name) for name in names),
        width=None if width is None else int(width),
        warnings=tuple(dict.fromkeys(str(item.message).splitlines()[0] for item in caught)),
    )


def _task(model: Any) -> Task | None:
    from sklearn.base import is_classifier, is_regressor

    try:
        if is_classifier(model):
            return "classification"
        return "regression" if is_regressor(model) else None
    except Exception:  # what is no estimator has no tags
        return None


def _told(model: Any, name: str) -> Any:
    """An attribute of a fitted model; None where it has none, whatever computes it fails with."""
    try:
        return getattr(model, name, None)
    except Exception:  # pipelines ask their first step, which may not be fitted
        return None


def _dimensions(classes: Any) -> int:
    import numpy as np

    return np.ndim(classes) if isinstance(classes, np.ndarray) else 0


def _fitted(model: Any) -> bool:
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(model)
    except Exception:  # NotFittedError, or what is no estimator
        return False
    return True


def _allowed() -> str:
    return f"allowed: {', '.join(FORMATS)}"
