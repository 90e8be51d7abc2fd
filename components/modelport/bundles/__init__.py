"""Bundles: train, evaluate, gate and build models, and find what is built.

training.py     Training and Dataset: what a bundle's `training.py` declares
sources.py      the bundle folders of a project
digest.py       the hash that makes a version
checks.py       what is wrong or odd with data
fitting.py      split, search, fit
evaluation.py   scores, baseline, live version, robustness
lineage.py      the commit that sources came from
candidates.py   trained models that wait for a gate
gate.py         whether scores are good enough
conversion.py   the fitted model as ONNX, where both answer alike
trainer.py      train: from sources to a candidate
previous.py     the earlier version that a bundle carries
builder.py      build: from a candidate to a Bento
bento_job.py    the process that calls BentoML
store.py        built bundles, read without BentoML
golden.py       rows with the answers that a version must repeat
importer.py     a trained model's file as a bundle folder
folder.py       the sources of such a folder
model_file.py   a model in a file, of whatever format
pickles.py      pickles, opened only when everything they name is known
allowed.py      what is known
skops_file.py   a model as skops wrote it
onnx_file.py    a model that came as ONNX
table.py        evaluation data in a CSV file
adoption.py     an imported model in the place of a fitted one
"""

from modelport.bundles.builder import build
from modelport.bundles.candidates import Candidate
from modelport.bundles.gate import (
    GateSpec,
    Score,
    ScoreRow,
    Verdict,
    evaluate_gate,
    plain_table,
    score_table,
)
from modelport.bundles.importer import ImportedBundle, ImportRequest, import_model
from modelport.bundles.sources import bundle_names
from modelport.bundles.store import (
    bento_path,
    built_versions,
    find,
    list_bundles,
    model_path,
    newest,
    resolve,
)
from modelport.bundles.table import Table
from modelport.bundles.trainer import Progress, train, version_of
from modelport.bundles.training import Dataset, Imported, Training

__all__ = [
    "Candidate",
    "Dataset",
    "GateSpec",
    "ImportRequest",
    "Imported",
    "ImportedBundle",
    "Progress",
    "Score",
    "ScoreRow",
    "Table",
    "Training",
    "Verdict",
    "bento_path",
    "build",
    "built_versions",
    "bundle_names",
    "evaluate_gate",
    "find",
    "import_model",
    "list_bundles",
    "model_path",
    "newest",
    "plain_table",
    "resolve",
    "score_table",
    "train",
    "version_of",
]
