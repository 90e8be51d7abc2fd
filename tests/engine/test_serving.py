"""What a deployment's `serving` asks for, through the real engine: gRPC, spans, a second model."""

import json
import shutil
from pathlib import Path
from typing import Any, cast

import httpx
import numpy as np
import pytest

from bundle_variants import NAME, after, original
from engine_project import ROOT, STACK, Project, free_port
from modelport.bundles import bento_path, build, find
from modelport.bundles.lock import LOCK_FILE
from modelport.config import Gate
from modelport_serving.record import BundleRecord, Golden, read_golden
from serving.collectors import attributes, collecting

pytestmark = pytest.mark.engine

CARRIED = ("h2", "protobuf", "opentelemetry-exporter-otlp-proto-http")


@pytest.fixture
def carrying(project: Project, tmp_path: Path) -> BundleRecord:
    """A version in the project's store that carries the first one, gRPC's libraries and OTLP's."""
    sources = tmp_path / "sources"
    shutil.copytree(ROOT / "bentos" / NAME, sources / "bentos" / NAME)
    shutil.copyfile(ROOT / LOCK_FILE, sources / LOCK_FILE)
    file = sources / "bentos" / NAME / "training.py"
    tag = f"{NAME}@{original(project.home.bentoml)}"
    more = f'    service_requirements={CARRIED},\n    previous="{tag}",\n'
    text = file.read_text()
    assert text.endswith("\n)\n")
    file.write_text(f"{text[:-2]}{more})\n")
    return build(sources, project.home, NAME, Gate())


def write(project: Project, record: BundleRecord, port: int, **serving: Any) -> None:
    deployment = {
        "bundle": f"{NAME}@{record.version}",
        "owner": "diagnostics",
        "target": {"kind": "local", "port": port, "workers": 1},
        "serving": serving,
    }
    project.config({"cancer": deployment})


def key(project: Project) -> dict[str, str]:
    name, _, value = (project.work("cancer") / "auth-header").read_text().strip().partition(": ")
    return {name.lower(): value}


def golden(project: Project, record: BundleRecord) -> Golden:
    return read_golden(bento_path(project.home, NAME, record.version) / "src")


def test_grpc_and_spans_are_switched_on_by_an_update(
    project: Project, carrying: BundleRecord
) -> None:
    """A client of the Open Inference Protocol is answered, and a collector hears of it."""
    import tritonclient.grpc as untyped

    triton = cast("Any", untyped)
    port = free_port()
    wanted = golden(project, carrying)
    rows = [row for row in wanted.instances if None not in row]
    labels = [
        answer.label
        for row, answer in zip(wanted.instances, wanted.predictions, strict=True)
        if None not in row
    ]
    with collecting() as collector:
        write(
            project, carrying, port,
            protocols=["grpc"], telemetry={"otlp_endpoint": collector.url},
        )  # fmt: skip
        done = project.run("up")
        assert done.ok, done.errors
        assert done.outputs["cancer"]["version"] == carrying.version
        with triton.InferenceServerClient(f"127.0.0.1:{port}") as client:
            assert client.is_server_ready()
            with pytest.raises(triton.InferenceServerException, match="UNAUTHENTICATED"):
                client.is_model_ready(NAME)
            headers = {**key(project), "x-request-id": "from-triton"}
            assert client.is_model_ready(NAME, carrying.version, headers=key(project))
            tensor = triton.InferInput("rows", [len(rows), len(rows[0])], "FP64")
            tensor.set_data_from_numpy(np.array(rows, dtype=np.float64))
            answer = client.infer(NAME, [tensor], headers=headers)
        assert [label.decode() for label in answer.as_numpy("label")] == labels
        span, below = collector.of("from-triton")
        told = attributes(span.attributes)
        assert span.name == "POST /inference.GRPCInferenceService/ModelInfer"
        assert told["modelport.model.version"] == carrying.version
        assert told["modelport.rows"] == len(rows)
        assert {it.name for it in below} <= {"wait", "compute"}
        assert collector.resources[0]["service.name"] == NAME
        # The proof of the update itself, over HTTP on the same port, has left one as well.
        assert "POST /predict" in {it.name for it in collector.spans}

        write(project, carrying, port)
        done = project.run("up")
        assert done.ok, done.errors
        client = triton.InferenceServerClient(f"127.0.0.1:{port}")
        with client, pytest.raises(triton.InferenceServerException):
            client.is_server_ready()
    assert project.run("destroy").ok


def test_the_previous_version_answers_for_one_that_breaks(
    project: Project, carrying: BundleRecord
) -> None:
    previous = carrying.lineage.previous
    assert previous
    source = bento_path(project.home, NAME, carrying.version) / "src"
    after(10, "errs")(source, source)
    port = free_port()
    write(project, carrying, port, fallback={"previous": True})
    shown = project.run("preview")
    assert shown.ok, shown.errors
    done = project.run("up")
    assert done.ok, done.errors
    exported = json.loads(project.pulumi("stack", "export", "-s", STACK).stdout)
    facts = [it.get("outputs", {}) for it in exported["deployment"]["resources"]]
    assert previous.version in {each.get("fallback_version") for each in facts}

    body = {"instances": [list(row) for row in golden(project, carrying).instances]}
    url = f"http://127.0.0.1:{port}/predict"
    with httpx.Client(headers=key(project), trust_env=False) as client:
        answers = [client.post(url, json=body) for _ in range(30)]
    assert {it.status_code for it in answers} == {200}
    marks = [it.headers.get("x-modelport-fallback-version") for it in answers]
    assert marks[0] is None
    assert marks[-1] == previous.version
    assert {it.headers["x-modelport-version"] for it in answers} == {carrying.version}
    asked = project.modelport("status", "--stack", STACK)
    assert asked.returncode == 1
    assert "answered by its fallback (failed), not by the model" in asked.stdout + asked.stderr

    # A version that carries none is refused before anything is touched.
    first = find(project.home, NAME, previous.version)
    write(project, first, port, fallback={"previous": True})
    refused = project.run("preview")
    assert not refused.ok
    assert "carries no previous version" in "\n".join(refused.errors)
    assert project.run("destroy").ok
