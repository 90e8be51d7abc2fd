"""Importer: a trained model's file as a bundle folder, from which the usual build goes on."""

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from modelport.bundles.folder import write_sources
from modelport.bundles.model_file import Opened, format_of, open_model, read_pinned
from modelport.bundles.sources import EVALUATION_FILE, NAME, SERVICE_FILE, TRAINING_FILE
from modelport.bundles.table import Rows, Table, label_of, label_order, missing_columns, read_rows
from modelport.bundles.training import Imported
from modelport.errors import BundleError
from modelport_serving.record import Task

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """What a user asks to import."""

    file: Path
    """The model."""
    data: Path
    """CSV to measure it on, none of whose rows it learnt from."""
    target: str
    """Its column of what is predicted."""
    name: str | None = None
    """Bundle name; from the file's name when left out."""
    task: str | None = None
    """Kind of prediction; as the model says when left out."""
    positive: str | None = None
    """Label that the scores are about."""
    sha256: str | None = None
    """Hash that the file must have, 64 hex digits."""
    trust: tuple[str, ...] = ()
    """Globals that a pickle may name besides those that are known."""


@dataclass(frozen=True, slots=True)
class ImportedBundle:
    """A bundle folder that was written."""

    name: str
    """Bundle name."""
    model: str
    """What was imported, e.g. `Pipeline`."""
    task: Task
    """Kind of prediction."""
    features: int
    """Columns that it takes."""
    rows: int
    """Rows that it is measured on."""
    sha256: str
    """Hash of the model's file."""
    changed: bool
    """False when the same import was there already."""
    warnings: tuple[str, ...]
    """What a person should know."""


def import_model(project: Path, request: ImportRequest) -> ImportedBundle:
    """Check a model and its evaluation data, and write `bentos/<name>/`.

    Args:
        project: Folder with `bentos/`.
        request: What to import.

    Raises:
        BundleError: with everything that is wrong; nothing is written then, and a file whose hash
            or globals are not those that are expected was not opened.
    """
    name, rows = _first_look(request)
    kind = format_of(request.file)
    content, sha256 = read_pinned(request.file, request.sha256)
    opened = open_model(content, request.file.name, kind, request.trust)
    task = _task(request, opened)
    table = _table(request, opened, rows, task)
    training = _declared(request, table, task, sha256)
    said = _try(training, table, content, opened)
    files = {
        f"model{request.file.suffix.lower()}": content,
        EVALUATION_FILE: request.data.read_bytes(),
    }
    files |= write_sources(name, next(iter(files)), training, table)
    changed = _write(project / "bentos" / name, files)
    return ImportedBundle(
        name=name,
        model=opened.kind,
        task=task,
        features=len(table.features),
        rows=len(rows.cells),
        sha256=sha256,
        changed=changed,
        warnings=(*opened.warnings, *said),
    )


def _first_look(request: ImportRequest) -> tuple[str, Rows]:
    """The name and the data, when nothing is wrong that shows before the model is read."""
    faults: list[str] = []
    name = request.name or _name_from(request.file)
    if not NAME.fullmatch(name):
        near = _name_from(Path(name))
        hint = f"; write '{near}'" if NAME.fullmatch(near) else ""
        faults.append(
            f"'{name}' cannot be a bundle's name: small letters, digits and _, beginning with a "
            f"letter, at most 63 characters{hint}"
        )
    try:
        format_of(request.file)
    except BundleError as error:
        faults.append(str(error))
    if request.sha256 is not None and not _SHA256.fullmatch(request.sha256):
        faults.append(f"--sha256 '{request.sha256}' must be 64 hex digits; run: sha256sum FILE")
    if request.task not in (None, *get_args(Task)):
        faults.append(
            f"--task '{request.task}' is not allowed; write {' or '.join(get_args(Task))}"
        )
    rows = Rows((), (), ())
    try:
        rows = read_rows(request.data)
        faults.append(missing_columns(rows.header, (request.target,), request.data.name))
    except BundleError as error:
        faults.append(str(error))
    faults = [fault for fault in faults if fault]
    if faults:
        raise BundleError("\n".join(faults))
    return name, rows


