"""Trainer: from a bundle's sources to an evaluated candidate, trained once for each digest."""

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from modelport.bundles import previous
from modelport.bundles.candidates import Candidate, Shelf, Stored
from modelport.bundles.digest import (
    RUNTIMES,
    SERVING,
    TOOLCHAIN,
    VERSION_DIGITS,
    bundle_digest,
    data_digest,
    inputs_digest,
    pins,
    serving_folder,
    source_files,
)
from modelport.bundles.lineage import source_commit
from modelport.bundles.lock import Lock
from modelport.bundles.sources import bundle_folder, load_data, load_training
from modelport.bundles.store import bento_path, find, model_path, read_built
from modelport.bundles.training import Dataset, Imported, Training
from modelport.errors import BundleError
from modelport.home import Home
from modelport_serving.record import BundleRecord, Lineage, LiveScore, Runtime

if TYPE_CHECKING:  # scikit-learn costs seconds, and is not needed for what is known already
    from modelport.bundles.fitting import Prepared

Progress = Callable[[str, float], None]
"""Told each step as a short text, and the fraction that is done, 0 to 1."""

MODEL_FILES: Mapping[Runtime, str] = {"onnx": "model.onnx", "native": "model.joblib"}
"""Name of the model's file in its BentoML model, by what computes its answers."""


def train(
    project: Path,
    home: Home,
    name: str,
    *,
    live: str | None = None,
    progress: Progress | None = None,
) -> Candidate:
    """Train and evaluate a bundle, unless its digest was trained before.

    Args:
        project: Folder with `bentos/`.
        home: Where candidates and built bundles are kept.
        name: Bundle name.
        live: Version to measure on the same held-out data: what is live now, if anything.
        progress: Told what is done.

    Raises:
        BundleError: the bundle is unknown or cannot be trained; nothing is kept then.
    """
    folder = bundle_folder(project, name)
    shelf = Shelf(home, name)
    with shelf.lock():
        return candidate(folder, home, shelf, live=live, report=progress or quiet)


def candidate(
    folder: Path, home: Home, shelf: Shelf, *, live: str | None, report: Progress
) -> Candidate:
    """Do what `train` does for the bundle in `folder`, whose lock the caller holds."""
    source = _Source(folder, inputs_of(folder), report)
    version = shelf.recall(source.inputs, lock_of(folder).lines)
    if version is None:
        version = source.version
        source.remember(shelf)
    record = read_built(home, folder.name, version)
    if record is not None:
        return Candidate(record, (), built=True, reused=True, inputs=source.inputs)
    stored = shelf.read(version)
    reused = stored is not None
    if stored is None:
        stored = _fit(source, home, shelf)
    wanted = None if live == stored.record.version else live
    measured = stored.record.evaluation.live
    problem = None
    if wanted != (measured.version if measured else None):
        score, problem = _live_score(source, home, wanted)
        stored = _with_live(stored, score)
        shelf.write(stored)
    warnings = (*stored.warnings, *((problem,) if problem else ()))
    for warning in warnings:
        report(f"{folder.name}: note: {warning}", 0.7)
    return Candidate(
        stored.record,
        warnings,
        built=False,
        reused=reused,
        inputs=source.inputs,
        live_problem=problem,
    )


def inputs_of(folder: Path) -> str:
    """The hash of everything about the bundle in `folder` that needs none of its code to run."""
    libraries = lock_of(folder).lines(TOOLCHAIN)
    return inputs_digest(source_files(folder), source_files(serving_folder()), libraries)


def lock_of(folder: Path) -> Lock:
    """The pins for the bundle in `folder`, which is `bentos/<name>` of its project."""
    return Lock(folder.parents[1])


def version_of(project: Path, name: str) -> str:
    """The version that the sources here give, without training anything.

    Raises:
        BundleError: the bundle is unknown, or its data cannot be loaded.
    """
    folder = bundle_folder(project, name)
    return _Source(folder, inputs_of(folder), quiet).version


def quiet(_text: str, _done: float) -> None:
    """Report nothing."""


