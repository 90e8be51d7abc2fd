"""Fixtures: the simulated platform, known and served."""

from collections.abc import Generator
from pathlib import Path

import pytest

import modelport.platforms
from live.simulated import PLATFORMS, SECOND, Platform, Revision, serving
from offline_project import OfflineProject


@pytest.fixture
def offline_project(tmp_path: Path) -> OfflineProject:
    """A project whose resources are offline; nothing of it runs on."""
    return OfflineProject(tmp_path / "a project")


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """`service_of` finds the simulated platform."""
    paths = [*modelport.platforms.__path__, str(PLATFORMS)]
    monkeypatch.setattr(modelport.platforms, "__path__", paths)


@pytest.fixture
def platform(known: None) -> Generator[Platform]:
    """A service whose first revision `a1` is live and whose second one `b2` is there."""
    made = Platform(revisions={"a1": Revision(), "b2": Revision(SECOND)}, traffic={"a1": 100})
    with serving(made):
        yield made
