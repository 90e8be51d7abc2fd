"""What tests of the handlers share."""

from collections.abc import Generator
from pathlib import Path

import pytest

from fakes.heroku import FakeHeroku
from fakes.vertex import FakeVertex
from modelport.cloud import google
from modelport.cloud import heroku as heroku_api
from modelport.provider import heroku_live
from modelport.provider.handler import Context
from provider import vertex_life


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Generator[FakeVertex]:
    """Vertex AI with an endpoint, where clients find it."""
    monkeypatch.setattr(google, "_BACKOFF", 0.01)
    monkeypatch.setattr(google, "_SHORTEST", 0.01)
    with FakeVertex(seconds=0.03) as fake:
        monkeypatch.setenv(google.ENDPOINT, fake.address)
        vertex_life.make_endpoint()
        yield fake


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """Where a handler works."""
    return vertex_life.context(tmp_path)


@pytest.fixture
def heroku(monkeypatch: pytest.MonkeyPatch) -> Generator[FakeHeroku]:
    """Heroku, where clients find it."""
    monkeypatch.setattr(heroku_api, "_BACKOFF", 0.01)
    monkeypatch.setattr(heroku_live, "_LOOK", 0.01)
    monkeypatch.setattr(heroku_live, "_APPEAR_SECONDS", 0.3)
    with FakeHeroku() as fake:
        monkeypatch.setenv(heroku_api.ENDPOINT, fake.address)
        monkeypatch.setenv(heroku_api.KEY, fake.key)
        yield fake
