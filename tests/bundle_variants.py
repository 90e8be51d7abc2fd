"""Built bundles for tests, and versions of them that are broken in one way each."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

NAME = "breast_cancer"
SECOND = "5ec0d00000000000"
"""Version of a second bundle that is as good as the first."""
MARK = ".variant"
"""File in the folder of each copy: digests say nothing, and sort in any order."""


def versions(store: Path) -> list[str]:
    """Versions of the bundle in a BentoML home."""
    return sorted(path.name for path in (store / "bentos" / NAME).iterdir() if path.is_dir())


def original(store: Path) -> str:
    """The version that was built; the others are copies of it."""
    folder = store / "bentos" / NAME
    (built,) = (found for found in versions(store) if not (folder / found / MARK).exists())
    return built


def variant(store: Path, version: str, change: Callable[[Path, Path], None] | None = None) -> str:
    """Copy the version that was built as another one and change the copy; returns the new version.

    `change` gets the copy's source folder and its model folder.
    """
    old = original(store)
    bento, model = (store / kind / NAME / version for kind in ("bentos", "models"))
    shutil.copytree(store / "bentos" / NAME / old, bento)
    shutil.copytree(store / "models" / NAME / old, model)
    (bento / MARK).touch()
    for path in (bento / "bento.yaml", bento / "src" / "bundle.json", model / "model.yaml"):
        path.write_text(path.read_text().replace(old, version))
    if change:
        change(bento / "src", model)
    return version


def corrupt_model(_src: Path, model: Path) -> None:
    """The model file is not the one that was evaluated."""
    (file,) = (path for path in model.iterdir() if path.name != "model.yaml")
    file.write_bytes(b"not a model")


def raise_on_start(src: Path, _model: Path) -> None:
    """The service raises while it starts."""
    path = src / "service.py"
    path.write_text(path.read_text().replace("bundle.start(self.model)", "raise OSError('no GPU')"))


def never_ready(src: Path, _model: Path) -> None:
    """The service takes for ever to start."""
    path = src / "service.py"
    text = path.read_text().replace("bundle.start(self.model)", "import time; time.sleep(600)")
    path.write_text(text)


def wrong_answers(src: Path, _model: Path) -> None:
    """The expected answers are others than the model gives."""

    def swap(golden: dict[str, Any]) -> None:
        for prediction in golden["predictions"]:
            labels = list(prediction["probabilities"])
            prediction["label"] = next(item for item in labels if item != prediction["label"])

    _edit(src / "golden.json", swap)


def poor_scores(src: Path, _model: Path) -> None:
    """The evaluation is below any sensible gate."""

    def lower(record: dict[str, Any]) -> None:
        record["evaluation"]["metrics"]["f1"] = 0.5

    _edit(src / "bundle.json", lower)


def _edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def after(calls: int, fault: str) -> Callable[[Path, Path], None]:
    """A version that is good for some calls and then has a fault: `errs`, `slow` or `wrong`.

    The golden requests, which it answers before it is ready, count as one. Its previous version, if
    it carries one, stays good.
    """
    faults = {
        "errs": "raise RuntimeError('out of memory')",
        "slow": "import time; time.sleep(0.4)",
        "wrong": "return _compute(self, rows)[:, ::-1]",
    }

    def change(src: Path, _model: Path) -> None:
        path = src / "modelport_serving" / "predictor.py"
        path.write_text(path.read_text() + _FAULTY.format(calls=calls, fault=faults[fault]))

    return change


_FAULTY = """

_calls = 1
_live = None
_compute = Predictor.compute
_original = load_predictor


def _faulty(self, rows):
    global _calls
    if self is not _live:
        return _compute(self, rows)
    _calls += 1
    if _calls > {calls}:
        {fault}
    return _compute(self, rows)


def load_predictor(bento_src, model_path):
    global _live
    loaded = _original(bento_src, model_path)
    _live = _live or loaded  # the first is the bundle's own
    Predictor.compute = _faulty
    return loaded
"""
