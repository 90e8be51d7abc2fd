"""Digest: one hash over everything that decides how a bundle answers.

Two parts, so that the second is computed only when the first is new:

    inputs   the bundle's sources, modelport_serving's sources, all pins, `RECIPE`
    digest   inputs, content of the data, task, search space, seed, split and folds; hash of an
             imported model; version of the previous one that is carried

Never in it: time, commit, paths of this machine, `__pycache__`, README, hidden files.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import modelport_serving
from modelport.bundles.training import Dataset, Imported, Training
from modelport.errors import BundleError
from modelport_serving.record import Runtime

RECIPE = 3
"""Raised when this package trains, evaluates or packs differently from the same sources."""

SERVING = (
    "bentoml",
    "defusedxml",
    "httptools",
    "msgspec",
    "numpy",
    "prometheus-client",
    "pydantic",
    "starlette",
    "uvicorn",
    "uvloop",
)
"""Distributions that every bundle needs when it serves."""
RUNTIMES: Mapping[Runtime, tuple[str, ...]] = {
    "onnx": ("onnxruntime",),
    "native": ("joblib", "scikit-learn", "scipy"),
}
"""Those that a bundle needs besides, by what computes its answers."""
TOOLCHAIN = (*SERVING, *RUNTIMES["onnx"], *RUNTIMES["native"], "onnx", "skl2onnx")
"""All that trains, converts and serves; their versions are part of a bundle's digest."""

VERSION_DIGITS = 16
"""Hex digits of the digest that make a bundle's version."""


def source_files(folder: Path) -> dict[str, Path]:
    """The files of `folder` that go into a Bento, by their path in it, sorted.

    Left out are README files, hidden files, byte code and editors' back-ups.
    """
    found: dict[str, Path] = {}
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
        if hidden or path.name.startswith("README") or path.name.endswith((".pyc", "~")):
            continue
        if path.is_file():
            found[relative.as_posix()] = path
    return dict(sorted(found.items()))


def serving_folder() -> Path:
    """Where `modelport_serving` is installed: the sources that go into every Bento."""
    return Path(modelport_serving.__file__).parent


def pins(names: Iterable[str]) -> dict[str, str]:
    """Installed versions of distributions, sorted by name.

    Raises:
        BundleError: one is not installed.
    """
    found: dict[str, str] = {}
    for name in sorted(set(names)):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            fix = "run: make setup" if name in TOOLCHAIN else "install it here, or take it out"
            message = f"{name} is not installed, but the bundle needs it to serve; {fix}"
            raise BundleError(message) from None
    return found


def inputs_digest(
    sources: Mapping[str, Path], serving: Mapping[str, Path], libraries: Mapping[str, str]
) -> str:
    """Hash everything that can be read without running the bundle's code: 64 hex digits.

    Args:
        sources: The bundle's files, by their path in the Bento.
        serving: The files of `modelport_serving`, by their path in it.
        libraries: Pins by distribution name, of all that the toolchain needs.
    """
    return _hash(
        {
            "recipe": RECIPE,
            "python": python_pin(),
            "sources": {name: _file_hash(path) for name, path in sources.items()},
            "serving": {name: _file_hash(path) for name, path in serving.items()},
            "libraries": dict(libraries),
        }
    )


def bundle_digest(
    inputs: str,
    data_sha256: str,
    training: Training,
    lines: Callable[[Iterable[str]], Mapping[str, str]] = pins,
) -> str:
    """Hash the inputs with the data and the declared parameters: 64 hex digits.

    Args:
        inputs: The hash of the inputs.
        data_sha256: The hash of the data's content.
        training: What is declared.
        lines: Gives the pins of named distributions; `Lock.lines` also those of their own needs.
    """
    imported = isinstance(training, Imported)
    origin = {"model": training.sha256, "trust": sorted(training.trust)} if imported else {}
    carried = {"previous": training.previous} if training.previous else {}
    return _hash(
        origin
        | carried
        | {
            "inputs": inputs,
            "data": data_sha256,
            "task": training.task,
            "search": training.plain_search(),
            "positive": training.positive,
            "seed": training.seed,
            "test_fraction": training.test_fraction,
            "folds": training.folds,
            "nullable": training.nullable,
            "requirements": dict(lines(training.requirements)),
            "service_requirements": dict(lines(training.service_requirements)),
            "runtime": training.runtime,
        }
    )


def data_digest(data: Dataset) -> str:
    """Hash the content of a data set: 64 hex digits, the same on every machine."""
    import numpy as np

    found = hashlib.sha256()
    head = {
        "name": data.name,
        "features": list(data.feature_names),
        "integers": sorted(data.integers),
        "target": data.target_name,
        "labels": list(data.labels),
        "shapes": [list(np.shape(data.features)), list(np.shape(data.target))],
    }
    found.update(_canonical(head))
    for array in (data.features, data.target):
        try:
            plain = np.array(array, dtype="<f8", order="C")
        except (TypeError, ValueError) as error:
            raise BundleError(f"data {data.name} must hold numbers only: {error}") from None
        # NaN has many bit patterns; they mean the same.
        plain[np.isnan(plain)] = np.nan
        found.update(plain.tobytes())
    return found.hexdigest()


def python_pin() -> str:
    """The version of Python that a model is bound to, e.g. `3.11`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _hash(parts: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(parts)).hexdigest()


def _canonical(parts: Mapping[str, Any]) -> bytes:
    return json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
