"""Air gap: packing, and the way from one file to a live model where there is no network."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Generator
from pathlib import Path

import pytest

from modelport.engine import Engine, find_engine, place_engine
from modelport.engine.cache import cache_key
from modelport.engine.found import cached_engine
from modelport.errors import EngineError
from setup.conftest import Write
from setup.island import Island
from setup.packed import ROOT, contents, packed, script
from setup.test_bootstrap import run
from stories.transcript import clone

sha256_of = script("airgap_file").sha256_of
PYTHON = getattr(sys, "_base_executable", sys.executable)
BACKEND = """
import base64, hashlib, os, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "tiny-1.0-py3-none-any.whl"
    files = {
        "tiny.py": "answer = 42\\n",
        "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n",
        "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n",
        "tiny-1.0.dist-info/RECORD": "tiny.py,,\\n",
    }
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        for file, text in files.items():
            wheel.writestr(zipfile.ZipInfo(file), text)
    return name
"""


def pack(folder: Path) -> Path:
    """What `make airgap` writes in the clone."""
    command = ["make", "--silent", f"PYTHON={PYTHON}", "airgap"]
    subprocess.run(command, check=True, cwd=folder)
    file = next((folder / "dist").glob("*.tar"))
    beside = ["sha256sum", "--quiet", "-c", f"{file.name}.sha256"]
    subprocess.run(beside, check=True, cwd=file.parent)
    return file


@pytest.fixture
def room(tmp_path: Path) -> Generator[Path]:
    """A folder for gigabytes, removed at the end."""
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """A file that a clone packed, twice with the same bytes."""
    folder = clone(tmp_path_factory.mktemp("packing") / "with a network")
    made = pack(folder)
    first = sha256_of(made)
    assert sha256_of(pack(folder)) == first
    yield made
    shutil.rmtree(folder.parent)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A folder with one package that exists as source only, which needs nothing to be built."""
    settings = '[build-system]\nrequires = []\nbuild-backend = "back"\nbackend-path = ["."]\n'
    files = {
        "pyproject.toml": settings,
        "back.py": BACKEND,
        "PKG-INFO": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
    }
    folder = tmp_path / "sources"
    folder.mkdir()
    with tarfile.open(folder / "tiny-1.0.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"tiny-1.0/{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return folder


@pytest.mark.e2e
@pytest.mark.usefixtures("no_network", "empty_cache")
def test_a_package_without_a_wheel_is_built_and_told(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = script("airgap"), script("airgap_file")
    locked = hashlib.sha256((sources / "tiny-1.0.tar.gz").read_bytes()).hexdigest()
    (tmp_path / "requirements.lock").write_text(f"tiny==1.0 \\\n    --hash=sha256:{locked}\n")
    (tmp_path / "requirements-uv.lock").write_text("")
    monkeypatch.setattr(writer, "ROOT", tmp_path)
    monkeypatch.setattr(script("bootstrap"), "ROOT", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(sources))

    made = [tmp_path / "first", tmp_path / "second"]
    for folder in made:
        writer.collect_wheels(folder, script("bootstrap").Bar())
    wheel, again = (next(folder.iterdir()) for folder in made)
    assert wheel.read_bytes() == again.read_bytes()
    engine = Engine(tmp_path, "3.220.0", "Go build")
    told = json.loads(writer.manifest(made[0], engine))
    assert told["built"] == {wheel.name: reader.sha256_of(wheel)}

    path = packed(tmp_path, built=told["built"])
    with reader.opened(path, tmp_path / "scratch") as supply:
        lock = reader.lock_for(supply, tmp_path / "requirements.lock", tmp_path / "made.lock")
    uv = ["uv", "pip", "install", "--offline", "--no-index", "--find-links", str(made[0])]
    target = ["--target", str(tmp_path / "site"), "--require-hashes", "--no-cache", "-r"]
    with_lock = [str(Path(sys.prefix) / "bin" / uv[0]), *uv[1:], *target]
    refused = subprocess.run([*with_lock, "requirements.lock"], cwd=tmp_path, check=False)
    assert refused.returncode != 0
    subprocess.run([*with_lock, str(lock)], check=True)
    assert (tmp_path / "site" / "tiny.py").read_text() == "answer = 42\n"

    (tmp_path / "requirements.lock").write_text(f"tiny==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(script("bootstrap").SetupError, match="could not be had"):
        writer.collect_wheels(tmp_path / "third", script("bootstrap").Bar())


@pytest.mark.usefixtures("no_network", "programs")
def test_an_engine_that_was_brought_is_placed_once_and_found(
    tmp_path: Path, empty_cache: Path
) -> None:
    brought = contents(tmp_path / "contents") / "engine"
    engine = place_engine(brought)
    assert engine.bin == empty_cache / cache_key() / "bin"
    assert (engine.version, engine.origin) == ("3.220.0", "Go build")
    assert find_engine() == engine
    made = engine.bin.stat().st_ino
    assert place_engine(brought).bin.stat().st_ino == made
    assert not list(empty_cache.glob("*.partial"))


@pytest.mark.usefixtures("empty_cache")
def test_half_an_engine_is_not_placed(tmp_path: Path) -> None:
    brought = contents(tmp_path / "contents") / "engine"
    (brought / "bin" / "pulumi").unlink()
    with pytest.raises(EngineError, match="holds no complete engine"):
        place_engine(brought)
    assert cached_engine() is None


def test_an_engine_on_path_is_packed_with_what_it_needs(
    tmp_path: Path, programs: Write, empty_cache: Path
) -> None:
    assert not empty_cache.exists()
    programs("pulumi", "echo v3.230.0")
    programs("pulumi-language-python", "")
    writer = script("airgap")
    with pytest.raises(script("bootstrap").SetupError, match="has no pulumi-language-python-exec"):
        writer.collect_engine(tmp_path / "first")
    programs("pulumi-language-python-exec", "")
    programs("pulumi-language-nodejs", "")
    engine = writer.collect_engine(tmp_path / "second")
    names = {path.name for path in (tmp_path / "second" / "bin").iterdir()}
    assert names == {"pulumi", "pulumi-language-python", "pulumi-language-python-exec"}
    assert (engine.version, place_engine(tmp_path / "second").version) == ("3.230.0", "3.230.0")


def test_set_up_refuses_a_bad_file_in_one_sentence_and_makes_nothing(tmp_path: Path) -> None:
    bare = tmp_path / "a clone"
    for name in ("scripts", "components/modelport/engine"):
        shutil.copytree(ROOT / name, bare / name)
    for name in ("pyproject.toml", "requirements.lock", "requirements-uv.lock"):
        shutil.copy(ROOT / name, bare / name)
    path = packed(tmp_path, locks={})
    done = run(bare, MODELPORT_AIRGAP=str(path))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        f"error: {path} was packed from another requirements.lock (SHA-256 none, this clone's is "
    )
    assert not (bare / ".venv").exists()
    assert not (bare / "build" / "airgap").exists()


@pytest.mark.e2e
@pytest.mark.timeout(1500)
def test_one_file_brings_a_model_live_without_a_network(room: Path, file: Path) -> None:
    site = clone(room / "a site")
    home = room / "home"
    home.mkdir()
    env = {
        "HOME": str(home),
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "UV_CACHE_DIR": str(home / "uv"),
        "XDG_CACHE_HOME": str(home / "cache"),
    }
    with Island(env) as island:
        make = ["make", "--silent", f"PYTHON={PYTHON}"]
        short = room / "short.tar"
        with file.open("rb") as source:
            short.write_bytes(source.read(file.stat().st_size // 2))
        refused = island.run(*make, "setup", f"AIRGAP={short}", cwd=site)
        assert refused.returncode == 2
        assert f"error: {short} " in refused.stderr
        assert not (site / ".venv").exists()

        made = island.run(*make, "setup", f"AIRGAP={file}", cwd=site)
        assert made.returncode == 0, made.stderr
        # Nobody was asked for anything: no packet without a way, no connection, no name looked up.
        assert set(island.tried().values()) == {0}
        first = island.run(*make, "up", cwd=site)
        try:
            assert first.returncode == 0, first.stderr
            call = first.stdout.splitlines()[-1]
            answer = island.run("sh", "-c", call, cwd=site)
            assert json.loads(answer.stdout)["predictions"], answer.stderr
            again = island.run(*make, "up", cwd=site)
            assert again.stdout.splitlines()[0] == "no changes", again.stderr
            told = island.tried()
            assert (told["Ip:OutNoRoutes"], told["Ip6OutNoRoutes"]) == (0, 0)
        finally:
            down = island.run(*make, "down", cwd=site)
        assert down.returncode == 0, down.stderr
        # The same counters do see a program that tries: the network is off, and would be noticed.
        outside = "import socket; socket.create_connection(('192.0.2.1', 80), 5)"
        tried = island.run(PYTHON, "-c", outside, cwd=site)
        assert "Network is unreachable" in tried.stderr
        assert island.tried()["Ip:OutNoRoutes"] == 1
    status = ["git", "status", "--porcelain"]
    seen = subprocess.run(status, capture_output=True, check=True, cwd=site, text=True)
    assert seen.stdout == ""


@pytest.mark.e2e
@pytest.mark.timeout(1500)
def test_the_file_alone_installs_the_wheel_without_a_network(room: Path, file: Path) -> None:
    home = room / "home"
    home.mkdir()
    with tarfile.open(file) as archive:
        archive.extractall(room, filter="data")
    folder = room / file.stem
    env = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    with Island(env) as island:
        sums = island.run("sha256sum", "--quiet", "-c", "SHA256SUMS", cwd=folder)
        assert sums.returncode == 0, sums.stdout
        made = island.run(PYTHON, "install.py", str(room / "new"), cwd=folder)
        assert made.returncode == 0, made.stderr
        assert set(island.tried().values()) == {0}
        command = [str(room / "new" / "bin" / "python"), "-m", "modelport.engine", "where"]
        told = island.run(*command, cwd=home).stdout
        assert told.startswith(f"{home}/.cache/modelport/engine/{cache_key()}/bin\t3.220.0\t")
