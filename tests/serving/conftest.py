"""Fixtures of the serving tests: one built Bento and one running worker."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import httpx
import pytest

from modelport_serving.settings import Protocol
from serving.tiny import build
from serving.workers import AUTH, Worker, running, settings_file


@pytest.fixture(scope="session")
def bento(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a built tiny Bento."""
    return build(tmp_path_factory.mktemp("bento"))


@pytest.fixture(scope="session")
def server(bento: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """A worker with a key, bodies up to 256 KiB and 1000 rows."""
    folder = tmp_path_factory.mktemp("server")
    settings = settings_file(folder, max_body_bytes=256 * 1024, max_rows=1000, timeout_seconds=5)
    with running(bento, folder, {"MODELPORT_SETTINGS": str(settings)}) as worker:
        yield worker


@pytest.fixture(scope="session")
def everything(bento: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """A worker with a key on which everything is switched on that need not be."""
    folder = tmp_path_factory.mktemp("everything")
    settings = settings_file(
        folder,
        max_body_bytes=256 * 1024,
        max_rows=1000,
        protocols=get_args(Protocol),
        capture={"percent": 1},
    )
    with running(bento, folder, {"MODELPORT_SETTINGS": str(settings)}) as worker:
        yield worker


@pytest.fixture
def client(server: Worker) -> Iterator[httpx.Client]:
    """A client of the running worker that sends the key."""
    with httpx.Client(base_url=server.url, headers=AUTH, timeout=20) as made:
        yield made
