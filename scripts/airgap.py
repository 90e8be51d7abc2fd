"""Air gap: everything that set-up downloads or builds, packed into one file for a site without.

`make airgap` writes `dist/modelport-<version>-airgap-<python>-<platform>.tar` and its `.sha256`.
Equal inputs give equal bytes. `docs/airgap.md` has how it is used.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable
from pathlib import Path

from airgap_file import FORMAT, LOCKS, MANIFEST, SUMS, platform_tag, python_tag, sha256_of
from bootstrap import ROOT, Bar, SetupError, check_disk, environment, reason, run
from packaging.utils import parse_wheel_filename

from modelport import __version__
from modelport.engine import Engine, find_engine
from modelport.engine.cache import PROGRAMS, cache_key, cache_root
from modelport.engine.found import cached_engine

DIST = ROOT / "dist"
SCRATCH = ROOT / "build" / "airgap-pack"
EPOCH = 315532800
"""Time of every entry, 1980-01-01 UTC: the first that a zip, and so a wheel, can hold."""
SCRIPTS = ("pulumi-analyzer-policy-python", "pulumi-resource-pulumi-python")
"""Scripts beside the engine's programs that it needs for policy packs and dynamic providers."""
OWN = {"install.py": "airgap_install.py", "airgap_file.py": "airgap_file.py"}
"""Scripts of the file, and where they lie in the clone."""


def main() -> int:
    """Pack the file; the exit status."""
    bar = Bar()
    SCRATCH.parent.mkdir(exist_ok=True)
    try:
        with SCRATCH.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            shutil.rmtree(SCRATCH, ignore_errors=True)  # what a killed run left
            try:
                told = pack(bar)
            finally:
                shutil.rmtree(SCRATCH, ignore_errors=True)
    except (SetupError, OSError) as error:
        bar.close()
        sys.stderr.write(f"error: {error}\n")
        return 1
    bar.close()
    print(told)
    return 0


def pack(bar: Bar) -> str:
    """Collect what belongs into the file and write it; what is said at the end."""
    began = time.monotonic()
    bar.show("collecting wheels", 0.0)
    wheels = SCRATCH / "wheels"
    collect_wheels(wheels, bar)
    bar.show("building the wheel of modelport", 0.7)
    build_own(wheels)
    bar.show("collecting the engine", 0.75)
    engine = collect_engine(SCRATCH / "engine")
    for name, source in OWN.items():
        shutil.copyfile(ROOT / "scripts" / source, SCRATCH / name)
    (SCRATCH / MANIFEST).write_text(manifest(wheels, engine))
    bar.show("writing the file", 0.8)
    write_sums(SCRATCH)
    target = DIST / f"modelport-{__version__}-airgap-{python_tag()}-{platform_tag()}.tar"
    digest = write_tar(SCRATCH, target)
    target.with_name(f"{target.name}.sha256").write_text(f"{digest}  {target.name}\n")
    size = target.stat().st_size / 1e6
    return (
        f"{target.relative_to(ROOT)}: {size:.0f} MB, {len(list(wheels.iterdir()))} wheels, Pulumi "
        f"{engine.version}, packed in {time.monotonic() - began:.0f} s\nSHA-256 {digest}"
    )


