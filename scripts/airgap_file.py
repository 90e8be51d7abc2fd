"""Air-gap file: checked and unpacked on a machine that has no network.

`make setup AIRGAP=FILE` reads it in a clone. It lies in the file too, for the `install.py` beside
it. Needs nothing but Python.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import platform
import re
import shutil
import sys
import sysconfig
import tarfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

FORMAT = 1
MANIFEST = "MANIFEST.json"
SUMS = "SHA256SUMS"
LOCKS = ("requirements.lock", "requirements-uv.lock")
"""What the packed wheels were chosen by; a clone must hold the same."""

_BLOCK = 1 << 20
_LISTED = re.compile(r"([0-9a-f]{64})  ([\w.+!-]+(?:/[\w.+!-]+)*)")
_AGAIN = "copy it again from where it was packed"
_ANEW = "pack it anew there with `make airgap`"


class AirgapError(Exception):
    """The file cannot be used; the text is one sentence for the user."""


class Manifest(NamedTuple):
    """What the file was packed from and for."""

    version: str
    """Of modelport."""
    commit: str
    """Of the clone that packed it, with `+changes` where files differed from it."""
    python: str
    """Tag of the Python that the wheels are for, as `cp311`."""
    python_version: str
    """Of the Python that packed it."""
    platform: str
    """Tag of the platform, as `linux_x86_64`."""
    libc: tuple[str, str]
    """The C library that the wheels need, and its oldest version; empty where none needs one."""
    engine: dict[str, str]
    """Version, origin and cache key of the engine."""
    locks: dict[str, str]
    """SHA-256 of each lock file."""
    built: dict[str, str]
    """Wheels that had to be built from source, with their SHA-256: no lock can know it."""


class Supply(NamedTuple):
    """A checked file, unpacked."""

    path: Path
    """The file or folder that was named."""
    folder: Path
    """Where its entries are now."""
    manifest: Manifest

    @property
    def wheels(self) -> Path:
        """Folder for `--find-links`."""
        return self.folder / "wheels"

    @property
    def engine(self) -> Path:
        """Folder of the engine, as it stands in the cache."""
        return self.folder / "engine"


class Entry(NamedTuple):
    """An entry of the file, not read yet."""

    name: str
    mode: int
    source: IO[bytes]


def python_tag() -> str:
    """Tag of this Python, as wheels name it."""
    short = {"cpython": "cp", "pypy": "pp"}.get(sys.implementation.name, sys.implementation.name)
    return f"{short}{sys.version_info[0]}{sys.version_info[1]}{getattr(sys, 'abiflags', '')}"


def platform_tag() -> str:
    """Tag of this platform, as wheels name it."""
    return re.sub(r"[-.]", "_", sysconfig.get_platform())


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextmanager
def opened(path: Path, scratch: Path, root: Path | None = None) -> Generator[Supply]:
    """The checked contents of a file of `make airgap`, or of the folder it was unpacked to.

    Args:
        path: The file or the folder.
        scratch: Where a file is unpacked; removed at the end, and before, if a killed run left it.
        root: The clone that is set up; without one its locks and engine are not compared.

    Raises:
        AirgapError: damaged, incomplete, or for another machine, Python or clone.
    """

    def check(manifest: Manifest) -> None:
        check_machine(path, manifest)
        if root is not None:
            check_clone(path, manifest, root)

    if path.is_dir():
        yield Supply(path, path, check_folder(path, check))
        return
    if not path.is_file():
        raise AirgapError(f"{path} is not there; name the file that `make airgap` packed")
    check_outer(path)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        yield Supply(path, scratch, unpack(path, scratch, check))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def check_machine(path: Path, manifest: Manifest) -> None:
    """Refuse a file whose wheels cannot run here."""
    wanted = (manifest.python, manifest.platform)
    here = (python_tag(), platform_tag())
    if wanted != here:
        other = f"run `make airgap` with {here[0]} on {here[1]}"
        number = re.fullmatch(r"cp3(\d+)", manifest.python)
        if wanted[1] == here[1] and number:
            other = f"take that Python (`make setup PYTHON=python3.{number[1]}`) or {other}"
        raise AirgapError(
            f"{path} is for {wanted[0]} on {wanted[1]}, and this is {here[0]} on {here[1]}; {other}"
        )
    name, oldest = manifest.libc
    have_name, have = platform.libc_ver()
    if name and (name != have_name or _numbers(have) < _numbers(oldest)):
        raise AirgapError(
            f"{path} needs {name} {oldest} or newer, and this machine has "
            f"{have_name or 'another C library'} {have}".rstrip()
            + "; pack it on a machine as old as this one"
        )


def check_clone(path: Path, manifest: Manifest, root: Path) -> None:
    """Refuse a file that was packed from other locks or for another engine than the clone's."""
    told = f"check out {manifest.commit} here, or {_ANEW} from this commit"
    for name in LOCKS:
        found, expected = manifest.locks.get(name, "none"), sha256_of(root / name)
        if found != expected:
            raise AirgapError(
                f"{path} was packed from another {name} (SHA-256 {found[:12]}, this clone's is "
                f"{expected[:12]}); {told}"
            )
    found, expected = manifest.engine.get("key", "none"), _cache_key(root)
    if found != expected:
        raise AirgapError(
            f"{path} holds the engine {found}, and this clone uses {expected}; {told}"
        )


