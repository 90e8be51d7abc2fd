"""What tests of the handlers share."""

from collections.abc import Generator
from pathlib import Path

import pytest

from fakes.vertex import FakeVertex
from modelport.cloud import google
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
