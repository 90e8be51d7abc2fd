"""The real bundle as a real image: built, pushed, and run as each platform runs it."""

import contextlib
import subprocess
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from images.docker_host import BASE, PASSWORD, DockerHost, docker_host, missing
from modelport.bundles.builder import build
from modelport.config.gate import Gate
from modelport.conformance.runtime_api import RuntimeApiServer
from modelport.errors import ServiceError
from modelport.home import Home
from modelport.images import build_and_push
from modelport.images.login import Login
from modelport.provider.handler import Context, Outputs
from modelport.provider.model_image import ModelImageHandler, ModelImageInputs
from modelport.verify import check_answer, golden_body
from modelport_serving.record import BundleRecord, Golden, read_golden
from serving.containers import free_port
from serving.workers import poll

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]
PROJECT = Path(__file__).parents[2]
HANDLER = ModelImageHandler()
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
def host() -> Iterator[DockerHost]:
    reason = missing()
    # Docker is installed where it may be; a machine that forbids it plays everything else.
    if reason is not None:
        pytest.skip(reason)
    with docker_host() as made:
        yield made


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("project") / ".modelport")


@pytest.fixture(scope="module")
def record(home: Home) -> BundleRecord:
    made = build(PROJECT, home, "breast_cancer", Gate())
    # The base image is made from Debian 12, whose one Python is 3.11; a model needs its own.
    if not made.lineage.python.startswith("3.11."):
        pytest.skip(f"Debian's Python is 3.11, the bundle was trained with {made.lineage.python}")
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


def test_it_answers_as_lambda_asks(
    host: DockerHost, home: Home, record: BundleRecord, golden: Golden, plain: Outputs
) -> None:
    outputs = HANDLER.create(Context(home, print), inputs(host, record, adapter="lambda"))[1]
    assert outputs["digest"] != plain["digest"]
    api = RuntimeApiServer()
    variables = {"AWS_LAMBDA_RUNTIME_API": api.address, "MODELPORT_AUTH": "platform"}
    try:
        with running(host, outputs["reference"], variables):
            kind, answer = api.invoke(golden_body(golden), 120)
    finally:
        api.close()
    assert (kind, answer["model"]) == ("response", f"{record.name}@{record.version}")
    labels = [item["label"] for item in answer["predictions"]]
    assert labels == [item.label for item in golden.predictions]


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
