"""The projects below stacks/ live their life offline, each from its own files."""

from pathlib import Path

import pytest
import yaml

from engine_project import ROOT, STACK
from modelport.config import read_stack_file
from offline_project import OfflineProject
from platform_life import FIRST, place_bundle

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    made = OfflineProject(tmp_path_factory.mktemp("stacks") / "project")
    place_bundle(made.home, FIRST)
    return made


def become(project: OfflineProject, name: str) -> None:
    """Take over the files of one of the projects; the backend stays."""
    folder = ROOT / "stacks" / name
    settings = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    assert settings["name"] == name
    assert (folder / settings["runtime"]["options"]["virtualenv"]).resolve() == ROOT / ".venv"
    (project.folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\nmain: program\n")
    (project.folder / f"Pulumi.{STACK}.yaml").unlink(missing_ok=True)
    project.program((folder / "__main__.py").read_text())
    config = yaml.safe_load((folder / "Pulumi.dev.yaml").read_text())["config"]
    project.settings(**{key.replace(":", "__"): value for key, value in config.items()})


def test_a_platform_team_composes_a_component_in_fifteen_lines(project: OfflineProject) -> None:
    become(project, "platform-team")
    made = project.do("up")
    assert made.ok, made.messages
    assert "cancer-endpoint" in made.did("create")
    policy = project.state()["cancer-callers"]["inputs"]["policy"]
    assert ":endpoint/mp-cancer-test" in policy
    assert set(project.do("up").steps.values()) == {"same"}
    assert project.do("destroy").ok
    lines = (ROOT / "stacks/platform-team/__main__.py").read_text().splitlines()
    code = [line for line in lines if line and not line.startswith(("import", "from", '"""'))]
    assert len(code) <= 15


def test_what_a_component_refuses_is_a_sentence(project: OfflineProject) -> None:
    become(project, "platform-team")
    program = (ROOT / "stacks" / "platform-team" / "__main__.py").read_text()
    project.program(program.replace("breast_cancer", "brest_cancer"))
    made = project.do("up")
    assert not made.ok
    assert "bundle brest_cancer is not built; run: modelport build brest_cancer" in made.messages
    assert "Traceback" not in str(made.messages)
    assert project.do("destroy").ok


def test_a_model_in_the_network_of_another_stack(project: OfflineProject) -> None:
    become(project, "shared-network")
    made = project.do("up")
    assert made.ok, made.messages
    network = project.outputs()
    become(project, "network-tenant")
    made = project.do("up")
    assert made.ok, made.messages
    model = next(
        item for item in project.state().values() if item["type"] == "aws:sagemaker/model:Model"
    )
    assert model["inputs"]["vpcConfig"]["subnets"] == network["subnets"]
    assert model["inputs"]["enableNetworkIsolation"] is False
    assert project.do("destroy").ok
    become(project, "shared-network")
    assert project.do("destroy").ok


def test_one_model_on_three_clouds(project: OfflineProject) -> None:
    become(project, "three-clouds")
    made = project.do("up")
    assert made.ok, made.messages
    outputs = project.outputs()
    assert {name: output["kind"] for name, output in outputs.items()} == {
        "aws": "aws.sagemaker",
        "gcp": "gcp.vertex",
        "azure": "azure.ml",
    }
    assert len({output["version"] for output in outputs.values()}) == 1
    assert project.do("destroy").ok


def test_every_stack_file_of_the_repository_is_valid() -> None:
    files = [*ROOT.glob("Pulumi.*.yaml"), *Path(ROOT / "stacks").glob("*/Pulumi.*.yaml")]
    ours = [file for file in files if "modelport:deployments" in file.read_text()]
    assert len(ours) == 3
    for file in ours:
        assert read_stack_file(file).deployments