@dataclass
class _Source:
    """A bundle's sources; what they declare is loaded when it is first needed."""

    folder: Path
    inputs: str
    report: Progress
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = self.folder.name

    @cached_property
    def training(self) -> Training:
        self.report(f"{self.name}: loading data", 0.02)
        return load_training(self.folder)

    @cached_property
    def data(self) -> Dataset:
        return load_data(self.folder, self.training)

    @cached_property
    def data_sha256(self) -> str:
        return data_digest(self.data)

    @cached_property
    def digest(self) -> str:
        lines = lock_of(self.folder).lines
        return bundle_digest(self.inputs, self.data_sha256, self.training, lines)

    @property
    def version(self) -> str:
        return self.digest[:VERSION_DIGITS]

    @cached_property
    def prepared(self) -> "Prepared":
        from modelport.bundles.fitting import prepare

        self.report(f"{self.name}: checking data", 0.05)
        return prepare(self.training, self.data)

    def remember(self, shelf: Shelf) -> None:
        """Keep the digest where the data cannot change alone."""
        if self.training.constant_data:
            lines = lock_of(self.folder).lines(self.training.all_requirements)
            shelf.remember(self.inputs, self.digest, lines)


def _fit(source: _Source, home: Home, shelf: Shelf) -> Stored:
    """Train, evaluate and keep the candidate."""
    from modelport.bundles.fitting import fit
    from modelport.bundles.golden import make_golden

    def report(text: str, done: float) -> None:
        source.report(f"{source.name}: {text}", 0.05 + done * 0.6)

    before = previous.declared(home, source.name, source.training)
    prepared = source.prepared
    origin = None
    if isinstance(source.training, Imported):
        from modelport.bundles.adoption import adopt  # ONNX's own library costs time too

        origin, fitted = adopt(source.training, prepared, report)
    else:
        fitted = fit(source.training, prepared, report)
    if before is not None:
        previous.check_signature(source.name, fitted.signature, before)
    # An ONNX model needs no library of the trained one's.
    own = source.training.requirements if fitted.runtime == "native" else ()
    service = source.training.service_requirements
    needed = previous.requirements(before)
    serving = sorted({*SERVING, *RUNTIMES[fitted.runtime], *own, *service, *needed})
    record = BundleRecord(
        name=source.name,
        version=source.version,
        signature=fitted.signature,
        evaluation=fitted.evaluation,
        lineage=Lineage(
            data=source.data.name,
            data_sha256=source.data_sha256,
            rows=len(source.data.target),
            parameters=fitted.parameters,
            search=fitted.search,
            libraries=pins((*TOOLCHAIN, *source.training.all_requirements)),
            python=platform.python_version(),
            commit=source_commit((source.folder, serving_folder())),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            conversion=fitted.conversion,
            imported=origin,
            previous=previous.carried(before) if before else None,
        ),
        model_file=MODEL_FILES[fitted.runtime],
        model_sha256=fitted.sha256,
        runtime=fitted.runtime,
        requirements=tuple(serving),
    )
    golden = make_golden(fitted.model, record, prepared)
    stored = Stored(record=record, golden=golden, warnings=prepared.warnings + fitted.warnings)
    shelf.write(stored, fitted.content)
    # Data that was said to be constant may have changed all the same; the last one counts.
    source.remember(shelf)
    return stored


def _live_score(
    source: _Source, home: Home, version: str | None
) -> tuple[LiveScore | None, str | None]:
    """The live version's score, or why there is none."""
    if version is None:
        return None, None
    from modelport.bundles.fitting import measure_live
    from modelport_serving.errors import StartError
    from modelport_serving.predictor import Predictor, load_predictor

    def load() -> Predictor:
        bento = bento_path(home, source.name, version)
        return load_predictor(bento / "src", model_path(home, source.name, version))

    source.report(f"{source.name}: measuring the live version", 0.68)
    try:
        record = find(home, source.name, version)
        return measure_live(source.prepared, record, load), None
    except (BundleError, StartError) as error:
        return None, f"the live version {version} could not be measured: {error}"


def _with_live(stored: Stored, score: LiveScore | None) -> Stored:
    evaluation = stored.record.evaluation.model_copy(update={"live": score})
    record = stored.record.model_copy(update={"evaluation": evaluation})
    return stored.model_copy(update={"record": record})
