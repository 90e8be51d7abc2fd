"""Rollouts of real bundles under real requests, through the real engine.

What it does not prove: long runs at the full rate; `tests/load` does.
"""

from typing import Any

import pytest

from bundle_variants import SECOND, after, corrupt_model, original, variant
from engine_project import Project, free_port
from load import Callers

pytestmark = pytest.mark.engine

QUICK = {"steps": [10, 50], "bake": "2s"}


def write(project: Project, port: int, version: str, **more: Any) -> None:
    deployment = {
        "bundle": f"breast_cancer@{version}",
        "owner": "diagnostics",
        "target": {"kind": "local", "port": port, "workers": 1},
        **more,
    }
    project.config({"cancer": deployment})


def first_version(project: Project) -> str:
    return original(project.home.bentoml)


@pytest.fixture
def live(project: Project) -> tuple[Project, int, str]:
    """A project whose first version is live."""
    port, version = free_port(), first_version(project)
    write(project, port, version)
    made = project.run("up")
    assert made.ok, made.errors
    return project, port, version


def test_a_swap_fails_no_request(live: tuple[Project, int, str]) -> None:
    project, port, first = live
    with Callers(project.work("cancer"), port) as callers:
        for version in (SECOND, first):
            write(project, port, version)
            assert project.run("up").ok
    assert callers.seen.failed == 0
    assert set(callers.seen.versions) == {first, SECOND}


def test_a_good_canary_goes_through_its_steps(live: tuple[Project, int, str]) -> None:
    project, port, first = live
    write(project, port, SECOND, rollout={"canary": QUICK})
    with Callers(project.work("cancer"), port) as callers:
        done = project.run("up")
    assert done.ok, done.errors
    assert callers.seen.failed == 0
    assert callers.seen.versions[SECOND] > 0
    assert callers.seen.versions[first] > callers.seen.versions[SECOND] / 2
    status = project.status("cancer")
    assert [item["version"] for item in status["generations"]] == [SECOND]
    assert status["split"] is None


@pytest.mark.parametrize(("fault", "signal"), [("errs", "error_rate"), ("slow", "p99")])
def test_a_bad_canary_is_ended(live: tuple[Project, int, str], fault: str, signal: str) -> None:
    project, port, first = live
    bad = variant(project.home.bentoml, "bad0000000000000", after(10, fault))
    write(project, port, bad, rollout={"canary": {"steps": [10, 50], "bake": "20s"}})
    with Callers(project.work("cancer"), port) as callers:
        ended = project.run("up")
    assert not ended.ok
    said = "\n".join(ended.errors)
    assert "canary ended at 10 % after " in said
    assert f"{signal}: " in said
    assert f"breast_cancer@{first} goes on serving" in said
    assert callers.seen.failed == 0
    total = callers.seen.statuses.total()
    assert callers.seen.versions[bad] <= total * 0.10 + 1
    assert [item["version"] for item in project.status("cancer")["generations"]] == [first]


def test_a_canary_with_wrong_golden_answers_is_ended(live: tuple[Project, int, str]) -> None:
    project, port, first = live
    bad = variant(project.home.bentoml, "bad0000000000000", after(10, "wrong"))
    write(project, port, bad, rollout={"canary": {"steps": [10], "bake": "30s"}})
    with Callers(project.work("cancer"), port) as callers:
        ended = project.run("up")
    assert "golden: wrong answers from " in "\n".join(ended.errors)
    assert callers.seen.failed == 0
    assert callers.seen.versions[bad] <= callers.seen.statuses.total() * 0.10 + 1
    assert first in "\n".join(ended.errors)


def test_a_canary_that_cannot_load_gets_no_request(live: tuple[Project, int, str]) -> None:
    project, port, first = live
    bad = variant(project.home.bentoml, "bad0000000000000", corrupt_model)
    write(project, port, bad, rollout={"canary": QUICK})
    with Callers(project.work("cancer"), port) as callers:
        assert not project.run("up").ok
    assert callers.seen.failed == 0
    assert set(callers.seen.versions) == {first}


def test_a_shadow_never_answers_until_it_takes_over(live: tuple[Project, int, str]) -> None:
    project, port, first = live
    bad = variant(project.home.bentoml, "bad0000000000000", after(10, "errs"))
    write(project, port, bad, rollout={"shadow": {"percent": 50, "bake": "20s"}})
    with Callers(project.work("cancer"), port) as callers:
        ended = project.run("up")
    assert "shadow ended at 50 % after " in "\n".join(ended.errors)
    assert callers.seen.failed == 0
    assert set(callers.seen.versions) == {first}

    write(project, port, SECOND, rollout={"shadow": {"percent": 50, "bake": "2s"}})
    with Callers(project.work("cancer"), port) as callers:
        done = project.run("up")
    assert done.ok, done.errors
    assert callers.seen.failed == 0


def test_a_change_of_the_rollout_alone_restarts_nothing(live: tuple[Project, int, str]) -> None:
    project, port, first = live
    before = project.status("cancer")
    write(project, port, first, rollout={"canary": QUICK})
    assert project.run("up").ok
    after_it = project.status("cancer")
    assert before["generations"] == after_it["generations"]


def test_a_version_that_was_live_goes_back_at_once(live: tuple[Project, int, str]) -> None:
    project, port, first = live
    slow = {"canary": {"steps": [10], "bake": "1h"}}
    write(project, port, SECOND)
    assert project.run("up").ok
    write(project, port, first, rollout=slow)
    back = project.run("up")
    assert back.ok, back.errors
    releases = [item["version"] for item in back.outputs["cancer"]["releases"]]
    assert releases == [first, SECOND, first]


def test_rollback_and_history(live: tuple[Project, int, str]) -> None:
    project, port, first = live
    write(project, port, SECOND)
    assert project.run("up").ok
    done = project.modelport("rollback", "--stack", "test", "--to", first[:6])
    assert done.returncode == 0, done.stderr
    assert f"bundle: breast_cancer@{first}" in done.stdout.splitlines()[0]
    assert project.status("cancer")["generations"][0]["version"] == first
    assert f"breast_cancer@{first}" in (project.folder / "Pulumi.test.yaml").read_text()
    assert project.run("up").changes == {}

    shown = project.modelport("history", "--stack", "test").stdout.splitlines()
    assert [line.split()[0] for line in shown[1:]] == [first, SECOND, first]
    assert shown[1].split()[2] == "live"
    assert [line.split()[3] for line in shown[1:]] == ["3", "2", "1"]

    before = (project.folder / "Pulumi.test.yaml").read_text()
    unknown = project.modelport("rollback", "--stack", "test", "--to", "ffff")
    assert unknown.returncode == 1
    assert "is not built here" in unknown.stderr
    assert (project.folder / "Pulumi.test.yaml").read_text() == before
