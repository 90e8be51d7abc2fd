"""The plugin's protocol with the real engine, without a bundle: the API key.

What it does not prove: anything about servers; `test_local_service.py` does.
"""

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from engine_project import STACK, Project

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
from modelport.resources import ApiKey

key = ApiKey("key", deployment={name!r})
pulumi.export("key", key.value)
"""


@pytest.fixture
def project(tmp_path: Path) -> Generator[Project]:
    made = Project(tmp_path / "a project")  # a space on purpose
    made.config({})
    yield made
    made.end()


WRONG = """
from modelport import Deployment, ManagedEndpoint

target = {"kind": "aws.sagemakr", "region": "eu-west-1"}
ManagedEndpoint("cancer", Deployment(bundle="breast_cancer", owner="", target=target))
"""


def test_a_mistake_in_a_program_is_named_and_shows_no_traceback(project: Project) -> None:
    project.program(WRONG)
    refused = project.run("up")
    said = "\n".join(refused.errors)
    assert "Deployment.target.kind: 'aws.sagemakr' is not a kind of target" in said
    assert "did you mean 'aws.sagemaker'?" in said
    assert "Deployment.owner: must not be empty" in said
    assert "Traceback" not in said
    assert refused.changes == {"create": 1}  # the stack itself


def test_life_of_a_key(project: Project) -> None:
    project.program(PROGRAM.format(name="cancer"))

    assert project.run("preview").changes == {"create": 2}

    first = project.run("up")
    assert first.changes == {"create": 2}
    key = first.outputs["key"]
    assert key.startswith("mp_")
    assert len(key) == 46

    again = project.run("up")
    assert again.changes == {}
    assert again.outputs["key"] == key

    assert project.run("refresh").changes == {}

    project.program(PROGRAM.format(name="heart"))
    rotated = project.run("up")
    assert rotated.changes == {"replace": 1}
    assert rotated.outputs["key"] != key

    exported = json.loads(project.pulumi("stack", "export", "-s", STACK).stdout)
    assert rotated.outputs["key"] not in json.dumps(exported)

    assert project.run("destroy").changes == {"delete": 2}


def test_an_unknown_property_is_refused_before_anything_is_made(project: Project) -> None:
    project.program(
        "import pulumi\n"
        "from modelport import __version__\n"
        "pulumi.CustomResource('modelport:auth:ApiKey', 'key', {'deploymnet': 'x'},\n"
        "    pulumi.ResourceOptions(version=__version__))\n"
    )
    ran = project.run("up")
    assert not ran.ok
    assert "deploymnet" in "\n".join(ran.errors)
    assert "Traceback" not in "\n".join(ran.errors)
    assert "create" not in {key for key in ran.changes if ran.changes[key] > 1}


def test_an_unknown_type_is_named_with_those_there_are(project: Project) -> None:
    project.program(
        "import pulumi\n"
        "from modelport import __version__\n"
        "pulumi.CustomResource('modelport:auth:Key', 'key', {},\n"
        "    pulumi.ResourceOptions(version=__version__))\n"
    )
    ran = project.run("preview")
    assert "modelport:auth:Key: no such resource type" in "\n".join(ran.errors)
