"""modelport:gcp:AppEngineService: what a project must have, and going with all versions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelport.errors import ServiceError
from modelport.home import Home
from modelport.provider.app_engine_service import AppEngineServiceHandler, AppEngineServiceInputs
from modelport.provider.handler import Context
from platforms.gcp.fake_app_engine import FakeAppEngine

HANDLER = AppEngineServiceHandler()
INPUTS = AppEngineServiceInputs(project="p-dev", region="europe-west1", service="s")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAppEngine]:
    with FakeAppEngine() as fake:
        monkeypatch.setenv("MODELPORT_GOOGLE_ENDPOINT", fake.address)
        yield fake


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(Home(tmp_path), lambda _text: None)


def test_it_is_found_once_it_has_a_version_and_goes_with_all(
    fake: FakeAppEngine, context: Context
) -> None:
    fake.application("p-dev", "europe-west")
    resource_id, outputs = HANDLER.create(context, INPUTS)
    assert resource_id == "apps/p-dev/services/s"
    assert outputs["hostname"] == "s-dot-p-dev.ew.r.appspot.com"
    assert HANDLER.read(context, resource_id, INPUTS, outputs) is None
    fake.make("p-dev", "s", {"r1": 0.0, "r2": 1.0})
    assert HANDLER.read(context, resource_id, INPUTS, outputs) == outputs
    HANDLER.delete(context, resource_id, INPUTS)
    assert sorted(fake.found) == ["/v1/apps/p-dev", "/v1/apps/p-dev/services/default"]
    HANDLER.delete(context, resource_id, INPUTS)  # gone already


def test_what_a_project_lacks_is_said(fake: FakeAppEngine, context: Context) -> None:
    with pytest.raises(ServiceError, match="gcloud app create --project p-dev --region europe-we"):
        HANDLER.create(context, INPUTS)
    fake.application("p-dev", "us-central", default=False)
    with pytest.raises(ServiceError, match="is in us-central for good"):
        HANDLER.create(context, INPUTS)
    fake.application("p-dev", "europe-west", default=False)
    with pytest.raises(ServiceError, match="no service 'default' yet"):
        HANDLER.create(context, INPUTS)


def test_the_default_service_is_never_ours() -> None:
    with pytest.raises(ValueError, match="service"):
        AppEngineServiceInputs(project="p-dev", region="europe-west1", service="default")
