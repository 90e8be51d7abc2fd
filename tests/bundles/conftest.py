"""Bundles of this project, built once for all tests of this folder."""

import shutil
from pathlib import Path

import pytest

from modelport.bundles import build, newest
from modelport.bundles.lock import LOCK_FILE
from modelport.config import Gate
from modelport.home import Home
from modelport_serving.record import BundleRecord

ROOT = Path(__file__).parents[2]
NAMES = ("breast_cancer", "diabetes")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which every bundle of the project is built; tests only read it."""
    home = Home(tmp_path_factory.mktemp("built") / ".modelport")
    for name in NAMES:
        build(ROOT, home, name, Gate())
    return home


@pytest.fixture
def own(built: Home, tmp_path: Path) -> Home:
    """A copy of the built home that a test may change."""
    home = Home(tmp_path / "project" / ".modelport")
    shutil.copytree(built.root, home.root, symlinks=True)
    return home


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project's diabetes bundle in a project of its own, outside any repository."""
    folder = tmp_path / "project"
    source = ROOT / "bentos" / "diabetes"
    shutil.copytree(source, folder / "bentos" / "diabetes")
    shutil.copyfile(ROOT / LOCK_FILE, folder / LOCK_FILE)  # its hashes are part of the version
    return folder


def record_of(home: Home, name: str) -> BundleRecord:
    found = newest(home, name)
    assert found
    return found
