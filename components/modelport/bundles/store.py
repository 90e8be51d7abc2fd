"""Store: the built bundles of a home, read from BentoML's folders without importing BentoML.

BentoML keeps a Bento in `bentos/<name>/<version>/` and a model in `models/<name>/<version>/`;
a file `latest` beside the versions names the one that was built last. Importing BentoML to learn
as much takes a second.
"""

from pathlib import Path

from pydantic import ValidationError

from modelport.bundles.gate import GateSpec, evaluate_gate
from modelport.errors import BundleError, GateRefused
from modelport.home import Home
from modelport_serving.record import BundleRecord, read_record

LATEST = "latest"


def list_bundles(home: Home, name: str) -> list[BundleRecord]:
    """All built versions of a bundle: the one that was built last, then by time of training.

    A version that was built before and is built again from the same sources comes first again.
    Folders that hold no readable record are passed over: they are no bundles of ours.
    """
    folder = home.bentoml / "bentos" / name
    last = _read_latest(folder)
    records = [record for path in _folders(folder) if (record := _readable(path)) is not None]
    return sorted(
        records,
        key=lambda record: (record.version == last, record.lineage.created, record.version),
        reverse=True,
    )


def newest(home: Home, name: str) -> BundleRecord | None:
    """The version that was built last; None when there is none."""
    return next(iter(list_bundles(home, name)), None)


def find(home: Home, name: str, version: str) -> BundleRecord:
    """The built version that begins with `version`.

    Args:
        home: The project's home.
        name: Bundle name.
        version: The first digits of the version; all 16 are never ambiguous.

    Raises:
        BundleError: no version or several begin so.
    """
    built = list_bundles(home, name)
    matching = [record for record in built if version and record.version.startswith(version)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        several = ", ".join(record.version for record in matching)
        raise BundleError(f"{name}@{version} could be any of {several}; write more digits")
    there = ", ".join(record.version for record in built) or "none"
    message = (
        f"{name}@{version} is not built here; versions: {there}; "
        f"check out the sources of that version and run: modelport build {name}"
    )
    raise BundleError(message)


def built_versions(home: Home, name: str) -> list[BundleRecord]:
    """The versions of one bundle, the newest first.

    Raises:
        BundleError: there is none.
    """
    built = list_bundles(home, name)
    if not built:
        raise BundleError(f"bundle {name} is not built; run: modelport build {name}")
    return built


def resolve(home: Home, name: str, version: str | None, gate: GateSpec) -> BundleRecord:
    """The built version that a deployment means.

    Args:
        home: The project's home.
        name: Bundle name.
        version: First digits of a version; None for the newest that passes `gate`.
        gate: What the newest must pass; a named version is returned whether it passes or not.

    Raises:
        GateRefused: there are versions, and none passes.
        BundleError: nothing is built, or not that version.
    """
    if version is not None:
        return find(home, name, version)
    built = built_versions(home, name)
    for record in built:
        if evaluate_gate(gate, record.evaluation).passed:
            return record
    reasons = "; ".join(evaluate_gate(gate, built[0].evaluation).reasons)
    message = (
        f"no built version of {name} passes its gate; the newest is {built[0].version}: {reasons}; "
        "lower the gate, or improve the training and run: modelport build " + name
    )
    raise GateRefused(message)


def bento_path(home: Home, name: str, version: str) -> Path:
    """The folder of a built Bento, whether it exists or not."""
    return home.bentoml / "bentos" / name / version


def model_path(home: Home, name: str, version: str) -> Path:
    """The folder of a bundle's BentoML model, whether it exists or not."""
    return home.bentoml / "models" / name / version


def read_built(home: Home, name: str, version: str) -> BundleRecord | None:
    """The record of exactly this version; None when it, or its model, is missing or damaged."""
    record = _readable(bento_path(home, name, version))
    if record is None or not (model_path(home, name, version) / record.model_file).is_file():
        return None
    return record


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except FileNotFoundError:
        return []


def _readable(bento: Path) -> BundleRecord | None:
    try:
        record = read_record(bento / "src")
    except (OSError, ValidationError):
        return None
    return record if (bento / "bento.yaml").is_file() and record.version == bento.name else None


def _read_latest(folder: Path) -> str | None:
    try:
        return (folder / LATEST).read_text().strip()
    except OSError:
        return None
