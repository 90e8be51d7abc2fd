"""Kind heroku: plan, refusals and life."""

from typing import Any

import pytest

from offline_project import OfflineProject
from platform_life import inputs, live, project_for
from platforms.planning import planned, refusal

TARGET = {"kind": "heroku"}


def test_facts_are_what_a_reviewer_asks_for() -> None:
    facts = planned(TARGET, exposure="public").facts()
    assert facts["auth"] == "api_key"
    assert facts["monthly_usd"] == 25
    assert facts["name"] == "mp-cancer-dev"
    assert "restarts all dynos together" in str(facts["notes"])


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (TARGET, {"exposure": "private"}, "write exposure: public"),
        (TARGET, {"auth": "platform"}, "auth: platform is not on heroku"),
        (TARGET, {"rollout": "blue_green"}, "rollout blue_green: heroku does not have it"),
        (TARGET, {"rollout": {"canary": {}}}, "rollout canary: heroku does not have it"),
        (TARGET, {"secrets": {"A": "projects/p/secrets/s"}}, "no references"),
        (TARGET, {"domain": "c.example.com"}, "add your own to the app"),
        ({**TARGET, "dyno": "basic", "dynos": 2}, {}, "one basic dyno"),
        (TARGET, {"workload": {"p99": "40s"}}, "30 s"),
    ],
)
def test_what_cannot_be_is_refused(target: Any, more: dict[str, Any], said: str) -> None:
    assert said in refusal(target, **{"exposure": "public", **more})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("heroku") / "project")


@pytest.mark.engine
def test_the_life_of_an_app(project: OfflineProject) -> None:
    lived = life(project)
    assert lived.model.steps["cancer-release"] == "update"
    assert lived.model.steps["cancer-app"] == "same"
    release = inputs(lived, "modelport:heroku:Release")[0]
    assert release["image"].startswith("sha256:0ff11e")


@pytest.mark.engine
@pytest.mark.e2e
def test_the_life_of_a_production_app(project: OfflineProject) -> None:
    life(project, packs=True, environment="prod", workload={"p99": "100ms"})


def life(project: OfflineProject, **more: Any) -> Any:
    return live(
        project,
        TARGET,
        resized={**TARGET, "dyno": "standard-2x", "dynos": 2},
        drift=None,
        exposure="public",
        **more,
    )
