"""The stand-in of a project in which offline sessions work."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from modelport.errors import ConfigError
from modelport.home import Home
from modelport.operations.workspace import secret_keys, workspace


def project(folder: Path, settings: dict[str, Any], stack: dict[str, Any] | None = None) -> Home:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    if stack is not None:
        (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump(stack))
    return Home(folder / ".modelport", folder / ".modelport" / "offline")


def read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


def test_a_real_session_works_in_the_project_itself(tmp_path: Path) -> None:
    made = project(tmp_path, {"name": "a", "runtime": "python"})
    assert workspace(Home(made.root), "dev") == tmp_path


def test_the_program_is_the_projects_and_nothing_asks_for_an_account(tmp_path: Path) -> None:
    settings = {
        "name": "a",
        "runtime": {"name": "python", "options": {"virtualenv": ".venv", "typechecker": "mypy"}},
        "main": "infra",
        "backend": {"url": "s3://state"},
        "plugins": {"providers": [{"name": "aws", "path": "bin"}]},
        "config": {"aws:region": {"value": "eu-west-1"}},
    }
    home = project(tmp_path, settings, {"secretsprovider": "awskms://alias/a", "config": {}})
    folder = workspace(home, "dev")
    found = read(folder / "Pulumi.yaml")
    assert found["main"] == str(tmp_path / "infra")
    assert found["runtime"]["options"] == {
        "virtualenv": str(tmp_path / ".venv"),
        "typechecker": "mypy",
    }
    assert found["config"] == settings["config"]
    assert not found.keys() & {"backend", "plugins"}
    assert read(folder / "Pulumi.dev.yaml") == {"config": {}}


def test_secrets_are_left_out_at_any_depth_and_their_places_are_known(tmp_path: Path) -> None:
    config = {
        "a:region": "eu",
        "a:token": {"secure": "v1:x"},
        "a:db": {"user": "u", "password": {"secure": "v1:y"}, "hosts": [{"key": {"secure": "z"}}]},
    }
    home = project(tmp_path, {"name": "a", "runtime": "python"}, {"config": config})
    folder = workspace(home, "dev")
    assert read(folder / "Pulumi.dev.yaml")["config"] == {
        "a:region": "eu",
        "a:db": {"user": "u", "hosts": [{}]},
    }
    assert sorted(secret_keys(home, "dev")) == [
        'a:db["hosts"][0]["key"]',
        'a:db["password"]',
        "a:token",
    ]


def test_the_salt_of_the_stand_in_is_kept_and_the_projects_own_is_not_taken(tmp_path: Path) -> None:
    stack = {"encryptionsalt": "v1:theirs", "config": {}}
    home = project(tmp_path, {"name": "a", "runtime": "python"}, stack)
    file = workspace(home, "dev") / "Pulumi.dev.yaml"
    assert "encryptionsalt" not in read(file)
    file.write_text(yaml.safe_dump({"config": {}, "encryptionsalt": "v1:ours"}))
    assert workspace(home, "dev") == file.parent
    assert read(file)["encryptionsalt"] == "v1:ours"


def test_a_folder_of_its_own_for_stack_files(tmp_path: Path) -> None:
    home = project(tmp_path, {"name": "a", "runtime": "python", "stackConfigDir": "config"})
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "Pulumi.dev.yaml").write_text("config: {a:b: c}\n")
    assert read(workspace(home, "dev") / "Pulumi.dev.yaml") == {"config": {"a:b": "c"}}


def test_broken_yaml_is_named(tmp_path: Path) -> None:
    home = project(tmp_path, {"name": "a", "runtime": "python"})
    (tmp_path / "Pulumi.dev.yaml").write_text("config: [")
    with pytest.raises(ConfigError, match=r"Pulumi\.dev\.yaml: not YAML"):
        workspace(home, "dev")
