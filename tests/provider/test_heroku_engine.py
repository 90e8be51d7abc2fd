"""A deployment on Heroku with the real engine and plugin, against the Heroku of the tests."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from engine_project import STACK, Project
from fakes.heroku import FakeHeroku
from modelport.cloud.heroku import ENDPOINT, KEY
from provider.heroku_life import NAME, A, B, C

pytestmark = pytest.mark.engine

SECRET = "token-of-the-hospital"
PROGRAM = """
import pulumi
from modelport.resources.heroku import App, ConfigVars, Release

app = App("app", name={name!r}, region="eu", deployment="test/cancer")
variables = ConfigVars(
    "variables",
    app=app.app_id,
    values={{"LOG": {log!r}, "TOKEN": pulumi.Output.secret({secret!r})}},
)
release = Release(
    "release",
    app=app.app_id,
    image={image!r},
    version={image!r}[7:23],
    opts=pulumi.ResourceOptions(depends_on=[variables]),
)
pulumi.export("release", release.release)
pulumi.export("versions", release.releases)
pulumi.export("url", release.web_url)
"""


@pytest.fixture
def project(tmp_path: Path) -> Generator[Project]:
    made = Project(tmp_path / "project")
    made.config({})
    yield made
    made.end()


def program(project: Project, image: str, log: str = "json") -> None:
    project.program(PROGRAM.format(name=NAME, image=image, log=log, secret=SECRET))


@pytest.fixture
def heroku(project: Project) -> Generator[FakeHeroku]:
    """Heroku, where the plugin finds it."""
    with FakeHeroku() as fake:
        project.env |= {ENDPOINT: fake.address, KEY: fake.key}
        yield fake


def test_life(project: Project, heroku: FakeHeroku) -> None:
    program(project, A)
    assert project.run("preview").changes == {"create": 4}
    assert heroku.requests == []

    first = project.run("up")
    assert first.errors == []
    assert first.changes == {"create": 4}
    app = heroku.state.apps[0]
    assert app.current.images == {"web": A}
    assert app.current.variables == {
        "MODELPORT_DEPLOYMENT": "test/cancer",
        "LOG": "json",
        "TOKEN": SECRET,
    }
    assert first.outputs["release"] == app.current.version
    assert first.outputs["url"].startswith(f"https://{NAME}-")

    again = project.run("up")
    assert again.changes == {}
    assert again.outputs == first.outputs

    program(project, B)
    preview = project.run("preview")
    assert preview.changes == {"update": 1}
    second = project.run("up")
    assert second.changes == {"update": 1}
    assert [item["version"] for item in second.outputs["versions"]] == ["a" * 16, "b" * 16]
    assert app.current.images == {"web": B}

    heroku.state.update_variables(app, {"LOG": "text", "THEIRS": "1"})
    heroku.state.update_formation(app, [{"type": "web", "docker_image": C}])
    heroku.state.update_formation(app, [{"type": "web", "quantity": 3}])
    assert project.run("refresh").changes == {"update": 2}
    seen = json.loads(project.pulumi("stack", "export", "-s", STACK).stdout)
    state = {item["urn"].split("::")[-1]: item for item in seen["deployment"]["resources"]}
    assert state["release"]["outputs"]["image"] == "sha256:" + "c" * 12
    assert state["release"]["outputs"]["quantity"] == 3
    healed = project.run("up")
    assert healed.changes == {"update": 2}
    assert app.current.images == {"web": B}
    assert app.current.variables["LOG"] == "json"
    assert app.current.variables["THEIRS"] == "1"
    assert app.formation["web"]["quantity"] == 1
    assert project.run("up").changes == {}

    secrets = {SECRET.encode(), heroku.key.encode()}
    kept = [path for path in project.home.state.rglob("*") if path.is_file()]
    kept += project.home.root.rglob("*.log")
    assert any(NAME.encode() in path.read_bytes() for path in kept)
    assert [path for path in kept for secret in secrets if secret in path.read_bytes()] == []

    assert project.run("destroy").changes == {"delete": 4}
    assert heroku.state.apps == []


def test_what_crashes_fails_the_update_and_is_not_live(
    project: Project, heroku: FakeHeroku
) -> None:
    program(project, A)
    assert project.run("up").ok
    heroku.state.crashing.add(B)
    program(project, B)
    ran = project.run("up")
    assert not ran.ok
    said = "\n".join(ran.errors)
    assert "dyno web.1 of" in said
    assert "v5 is live again" in said
    assert SECRET not in said
    assert heroku.state.apps[0].current.images == {"web": A}
    program(project, A)
    assert project.run("up").changes == {}
