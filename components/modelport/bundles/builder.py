"""Builder: from a candidate that passes its gate to a Bento in the home's store, all or nothing."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from modelport.bundles.candidates import Candidate, Shelf
from modelport.bundles.digest import TOOLCHAIN, inputs_digest, serving_folder, source_files
from modelport.bundles.gate import GateSpec, evaluate_gate, plain_table, score_table
from modelport.bundles.lock import Lock, Locked
from modelport.bundles.previous import gate_reasons, previous_record, write_previous
from modelport.bundles.sbom import SBOM_FILE, bundle_sbom, sbom_bytes
from modelport.bundles.sources import SERVICE_FILE, TRAINING_FILE, bundle_folder
from modelport.bundles.store import LATEST, bento_path, model_path
from modelport.bundles.trainer import Progress, candidate, lock_of, quiet
from modelport.errors import BundleError, GateRefused
from modelport.home import Home
from modelport_serving import QUIET
from modelport_serving.record import GOLDEN_FILE, PREVIOUS, RECORD_FILE, BundleRecord

_SERVING = "modelport_serving/"
_ADDED = (_SERVING, f"{PREVIOUS}/")
"""Folders that the build adds."""
_WRITTEN = frozenset({RECORD_FILE, GOLDEN_FILE, SBOM_FILE})
"""Files that the build adds to a bundle's sources."""
_REFUSED = "modelport_serving.errors.StartError: "
"""What stands before a reason that is a sentence already."""
_TIMEOUT = 300
"""Seconds after which a build that normally takes a few has failed."""


def build(
    project: Path,
    home: Home,
    name: str,
    gate: GateSpec,
    *,
    live: str | None = None,
    progress: Progress | None = None,
) -> BundleRecord:
    """Build the bundle's Bento, unless its digest is built; train it only when that is new.

    Args:
        project: Folder with `bentos/`.
        home: Where candidates and built bundles are kept.
        name: Bundle name.
        gate: What the model must score.
        live: Version that is live now, for `beat: [live]`; None when nothing is.
        progress: Told what is done.

    Raises:
        GateRefused: with the reasons and the table of scores; nothing was built.
        BundleError: the bundle is unknown, or cannot be trained or built.
    """
    report = progress or quiet
    folder = bundle_folder(project, name)
    shelf = Shelf(home, name)
    with shelf.lock():
        found = candidate(folder, home, shelf, live=live, report=report)
        _pass_gate(gate, home, found)
        if not found.built:
            report(f"{name}: building the Bento", 0.75)
            _build(folder, home, shelf, found)
        _point_latest(home, shelf, found.record)
    report(f"{name}: built {found.version}", 1.0)
    return found.record


def _pass_gate(gate: GateSpec, home: Home, found: Candidate) -> None:
    verdict = evaluate_gate(gate, found.evaluation)
    reasons = [*verdict.reasons, *gate_reasons(gate, home, found.record)]
    if found.live_problem and "live" in gate.beat:
        reasons.append(found.live_problem)
    if reasons:
        rows = plain_table(score_table(found.evaluation, gate)).splitlines()
        table = "\n".join(f"  {row}" for row in rows)  # indented: it belongs to the sentence
        message = (
            f"{found.record.name}@{found.version} does not pass its gate: {'; '.join(reasons)}; "
            f"nothing was built\n{table}"
        )
        raise GateRefused(message)


def _build(folder: Path, home: Home, shelf: Shelf, found: Candidate) -> None:
    """Build in a store of its own, then move model and Bento into the home's."""
    record = found.record
    stored = shelf.read(record.version)
    with shelf.work() as work:
        context = work / "context"
        _fill(context, folder, record)
        lock = lock_of(folder)
        if stored is None or _carried_inputs(context, lock) != found.inputs:
            message = f"the sources of {record.name} changed while it was built; run again"
            raise BundleError(message)
        for name in _left_out(record):
            (context / name).unlink(missing_ok=True)
        (context / RECORD_FILE).write_text(stored.record.model_dump_json(indent=1) + "\n")
        (context / GOLDEN_FILE).write_text(stored.golden.model_dump_json(indent=1) + "\n")
        write_previous(context, home, record)
        packages = lock.packages(record.requirements)
        document = bundle_sbom(stored.record, packages, previous_record(home, record))
        (context / SBOM_FILE).write_bytes(sbom_bytes(document))
        _run_job(work, context, shelf.model_file(record.version), record, packages)
        # The Bento comes last: where it is, its model is.
        for path in (model_path, bento_path):
            _move(path(Home(work), record.name, record.version), path, home, record, work)


