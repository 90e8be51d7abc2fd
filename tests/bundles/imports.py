"""Models and data to import, as a user brings them."""

import csv
import io
import os
from pathlib import Path
from typing import Any, cast

import joblib
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modelport.bundles import ImportRequest

FEATURES = 5


class Evil:
    """Writes a file when its pickle is loaded."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        command = f"touch {self.file}"
        return (os.system, (command,))  # pyright: ignore[reportDeprecated] - what attacks use


def cancer() -> tuple[list[str], Any, Any]:
    """Column names, features and labels as texts."""
    raw = cast("Any", load_breast_cancer())
    return list(raw.feature_names[:FEATURES]), raw.data[:, :FEATURES], raw.target_names[raw.target]


def diabetes() -> tuple[list[str], Any, Any]:
    """Column names, features and values."""
    raw = cast("Any", load_diabetes(scaled=False))
    return list(raw.feature_names), raw.data, raw.target


def classifier() -> Any:
    """A pipeline that learnt from the first 400 tumours."""
    _, features, target = cancer()
    model: Any = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return model.fit(features[:400], target[:400])


def regressor() -> Any:
    """A model that learnt from the first 300 patients."""
    _, features, target = diabetes()
    return LinearRegression().fit(features[:300], target[:300])


def dumped(model: object, compress: Any = 0) -> bytes:
    """The bytes of a joblib file."""
    stream = io.BytesIO()
    joblib.dump(model, stream, compress=compress)
    return stream.getvalue()


def write_csv(file: Path, names: list[str], features: Any, target: Any, title: str) -> Path:
    """A table with a header; the target is the last column."""
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*names, title])
        pairs = zip(features.tolist(), target.tolist(), strict=True)
        writer.writerows([*row, value] for row, value in pairs)
    return file


def cancer_csv(folder: Path) -> Path:
    """The tumours that `classifier` did not see."""
    names, features, target = cancer()
    return write_csv(folder / "held.csv", names, features[400:], target[400:], "diagnosis")


def diabetes_csv(folder: Path) -> Path:
    """The patients that `regressor` did not see."""
    names, features, target = diabetes()
    return write_csv(folder / "patients.csv", names, features[300:], target[300:], "progression")


def cancer_request(folder: Path, content: bytes, **more: Any) -> ImportRequest:
    """A request to import a classifier of tumours from a file with this content."""
    file = folder / more.pop("file", "Cancer model.joblib")
    file.write_bytes(content)
    return ImportRequest(file=file, data=cancer_csv(folder), target="diagnosis", **more)


def diabetes_request(folder: Path, content: bytes, **more: Any) -> ImportRequest:
    """A request to import a regression from a file with this content."""
    file = folder / more.pop("file", "progress.joblib")
    file.write_bytes(content)
    return ImportRequest(file=file, data=diabetes_csv(folder), target="progression", **more)
