"""The resource types through the real engine: offline, and against a served platform."""

import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from engine_project import Project
from live.simulated import KIND, SECOND, Platform, Revision, callers, serving, store
from modelport.engine import install_plugin
from modelport.verify import NOT_VERIFIED
from offline_project import OfflineProject
from records import VERSION

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
from modelport.resources import ApiKey, LiveRevision, Traffic, Verification

key = ApiKey("key", deployment="cancer")
place = {{"kind": {kind!r}, "names": {{"url": pulumi.Output.concat({url!r})}}}}
model = {{"bundle": "breast_cancer", "version": {version!r}}}
before = LiveRevision("before", **place, fingerprint={revision!r})
traffic = Traffic(
    "traffic", **place, **model, revision={revision!r}, api_key=key.value,
    rollout={rollout!r},
    opts=pulumi.ResourceOptions(depends_on=[before]),
)
proof = Verification(
    "proof", **place, **model, revision=traffic.revision, replicas_min=1,
    fingerprint={revision!r}, api_key=key.value, timeout=20,
)
pulumi.export("before", before.revision)
pulumi.export("moved", traffic.moved)
pulumi.export("verified", proof.verified)
pulumi.export("releases", proof.releases)
"""


@pytest.fixture
def platform() -> Generator[Platform]:
    made = Platform(
        revisions={"a1": Revision(), "b2": Revision(SECOND), "c3": Revision("c" * 16)},
        traffic={"a1": 100},
    )
    with serving(made):
        yield made


CANARY: dict[str, Any] = {"canary": {"steps": [50], "bake": "1s"}}
SHADOW: dict[str, Any] = {"shadow": {"percent": 50, "bake": "1s"}}


def program_of(platform: Platform, revision: str, rollout: dict[str, Any] = CANARY) -> str:
    version = platform.revisions[revision].version
    return PROGRAM.format(
        kind=KIND, url=platform.url, version=version, revision=revision, rollout=rollout
    )


def write(
    project: Project, platform: Platform, revision: str, rollout: dict[str, Any] = CANARY
) -> None:
    project.program(program_of(platform, revision, rollout))


@pytest.fixture
def project(tmp_path: Path) -> Generator[Project]:
    """A project whose plugin knows the simulated platform."""
    made = Project(tmp_path / "project")
    made.config({})
    store(made.home.bentoml, VERSION, SECOND, "c" * 16)
    tests = Path(__file__).parents[1]
    shim = install_plugin(made.home)
    shim.write_text(
        f"#!/bin/sh\nPYTHONPATH='{tests}' exec {sys.executable} {tests}/live/plugin.py \"$@\"\n"
    )
    yield made
    made.end()


def test_life_of_a_service(project: Project, platform: Platform) -> None:
    write(project, platform, "a1")
    assert project.run("preview").changes == {"create": 5}
    first = project.run("up")
    assert first.ok, first.errors
    assert first.outputs["verified"] == "revision a1, 2 golden answers"
    assert first.outputs["moved"] == "a1 took all traffic already"
    assert project.run("up").changes == {}

    # A canary under requests.
    write(project, platform, "b2")
    previewed = project.run("preview")
    assert previewed.changes["update"] == 3, previewed
    with callers(platform):
        second = project.run("up")
    assert second.ok, second.errors
    assert second.outputs["before"] == "a1"
    assert second.outputs["moved"].startswith("canary of ")
    assert second.outputs["verified"] == "revision b2, 2 golden answers"
    assert [item["version"] for item in second.outputs["releases"]] == [VERSION, SECOND]

    # One that turns out to be wrong: the old one keeps the traffic, the update has failed.
    platform.revisions["c3"].wrong_after = 1
    write(project, platform, "c3")
    with callers(platform):
        ended = project.run("up")
    assert not ended.ok
    said = "\n".join(ended.errors)
    assert "canary ended at 50 % after " in said
    assert "b2 takes all traffic again" in said
    assert platform.traffic == {"b2": 100}

    # An update that was killed half-way: most of the traffic is with what was not proved.
    platform.revisions["c3"].wrong_after = None
    platform.traffic = {"b2": 10, "c3": 90}
    platform.shifts.clear()
    mended = project.run("up")
    assert mended.ok, mended.errors
    assert platform.shifts == [{"b2": 50, "c3": 50}, {"c3": 100}]

    # Somebody went back by hand: the next update sees it and heals it.
    platform.traffic = {"b2": 100}
    drifted = project.run("preview")
    assert drifted.changes["update"] == 2, drifted
    assert project.run("refresh").ok
    healed = project.run("up")
    assert healed.ok, healed.errors
    assert platform.traffic == {"c3": 100}
    assert [item["version"][0] for item in healed.outputs["releases"]] == ["3", "5", "c"]

    assert project.run("destroy").ok


def test_a_shadow_gets_copies_until_it_takes_over(project: Project, platform: Platform) -> None:
    write(project, platform, "a1", SHADOW)
    assert project.run("up").ok
    write(project, platform, "b2", SHADOW)
    with callers(platform):
        second = project.run("up")
    assert second.ok, second.errors
    assert second.outputs["moved"].startswith("shadow of ")
    assert second.outputs["verified"] == "revision b2, 2 golden answers"
    assert (platform.traffic, platform.copies) == ({"b2": 100}, {})

    # Copies that go on are drift, though nobody gets another answer for them.
    platform.copies = {"a1": 10}
    healed = project.run("up")
    assert healed.ok, healed.errors
    assert healed.changes["update"] == 1, healed
    assert (platform.traffic, platform.copies) == ({"b2": 100}, {})
    assert project.run("destroy").ok


def test_a_silent_rollback_fails_the_update(project: Project, platform: Platform) -> None:
    """The platform says that it is done, and went back meanwhile."""
    program = program_of(platform, "a1")
    project.program(program.replace("revision=traffic.revision, r", "revision='b2', r"))
    platform.detail = "an alarm of the platform's own"
    ran = project.run("up")
    assert not ran.ok
    assert (
        "serves revision a1, wanted b2: the platform rolled the update back "
        "(an alarm of the platform's own)"
    ) in "\n".join(ran.errors)


def test_offline_nothing_is_asked(offline_project: OfflineProject) -> None:
    nowhere = Platform(url="http://127.0.0.1:9", revisions={"a1": Revision(), "b2": Revision()})
    for revision in ("a1", "b2"):
        write(offline_project, nowhere, revision)
        offline_project.settings()
        done = offline_project.do("up")
        assert done.ok, done.messages
    found = offline_project.outputs()
    assert found["verified"] == found["moved"] == NOT_VERIFIED
    assert found["before"] == ""
    assert found["releases"] == []
    ids = {name: item["id"] for name, item in offline_project.state().items() if "id" in item}
    assert ids["proof"] == f"offline:{KIND}/{nowhere.url}/verification"
    assert offline_project.do("preview").did("update") == set()
