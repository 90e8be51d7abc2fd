"""Images of bundles for the cluster's nodes, without Docker: layers of files of this machine.

The first layer is this machine's Python with the packages that serve bundles, made once and kept.
The second is a bundle, as `modelport.images` writes it for Docker. A layer that a node has already
is not sent again.
"""

import compileall
import hashlib
import importlib.metadata
import io
import json
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from kube.images import PATH
from modelport.home import Home
from modelport.images import write_context
from modelport.images.context import CURRENT, ROOT, STORE, USER, bundle_store
from modelport_serving.record import read_record

_SERVING = (
    "httptools", "msgspec", "numpy", "onnxruntime", "prometheus-client", "pydantic", "starlette",
    "uvicorn", "uvloop", "bentoml", "pyyaml",
)  # fmt: skip
"""Distributions that bundles are served with; what they need comes with them."""
_LEFT_OUT = (
    "site-packages", "test", "tests", "idlelib", "tkinter", "ensurepip", "__pycache__", "config-*",
)  # fmt: skip
"""What neither the standard library nor a package needs to serve."""
_PREFIX = "opt/python"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True, slots=True)
class Blob:
    """A part of an image."""

    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """As manifests name it."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    @property
    def descriptor(self) -> dict[str, Any]:
        """As manifests point to it."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.content)}


def bundle_image(
    archive: Path, repository: str, home: Home, version: str, cache: Path, *, whole: bool
) -> str:
    """Write the image of a built bundle as an archive that containerd reads.

    Args:
        archive: Where to write it.
        repository: Its name without tag and digest.
        home: Where the bundle is built.
        version: Which version of `breast_cancer`.
        cache: Folder in which the layer with Python is kept.
        whole: Whether that layer is in the archive; nodes that have it need it once.

    Returns:
        `repository@sha256:…`.
    """
    bundle = home.bentoml / "bentos" / "breast_cancer" / version
    with tempfile.TemporaryDirectory() as name:
        context = Path(name) / "context"
        write_context(home, read_record(bundle / "src"), context)
        own = Blob(_tar([(bundle_store(context), f"{ROOT[1:]}/{STORE}")]), _LAYER)
    base, layer = _python_layer(cache)
    config = Blob(json.dumps(_config(base["digest"], own.digest)).encode(), _media("config"))
    manifest = Blob(
        json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": _media("manifest"),
                "config": config.descriptor,
                "layers": [base, own.descriptor],
            }
        ).encode(),
        _media("manifest"),
    )
    reference = f"{repository}@{manifest.digest}"
    named = {**manifest.descriptor, "annotations": {"io.containerd.image.name": reference}}
    index = {"schemaVersion": 2, "mediaType": _media("index"), "manifests": [named]}
    with tarfile.open(archive, "w") as tar:
        _add(tar, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        _add(tar, "index.json", json.dumps(index).encode())
        if whole:
            tar.add(layer, _blob_name(base["digest"]))
        for blob in (own, config, manifest):
            _add(tar, _blob_name(blob.digest), blob.content)
    return reference


def _blob_name(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _media(what: str) -> str:
    kind = "config.v1" if what == "config" else f"{what}.v1"
    return f"application/vnd.oci.image.{kind}+json"


def _config(*layers: str) -> dict[str, Any]:
    return {
        "architecture": "amd64",
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {
            "User": f"{USER}:{USER}",
            "WorkingDir": "/tmp",  # noqa: S108 - in the image
            "Env": [
                f"PATH=/{_PREFIX}/bin:{PATH}",
                f"LD_LIBRARY_PATH=/{_PREFIX}/lib",
                f"PYTHONPATH={ROOT}/{STORE}/{CURRENT}/src",
                "PYTHONDONTWRITEBYTECODE=1",
                "HOME=/tmp",
            ],
            "Entrypoint": ["python3", "-P", "-m", "modelport_serving.container"],
            "Cmd": ["run"],
        },
        "rootfs": {"type": "layers", "diff_ids": layers},
        "history": [{"created": "1970-01-01T00:00:00Z"} for _ in layers],
    }


def _python_layer(cache: Path) -> tuple[dict[str, Any], Path]:
    """A layer with this Python and what serves bundles; made once for these versions."""
    found = {dist: importlib.metadata.version(dist) for dist in _closure()}
    told = json.dumps([sys.version, found, _PREFIX, _LEFT_OUT], sort_keys=True)
    path = cache / f"python-{hashlib.sha256(told.encode()).hexdigest()[:12]}.tar"
    described = path.with_suffix(".json")
    if not described.exists():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _collect(folder / _PREFIX, sorted(found))
            compileall.compile_dir(
                folder,
                quiet=2,
                stripdir=str(folder),
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
            _libraries(folder)
            (folder / "tmp").mkdir()
            made = Blob(_tar([(folder, ".")]), _LAYER)
        path.write_bytes(made.content)
        described.write_text(json.dumps(made.descriptor))
    return json.loads(described.read_text()), path


def _collect(prefix: Path, distributions: list[str]) -> None:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = Path(sysconfig.get_path("stdlib"))
    target = prefix / "lib" / version
    shutil.copytree(library, target, symlinks=True, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    (prefix / "bin").mkdir()
    shutil.copy(Path(sys.executable).resolve(), prefix / "bin" / "python3")
    for dist in distributions:
        for file in importlib.metadata.files(dist) or []:
            place = Path(str(file.locate()))
            left_out = {"..", *_LEFT_OUT} & set(file.parts)
            if left_out or not place.is_file():
                continue
            copy = target / "site-packages" / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(place, copy)


def _closure() -> set[str]:
    """The distributions and all that they need here."""
    waiting: list[str] = [*_SERVING]
    found: set[str] = set()
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        found.add(name)
        for text in importlib.metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(needed.name)
    return found


def _libraries(folder: Path) -> None:
    """Shared libraries that the programs below `folder` need and that are not among them."""
    programs = [*folder.rglob("*.so*"), folder / _PREFIX / "bin" / "python3"]
    own = {path.name for path in programs}
    done = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=False)
    needed = {
        Path(line)
        for line in re.findall(r"=> (/\S+)|^\s+(/lib64/\S+)", done.stdout, re.M)
        for line in line
        if line
    }
    for path in needed:
        if path.is_relative_to(folder) or path.name in own:
            continue
        target = folder / (
            str(path)[1:] if path.parts[1] == "lib64" else f"{_PREFIX}/lib/{path.name}"
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path.resolve(), target)


def _tar(trees: list[tuple[Path, str]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for folder, name in trees:
            tar.add(folder, name, filter=_anonymous)
    return buffer.getvalue()


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = 0
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))
