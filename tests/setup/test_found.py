"""Which engine is taken, and what is said about those that are not."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from modelport.engine import Engine, find_engine
from modelport.engine.cache import PROGRAMS, cache_key, cache_root
from modelport.engine.found import engine_on_path

Write = Callable[[str, str], Path]


def cache_engine() -> Path:
    """A complete engine folder in the cache, with programs that do nothing."""
    folder = cache_root() / cache_key()
    (folder / "bin").mkdir(parents=True)
    for name in PROGRAMS:
        (folder / "bin" / name).write_text("#!/bin/sh\nexit 1\n")
        (folder / "bin" / name).chmod(0o755)
    (folder / "engine.json").write_text(json.dumps({"version": "3.220.0", "origin": "Go build"}))
    return folder / "bin"


@pytest.mark.parametrize("version", ["v3.220.0", "3.221.4", "v3.300.1-alpha.2", "v3.220.0\nnote"])
def test_a_new_enough_engine_on_path_is_taken(version: str, programs: Write) -> None:
    pulumi = programs("pulumi", f"printf '{version}'")
    programs("pulumi-language-python", "")
    found = engine_on_path()
    assert isinstance(found, Engine)
    assert (found.bin, found.origin) == (pulumi.parent, "PATH")
    assert found.version == version.removeprefix("v").partition("-")[0].partition("\n")[0]


@pytest.mark.parametrize("version", ["v3.219.9", "v2.25.0", "v4.0.0", "v3.3.0"])
def test_an_engine_of_another_time_is_refused(version: str, programs: Write) -> None:
    pulumi = programs("pulumi", f"echo {version}")
    programs("pulumi-language-python", "")
    told = f"{pulumi} is {version[1:]}, and 3.220 up to 3.x is needed"
    assert engine_on_path() == told


@pytest.mark.parametrize("body", ["echo latest", "echo v3.220.0; exit 1", "printf '\\377'"])
def test_an_engine_that_does_not_tell_its_version_is_refused(body: str, programs: Write) -> None:
    pulumi = programs("pulumi", body)
    assert engine_on_path() == f"{pulumi} does not tell its version"


def test_an_engine_without_its_python_host_is_refused(programs: Write) -> None:
    pulumi = programs("pulumi", "echo v3.220.0")
    told = f"{pulumi} has no pulumi-language-python beside it or on PATH"
    assert engine_on_path() == told


def test_the_host_may_lie_beside_the_file_that_a_link_points_to(
    programs: Write, tmp_path: Path
) -> None:
    real = tmp_path / "real"
    real.mkdir()
    linked = programs("pulumi", "echo v3.230.0")
    linked.rename(real / "pulumi")
    linked.symlink_to(real / "pulumi")
    host = programs("pulumi-language-python", "")
    host.rename(real / host.name)
    found = engine_on_path()
    assert isinstance(found, Engine)
    assert found.bin == linked.parent


@pytest.mark.usefixtures("programs", "empty_cache")
def test_the_cache_serves_where_path_has_none() -> None:
    assert find_engine() is None
    folder = cache_engine()
    assert find_engine() == Engine(folder, "3.220.0", "Go build")


@pytest.mark.usefixtures("programs", "empty_cache")
@pytest.mark.parametrize("broken", [*PROGRAMS, "../engine.json"])
def test_an_incomplete_engine_in_the_cache_counts_as_none(broken: str) -> None:
    (cache_engine() / broken).unlink()
    assert find_engine() is None


@pytest.mark.usefixtures("empty_cache")
def test_the_own_engine_on_path_is_known_without_starting_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cache_engine()
    link = tmp_path / "engine"
    link.symlink_to(folder)
    monkeypatch.setenv("PATH", f"{link}:/usr/bin:/bin")
    assert engine_on_path() == Engine(folder, "3.220.0", "Go build")
