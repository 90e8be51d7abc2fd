"""Files: the parts of a built bundle that serve it, the same bytes wherever it was built.

BentoML notes when a Bento was built and a model was stored; here both say when the model was
trained, which is part of the record.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from modelport.bundles.digest import source_files
from modelport.bundles.store import bento_path, model_path
from modelport.errors import BundleError
from modelport.home import Home
from modelport_serving.record import BundleRecord

STORE = "store"
"""Folder that is BentoML's home in the image."""
_CREATED = re.compile(rb"(?m)^( *creation_time:).*$")
_REQUIREMENTS = Path("env", "python", "requirements.txt")
_HASH = re.compile(r"[ \t]*\\?\s*--hash=\S+")


def bundle_files(home: Home, record: BundleRecord) -> dict[str, bytes]:
    """What must lie in the image, by path: the Bento's sources and its model.

    Raises:
        BundleError: the bundle is not built here, or damaged.
    """
    name, version = record.name, record.version
    bento, model = bento_path(home, name, version), model_path(home, name, version)
    parts = {
        f"{STORE}/bentos/{name}/{version}/bento.yaml": bento / "bento.yaml",
        f"{STORE}/models/{name}/{version}/model.yaml": model / "model.yaml",
        f"{STORE}/models/{name}/{version}/{record.model_file}": model / record.model_file,
    }
    for path, file in source_files(bento / "src").items():
        parts[f"{STORE}/bentos/{name}/{version}/src/{path}"] = file
    try:
        found = {path: file.read_bytes() for path, file in parts.items()}
    except OSError as error:
        message = (
            f"bundle {name}@{version} is not built here, or damaged: {error.filename}: "
            f"{error.strerror}; run: modelport build {name}"
        )
        raise BundleError(message) from None
    time = f"\\g<1> '{record.lineage.created}'".encode()
    return {
        path: _CREATED.sub(time, content)
        if path.endswith(("bento.yaml", "model.yaml"))
        else content
        for path, content in sorted(found.items())
    }


def requirements(home: Home, record: BundleRecord) -> str:
    """The bundle's pins, as pip reads them.

    Raises:
        BundleError: the bundle is not built here.
    """
    file = bento_path(home, record.name, record.version) / _REQUIREMENTS
    try:
        return file.read_text()
    except OSError as error:
        message = (
            f"bundle {record.name}@{record.version} has no {_REQUIREMENTS}: {error.strerror}; "
            f"run: modelport build {record.name}"
        )
        raise BundleError(message) from None


def has_hashes(text: str) -> bool:
    """Whether pip can check what it downloads."""
    return "--hash=" in text


def without_hashes(text: str) -> str:
    """The same pins for a place where others without a hash are added to them."""
    return _HASH.sub("", text)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into `folder`, readable by everyone: the container's user is not root."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
