"""A home with one built bundle, the tiny one of the serving tests."""

import pytest

from modelport.home import Home
from modelport_serving.record import BundleRecord, read_record
from serving.tiny import build


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("project")
    build(folder)
    root = folder / ".modelport"
    root.mkdir()
    (folder / "home").rename(root / "bentoml")
    return Home(root)


@pytest.fixture(scope="session")
def record(home: Home) -> BundleRecord:
    return read_record(home.bentoml / "bentos" / "tiny" / "00ff00ff00ff00ff" / "src")
