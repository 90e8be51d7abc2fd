"""Signing in to the registries, with the credentials of each cloud."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from images.registry_server import RegistryServer
from modelport.cloud import google
from modelport.errors import ServiceError
from modelport.images.login import Login, login

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/cancer"
HELPER = """#!/bin/sh
read server
[ "$1 $server" = "get registry.example.com" ] || { echo "credentials not found" >&2; exit 1; }
echo '{"ServerURL": "registry.example.com", "Username": "me", "Secret": "from the helper"}'
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker's configuration of a user who is signed in nowhere."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


@pytest.fixture
def acr(monkeypatch: pytest.MonkeyPatch) -> Iterator[RegistryServer]:
    server = RegistryServer("basic")
    monkeypatch.setenv("MODELPORT_AZURE_ENDPOINT", "http://127.0.0.1:1")
    yield server
    server.close()


def test_ecr_gives_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        found = login("ecr", ECR)
    assert found is not None
    assert found.user == "AWS"
    assert found.password
    assert found.password not in repr(found)


@pytest.mark.parametrize("host", ["cancer", "public.ecr.aws", "1.dkr.ecr.eu-west-1.amazonaws.com"])
def test_what_is_no_registry_of_ecr(host: str) -> None:
    with pytest.raises(ServiceError, match=f"{host} is no registry of ECR"):
        login("ecr", f"{host}/cancer")


def test_google_takes_an_access_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google, "access_token", lambda: "ya29.token")
    found = login("artifact_registry", "europe-west1-docker.pkg.dev/project/images/cancer")
    assert found == Login("oauth2accesstoken", "ya29.token")


def test_azure_exchanges_the_token_at_the_registry(acr: RegistryServer) -> None:
    assert login("acr", acr.repository) == Login("00000000-0000-0000-0000-000000000000", "ours")
    form = {"grant_type": "access_token", "service": acr.host, "access_token": "offline"}
    assert acr.exchanged == [form]


def test_azure_refuses(acr: RegistryServer) -> None:
    acr.exchange = lambda form: (403, {}, b"not allowed")
    with pytest.raises(ServiceError, match=r"refused to sign in: 403: not allowed; grant AcrPush"):
        login("acr", acr.repository)


def test_heroku_takes_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    repository = "registry.heroku.com/app/web"
    monkeypatch.setenv("HEROKU_API_KEY", "key")
    assert login("heroku", repository) == Login("_", "key")
    monkeypatch.delenv("HEROKU_API_KEY")
    with pytest.raises(
        ServiceError, match=r"nothing can sign in to registry\.heroku\.com; set HER"
    ):
        login("heroku", repository)


def test_what_docker_login_left(folder: Path) -> None:
    repository = "registry.example.com/models/cancer"
    assert login("docker", repository) is None
    auth = base64.b64encode(b"me:with: a colon").decode()
    config = {"auths": {"registry.example.com": {"auth": auth}}}
    (folder / "config.json").write_text(json.dumps(config))
    assert login("docker", repository) == Login("me", "with: a colon")
    assert login("docker", "other.example.com/models/cancer") is None


@pytest.mark.parametrize("key", ["credsStore", "credHelpers"])
def test_what_a_credential_helper_knows(
    folder: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    helper = folder / "docker-credential-tests"
    helper.write_text(HELPER)
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    value = "tests" if key == "credsStore" else {"registry.example.com": "tests"}
    (folder / "config.json").write_text(json.dumps({key: value}))
    found = login("docker", "registry.example.com/models/cancer")
    assert found == Login("me", "from the helper")
    assert login("docker", "other.example.com/models/cancer") is None
    helper.unlink()
    with pytest.raises(ServiceError, match="docker-credential-tests cannot be asked for registry"):
        login("docker", "registry.example.com/models/cancer")