def check_outer(path: Path) -> None:
    """Compare the whole file with the `.sha256` beside it, where there is one."""
    beside = path.with_name(f"{path.name}.sha256")
    if not beside.is_file():
        return
    expected = beside.read_text(errors="replace").partition(" ")[0]
    found = sha256_of(path)
    if found != expected:
        raise AirgapError(
            f"{path} is damaged: its SHA-256 is {found}, and {beside.name} says {expected}; "
            f"{_AGAIN}"
        )


def unpack(path: Path, target: Path, check: Callable[[Manifest], None]) -> Manifest:
    """Unpack into `target` what the file lists, each entry checked as it is written.

    Nothing is written before the manifest passed `check`.
    """
    try:
        with tarfile.open(path, "r:") as archive:
            entries = _entries(path, archive)
            texts = {name: _text(path, entries, name) for name in (MANIFEST, SUMS)}
            manifest, sums = _headed(path, texts)
            check(manifest)
            for name, text in texts.items():
                (target / name).write_bytes(text)
            for name, mode, source in entries:
                expected = sums.pop(name, None)
                if expected is None:
                    raise AirgapError(f"{path} holds {name!r}, which {SUMS} does not list once")
                found = _write(source, target / name, 0o755 if mode & 0o100 else 0o644)
                _compare(path, name, found, expected)
    except (tarfile.TarError, EOFError, ValueError) as error:
        message = f"{path} is damaged or no file of `make airgap` ({error}); {_AGAIN}"
        raise AirgapError(message) from error
    if sums:
        raise AirgapError(f"{path} misses {_first(sums)} that {SUMS} lists; {_AGAIN}")
    return manifest


def check_folder(folder: Path, check: Callable[[Manifest], None]) -> Manifest:
    """Check a folder that a file was unpacked to: all that is listed, and nothing else."""
    texts: dict[str, bytes] = {}
    for name in (MANIFEST, SUMS):
        if not (folder / name).is_file():
            raise AirgapError(
                f"{folder} holds no {name}; name a file of `make airgap` or the folder in it"
            )
        texts[name] = (folder / name).read_bytes()
    manifest, sums = _headed(folder, texts)
    check(manifest)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise AirgapError(f"{folder} holds {name!r}, which is no regular file; unpack it anew")
        if path.is_dir() or name in texts:
            continue
        expected = sums.pop(name, None)
        if expected is None:
            raise AirgapError(f"{folder} holds {name!r}, which {SUMS} does not list; remove it")
        _compare(folder, name, sha256_of(path), expected)
    if sums:
        raise AirgapError(f"{folder} misses {_first(sums)} that {SUMS} lists; unpack it anew")
    return manifest