def collect_wheels(folder: Path, bar: Bar) -> None:
    """Wheels of both locks for this machine: those kept from the last time, else the index's.

    Raises:
        SetupError: a package cannot be had, or its hash is not the lock's.
    """
    kept = cache_root().parent / "wheels" / f"{python_tag()}-{platform_tag()}"
    if kept.is_dir() and _pip(folder, "--no-index", "--find-links", str(kept)).returncode == 0:
        return
    shutil.rmtree(folder, ignore_errors=True)
    bar.show("downloading wheels (half a minute or more)", 0.05)
    done = _pip(folder)
    if done.returncode != 0:
        check_disk(done)
        raise SetupError(
            f"the wheels of {' and '.join(LOCKS)} could not be had ({reason(done)}); connect to a "
            "network or set pip's index (PIP_INDEX_URL) to a mirror, then run `make airgap` again"
        )
    partial = kept.with_name(f"{kept.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(folder, partial)
    shutil.rmtree(kept, ignore_errors=True)
    partial.rename(kept)


def _pip(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Have pip put wheels into `folder`: each checked by its lock's hash, sources built."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-input", "--no-deps"]
    checked = ["--require-hashes", *(word for lock in LOCKS for word in ("-r", lock))]
    # Builds that keep the rule of SOURCE_DATE_EPOCH give the same bytes each time.
    env = environment(SOURCE_DATE_EPOCH=str(EPOCH))
    return run([*command, *checked, *options, "--wheel-dir", str(folder)], env=env)


def build_own(folder: Path) -> None:
    """The wheel of the clone itself, for sites that have no clone."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = run(command, env=environment(SOURCE_DATE_EPOCH=str(EPOCH)))
    if done.returncode != 0:
        raise SetupError(f"the wheel of modelport could not be built: {reason(done)}")


def collect_engine(folder: Path) -> Engine:
    """Copy the engine as it stands in the cache; where there is only one on PATH, its programs."""
    engine = cached_engine() or find_engine()
    if engine is None:
        raise SetupError("there is no Pulumi engine here; run `make setup` first")
    real = (engine.bin / "pulumi").resolve().parent
    (folder / "bin").mkdir(parents=True)
    for name in (*PROGRAMS, *SCRIPTS):
        places = (engine.bin / name, real / name, Path(shutil.which(name) or real / name))
        source = next((place for place in places if place.is_file()), None)
        if source:
            shutil.copyfile(source, folder / "bin" / name)
            (folder / "bin" / name).chmod(0o755)
        elif name in PROGRAMS:
            raise SetupError(f"the engine in {engine.bin} has no {name} beside it or on PATH")
    record = {"version": engine.version, "origin": engine.origin}
    (folder / "engine.json").write_text(json.dumps(record) + "\n")
    return engine


def manifest(wheels: Path, engine: Engine) -> str:
    """What the file was packed from and for, as JSON."""
    locked = "".join((ROOT / lock).read_text() for lock in LOCKS)
    own = f"modelport-{__version__}-"
    sums = {path.name: sha256_of(path) for path in sorted(wheels.iterdir())}
    told = {
        "format": FORMAT,
        "version": __version__,
        "commit": _commit(),
        "python": python_tag(),
        "python_version": platform.python_version(),
        "platform": platform_tag(),
        "libc": oldest_libc(sums),
        "engine": {"version": engine.version, "origin": engine.origin, "key": cache_key()},
        "locks": {lock: sha256_of(ROOT / lock) for lock in LOCKS},
        "built": {
            name: digest
            for name, digest in sums.items()
            if not name.startswith(own) and f"sha256:{digest}" not in locked
        },
    }
    return json.dumps(told, indent=2, sort_keys=True) + "\n"


def oldest_libc(wheels: Iterable[str]) -> tuple[str, str]:
    """Name and version of the oldest C library that all wheels run with; empty for pure ones.

    Only glibc has versions in the names of wheels.
    """
    name, here = platform.libc_ver()
    if name != "glibc":
        return "", ""
    needed = [(0, 0)]
    for wheel in wheels:
        tags = {tag.platform for tag in parse_wheel_filename(wheel)[3]}
        if "any" not in tags:
            needed.append(min(_glibc(tag, here) for tag in tags))
    major, minor = max(needed)
    return (name, f"{major}.{minor}") if major else ("", "")


def _glibc(tag: str, here: str) -> tuple[int, int]:
    """The glibc that a platform tag promises to run with; this machine's where it names none."""
    old = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
    first, *rest = tag.split("_")
    if first in old:
        return old[first]
    major, minor = (rest if first == "manylinux" else here.split("."))[:2]
    return int(major), int(minor)


def write_sums(folder: Path) -> None:
    """List every file of the folder with its SHA-256, as `sha256sum -c` reads it."""
    listed = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    lines = [f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in listed]
    (folder / SUMS).write_text("".join(lines))


def write_tar(folder: Path, target: Path) -> str:
    """Write the folder as one file, the manifest and the sums first; its SHA-256.

    Order, times, owners and modes are fixed, so that the bytes depend on the contents alone.
    """
    names = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    names.sort(key=lambda name: (name != MANIFEST, name != SUMS))
    target.parent.mkdir(exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    try:
        with tarfile.open(partial, "w", format=tarfile.GNU_FORMAT) as archive:
            for name in names:
                path = folder / name
                entry = tarfile.TarInfo(f"{target.stem}/{name}")
                entry.size = path.stat().st_size
                entry.mode = 0o755 if os.access(path, os.X_OK) else 0o644
                entry.mtime = EPOCH
                with path.open("rb") as source:
                    archive.addfile(entry, source)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return sha256_of(target)


def _commit() -> str:
    """The commit of this clone; `+changes` where its files are not those of the commit."""
    named = run(["git", "rev-parse", "HEAD"])
    if named.returncode != 0:
        return "unknown"
    changed = run(["git", "status", "--porcelain", "--untracked-files=no"]).stdout.strip()
    return named.stdout.strip() + ("+changes" if changed else "")


if __name__ == "__main__":
    raise SystemExit(main())
