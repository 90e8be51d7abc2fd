"""The command line on a real project: what it prints, where, and how it ends."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest

import modelport
from engine_project import ROOT, STACK, Project, free_port

ON_STACK = ("--stack", STACK)


@pytest.fixture
def project(tmp_path: Path) -> Generator[Project]:
    made = Project(tmp_path / "project")
    for name in ("bentos", "requirements.lock"):
        (made.folder / name).symlink_to(ROOT / name)
    yield made
    made.end()


def write(project: Project, **gate: object) -> int:
    port = free_port()
    deployment = {
        "bundle": "breast_cancer",
        "owner": "diagnostics",
        "target": {"kind": "local", "port": port},
        "gate": gate or {"f1": {"min": 0.9}},
    }
    project.config({"cancer": deployment})
    return port


def test_version(project: Project) -> None:
    assert project.modelport("--version").stdout == f"modelport {modelport.__version__}\n"


def test_help_names_every_command(project: Project) -> None:
    said = project.modelport("--help").stdout
    commands = (
        "up preview down status logs predict observe train build bundle image check validate "
        "schema setup"
    )
    for command in commands.split():
        assert f"  {command} " in said


def test_observe_writes_what_watches_a_deployment_and_refuses_what_it_could_not(
    project: Project,
) -> None:
    port = write(project)
    said = project.modelport("observe", "--out", "watch", *ON_STACK)
    assert said.returncode == 0, said.stderr
    *files, key = said.stdout.splitlines()
    assert files == ["watch/rules.yaml", "watch/dashboard.json", "watch/scrape.yaml"]
    assert all((project.folder / file).is_file() for file in files)
    assert f"127.0.0.1:{port}" in (project.folder / "watch" / "scrape.yaml").read_text()
    assert key.startswith("write the key of callers into ")
    target = {"kind": "docker", "port": port, "replicas": 2}
    project.config({"cancer": {"bundle": "breast_cancer", "owner": "lab", "target": target}})
    said = project.modelport("observe", "--out", "watch", *ON_STACK)
    assert said.returncode == 2
    assert said.stderr.startswith("error: cancer: target.replicas 2: one address leads to every")


def test_check_refuses_what_it_cannot_check(project: Project) -> None:
    said = project.modelport("check", "gcp.vertx")
    assert said.returncode == 1
    assert said.stderr.startswith("error: gcp.vertx: not in the tables of platforms; known: ")
    said = project.modelport("check", "heroku")
    assert said.returncode == 2
    assert said.stderr == "error: which bundle? name one of: breast_cancer, diabetes\n"
    said = project.modelport("check", "heroku", "--bundle", "diabetes")
    assert said.returncode == 1
    assert said.stderr == "error: bundle diabetes is not built; run: modelport build diabetes\n"


def test_validate_says_every_mistake_of_every_stack_at_once(project: Project) -> None:
    write(project)
    assert project.modelport("validate").stdout == f"valid: Pulumi.{STACK}.yaml\n"
    (project.folder / "Pulumi.other.yaml").write_text(
        "config:\n  modelport:deployments:\n    a: {bundle: x, owner: y, target: {prt: 3000}}\n"
        "    b: {bundle: X, owner: y, target: {port: 3000}}\n"
    )
    ran = project.modelport("validate")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.splitlines() == [
        "error: Pulumi.other.yaml:3: modelport:deployments.a.target.prt: "
        "unknown key; write 'port' instead",
        "error: Pulumi.other.yaml:4: modelport:deployments.b.bundle: 'X' is not allowed; allowed: "
        "bundle to serve: `name` for the newest that passes the gate, `name@digest` for exactly "
        "one; did you mean 'x'?",
    ]
    as_json = json.loads(project.modelport("validate", "--json").stdout)
    assert len(as_json["error"]) == 2


def test_schema_is_printed_written_and_checked(project: Project) -> None:
    printed = project.modelport("schema").stdout
    assert json.loads(printed)["properties"]["config"]
    assert "is not current" in project.modelport("schema", "--check").stderr
    assert project.modelport("schema", "--write").returncode == 0
    assert project.modelport("schema", "--check").returncode == 0
    assert (ROOT / "schemas" / "stack.schema.json").read_text() == printed


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("up", "-s", "none"), 2, "Pulumi.none.yaml: no such stack file; stacks here: test"),
        (("status", "-s", "state"), 2, "a stack may not be called 'state'"),
        (("logs", "-s", STACK), 1, "no log of cancer in stack test; logs here: none"),
        (("predict", "-s", STACK), 1, "cancer is not running in stack test"),
        (("predict", "heart", "-s", STACK), 2, "'heart' is no deployment of stack test"),
        (("predict", "-s", STACK, "-d", "@nothing"), 2, "--data @nothing: No such file"),
        (("train", "breast_cancr", "-s", STACK), 1, "breast_cancer"),
    ],
)
def test_an_error_is_one_sentence(
    project: Project, arguments: tuple[str, ...], status: int, said: str
) -> None:
    write(project)
    ran = project.modelport(*arguments)
    assert ran.returncode == status
    assert ran.stdout == ""
    lines = [line for line in ran.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert said in lines[0]
    assert "Traceback" not in ran.stderr


def test_outside_a_project_it_says_so(project: Project, tmp_path: Path) -> None:
    del project.env["MODELPORT_HOME"]
    project.folder = tmp_path
    ran = project.modelport("validate")
    assert ran.returncode == 1
    assert ran.stderr.startswith(
        f"error: no Pulumi.yaml in {tmp_path} or above it; run this inside"
    )


def test_another_clones_shell_is_refused(project: Project, tmp_path: Path) -> None:
    project.env["MODELPORT_HOME"] = str(tmp_path / "elsewhere" / ".modelport")
    ran = project.modelport("validate")
    assert ran.returncode == 1
    assert "MODELPORT_HOME names the home of" in ran.stderr


def test_a_project_inside_another_is_not_taken_for_it(project: Project) -> None:
    inside = project.folder / "inside"
    inside.mkdir()
    (inside / "Pulumi.yaml").write_text("name: inside\nruntime: python\n")
    project.folder = inside
    ran = project.modelport("preview")
    assert ran.returncode == 1
    assert f"but this is {inside}; leave that project's environment first" in ran.stderr


@pytest.mark.engine
def test_a_refused_model_is_shown_with_its_scores_and_not_built(project: Project) -> None:
    write(project, f1={"min": 0.999})
    for command in ("build", "up"):
        ran = project.modelport(command, *ON_STACK)
        assert (ran.returncode, ran.stdout) == (1, "")
        errors = [line for line in ran.stderr.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1
        assert "does not pass its gate: f1 0.99" in errors[0]
        assert "is below 0.999; nothing was built" in errors[0]
        assert "\n  roc_auc " in ran.stderr
    assert not (project.home.bentoml / "bentos").exists()
    assert not project.work("cancer").exists()


@pytest.mark.engine
def test_from_nothing_to_live_and_back(project: Project) -> None:
    port = write(project)
    before = project.modelport("preview", *ON_STACK)
    assert before.returncode == 1
    assert "modelport build breast_cancer" in before.stderr

    trained = json.loads(project.modelport("train", *ON_STACK, "--json").stdout)
    assert trained[0]["state"] == "trained, passes its gate"
    assert not (project.home.bentoml / "bentos").exists()
    built = project.modelport("build", *ON_STACK)
    assert "min 0.9, beat baseline: passed" in built.stdout

    kinds = ("aws.lambda", "gcp.cloud_run", "aws.sagemaker", "aws.ecs", "kubernetes")
    compared = project.modelport("cost", *kinds, *ON_STACK, "--rate", "20", "--out", "cost.svg")
    rows = [line.split()[0] for line in compared.stdout.splitlines() if " x " in line]
    assert sorted(rows) == sorted(kinds[:-1])
    assert "machines of your own: kubernetes." in compared.stdout
    assert (project.folder / "cost.svg").read_text().startswith("<svg")

    up = json.loads(project.modelport("up", *ON_STACK, "--json").stdout)
    assert up["changes"] == {"create": 4}
    (live,) = up["live"]
    assert live["url"] == f"http://127.0.0.1:{port}"
    assert live["version"] == trained[0]["version"]
    assert live["metrics"]["f1"] > live["baseline"]["f1"]

    again = project.modelport("up", *ON_STACK)
    assert again.stdout.splitlines()[0] == "no changes"
    assert "\x1b[" not in again.stdout + again.stderr

    (status,) = json.loads(project.modelport("status", *ON_STACK, "--json").stdout)
    assert status["healthy"] is True
    assert status["detail"].endswith("golden answers")

    answer = json.loads(project.modelport("predict", *ON_STACK).stdout)
    assert answer["model"] == f"breast_cancer@{live['version']}"
    refused = project.modelport("predict", *ON_STACK, "-d", '{"instances": [[1, 2]]}')
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: cancer refused: ")
    assert "instances[0]" in refused.stderr
    assert '"route":"/predict"' in project.modelport("logs", *ON_STACK, "-n", "1").stdout

    assert json.loads(project.modelport("doctor", *ON_STACK, "--json").stdout)[-1]["ok"] is True

    assert json.loads(project.modelport("down", *ON_STACK, "--json").stdout) == {"removed": 4}
    assert project.modelport("down", *ON_STACK).stdout == "nothing to remove\n"
    assert project.modelport("status", *ON_STACK).stdout == "nothing deployed\n"
