"""LocalService through the real engine: a real bundle, real processes, real requests.

What it does not prove: that no request is lost under load while versions change.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from bundle_variants import (
    SECOND,
    corrupt_model,
    never_ready,
    original,
    poor_scores,
    raise_on_start,
    variant,
    wrong_answers,
)
from engine_project import STACK, Project, free_port

pytestmark = pytest.mark.engine


def deployment(project: Project, port: int, version: str = "", **more: Any) -> dict[str, Any]:
    first = original(project.home.bentoml)
    target = {"kind": "local", "port": port, **more.pop("target", {})}
    return {
        "bundle": f"breast_cancer@{version or first}",
        "owner": "diagnostics",
        "target": target,
        **more,
    }


def write(project: Project, port: int, version: str = "", **more: Any) -> None:
    project.config({"cancer": deployment(project, port, version, **more)})


def ask(project: Project, port: int) -> httpx.Response:
    name, _, value = (project.work("cancer") / "auth-header").read_text().strip().partition(": ")
    body = (project.work("cancer") / "request.json").read_bytes()
    headers = {name: value, "content-type": "application/json"}
    url = f"http://127.0.0.1:{port}/predict"
    return httpx.post(url, content=body, headers=headers, trust_env=False)


def live_pids(project: Project) -> list[int]:
    status = project.status("cancer")
    workers = [item["pid"] for live in status["generations"] for item in live["workers"]]
    return [status["pid"], *workers]


def wait_until_gone(pids: list[int]) -> None:
    processes: list[psutil.Process] = []
    for pid in pids:
        try:
            processes.append(psutil.Process(pid))
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert alive == []


def test_life_of_a_deployment(project: Project) -> None:
    """preview, up, up without changes, refresh, drift, heal, swap, destroy."""
    port = free_port()
    write(project, port)

    assert project.run("preview").changes == {"create": 4}
    assert not project.work("cancer").exists()

    first = project.run("up")
    assert first.changes == {"create": 4}, first.errors
    output = first.outputs["cancer"]
    assert output["url"] == f"http://127.0.0.1:{port}"
    assert ask(project, port).json()["model"] == f"breast_cancer@{output['version']}"
    refused = httpx.post(f"{output['url']}/predict", json={"instances": []}, trust_env=False)
    assert refused.status_code == 401
    key = (project.work("cancer") / "auth-header").read_text().split()[-1]
    assert (project.work("cancer") / "auth-header").stat().st_mode & 0o777 == 0o600
    exported = project.pulumi("stack", "export", "-s", STACK).stdout
    assert key not in exported
    assert key not in (project.work("cancer") / "settings.json").read_text()

    pids = live_pids(project)
    again = project.run("up")
    assert again.changes == {}
    assert live_pids(project) == pids
    assert project.run("refresh").changes == {}

    # The server dies: refresh sees it, up heals it, and also heals it without a refresh.
    for heal in ("refresh", "up"):
        os.kill(live_pids(project)[0], signal.SIGKILL)
        wait_until_gone(pids)
        if heal == "refresh":
            assert project.run("refresh").changes == {"update": 1}
        assert project.run("preview").changes == {"update": 1}
        healed = project.run("up")
        assert healed.changes == {"update": 1}, healed.errors
        assert ask(project, port).status_code == 200
        pids = live_pids(project)

    write(project, port, SECOND)
    swapped = project.run("up")
    assert swapped.changes == {"update": 2}, swapped.errors
    assert live_pids(project)[0] == pids[0]
    answer = ask(project, port)
    assert answer.json()["model"] == f"breast_cancer@{SECOND}"
    assert answer.headers["x-modelport-version"] == SECOND

    pids = live_pids(project)
    assert project.run("destroy").changes == {"delete": 4}
    wait_until_gone(pids)
    assert not (project.home.root / STACK).exists()
    socket.create_server(("127.0.0.1", port)).close()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (corrupt_model, "breast_cancer@bad0000000000000 did not start: the model file"),
        (raise_on_start, "no GPU"),
        (never_ready, "did not start: not ready within 4 s"),
        (wrong_answers, "does not repeat its golden predictions"),
    ],
)
def test_a_version_that_fails_leaves_the_live_one_alone(
    project: Project, change: Any, reason: str
) -> None:
    port = free_port()
    write(project, port)
    first = project.run("up")
    assert first.ok, first.errors
    pids = live_pids(project)

    bad = variant(project.home.bentoml, "bad0000000000000", change)
    timeout = 4 if change is never_ready else 60
    write(project, port, bad, target={"start_timeout": timeout})
    failed = project.run("up")
    assert not failed.ok
    said = "\n".join(failed.errors)
    assert reason in said
    assert f"breast_cancer@{first.outputs['cancer']['version']} goes on serving" in said
    assert "last lines of .modelport/test/cancer/server.log:" in said
    assert "Traceback" not in said
    assert live_pids(project) == pids
    assert ask(project, port).status_code == 200

    # The way back is to write what is live.
    write(project, port)
    assert project.run("up").ok
    assert live_pids(project) == pids


def test_a_first_version_that_fails_leaves_nothing_but_its_log(project: Project) -> None:
    port = free_port()
    bad = variant(project.home.bentoml, "bad0000000000000", corrupt_model)
    write(project, port, bad)
    failed = project.run("up")
    assert not failed.ok
    assert [path.name for path in project.work("cancer").iterdir()] == ["server.log"]
    assert "cannot start" in (project.work("cancer") / "server.log").read_text()
    socket.create_server(("127.0.0.1", port)).close()

    write(project, port)
    assert project.run("up").ok
    assert "cannot start" not in (project.work("cancer") / "server.log").read_text()


def test_a_taken_port_is_named(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = int(holder.getsockname()[1])
        write(project, port)
        failed = project.run("up")
    assert not failed.ok
    assert f"port {port} on 127.0.0.1 is taken by" in "\n".join(failed.errors)
    assert f"(pid {os.getpid()})" in "\n".join(failed.errors)
    assert not (project.work("cancer") / "control.sock").exists()


def test_a_moved_port_and_more_workers(project: Project) -> None:
    port, other = free_port(), free_port()
    write(project, port)
    assert project.run("up").ok
    write(project, other, target={"workers": 2})
    moved = project.run("up")
    assert moved.ok, moved.errors
    assert ask(project, other).status_code == 200
    socket.create_server(("127.0.0.1", port)).close()
    assert len(live_pids(project)) == 3


def test_a_port_that_cannot_be_moved_to_brings_the_old_one_back(project: Project) -> None:
    port = free_port()
    write(project, port)
    assert project.run("up").ok
    with socket.create_server(("127.0.0.1", 0)) as holder:
        write(project, int(holder.getsockname()[1]))
        failed = project.run("up")
    assert not failed.ok
    assert "was started again" in "\n".join(failed.errors)
    assert ask(project, port).status_code == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_said_so_and_the_live_version_goes_on(project: Project) -> None:
    disk = project.home.root / STACK
    disk.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(disk)], check=True)
    try:
        filler = disk / "filler"
        port = free_port()
        write(project, port)
        fill(filler)
        failed = project.run("up")
        assert "No space left on device" in "\n".join(failed.errors)
        assert "Traceback" not in "\n".join(failed.errors)

        filler.unlink()
        made = project.run("up")
        assert made.ok, made.errors
        live = f"breast_cancer@{made.outputs['cancer']['version']}"
        fill(filler)
        write(project, port, SECOND)
        failed = project.run("up")
        said = "\n".join(failed.errors)
        assert "No space left on device" in said
        assert f"{live} goes on serving" in said
        assert ask(project, port).json()["model"] == live

        filler.unlink()
        assert project.run("up").ok
        assert project.run("destroy").ok
    finally:
        project.end()
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(b"0" * 1024):
            pass


def test_no_authentication_on_loopback(project: Project) -> None:
    port = free_port()
    write(project, port, auth="none")
    made = project.run("up")
    assert made.changes == {"create": 3}, made.errors
    assert "-H" not in made.outputs["cancer"]["call"]
    url = f"http://127.0.0.1:{port}/predict"
    body = json.loads((project.work("cancer") / "request.json").read_text())
    assert httpx.post(url, json=body, trust_env=False).status_code == 200


def test_two_deployments_of_one_bundle_live_side_by_side(project: Project) -> None:
    ports = [free_port(), free_port()]
    project.config(
        {
            "one": deployment(project, ports[0]),
            "two": deployment(project, ports[1], SECOND),
        }
    )
    made = project.run("up")
    assert made.changes == {"create": 7}, made.errors
    keys = {(project.work(name) / "auth-header").read_text() for name in ("one", "two")}
    assert len(keys) == 2
    project.config({"two": deployment(project, ports[1], SECOND)})
    assert project.run("up").changes == {"delete": 3}
    assert not project.work("one").exists()
    assert project.work("two").exists()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"taget": {}}, "Pulumi.test.yaml:1: modelport:deployments.cancer.taget: unknown key"),
        ({"auth": "none", "target": {"host": "0.0.0.0"}}, "cancer: auth: none on 0.0.0.0 would"),
        ({"bundle": "breast_cancer@0123456789abcdef"}, "is not built here; versions: "),
        ({"bundle": "breast_cancr"}, "breast_cancr"),
        ({"gate": {"f1": {"min": 0.999}}}, "did not pass its gate: f1 "),
        ({"target": {"kind": "edge"}}, "edge: not in this version"),
    ],
)
def test_what_is_refused_touches_nothing(
    project: Project, broken: dict[str, Any], said: str
) -> None:
    write(project, free_port(), **broken)
    for operation in ("preview", "up"):
        failed = project.run(operation)
        assert not failed.ok
        errors = "\n".join(failed.errors)
        assert said in errors
        assert "Traceback" not in errors
        assert failed.changes.get("create", 0) <= 1  # the stack itself, which the engine makes
    assert not project.work("cancer").exists()


def test_a_poor_model_is_passed_over_for_the_newest_that_passes(project: Project) -> None:
    variant(project.home.bentoml, "bad0000000000000", poor_scores)
    shutil.rmtree(project.home.bentoml / "bentos" / "breast_cancer" / SECOND)
    (project.home.bentoml / "bentos" / "breast_cancer" / "latest").write_text("bad0000000000000")
    port = free_port()
    good = deployment(project, port)
    project.config({"cancer": good | {"bundle": "breast_cancer", "gate": {"f1": {"min": 0.9}}}})
    made = project.run("up")
    assert made.ok, made.errors
    assert made.outputs["cancer"]["version"] == good["bundle"].partition("@")[2]


def test_plain_pulumi_does_the_same(project: Project) -> None:
    port = free_port()
    write(project, port)
    assert project.pulumi("stack", "init", STACK).returncode == 0
    preview = project.pulumi("preview", "-s", STACK, "--diff")
    assert "version        : " in preview.stdout or 'version    : "' in preview.stdout
    up = project.pulumi("up", "-s", STACK, "--yes", "--skip-preview")
    assert up.returncode == 0, up.stdout
    assert ask(project, port).status_code == 200
    down = project.pulumi("destroy", "-s", STACK, "--yes")
    assert down.returncode == 0, down.stdout
    deadline = time.monotonic() + 5
    while (project.home.root / STACK).exists():
        assert time.monotonic() < deadline