def _name_from(file: Path) -> str:
    return re.sub(r"[^a-z0-9]+", "_", file.stem.lower()).strip("_").lstrip("0123456789_")[:63]


def _task(request: ImportRequest, opened: Opened) -> Task:
    if request.task is None and opened.task is None:
        raise BundleError(
            f"{request.file.name} does not tell what it is for; "
            f"add --task {' or --task '.join(get_args(Task))}"
        )
    if request.task is not None and opened.task not in (None, request.task):
        raise BundleError(
            f"--task {request.task} does not fit {request.file.name}, which is for "
            f"{opened.task}; leave it out"
        )
    asked = opened.task or request.task
    return "classification" if asked == "classification" else "regression"


def _table(request: ImportRequest, opened: Opened, rows: Rows, task: Task) -> Table:
    """The data with the columns that the model takes, in its order."""
    features = opened.features or tuple(name for name in rows.header if name != request.target)
    faults = missing_columns(rows.header, features, request.data.name)
    if not faults and opened.width not in (None, len(features)):
        faults = (
            f"{request.file.name} takes {opened.width} features and does not know their names, "
            f"{request.data.name} has {len(features)} columns besides {request.target}; give a "
            "file with the model's columns alone, in its order"
        )
    if faults:
        raise BundleError(faults)
    labels: tuple[str, ...] = ()
    if task == "classification":
        given = {label_of(cell) for cell in rows.column(request.target)}
        labels = opened.classes or tuple(sorted(given, key=label_order))
    return Table(request.data, features, request.target, labels)


def _declared(request: ImportRequest, table: Table, task: Task, sha256: str) -> Imported:
    positive = None if request.positive is None else label_of(request.positive)
    if positive is not None and table.labels and positive not in table.labels:
        raise BundleError(
            f"--positive '{request.positive}' is no label; labels: {', '.join(table.labels)}"
        )
    data = table()
    return Imported(
        task=task,
        model=request.file,
        sha256=sha256,
        data=table,
        positive=positive,
        trust=tuple(sorted(set(request.trust))),
        nullable=bool((data.features != data.features).any()),  # NaN alone differs from itself
        requirements=_distributions(request.trust),
    )


def _distributions(trust: tuple[str, ...]) -> tuple[str, ...]:
    """Installed distributions that trusted globals come from, besides those every model needs."""
    from importlib.metadata import packages_distributions

    usual = {"scikit-learn", "numpy", "scipy", "joblib"}
    known = packages_distributions()
    found = {name.lower() for item in trust for name in known.get(item.split(".")[0], [])[:1]}
    return tuple(sorted(found - usual))


def _try(training: Imported, table: Table, content: bytes, opened: Opened) -> tuple[str, ...]:
    """Ask the model what the build will ask it; returns what is odd about the data."""
    from modelport.bundles.adoption import check_answers, fit_faults
    from modelport.bundles.fitting import prepare

    prepared = prepare(training, table())
    file = training.model.name
    fit_faults(opened, training.task, prepared.data, file)
    check_answers(content, opened, prepared, file)
    return prepared.warnings


def _write(folder: Path, files: dict[str, bytes]) -> bool:
    """Write a bundle folder, all or nothing; False when it is there with the same content."""
    if folder.exists():
        same = {
            name: (folder / name).is_file() and (folder / name).read_bytes() == content
            for name, content in files.items()
        }
        if all(same.values()):
            return False
        others = ", ".join(name for name, equal in same.items() if not equal)
        raise BundleError(
            f"bentos/{folder.name} is there already and differs in {others}; give another NAME, "
            "or remove the folder first"
        )
    folder.parent.mkdir(exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".import-", dir=folder.parent))
    try:
        # What makes the folder a bundle comes last.
        for name in sorted(files, key=lambda name: name in (SERVICE_FILE, TRAINING_FILE)):
            (work / name).write_bytes(files[name])
        work.chmod(0o755)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return True
