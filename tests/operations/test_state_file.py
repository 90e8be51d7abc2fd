"""Exported states, read for an offline comparison."""

import json
from pathlib import Path
from typing import Any

import pytest

from modelport.errors import ConfigError
from modelport.operations.state_file import read_state_file
from modelport.sdk import version

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


def write(folder: Path, *resources: dict[str, Any]) -> Path:
    file = folder / "prod.json"
    deployment = {
        "manifest": {"version": "v3.220.0"},
        "secrets_providers": {"type": "cloud", "state": {"url": "awskms://alias/a"}},
        "resources": list(resources),
    }
    file.write_text(json.dumps({"version": 3, "deployment": deployment}))
    return file


def test_secrets_become_the_placeholder_at_any_depth(tmp_path: Path) -> None:
    secret = {SIGNATURE: SECRET, "ciphertext": "AAAB"}
    shown = {SIGNATURE: SECRET, "plaintext": '"hunter2"'}
    file = write(
        tmp_path,
        {
            "urn": "urn:pulumi:prod::shop::a:b:C::c",
            "type": "a:b:C",
            "inputs": {"password": secret, "list": [{"key": shown}], "user": "u"},
        },
    )
    deployment = read_state_file(file, "prod", "shop")
    assert "hunter2" not in json.dumps(deployment)
    assert "AAAB" not in json.dumps(deployment)
    placeholder = {SIGNATURE: SECRET, "plaintext": '"[secret]"'}
    assert deployment["resources"][0]["inputs"] == {
        "password": placeholder,
        "list": [{"key": placeholder}],
        "user": "u",
    }
    assert "secrets_providers" not in deployment


def test_providers_get_the_installed_version(tmp_path: Path) -> None:
    provider = {
        "urn": "urn:pulumi:prod::shop::pulumi:providers:aws::default_7_0_0",
        "type": "pulumi:providers:aws",
        "inputs": {"region": "eu-west-1", "version": "7.0.0"},
        "outputs": {"region": "eu-west-1", "version": "7.0.0"},
    }
    other = {**provider, "type": "pulumi:providers:random"}
    found = read_state_file(write(tmp_path, provider, other), "prod", "shop")["resources"]
    assert found[0]["inputs"] == {"region": "eu-west-1", "version": version("aws")}
    assert found[1]["inputs"]["version"] == "7.0.0"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "has no deployment"),
        ("{}", "has no deployment"),
        ('{"deployment": 3}', "has no deployment"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_state_file(file, "prod", "shop")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.json: No such file"):
        read_state_file(tmp_path / "none.json", "prod", "shop")


def test_the_state_of_another_stack_or_project_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, {"urn": "urn:pulumi:dev::shop::a:b:C::c", "type": "a:b:C"})
    with pytest.raises(ConfigError, match="the state of stack 'dev' of project 'shop'; this is"):
        read_state_file(file, "prod", "shop")
    with pytest.raises(ConfigError, match="this is stack 'dev' of project 'market'"):
        read_state_file(file, "dev", "market")
