"""Tiny bundle for the serving tests: a real scikit-learn model, its record and its built Bento."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

import modelport_serving
from modelport_serving.record import (
    GOLDEN_FILE,
    RECORD_FILE,
    BundleRecord,
    Evaluation,
    Feature,
    Golden,
    Lineage,
    Prediction,
    Signature,
)

FEATURES = (
    Feature(name="mean radius", min=-4, max=4),
    Feature(name="age", dtype="int64", min=0, max=99),
    Feature(name="texture", min=-4, max=4, nullable=True),
)
VERSION = "00ff00ff00ff00ff"
GOOD = [[1.5, 40, None], [-1.5, 41, 0.25]]
SERVICE = '''\
"""Tiny: the service."""

from pathlib import Path

import bentoml

from modelport_serving.bento import Bundle

bundle = Bundle(Path(__file__).parent)


@bundle.serve
@bentoml.service(name="tiny")
class Tiny:
    """Answers the sign of the first feature."""

    model = bundle.model

    def __init__(self) -> None:
        bundle.start(self.model)
'''
BUILD = """\
import shutil, sys
import bentoml
name, version, model, folder = sys.argv[1:]
with bentoml.models.create(f"{name}:{version}") as stored:
    shutil.copy(model, stored.path)
bento = bentoml.bentos.build(
    "service:Tiny", name=name, version=version, build_ctx=folder,
    include=["service.py", "modelport_serving/**", "*.json"],
    python={"packages": ["bentoml"], "lock_packages": False},
)
print(bento.path)
"""


def mounted(bento: Path, folder: Path, application: Path | str, arguments: str = "") -> Path:
    """Copy a built tiny Bento with its store into `folder`, and mount an application in the copy.

    Args:
        bento: The Bento.
        folder: Where its copy goes.
        application: Folder of `app.py`, or the text of it.
        arguments: Further arguments of `Bundle`.
    """
    home = folder / "home"
    shutil.copytree(bento.parents[2], home, symlinks=True)
    source = home / bento.relative_to(bento.parents[2]) / "src"
    if isinstance(application, str):
        (source / "app.py").write_text(application)
    else:
        skip = shutil.ignore_patterns("__pycache__", "service.py", "training.py", "README*")
        shutil.copytree(application, source, ignore=skip, dirs_exist_ok=True)
    said = f"parent, mount=app, {arguments})" if arguments else "parent, mount=app)"
    service = SERVICE.replace("import bentoml\n", "import bentoml\nfrom app import app\n", 1)
    (source / "service.py").write_text(service.replace("parent)", said))
    return source.parent


def signature(*features: Feature, task: Any = "classification") -> Signature:
    labels = ("low", "high") if task == "classification" else ()
    return Signature(task=task, features=features or FEATURES, target="sign", labels=labels)


def record(signature: Signature, *, sha256: str = "0" * 64, version: str = VERSION) -> BundleRecord:
    return BundleRecord(
        name="tiny",
        version=version,
        signature=signature,
        evaluation=Evaluation(
            primary="f1", metrics={"f1": 0.9}, baseline={"f1": 0.5},
            cross_validation={"f1": (0.9, 0.01)}, robustness={},
        ),
        lineage=Lineage(
            data="made up", data_sha256="ab" * 32, rows=200, parameters={}, search=(),
            libraries={}, python="3.11", commit=None, created="2026-01-01T00:00:00Z",
        ),
        model_file="model.joblib",
        model_sha256=sha256,
    )  # fmt: skip


@dataclass
class Stub:
    """A model whose answer a test decides; it records what it was asked."""

    answer: Any
    asked: list[Any] = field(default_factory=list[Any])

    def predict(self, X: Any) -> Any:  # noqa: N803
        self.asked.append(X)
        return self.answer(X) if callable(self.answer) else np.array(self.answer)

    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        return self.predict(X)


def write_bundle(folder: Path, model: Any = None, *, version: str = VERSION) -> BundleRecord:
    """Write `bundle.json`, `golden.json` and `model.joblib` of a small forest into `folder`."""
    if model is None:
        draw = np.random.default_rng(0)
        inputs = draw.normal(size=(200, 3)) * [1, 20, 1] + [0, 50, 0]
        forest = RandomForestClassifier(5, random_state=0, n_jobs=-1)
        model = make_pipeline(SimpleImputer(), forest).fit(inputs, inputs[:, 0] > 0)
    rows = np.array(GOOD, dtype=float)
    chances = model.predict_proba(rows)
    joblib.dump(model, folder / "model.joblib")
    digest = hashlib.sha256((folder / "model.joblib").read_bytes()).hexdigest()
    golden = Golden(
        instances=tuple(tuple(row) for row in GOOD),
        predictions=tuple(
            Prediction(
                label=("low", "high")[int(np.argmax(chance))],
                probabilities=dict(zip(("low", "high"), map(float, chance), strict=True)),
            )
            for chance in chances
        ),
    )
    made = record(signature(), sha256=digest, version=version)
    (folder / RECORD_FILE).write_text(made.model_dump_json())
    (folder / GOLDEN_FILE).write_text(golden.model_dump_json())
    return made


def environment(home: Path, **extra: str) -> dict[str, str]:
    """Environment of a process that uses the store `home`, without the caller's settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MODELPORT", "PROMETHEUS"))}
    # Bytecode halves the start of every process; it stays out of the checkout.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    cache = {"PYTHONPYCACHEPREFIX": f"{tempfile.gettempdir()}/modelport-bytecode-{os.getuid()}"}
    return {**kept, **cache, "BENTOML_HOME": str(home), "DO_NOT_TRACK": "true", **extra}


def build(folder: Path, model: Any = None, *, version: str = VERSION) -> Path:
    """Build the Bento of a tiny bundle into the store `folder/home`; return the Bento's folder."""
    staged = folder / "staged"
    staged.mkdir()
    write_bundle(staged, model, version=version)
    file = shutil.move(staged / "model.joblib", folder / "model.joblib")
    (staged / "service.py").write_text(SERVICE)
    source = Path(modelport_serving.__file__).parent
    shutil.copytree(
        source, staged / "modelport_serving", ignore=shutil.ignore_patterns("__pycache__")
    )
    done = subprocess.run(
        [sys.executable, "-c", BUILD, "tiny", version, str(file), str(staged)],
        env=environment(folder / "home", PYTHONPATH=str(staged)),
        cwd=staged,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip().splitlines()[-1])
