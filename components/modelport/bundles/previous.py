"""Previous: the earlier version that a bundle carries, so that it can answer in an emergency.

`training.py` names it in full, so it is part of the bundle's version. The build takes its record,
its golden requests and its model out of the home's store into `modelport_serving.record.PREVIOUS`
of the sources; its own previous version is left behind.
"""

import shutil
from pathlib import Path

from pydantic import ValidationError

from modelport.bundles.digest import RUNTIMES, SERVING
from modelport.bundles.gate import GateSpec, evaluate_gate
from modelport.bundles.store import bento_path, find, model_path
from modelport.bundles.training import Training
from modelport.errors import BundleError
from modelport.home import Home
from modelport_serving.record import (
    GOLDEN_FILE,
    PREVIOUS,
    RECORD_FILE,
    BundleRecord,
    Signature,
    read_record,
    signature_faults,
)
from modelport_serving.record import Previous as Carried


def declared(home: Home, name: str, training: Training) -> BundleRecord | None:
    """The built version that a bundle's training declares as its previous one; None without.

    Args:
        home: Where it must be built.
        name: Name of the bundle that declares it.
        training: The declaration.

    Raises:
        BundleError: it is of another bundle, is not built here, or needs a library that this
            bundle does not name.
    """
    if training.previous is None:
        return None
    bundle, _, version = training.previous.partition("@")
    if bundle != name:
        message = (
            f"previous '{training.previous}' is of bundle {bundle}; it must be an earlier version "
            f"of {name}"
        )
        raise BundleError(message)
    try:
        record = find(home, name, version)
    except BundleError as error:
        raise BundleError(f"previous: {error}") from None
    if lacking := sorted(_own_needs(record) - set(training.all_requirements)):
        names = ", ".join(f'"{each}"' for each in lacking) + ("," if len(lacking) == 1 else "")
        message = (
            f"previous {name}@{version} is computed by its own libraries and pins "
            f"{', '.join(lacking)}; write them too: service_requirements=({names})"
        )
        raise BundleError(message)
    return record


def requirements(previous: BundleRecord | None) -> tuple[str, ...]:
    """Distributions that a bundle must carry because of its previous version."""
    if previous is None:
        return ()
    return (*RUNTIMES[previous.runtime], *sorted(_own_needs(previous)))


def check_signature(name: str, signature: Signature, previous: BundleRecord) -> None:
    """Refuse a previous version that cannot answer requests for the new one.

    Raises:
        BundleError: with everything in which they differ.
    """
    if faults := signature_faults(signature, previous.signature):
        message = (
            f"previous {name}@{previous.version} cannot answer for the new version: "
            f"{'; '.join(faults)}; take previous out, or name a version with the same signature"
        )
        raise BundleError(message)


def carried(record: BundleRecord) -> Carried:
    """What a bundle's lineage says of its previous version."""
    return Carried(version=record.version, model_sha256=record.model_sha256)


def gate_reasons(gate: GateSpec, home: Home, record: BundleRecord) -> tuple[str, ...]:
    """Why the previous version of a bundle does not pass the gate, by the scores of its own build.

    Raises:
        BundleError: it is neither in the built bundle nor built here.
    """
    previous = previous_record(home, record)
    if previous is None:
        return ()
    reasons = evaluate_gate(gate, previous.evaluation).reasons
    return tuple(f"its previous version {previous.version}: {reason}" for reason in reasons)


def previous_record(home: Home, record: BundleRecord) -> BundleRecord | None:
    """The record of a bundle's previous version; None where it carries none.

    Raises:
        BundleError: it is neither in the built bundle nor built here.
    """
    wanted = record.lineage.previous
    if wanted is None:
        return None
    try:
        return read_record(bento_path(home, record.name, record.version) / "src" / PREVIOUS)
    except (OSError, ValidationError):
        return find(home, record.name, wanted.version)


def write_previous(context: Path, home: Home, record: BundleRecord) -> None:
    """Copy the previous version of `record`, if it has one, into the folder that is built from.

    Raises:
        BundleError: it is not built here any more.
    """
    wanted = record.lineage.previous
    if wanted is None:
        return
    found = find(home, record.name, wanted.version)
    source = bento_path(home, found.name, found.version) / "src"
    target = context / PREVIOUS
    target.mkdir()
    files = [source / RECORD_FILE, source / GOLDEN_FILE]
    files.append(model_path(home, found.name, found.version) / found.model_file)
    for file in files:
        try:
            shutil.copyfile(file, target / file.name)
        except OSError as error:
            message = (
                f"previous {found.name}@{found.version} is damaged: {file}: {error.strerror}; "
                "build it again from its sources"
            )
            raise BundleError(message) from None


def _own_needs(record: BundleRecord) -> set[str]:
    """Libraries of a native model besides those that every such bundle has."""
    if record.runtime == "onnx":
        return set()
    named = record.requirements or tuple(record.lineage.libraries)
    return set(named) - {*SERVING, *RUNTIMES["native"]}
