"""What the servicer tells the engine of imports, replacements and drift."""

from pathlib import Path
from typing import Any, NoReturn

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2 as pb

from fakes.vertex import FakeVertex
from modelport.provider.handler import Context
from modelport.provider.handlers import HANDLERS, handler_of
from modelport.provider.servicer import ModelportProvider
from modelport.provider.wire import from_struct, to_struct
from provider.vertex_life import MODELS, deployed_inputs, model_inputs

MODEL = "urn:pulumi:test::p::modelport:gcp:VertexModel::model"
DEPLOYED = "urn:pulumi:test::p::modelport:gcp:VertexDeployedModel::deployed"


class Aborted(Exception):  # noqa: N818 - what the engine is told
    pass


class Call:
    """The other end of a call."""

    def abort(self, code: grpc.StatusCode, message: str) -> NoReturn:
        del code
        raise Aborted(message)


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelportProvider:
    (tmp_path / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODELPORT_HOME", raising=False)
    return ModelportProvider(HANDLERS, handler_of)


@pytest.mark.parametrize("token", HANDLERS)
def test_every_type_is_served_under_its_token(token: str) -> None:
    assert handler_of(token).token == token


def diff(
    provider: ModelportProvider,
    old: dict[str, Any],
    new: dict[str, Any],
    state: dict[str, Any] | None = None,
    urn: str = MODEL,
    ignored: tuple[str, ...] = (),
) -> Any:
    request = pb.DiffRequest(
        id="id",
        urn=urn,
        olds=to_struct(old | (state or {})),
        old_inputs=to_struct(old),
        news=to_struct(new),
        ignoreChanges=ignored,
    )
    return provider.Diff(request, Call())


def test_a_type_without_import_says_so(provider: ModelportProvider) -> None:
    request = pb.ReadRequest(id="x", urn="urn:pulumi:test::p::modelport:auth:ApiKey::key")
    with pytest.raises(Aborted, match="modelport:auth:ApiKey cannot be imported; create it with"):
        provider.Read(request, Call())


def test_an_import_gives_inputs_and_outputs(
    provider: ModelportProvider, fake: FakeVertex, context: Context
) -> None:
    made, outputs = MODELS.create(context, model_inputs())
    answer = provider.Read(pb.ReadRequest(id=made, urn=MODEL), Call())
    inputs = model_inputs().model_dump(exclude_none=True)
    assert from_struct(answer.inputs) == inputs
    assert from_struct(answer.properties) == inputs | outputs
    with pytest.raises(Aborted, match="is not there"):
        provider.Read(pb.ReadRequest(id=f"{made}-z", urn=MODEL), Call())
    assert fake.state.models


def test_the_old_one_goes_first_where_the_new_one_has_the_same_id(
    provider: ModelportProvider,
) -> None:
    old = model_inputs().model_dump(exclude_none=True)
    same = diff(provider, old, old | {"port": 8080})
    assert (list(same.replaces), same.deleteBeforeReplace) == (["port"], True)
    other = diff(provider, old, old | {"port": 8080, "model_id": "cancer-b"})
    assert (list(other.replaces), other.deleteBeforeReplace) == (["model_id", "port"], False)
    labels = diff(provider, old, old | {"labels": {}})
    assert (list(labels.diffs), list(labels.replaces)) == (["labels"], [])


def test_drift_is_healed_as_a_change_would_be_and_left_where_it_is_ignored(
    provider: ModelportProvider,
) -> None:
    old = deployed_inputs().model_dump(exclude_none=True)
    scaled = diff(provider, old, old, {"max_replicas": 9}, DEPLOYED)
    assert (list(scaled.diffs), list(scaled.replaces)) == (["max_replicas"], [])
    moved = diff(provider, old, old, {"machine_type": "n1-standard-8"}, DEPLOYED)
    assert (list(moved.replaces), moved.deleteBeforeReplace) == (["machine_type"], True)
    ignored = diff(provider, old, old, {"max_replicas": 9}, DEPLOYED, ("max_replicas",))
    assert ignored.changes == pb.DiffResponse.DIFF_NONE