def _fill(context: Path, folder: Path, record: BundleRecord) -> None:
    """Copy the bundle's sources and the runtime's into the folder that is built from."""
    sources = source_files(folder)
    taken = [name for name in sources if name in _WRITTEN or name.startswith(_ADDED)]
    if taken:
        message = f"bundle {record.name} holds {taken[0]}, which is written by the build; rename it"
        raise BundleError(message)
    sources |= {f"{_SERVING}{name}": file for name, file in source_files(serving_folder()).items()}
    for name, file in sources.items():
        target = context / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def _left_out(record: BundleRecord) -> tuple[str, ...]:
    """Sources that the build has used up: an imported model's file, and what it was measured on."""
    imported = record.lineage.imported
    names = (imported.file, record.lineage.data) if imported else ()
    return tuple(name for name in names if name not in (SERVICE_FILE, TRAINING_FILE))


def _carried_inputs(context: Path, lock: Lock) -> str:
    """The hash of the inputs, from what is really built from."""
    files = source_files(context)
    names = [name for name in files if name.startswith(_SERVING)]
    serving = {name.removeprefix(_SERVING): files.pop(name) for name in names}
    return inputs_digest(files, serving, lock.lines(TOOLCHAIN))


def _run_job(
    work: Path, context: Path, model: Path, record: BundleRecord, packages: Sequence[Locked]
) -> None:
    """Run the build in a process of its own.

    Raises:
        BundleError: it failed; the message is the last line that it wrote.
    """
    job = {
        "name": record.name,
        "version": record.version,
        "tag": record.tag,
        "context": str(context),
        "model": str(model),
        "model_name": record.model_file,
        "previous": record.lineage.previous is not None,
        # BentoML adds its own version itself.
        "packages": [f"{p.name}=={p.version}" for p in packages if p.name != "bentoml"],
        "requirements": "".join(f"{package.line}\n" for package in packages),
        "labels": {"task": record.signature.task, "data_sha256": record.lineage.data_sha256[:16]},
        "description": _description(record),
    }
    file = work / "job.json"
    file.write_text(json.dumps(job))
    try:
        done = subprocess.run(
            # -P: the folder of the script must not stand before the Bento's own sources.
            [sys.executable, "-P", "-B", str(Path(__file__).with_name("bento_job.py")), str(file)],
            cwd=context,
            env=_environment(context, Home(work)),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = f"the build of {record.tag} did not end in {_TIMEOUT} s; run it again"
        raise BundleError(message) from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        reason = lines[-1].strip().removeprefix(_REFUSED)
        raise BundleError(f"{record.name}@{record.version} cannot be built: {reason}")


def _environment(context: Path, home: Home) -> dict[str, str]:
    """The user's environment without what would change the build."""
    ours = ("BENTOML_", "PYTHON")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return kept | {
        **QUIET,
        "BENTOML_HOME": str(home.bentoml),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(context),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _description(record: BundleRecord) -> str:
    """The Bento's README; BentoML's own would hold addresses."""
    rows = "".join(
        f"| {name} | {value:.4f} | {record.evaluation.baseline[name]:.4f} |\n"
        for name, value in record.evaluation.metrics.items()
    )
    return (
        f"# {record.name}@{record.version}\n\n"
        f"Predicts {record.signature.target} from {len(record.signature.features)} features "
        f"({record.signature.task}), {_origin(record)} {record.lineage.data}.\n\n"
        f"| metric | held-out | baseline |\n|---|---|---|\n{rows}\n"
        f"`src/{RECORD_FILE}` holds its signature, scores and lineage; "
        f"`src/{GOLDEN_FILE}` holds requests with the answers that it must repeat.\n"
        f"{_second(record)}"
    )


def _second(record: BundleRecord) -> str:
    previous = record.lineage.previous
    return f"`src/{PREVIOUS}` holds version {previous.version}.\n" if previous else ""


def _origin(record: BundleRecord) -> str:
    imported = record.lineage.imported
    return f"imported as {imported.format} and measured on" if imported else "trained on"


def _move(
    built: Path,
    place: Callable[[Home, str, str], Path],
    home: Home,
    record: BundleRecord,
    work: Path,
) -> None:
    """Rename a folder into the home's store; one that a killed build left goes away first."""
    target = place(home, record.name, record.version)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rename(work / f"replaced-{target.parent.parent.name}")
    built.rename(target)


def _point_latest(home: Home, shelf: Shelf, record: BundleRecord) -> None:
    """Make this version the one that was built last, for us and for `bentoml serve name`."""
    for path in (model_path, bento_path):
        file = path(home, record.name, record.version).parent / LATEST
        if not file.is_file() or file.read_text() != record.version:
            shelf.put(file, record.version.encode())
