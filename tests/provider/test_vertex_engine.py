"""Models and deployed models on Vertex AI with the real engine: order, drift and import.

What it does not prove: traffic between versions, which is the live service's.
"""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from engine_project import Project
from fakes.vertex import FakeVertex
from modelport.cloud.google import ENDPOINT
from provider.vertex_life import PARENT, PROJECT, REGION, give_traffic, model_inputs

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
from modelport.resources import VertexDeployedModel, VertexModel

model = VertexModel("model", **{model!r}, opts=pulumi.ResourceOptions(import_={imported!r}))
pulumi.export("model", model.name)
if {deployed!r}:
    VertexDeployedModel("deployed", **{deployed!r}, model=model.name)
"""


@pytest.fixture
def project(tmp_path: Path, fake: FakeVertex) -> Generator[Project]:
    made = Project(tmp_path / "a project")
    made.env[ENDPOINT] = fake.address
    made.config({})
    yield made
    made.end()


def model(version: str = "a", **more: Any) -> dict[str, Any]:
    values = model_inputs(version, **more).model_dump(exclude_none=True)
    return values | {"labels": {"owner": "diagnostics"}}


def deployed(own_id: str = "1001", replicas: int = 1, machine: str = "n1-standard-2") -> Any:
    return {
        "project": PROJECT,
        "region": REGION,
        "endpoint": "cancer",
        "deployed_model_id": own_id,
        "display_name": "cancer",
        "machine_type": machine,
        "max_replicas": replicas,
    }


def write(project: Project, model: Any, deployed: Any = None, imported: str | None = None) -> None:
    project.program(PROGRAM.format(model=model, deployed=deployed, imported=imported))


def calls(fake: FakeVertex) -> list[str]:
    """What was made and removed, in order."""
    found = [
        f"{method} {path.rpartition('/')[2]}" for method, path in fake.requests if method != "GET"
    ]
    fake.requests.clear()
    return found


def test_life(project: Project, fake: FakeVertex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, fake.address)  # a project removes what is not its own
    calls(fake)
    write(project, model(), deployed())
    assert project.run("preview").changes == {"create": 3}
    assert project.run("up").changes == {"create": 3}
    assert calls(fake) == ["POST models:upload", "POST cancer:deployModel"]
    again = project.run("up")
    assert again.changes == {}
    assert again.outputs["model"].endswith("/models/cancer-a")
    assert project.run("refresh").changes == {}

    write(project, model(), deployed(replicas=3))
    assert project.run("up").changes == {"update": 1}
    assert calls(fake) == ["POST cancer:mutateDeployedModel"]

    # Others change it; a refresh shows that, and the next update mends it.
    name, found = next(iter(fake.state.models.items()))
    found.labels = {"owner": "nobody"}
    assert project.run("refresh").changes == {"update": 1}
    assert project.run("up").changes == {"update": 1}
    assert dict(fake.state.models[name].labels) == {"owner": "diagnostics"}
    calls(fake)

    # Other content has another id: the new one is there before the old one goes.
    write(project, model("b"), deployed("1002", 3))
    ran = project.run("up")
    assert not ran.ok
    assert "1001 still takes 100 % of the traffic" in "\n".join(ran.errors)
    assert calls(fake) == ["POST models:upload", "POST cancer:deployModel"]
    give_traffic("b")
    assert project.run("up").ok
    assert calls(fake) == ["PATCH cancer", "POST cancer:undeployModel", "DELETE cancer-a"]

    # The same id on another machine: the old one has to go first.
    write(project, model("b"), deployed("1002", 3, "n1-standard-4"))
    assert project.run("up").changes == {"replace": 1}
    assert calls(fake) == ["POST cancer:undeployModel", "POST cancer:deployModel"]

    assert project.run("destroy").changes == {"delete": 3}
    assert fake.state.models == {}


def test_import(project: Project, fake: FakeVertex) -> None:
    write(project, model())
    assert project.run("up").ok
    project.pulumi("state", "delete", "--all", "--yes", "--force", "-s", "test")
    name = f"{PARENT}/models/cancer-a"
    write(project, model(), imported=name)
    assert project.run("up").changes == {"create": 1, "import": 1}
    assert fake.state.accepted["uploadModel", "cancer-a"] == 1
    write(project, model())
    assert project.run("up").changes == {}
    assert project.run("destroy").ok
    assert fake.state.models == {}

    write(project, model("b"), imported=f"{PARENT}/models/cancer-b")
    ran = project.run("up")
    assert not ran.ok
    assert f"model {PARENT}/models/cancer-b is not there" in "\n".join(ran.errors)
