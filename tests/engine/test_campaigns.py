"""Campaigns of limited length: load during updates, shares of bad canaries, killed updates.

`make soak` plays the long ones.
"""

import time
from pathlib import Path
from typing import Any

import pytest

import hey
from bundle_variants import SECOND, after, corrupt_model, original, variant
from engine_project import Project, free_port
from killing import Campaign
from sharing import Sharing

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

RATE = 200
SECONDS = 70
"""The load lasts as long as the updates, and at least so long."""
LEAST, MOST = 1_000, 300_000
"""Requests; at the wanted rate there are 14,000 and more."""


def test_no_request_fails_over_swaps_refusals_and_aborted_canaries(project: Project) -> None:
    """200 requests a second while versions come, go and are refused."""
    port = free_port()
    store = project.home.bentoml
    first = original(store)
    broken = variant(store, "bad0000000000000", corrupt_model)
    slow = variant(store, "bad1111111111111", after(20, "slow"))
    wrong = variant(store, "bad2222222222222", after(20, "wrong"))
    canary = {"canary": {"steps": [5, 25], "bake": "20s"}}

    def write(version: str, rollout: Any = "all_at_once") -> None:
        deployment = {
            "bundle": f"breast_cancer@{version}",
            "owner": "diagnostics",
            "target": {"kind": "local", "port": port, "workers": 2},
            "rollout": rollout,
        }
        project.config({"cancer": deployment})

    write(first)
    made = project.run("up")
    assert made.ok, made.errors
    load = hey.start(f"http://127.0.0.1:{port}/predict", project.work("cancer"), MOST, RATE, 10)
    began = time.monotonic()
    said: list[str] = []
    for version, rollout, good in (
        (SECOND, "all_at_once", True),
        (broken, "all_at_once", False),
        (slow, canary, False),
        (wrong, canary, False),
        (first, "all_at_once", True),
    ):
        write(version, rollout)
        ran = project.run("up")
        assert ran.ok is good, ran.errors
        said += ran.errors
    assert load.poll() is None, "the load ended before the updates did"
    time.sleep(max(0, began + SECONDS - time.monotonic()))
    counted = hey.report(load)
    assert list(counted.answers) == [200], counted.text
    assert counted.answers[200] > LEAST, counted.text
    assert counted.errors == ""
    text = "\n".join(said)
    assert "p99: " in text
    assert "golden: " in text
    assert f"breast_cancer@{SECOND} goes on serving" in text


def test_a_bad_canary_gets_at_most_its_share(tmp_path: Path, bundles: Path) -> None:
    sharing = Sharing(tmp_path / "project", bundles, seed=7)
    try:
        for _ in range(5):
            sharing.round()
        sharing.finish()
    finally:
        sharing.project.end()


def test_killed_updates_converge(tmp_path: Path, bundles: Path) -> None:
    campaign = Campaign(tmp_path / "a project", bundles, seed=5)
    try:
        for _ in range(20):
            campaign.round()
        campaign.finish()
    finally:
        campaign.project.end()
