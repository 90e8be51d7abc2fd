"""Planted mistakes in inputs of random types of every SDK, refused by the real engine."""

import os
import random
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import automation as auto

from modelport.engine import engine_environment, install_engine, install_plugin
from modelport.home import Home
from modelport.operations.events import Watcher
from modelport.operations.session import last_error
from modelport.provider.wire import Asset, ResourceReference
from modelport.sdk_provider.check import check_inputs
from sdk_samples import Planted, draw, plant, valid_inputs

PACKAGES = ["aws", "gcp", "azure-native", "kubernetes"]
COUNT = 50
SEED = int(os.environ.get("MODELPORT_SEED", "20261121"))

TRIES = 5
"""How often a preview is asked again for a refusal that it did not show."""


class Raw(pulumi.CustomResource):
    """A resource of any type, with inputs as they are on the wire."""


@pytest.mark.parametrize("package", PACKAGES)
def test_valid_inputs_of_random_types_pass(package: str) -> None:
    chosen = random.Random(SEED)
    for schema in draw(package, COUNT, SEED):
        inputs = valid_inputs(schema, chosen)
        assert check_inputs(inputs, schema.inputs) == [], (schema.token, SEED)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_planted_mistake_is_the_only_problem_and_at_its_path(package: str) -> None:
    chosen = random.Random(SEED)
    for schema in draw(package, COUNT, SEED):
        planted = plant(schema, chosen)
        found = check_inputs(planted.inputs, schema.inputs)
        assert planted.path in {problem.path for problem in found}, (planted, found, SEED)
        assert len(found) == 1, (planted, found, SEED)
        if planted.meant:
            assert f"'{planted.meant}'" in found[0].reason, (planted, found, SEED)


@pytest.mark.engine
@pytest.mark.parametrize("package", PACKAGES)
def test_the_engine_refuses_planted_mistakes(
    package: str, offline: auto.LocalWorkspaceOptions
) -> None:
    refused_by_the_engine(package, 3, offline)


@pytest.mark.e2e
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("package", PACKAGES)
def test_the_engine_refuses_every_planted_mistake(
    package: str, offline: auto.LocalWorkspaceOptions
) -> None:
    refused_by_the_engine(package, COUNT, offline)


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> auto.LocalWorkspaceOptions:
    """What an inline program needs to run offline."""
    home = Home(tmp_path / ".modelport", tmp_path / ".modelport" / "offline")
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    install_engine(home)
    install_plugin(home)
    env = engine_environment(home)
    monkeypatch.setenv("PATH", env["PATH"])
    monkeypatch.chdir(tmp_path)  # where the program runs, and so the plugins
    settings = auto.ProjectSettings("shop", "python")
    return auto.LocalWorkspaceOptions(
        work_dir=str(tmp_path), env_vars=env, project_settings=settings
    )


def refused_by_the_engine(package: str, count: int, options: auto.LocalWorkspaceOptions) -> None:
    chosen = random.Random(SEED)
    cases: list[Planted] = []  # the program below previews the last one

    def program() -> None:
        role = aws.iam.Role("other", assume_role_policy="{}")
        Raw(cases[-1].token, "case", sendable(cases[-1].inputs, role))

    stack = auto.create_stack("dev", project_name="shop", program=program, opts=options)
    for schema in draw(package, count, SEED):
        cases.append(plant(schema, chosen))
        wanted = f"{schema.token} 'case': {cases[-1].path}: "
        said = refused(stack)
        for _ in range(TRIES):
            if wanted in said:
                break
            # An inline program and the engine share the end of a preview: when the program loses
            # its connection first, the engine reports that alone, or nothing.
            said = refused(stack)
        assert wanted in said, (cases[-1], said, SEED)


def refused(stack: auto.Stack) -> str:
    """What a preview that is refused says."""
    watcher = Watcher(lambda _text, _done: None)
    with pytest.raises(auto.CommandError) as caught:
        stack.preview(on_event=watcher)
    return watcher.failure(last_error(caught.value))


def sendable(value: Any, role: pulumi.Resource) -> Any:
    """Inputs as a program gives them to the SDK's runtime."""
    if isinstance(value, ResourceReference):
        return role
    if isinstance(value, Asset):
        return pulumi.StringAsset("text")
    if isinstance(value, dict):
        return {key: sendable(item, role) for key, item in value.items()}
    if isinstance(value, list):
        return [sendable(item, role) for item in value]
    return value
