"""Unmodified programs of the Kubernetes SDK on real nodes, with the real engine."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from cluster.programs import RESOURCES, SHOP, WEB
from engine_project import FAST, Project
from kube.cluster import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> Generator[str]:
    """A namespace of the test's own, made by hand."""
    name = str(request.node.name).replace("_", "-")[:40].strip("-")
    cluster.kubectl("create", "namespace", name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


def test_a_program_lives_its_whole_life(project: Project, cluster: Cluster) -> None:
    project.program(SHOP)
    assert project.run("preview").changes == {"create": RESOURCES}
    up = project.run("up")
    assert up.ok, up.errors
    assert up.changes == {"create": RESOURCES}
    service = cluster.get("service", "web", "-n", "shop")
    assert up.outputs["address"] == service["spec"]["clusterIP"]
    assert up.outputs["unnamed"].startswith("unnamed-")
    assert "open-sesame" not in project.pulumi("stack", "export").stdout
    assert project.run("up").changes == {}

    project.program(SHOP.replace("localhost/app:1", "localhost/app:2"))
    changed = project.run("up")
    assert changed.ok, changed.errors
    assert changed.changes == {"update": 2, "replace": 1}  # a job's template cannot change
    pods = cluster.get("pods", "-n", "shop", "-l", "app=web")["items"]
    running = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    assert {pod["spec"]["containers"][0]["image"] for pod in running} == {"localhost/app:2"}
    assert project.run("up").changes == {}

    assert project.run("destroy").ok
    left = cluster.kubectl("get", "namespaces,crd,storageclasses", "-o", "name")
    assert "shop" not in left
    assert "example.com" not in left
    assert "slow" not in left


def test_what_others_change_is_seen_and_set_back(
    project: Project, cluster: Cluster, namespace: str
) -> None:
    project.program(WEB.replace("NAMESPACE", namespace))
    assert project.run("up").ok
    cluster.kubectl("scale", "deployment", "web", "-n", namespace, "--replicas=1")
    cluster.kubectl("label", "deployment", "web", "-n", namespace, "team=other")
    assert project.run("refresh").changes == {"update": 1}
    healed = project.run("up")
    assert healed.changes == {"update": 1}
    live = cluster.get("deployment", "web", "-n", namespace)
    assert live["spec"]["replicas"] == 2
    assert live["metadata"]["labels"] == {"team": "other"}  # not the program's business
    assert project.run("up", refresh=True).changes == {}

    cluster.kubectl("delete", "deployment", "web", "-n", namespace)
    assert project.run("up", refresh=True).changes["create"] == 1
    assert project.run("destroy").ok


def test_a_broken_image_fails_with_its_reasons_and_heals(project: Project, namespace: str) -> None:
    program = WEB.replace("NAMESPACE", namespace)
    project.program(program)
    assert project.run("up").ok
    project.program(program.replace("localhost/app:1", "localhost/none:9"))
    started = time.monotonic()
    broken = project.run("up")
    assert not broken.ok
    assert time.monotonic() - started < 60
    said = "\n".join(broken.errors)
    assert f"apps/v1 Deployment {namespace}/web is not ready after 8 s" in said
    assert "container app: " in said
    assert "ImagePull" in said
    assert "localhost/none:9" in said
    project.program(program)
    healed = project.run("up")
    assert healed.ok, healed.errors
    assert healed.changes == {"update": 1}
    assert project.run("up").changes == {}

    project.program(program.replace('["serve"]', '["crash", "the model is not there"]'))
    said = "\n".join(project.run("up").errors)
    assert "ended with status 3" in said
    assert "its last lines: the model is not there" in said
    assert project.run("destroy").ok


def test_a_deployment_that_is_broken_from_the_start_heals(project: Project, namespace: str) -> None:
    program = WEB.replace("NAMESPACE", namespace)
    project.program(program.replace("localhost/app:1", "localhost/none:9"))
    assert not project.run("up").ok
    project.program(program)
    healed = project.run("up")
    assert healed.ok, healed.errors
    assert healed.changes == {"update": 1}
    assert project.run("destroy").changes["delete"] >= 1


def test_refusals_are_sentences(
    project: Project, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    project.program(WEB.replace("NAMESPACE", namespace))
    project.env["KUBECONFIG"] = str(cluster.kubeconfig_of("jane", tmp_path))
    (forbidden,) = project.run("up").errors[:1]
    assert "user 'jane' may not get deployments.apps in namespace " in forbidden
    assert "ask for a role with that verb" in forbidden

    project.env["KUBECONFIG"] = str(cluster.kubeconfig)
    cluster.kubectl("create", "quota", "small", "-n", namespace, "--hard=pods=1")
    said = "\n".join(project.run("up").errors)
    assert "exceeded quota: small" in said
    cluster.kubectl("delete", "quota", "small", "-n", namespace)
    # The controller tries again after longer and longer pauses.
    project.program(WEB.replace("NAMESPACE", namespace).replace('"8"', '"200"'))
    assert project.run("up").ok

    cluster.kubectl(
        "apply", "--server-side", "--force-conflicts", "--field-manager=other", "-f", "-",
        stdin="{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: "
        f"{namespace}}}, spec: {{replicas: 3}}}}",
    )  # fmt: skip
    project.program(WEB.replace("NAMESPACE", namespace).replace("app:1", "app:2"))
    said = "\n".join(project.run("up").errors)
    assert "fields are managed by others: spec.replicas by 'other'" in said
    assert "pulumi.com/patchForce" in said
    assert project.run("destroy").ok


def test_a_killed_update_converges(project: Project, cluster: Cluster) -> None:
    for key in FAST:
        del project.env[key]  # with checkpoints, as users have it
    project.program(SHOP.replace("unnamed = ", "# ").replace("pulumi.export", "# "))
    for waited in (9.0, 7.0, 8.0):
        project.stack()
        process = subprocess.Popen(
            ["pulumi", "up", "--yes", "--skip-preview", "--stack", "test"],
            cwd=project.folder,
            env=project.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(waited)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        project.pulumi("cancel", "--yes", "--stack", "test")
    finished = project.run("up")
    assert finished.ok, finished.errors
    assert project.run("up").changes == {}
    assert project.run("destroy").ok
    assert "shop" not in cluster.kubectl("get", "namespaces", "-o", "name")


def test_an_interrupt_ends_the_wait(project: Project, namespace: str) -> None:
    program = WEB.replace("NAMESPACE", namespace).replace('"8"', '"500"')
    project.program(program.replace("localhost/app:1", "localhost/none:9"))
    project.stack()
    command = ["pulumi", "up", "--yes", "--skip-preview", "--stack", "test", "--color", "never"]
    with subprocess.Popen(
        command,
        cwd=project.folder,
        env=project.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        said = ""
        while "0 of 2 replicas are available" not in said:
            said += process.stdout.readline()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert "cancelled while it waited: 0 of 2 replicas are available" in said
    project.program(program)
    assert project.run("up").changes == {"update": 1}  # it was kept, as not ready
    assert project.run("destroy").ok


def test_a_state_of_the_official_provider_is_continued(
    project: Project, cluster: Cluster, namespace: str
) -> None:
    program = WEB.replace("NAMESPACE", namespace)
    project.program(program)
    assert project.run("up").ok
    # What the official provider leaves: the same object and state, under a manager of its own.
    ours, theirs = "modelport-", "pulumi-kubernetes-0a1b2c3d"
    state = json.loads(project.pulumi("stack", "export").stdout)
    (web,) = (
        item for item in state["deployment"]["resources"] if item.get("id") == f"{namespace}/web"
    )
    manifest = {**web["inputs"], "metadata": {**web["inputs"]["metadata"]}}
    cluster.kubectl("delete", "deployment", "web", "-n", namespace)
    cluster.kubectl(
        *("apply", "--server-side", "--field-manager", theirs, "-f", "-"),
        stdin=json.dumps(manifest),
    )
    cluster.kubectl("rollout", "status", "deployment/web", "-n", namespace)
    assert web["outputs"]["__fieldManager"].startswith(ours)
    live = cluster.get("deployment", "web", "-n", namespace)
    web["outputs"] = {**web["outputs"], **live, "__fieldManager": theirs}
    file = project.folder / "state.json"
    file.write_text(json.dumps(state))
    assert project.pulumi("stack", "import", "--file", str(file)).returncode == 0

    assert project.run("up", refresh=True).changes == {}
    project.program(program.replace("app:1", "app:2"))
    changed = project.run("up")
    assert changed.ok, changed.errors  # no conflict with itself
    managers = {
        entry["manager"]
        for entry in cluster.get(
            "deployment", "web", "-n", namespace, "--show-managed-fields"
        )["metadata"]["managedFields"]
    }  # fmt: skip
    assert theirs in managers
    assert not any(name.startswith(ours) for name in managers)
    assert project.run("destroy").ok
