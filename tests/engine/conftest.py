"""Fixtures of the engine tests: bundles built once, a project for each test."""

import fcntl
from collections.abc import Generator
from pathlib import Path

import pytest

from bundle_variants import SECOND, variant
from engine_project import ROOT, Project
from modelport.bundles import build
from modelport.config import Gate
from modelport.home import Home
from offline_project import OfflineProject


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A BentoML home with the breast cancer bundle and a second version that is as good."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    home = Home(shared / "built" / ".modelport")
    with (shared / "built.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the test processes share what one of them builds
        if not (home.bentoml / "bentos" / "breast_cancer" / SECOND).is_dir():
            build(ROOT, home, "breast_cancer", Gate())
            variant(home.bentoml, SECOND)
    return home.bentoml


@pytest.fixture
def project(tmp_path: Path, bundles: Path) -> Generator[Project]:
    """A project with built bundles; what it left running is stopped."""
    made = Project(tmp_path / "a project", bundles)  # a space on purpose
    yield made
    made.end()


@pytest.fixture
def offline_project(tmp_path: Path) -> OfflineProject:
    """A project whose cloud resources are offline; nothing of it runs on."""
    return OfflineProject(tmp_path / "a project")