def lock_for(supply: Supply, lock: Path, target: Path) -> Path:
    """The lock to install by: the clone's own where every packed wheel has a hash in it.

    Where wheels had to be built from source it is `target`: the lock with their hashes added, each
    to its own release.
    """
    if not supply.manifest.built:
        return lock
    lines: list[str] = []
    for line in lock.read_text().splitlines():
        lines.append(line)
        pinned = re.match(r"([\w.-]+)==([^\s;\\]+)", line)
        if pinned:
            lines += [
                f"    --hash=sha256:{digest} \\"
                for wheel, digest in supply.manifest.built.items()
                if _same_release(wheel, pinned[1], pinned[2])
            ]
    target.write_text("\n".join(lines) + "\n")
    return target


def _entries(path: Path, archive: tarfile.TarFile) -> Iterator[Entry]:
    """What lies in the file's one top folder; other kinds than files are refused."""
    top = ""
    for member in archive:
        folder, _, name = member.name.partition("/")
        top = top or folder
        source = archive.extractfile(member) if member.isreg() else None
        if source is None or member.issparse():
            raise AirgapError(f"{path} holds {member.name!r}, which is no regular file; {_ANEW}")
        if folder != top or not name or not _is_inside(member.name):
            raise AirgapError(f"{path} holds {member.name!r}, which leads out of it; {_ANEW}")
        yield Entry(name, member.mode, source)


def _text(path: Path, entries: Iterator[Entry], name: str) -> bytes:
    entry = next(entries, None)
    if entry is None or entry.name != name:
        raise AirgapError(f"{path} is no file of `make airgap`: it does not begin with {name}")
    return entry.source.read(_BLOCK)


def _headed(path: Path, texts: dict[str, bytes]) -> tuple[Manifest, dict[str, str]]:
    """The manifest, and the listed hashes without the manifest's own."""
    sums: dict[str, str] = {}
    for line in texts[SUMS].decode(errors="replace").splitlines():
        listed = _LISTED.fullmatch(line)
        if listed is None or not _is_inside(listed[2]):
            raise AirgapError(f"{path} has a line in {SUMS} that is none: {line[:80]!r}; {_AGAIN}")
        sums[listed[2]] = listed[1]
    found = hashlib.sha256(texts[MANIFEST]).hexdigest()
    _compare(path, MANIFEST, found, sums.pop(MANIFEST, "not listed"))
    return _manifest(path, texts[MANIFEST]), sums


def _manifest(path: Path, text: bytes) -> Manifest:
    try:
        told: dict[str, Any] = json.loads(text)
        form = told.pop("format")
        if form != FORMAT:
            raise AirgapError(f"{path} has format {form}, and this clone reads {FORMAT}; {_ANEW}")
        name, oldest = told.pop("libc")
        return Manifest(libc=(str(name), str(oldest)), **told)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise AirgapError(
            f"{path} has a {MANIFEST} that cannot be read ({error}); {_ANEW}"
        ) from error


def _write(source: IO[bytes], target: Path, mode: int) -> str:
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as handle:
        while block := source.read(_BLOCK):
            digest.update(block)
            handle.write(block)
    target.chmod(mode)
    return digest.hexdigest()


def _compare(path: Path, name: str, found: str, expected: str) -> None:
    if found != expected:
        raise AirgapError(
            f"{path} is damaged: the SHA-256 of {name} is {found}, and {SUMS} says {expected}; "
            f"{_AGAIN}"
        )


def _is_inside(name: str) -> bool:
    return not name.startswith("/") and not {"", ".", ".."} & set(name.split("/"))


def _first(sums: dict[str, str]) -> str:
    names = sorted(sums)
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _same_release(wheel: str, name: str, version: str) -> bool:
    own, release = wheel.split("-")[:2]
    plain = [re.sub(r"[-_.]+", "-", text).lower() for text in (own, name)]
    return plain[0] == plain[1] and release == version


def _cache_key(root: Path) -> str:
    """Key of the engine that the clone wants, by its own rule, before anything is installed."""
    source = root / "components" / "modelport" / "engine" / "cache.py"
    spec = importlib.util.spec_from_file_location("modelport_engine_cache", source)
    if spec is None or spec.loader is None:
        raise AirgapError(f"{source} cannot be read")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return str(module.cache_key())
