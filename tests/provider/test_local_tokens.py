"""A local server whose callers send tokens: what its update proves with, and without, a token."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engine_project import free_port
from modelport.errors import ServiceError
from modelport.home import Home
from modelport.provider.handler import Context
from modelport.provider.local_server import LocalServerHandler, LocalServerInputs
from modelport_serving.oidc import Oidc
from serving.issuers import AUDIENCE, Issuer, ec_signer, issuing
from serving.tiny import VERSION, build

SIGNER = ec_signer("e")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing(SIGNER) as made:
        yield made


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A home with the tiny bundle."""
    for name in ("MODELPORT_TOKEN", "MODELPORT_TOKEN_COMMAND"):
        monkeypatch.delenv(name, raising=False)
    home = Home(tmp_path / ".modelport")
    bento = build(tmp_path)
    shutil.copytree(bento.parents[2], home.bentoml, symlinks=True)
    return Context(home, lambda _: None)


@pytest.mark.e2e
def test_an_update_proves_with_a_token_or_says_that_it_could_not(
    context: Context, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = LocalServerHandler()
    inputs = LocalServerInputs(
        stack="dev",
        deployment="tiny",
        bundle="tiny",
        version=VERSION,
        host="127.0.0.1",
        port=free_port(),
        workers=1,
        memory_bytes=2**30,
        log_bytes=2**20,
        start_timeout=60,
        max_body_bytes=2**20,
        max_rows=100,
        oidc=Oidc(issuer=issuer.url, audience=AUDIENCE),
    )
    try:
        _, outputs = handler.create(context, inputs)
        assert outputs["verified"].startswith("ready; golden answers not verified (its callers")
        assert '-H "Authorization: Bearer $MODELPORT_TOKEN" --json' in outputs["call"]
        folder = context.home.deployment("dev", "tiny")
        assert not (folder / "auth-header").exists()
        assert httpx.post(f"{outputs['url']}/predict", json={}).status_code == 401

        monkeypatch.setenv("MODELPORT_TOKEN", issuer.token(SIGNER, aud="another"))
        changed = inputs.model_copy(update={"max_rows": 200})
        with pytest.raises(ServiceError, match=r"401.*it is for another audience"):
            handler.update(context, inputs.resource_id, inputs, changed, outputs)

        monkeypatch.setenv("MODELPORT_TOKEN", issuer.token(SIGNER))
        proved = handler.update(context, inputs.resource_id, inputs, changed, outputs)
        assert proved["verified"] == "2 golden answers"
        assert not handler.drift(context, inputs.resource_id, changed, proved)
        for file in folder.rglob("*"):  # a token is nowhere kept
            if file.is_file():
                assert issuer.token(SIGNER).split(".")[1][:20] not in file.read_text("latin-1")
    finally:
        handler.delete(context, inputs.resource_id, inputs)
