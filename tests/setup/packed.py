"""Small air-gap files for tests, and the scripts that read and write them."""

import importlib
import io
import json
import sys
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
TOP = "modelport-0-airgap"


def script(name: str) -> ModuleType:
    """A script of this clone as a module."""
    folder = str(ROOT / "scripts")
    if folder not in sys.path:
        sys.path.append(folder)  # they import each other as they do when they are started
    return importlib.import_module(name)


def contents(folder: Path, **changes: Any) -> Path:
    """What a file for this machine and this clone holds, small; `changes` go into the manifest."""
    reader = script("airgap_file")
    cache = importlib.import_module("modelport.engine.cache")
    (folder / "wheels").mkdir(parents=True)
    (folder / "wheels" / "a-1-py3-none-any.whl").write_bytes(b"a wheel" * 100)
    (folder / "engine" / "bin").mkdir(parents=True)
    (folder / "engine" / "engine.json").write_text('{"version": "3.220.0", "origin": "Go build"}')
    for name in cache.PROGRAMS:
        (folder / "engine" / "bin" / name).write_text("#!/bin/sh\nexit 1\n")
        (folder / "engine" / "bin" / name).chmod(0o755)
    told: dict[str, Any] = {
        "format": reader.FORMAT,
        "version": "0.1.0",
        "commit": "c0ffee",
        "python": reader.python_tag(),
        "python_version": "3",
        "platform": reader.platform_tag(),
        "libc": ["", ""],
        "engine": {"version": "3.220.0", "origin": "Go build", "key": cache.cache_key()},
        "locks": {name: reader.sha256_of(ROOT / name) for name in reader.LOCKS},
        "built": {},
    }
    (folder / reader.MANIFEST).write_text(json.dumps(told | changes))
    script("airgap").write_sums(folder)
    return folder


def packed(tmp_path: Path, **changes: Any) -> Path:
    """A small file of such contents."""
    target = tmp_path / "packed.tar"
    script("airgap").write_tar(contents(tmp_path / "contents", **changes), target)
    return target


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """An entry of any name and kind."""
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    made.size = 4 if kind == tarfile.REGTYPE else 0
    return made


def added(path: Path, extra: tarfile.TarInfo) -> Path:
    """The file with one more entry at its end."""
    with tarfile.open(path, "a") as archive:
        archive.addfile(extra, io.BytesIO(b"more"))
    return path
