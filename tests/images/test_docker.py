"""The real bundle as a real image: built, pushed, and run as each platform runs it."""

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from images.docker_host import BASE, PASSWORD, USER, DockerHost
from modelport.bundles import bento_path, list_bundles
from modelport.bundles.lock import Lock
from modelport.config import TARGETS
from modelport.conformance import Subject, check_kind
from modelport.errors import ServiceError
from modelport.home import Home
from modelport.images import (
    Found,
    Registry,
    build_and_push,
    buildah,
    bundle_store,
    write_context,
)
from modelport.images.context import TIME
from modelport.images.login import Login
from modelport.images.registry import DOCKER_MANIFEST
from modelport.provider.handler import Context, Outputs
from modelport.provider.model_image import ModelImageHandler, ModelImageInputs
from modelport.verify import check_answer, golden_body
from modelport_serving.record import BundleRecord, Golden, read_golden
from serving.containers import free_port
from serving.workers import poll

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]
PROJECT = Path(__file__).parents[2]
FEW = ("click", "httptools")
HANDLER = ModelImageHandler()
ODD = PROJECT / "tests" / "conformance" / "odd_server.py"
HARDENED = (
    "--read-only", "--tmpfs", "/tmp:size=256m",  # noqa: S108 - of the container
    "--network", "host", "--cap-drop", "ALL",
    "--security-opt", "no-new-privileges",
)  # fmt: skip
VERTEX = {
    "AIP_PREDICT_ROUTE": "/v1/endpoints/1/deployedModels/2:predict",
    "AIP_HEALTH_ROUTE": "/v1/endpoints/1/deployedModels/2",
}


@pytest.fixture(scope="module")
def home(cancer: Home) -> Home:
    return cancer


@pytest.fixture(scope="module")
def record(home: Home) -> BundleRecord:
    [made] = list_bundles(home, "breast_cancer")
    return made


@pytest.fixture(scope="module")
def golden(home: Home, record: BundleRecord) -> Golden:
    return read_golden(home.bentoml / "bentos" / record.name / record.version / "src")


def inputs(host: DockerHost, record: BundleRecord, **changes: Any) -> ModelImageInputs:
    fields = {
        "bundle": record.name,
        "version": record.version,
        "repository": f"{host.registry}/models/cancer",
        "registry": "docker",
        "base_image": BASE,
    }
    return ModelImageInputs.model_validate(fields | changes)


@pytest.fixture(scope="module")
def plain(host: DockerHost, home: Home, record: BundleRecord) -> Outputs:
    return HANDLER.create(Context(home, print), inputs(host, record))[1]


@contextlib.contextmanager
def running(
    host: DockerHost, image: str, variables: dict[str, str], *arguments: str
) -> Generator[str]:
    """Run an image as strictly as any platform does."""
    given = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
    container = host.run("run", "--detach", *HARDENED, *given, image, *arguments)
    try:
        yield container
    finally:
        host.run("rm", "--force", container)


def ready(url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(url, trust_env=False, timeout=2).status_code == 200
    return False


def test_it_is_in_the_registry_under_its_digest(
    host: DockerHost, home: Home, record: BundleRecord, plain: Outputs
) -> None:
    wanted, context = inputs(host, record), Context(home, print)
    assert HANDLER.read(context, wanted.repository, wanted, plain) == plain
    assert plain["image_id"] == host.run(
        "image", "inspect", "--format", "{{.Id}}", plain["reference"]
    )
    begun = time.monotonic()
    again = HANDLER.create(context, wanted)[1]
    assert again["digest"] == plain["digest"]
    assert again["verified"].startswith("was in the registry")
    assert time.monotonic() - begun < 10
    # The login was in a folder that is gone; the user's own configuration is as it was.
    assert [path.name for path in host.config.iterdir()] == ["config.json"]


def test_it_answers_as_sagemaker_and_vertex_ask(
    host: DockerHost, record: BundleRecord, golden: Golden, plain: Outputs
) -> None:
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    variables = {"PORT": port, "MODELPORT_AUTH": "platform", "MODELPORT_WORKERS": "2", **VERTEX}
    with running(host, plain["reference"], variables, "serve") as container:
        poll(lambda: ready(f"{url}/ping"), host.run("logs", container), 120)
        assert ready(url + VERTEX["AIP_HEALTH_ROUTE"])
        for route in ("/invocations", "/predict", VERTEX["AIP_PREDICT_ROUTE"]):
            answer = httpx.post(url + route, json=golden_body(golden), trust_env=False, timeout=20)
            version = answer.headers["x-modelport-version"]
            found = check_answer(route, answer.status_code, version, answer.text, record, golden)
            assert found.answers == len(golden.predictions)
        assert host.run("exec", container, "id", "--user") == "10001"
        begun = time.monotonic()
        host.run("stop", "--time", "10", container)
        assert time.monotonic() - begun < 10
        state = host.run("inspect", "--format", "{{.State.ExitCode}}", container)
        assert state == "0"


def test_it_says_why_it_cannot_start(host: DockerHost, plain: Outputs) -> None:
    with running(host, plain["reference"], {}) as container:
        assert host.run("wait", container) == "1"
        done = subprocess.run(["docker", "logs", container], capture_output=True, check=True)
    [line] = done.stderr.decode().splitlines()
    assert line.startswith("cannot start: who may call this service is not set")


TAKES_IT = sorted(
    {*TARGETS, "docker", "kubernetes"} - {"local", "azure.functions", "gcp.functions"}
)
"""Kinds that start our image as it is."""


@pytest.mark.parametrize("kind", TAKES_IT)
def test_the_same_image_keeps_the_rules_of_every_kind(
    host: DockerHost, home: Home, record: BundleRecord, golden: Golden, plain: Outputs, kind: str
) -> None:
    host.need_bridge()
    bento = bento_path(home, record.name, record.version)
    subject = Subject(record, golden, bento, image=plain["reference"])
    page = check_kind(kind, subject)
    outcomes = {line.rule: (line.outcome, line.said) for line in page.lines}
    assert page.passed, outcomes
    untested = {rule for rule, (outcome, _) in outcomes.items() if outcome == "not tested"}
    assert untested <= {"image"}, outcomes
    assert ("image" in untested) is (kind in {"gcp.vertex", "azure.ml"}), outcomes
    assert host.run("ps", "--all", "--quiet") == ""


def test_what_breaks_a_rule_is_named_with_its_fix(
    host: DockerHost, home: Home, record: BundleRecord, golden: Golden, tmp_path: Path
) -> None:
    host.need_bridge()
    shutil.copyfile(ODD, tmp_path / "server.py")
    predictions = [item.model_dump(mode="json") for item in golden.predictions]
    (tmp_path / "answers.json").write_text(json.dumps({"predictions": predictions}))

    def page(kind: str, *faults: str) -> dict[str, tuple[str, str]]:
        entry = json.dumps(["python3", "/server.py", "/answers.json", *faults])
        (tmp_path / "Dockerfile").write_text(
            f"FROM {BASE}\nCOPY server.py answers.json /\nENTRYPOINT {entry}\n"
        )
        host.run("build", "--tag", "odd:1", str(tmp_path))
        bento = bento_path(home, record.name, record.version)
        found = check_kind(kind, Subject(record, golden, bento, image="odd:1"))
        assert not found.passed
        return {line.rule: (line.outcome, line.said) for line in found.lines}

    # No user: Heroku gives it one of its own. No port: the fault.
    heroku = page("heroku", "ignores-port")
    assert heroku["listen"][0] == "fail"
    assert heroku["listen"][1].endswith("; read the port from PORT")
    assert heroku["image"] == (
        "fail",
        "its user is root; set USER to another; it has no CMD; add one",
    )
    assert page("gcp.vertex", "loopback")["address"] == (
        "fail", "listens on 127.0.0.1 only; bind 0.0.0.0",
    )  # fmt: skip
    assert page("aws.lambda")["runtime_api"][0] == "fail"
    functions = page("azure.functions")
    assert functions["image"][0] == "fail"
    assert {seen[0] for rule, seen in functions.items() if rule != "image"} == {"not tested"}


def test_it_is_small_and_another_model_is_one_layer_more(
    host: DockerHost, home: Home, record: BundleRecord, plain: Outputs, tmp_path: Path
) -> None:
    def layers(image: str) -> list[str]:
        return json.loads(
            host.run("image", "inspect", "--format", "{{json .RootFS.Layers}}", image)
        )

    size = int(host.run("image", "inspect", "--format", "{{.Size}}", plain["reference"]))
    assert size < 400_000_000
    write_context(home, record, tmp_path / "context", base_image=BASE)
    bundle = bundle_store(tmp_path / "context") / "bentos" / record.name / record.version
    (bundle / "src" / "training.py").write_text("# another model\n")
    host.run("build", "--network", "host", "--tag", "another:1", str(tmp_path / "context"))
    first, second = layers(plain["reference"]), layers("another:1")
    assert first[:-1] == second[:-1]
    assert first[-1] != second[-1]


@pytest.fixture(scope="module")
def few(home: Home, record: BundleRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle's context with few packages, one of them compiled: how they are put in counts."""
    context = tmp_path_factory.mktemp("few") / "context"
    write_context(home, record, context, base_image=BASE)
    pins = context / "packages" / "opt" / "modelport" / "requirements.txt"
    pins.write_text("".join(f"{line}\n" for line in Lock(PROJECT).lines(FEW).values()))
    os.utime(pins, (TIME, TIME))
    return context


def test_two_builds_of_docker_have_the_same_layers(host: DockerHost, few: Path) -> None:
    def layers(image: str) -> list[str]:
        host.run("build", "--no-cache", "--network", "host", "--tag", image, str(few))
        return json.loads(
            host.run("image", "inspect", "--format", "{{json .RootFS.Layers}}", image)
        )

    assert layers("same:1") == layers("same:2")


def test_two_builds_of_buildah_have_the_same_digest(host: DockerHost, few: Path) -> None:
    name = f"{host.registry}/models/few"
    login = Login(USER, PASSWORD)

    def build(tag: str, login: Login = login) -> Found:
        build_and_push(few, name, tag, architecture="amd64", labels={"a": "b"}, login=login)
        found = Registry(name, login).find(tag)
        assert found is not None
        return found

    with host.buildah():
        first = build("1")
        made = buildah.local(f"{name}:1")
        with pytest.raises(ServiceError, match=r"cannot be pushed: the registry refused.*buildah"):
            build("1", Login(USER, "wrong"))
    with host.buildah():
        second = build("2")
    assert second == first
    # A single manifest of Docker's own: Heroku takes no other, and Lambda no list.
    assert first.media_type == DOCKER_MANIFEST
    assert (first.architecture, first.labels["a"]) == ("amd64", "b")
    assert made.image_id == first.image_id
    assert 100_000_000 < made.size < 400_000_000
    program = (
        f"import os, {', '.join(FEW)}; print(os.getuid(), *os.listdir('/opt/modelport/store'))"
    )
    said = host.run(
        "run", "--rm", "--network", "host", "--entrypoint", "python3", f"{name}@{first.digest}",
        "-c", program,
    )  # fmt: skip
    assert said.startswith("10001 ")
    assert "current" in said


def test_the_registry_and_the_build_say_no(host: DockerHost, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\nRUN pip --version\n")

    def make(login: Login) -> None:
        build_and_push(
            tmp_path, f"{host.registry}/models/other", "1", architecture="amd64", labels={},
            login=login, network="host",
        )  # fmt: skip

    with pytest.raises(ServiceError, match="cannot be pushed: the registry refused") as caught:
        make(Login("builder", "wrong"))
    assert PASSWORD not in str(caught.value)
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\nRUN pip install nowhere.whl\n")
    with pytest.raises(ServiceError, match="cannot be built: externally-managed-environment"):
        make(Login("builder", PASSWORD))
